"""The columns of a case: what causes may ask about the packets and the node's state.

A case is a failure with what follows from it. Its columns are absent if neither captures nor state show them.
``pod`` is the pod whose packets fail, ``interface`` its link; ``dst`` is the address that it asked.
"""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, ENUM, MAC, NUMBER, TEXT, TIME, Column, Columns, Type
from pcapcheck.column_words import CHECKSUMS, ENCAPS, GATEWAY_ROUTES
from pcapcheck.nodestate.hop_states import NEXT_HOPS
from pcapcheck.paths.losses import PLACES, REPLY, REQUEST
from pcapcheck.triage.beyond import LEFT
from pcapcheck.triage.state_words import VTEPS, WAYS
from pcapcheck.triage.tunnel_device import DEVICE_STATES

CASE = "case"

ASKED = ("echo", "tcp", "dns", "udp", "sctp")
GATEWAY = ("not-asked", "unanswered", "late", "answered")
LOST = (*PLACES, "on-return")
LAST_SEEN = ("pod-link", "tunnel", "host-nic")
DIRECTIONS = (REQUEST, REPLY)
REPLIES = ("none", "at-first", "some")
REFUSED = (
    "none",
    "net-unreachable",
    "host-unreachable",
    "port-unreachable",
    "protocol-unreachable",
    "prohibited",
    "too-big",
    "expired",
    "reassembly",
    "reset",
    "other",
    "wrong-address",
)
REFUSED_BY = ("none", "node", "receiver", "other")
ROLES = ("pod", "node", "service", "router", "outside", "unknown")
# Whether a rule could have stopped the packets: certainly, perhaps, none there, none of those shown.
FIREWALL = ("fits", "may-fit", "none-fits", "none-shown-fits")
# What stays in the state after a loss: counters and logs.
LASTING = (
    *("state.conntrack_drops", "state.conntrack_invalid", "state.neighbours_full", "state.queue_drops"),
    *("state.netem_drops", "state.policer_drops", "state.damaged_frames", "state.card_failed"),
    *("state.checksum_errors", "state.listen_overflows"),
)
# Whether something that counts its drops dropped the packets: it did, it may have, it did not.
DROPPED = ("fits", "may-fit", "none-fits")
LOSS = ("total", "partial")
FOLLOWS = ("nothing", "pod", "peer", "pair", "port", "size", "time", "connection")
# Whether a pod can be behind each address that a service's address stands for.
STANDINGS = GONE, SOME_GONE, THERE = ("gone", "some-gone", "there")
ROUTES = ("own-interface", "other-pod-link", "elsewhere", "dead-end", "none", "not-there")


def _columns(*columns: tuple[str, Type, str] | tuple[str, Type, str, tuple[str, ...]]) -> Columns:
    found = Columns(CASE)
    for name, type_, help_, *words in columns:
        found[name] = Column(CASE, name, type_, help_, name.replace(".", "_"), words=words[0] if words else ())
    return found


CASE_COLUMNS = _columns(
    ("family", NUMBER, "4 or 6"),
    ("resolution", TEXT, "how MACs are resolved in that version of IP: ARP, neighbour discovery"),
    ("interface", TEXT, "name of the pod's link on the node"),
    ("pod", ADDRESS, "the pod"),
    ("dst", ADDRESS, "the address that it asked"),
    ("pod.role", ENUM, "whose address pod is, by evidence", ROLES),
    ("dst.role", ENUM, "whose address dst is, by evidence; unknown if nothing shows it", ROLES),
    ("dst.called", TEXT, "dst and what it is: the pod 10.244.1.11, the service 10.96.0.10, the host 203.0.113.7"),
    ("dst.at", TEXT, "the same as a place to type commands: in the pod 10.244.1.11, on the host 203.0.113.7"),
    ("translated", BOOL, "whether packets were seen on a host NIC with another source than the pod's address"),
    ("source.kept", BOOL, "whether they left with the pod's own address although other packets of it are translated"),
    ("dst.usual_service", BOOL, "whether dst is in a network that installers choose for services"),
    ("asked", ENUM, "how dst was asked: ping, a TCP connection, DNS, other datagrams, an SCTP association", ASKED),
    ("dst.public", BOOL, "whether dst is an address of the internet, which no pod has"),
    ("dst.interface", TEXT, "name of that pod's link on its node"),
    ("nic", TEXT, "name of the node's network card"),
    (
        "gateway",
        ENUM,
        "what became of the pod's ARP for its gateway; not-asked also if only places beyond its own link were recorded",
        GATEWAY,
    ),
    ("gateway.macs", NUMBER, "how many MACs answered for the gateway"),
    ("gateway.mac", MAC, "the MACs that answered for it"),
    (
        "lost",
        ENUM,
        "where packets were lost, if that was seen: in the node that they entered, between the nodes, at the receiving "
        "node's NIC (inside a tunnel, whose device was not recorded), when they were to be taken out of the tunnel "
        "(the NIC saw them, the tunnel's device did not), between that node's NIC or tunnel and the pod's link, in the "
        "pod; or anywhere on the way back",
        LOST,
    ),
    (
        "lost.place",
        ENUM,
        "the same for requests and replies alike: the part of their path on which they were lost",
        PLACES,
    ),
    ("lost.direction", ENUM, "which packets were lost: requests (SYNs, queries) or replies", DIRECTIONS),
    ("last_seen.kind", ENUM, "the kind of capture point that saw the lost packets last", LAST_SEEN),
    ("last_seen.interface", TEXT, "its name"),
    (
        "last_seen.arrived",
        BOOL,
        "whether it is of the node that they were going to: false on the NIC by which they left the first node",
    ),
    ("arrived", BOOL, "whether lost packets were seen on a NIC or tunnel of the node that they were going to"),
    ("receiver", ADDRESS, "the address that the node had to deliver to: dst, or the pod if no other is known"),
    ("receiver.at", TEXT, "the same as a place to type commands"),
    ("receiver.interface", TEXT, "the name of that pod's link on the node"),
    (
        "left",
        ENUM,
        "how the lost packets were last seen leaving their node: by its NIC with another source, unchanged, or in a "
        "tunnel; or on its tunnel device but not on its NIC, which was recorded too",
        LEFT,
    ),
    ("far.recorded", BOOL, "whether anything was recorded where they were going to: the pod's link, its node's NIC"),
    (
        "lost.on_wire",
        BOOL,
        "whether they left by a NIC and never came to the other NIC, which was recorded and shows what it sends back: "
        "nothing on either node dropped them",
    ),
    (
        "lost.unheard",
        BOOL,
        "whether the NIC that has the MAC that they were sent to was recorded too and shows none of them, but other "
        "frames of the NIC that sent them: the network between, or the filter of that recording, took them",
    ),
    ("came_back", BOOL, "whether an answer came to where they were seen last"),
    ("other_way", BOOL, "whether packets came back through the same tunnel in that time"),
    ("vni", NUMBER, "the VXLAN identifier that the lost packets have between the nodes"),
    ("vni.to", ADDRESS, "the node to whose address they go"),
    ("vni.back", NUMBER, "the identifier of packets in the other direction"),
    ("vnis_differ", BOOL, "whether the two identifiers differ"),
    ("loops", BOOL, "whether the same packets passed a NIC or tunnel again and again, with a falling TTL"),
    (
        "loop.between",
        TEXT,
        "between which machines, if both are seen: between the router 10.0.0.1 and the node 10.0.0.11",
    ),
    (
        "back_end",
        ADDRESS,
        "the address that dst stands for, if dst is a service or an address that the node translates: one that fails",
    ),
    (
        "back_end.silent",
        BOOL,
        "whether what was translated to that address reached its pod's link and was never answered there",
    ),
    ("hairpin", BOOL, "whether what the pod sent to dst came back to it from its own address"),
    (
        "replies",
        ENUM,
        "whether echo requests, or DNS queries, were answered: never, only at first, or now and then",
        REPLIES,
    ),
    ("loss", ENUM, "whether all that the pod asked dst failed, or some and not all", LOSS),
    ("loss.over", BOOL, "whether the losses ended while this was recorded"),
    ("server.prompt", BOOL, "for late DNS: whether the server's own link shows that it answers at once"),
    ("answers.missing", BOOL, "for late DNS: whether fewer answers came than queries were sent"),
    ("lost.count", NUMBER, "how many of the pod's questions to dst failed"),
    ("lost.asked", NUMBER, "of how many whose outcome is known"),
    (
        "lost.first",
        BOOL,
        "whether the first packets of conversations were lost: false if a conversation had got an answer before",
    ),
    ("loss.follows", ENUM, "what stands out among all that failed; absent if too little failed to show it", FOLLOWS),
    (
        "refused",
        ENUM,
        "the ICMP error that came back to the pod, a reset by the node itself, or an answer from an address that was "
        "not asked",
        REFUSED,
    ),
    ("refused.by", ENUM, "who sent it: the node itself, dst, or somebody behind the node", REFUSED_BY),
    ("refused.from", ADDRESS, "its source"),
    ("refused.late", BOOL, "whether it came after 2 seconds or more, as if a neighbour had not answered"),
    ("refused.mtu", NUMBER, "the MTU that it names"),
    ("pod.cut_off", BOOL, "whether what came to the node for the pod never reached the pod's link"),
    ("pod.reached", BOOL, "whether the node handed other packets to the pod after the first one was lost"),
    ("dst.heard", BOOL, "whether dst itself sent packets after that"),
    ("began", TIME, "when the recordings of the links began"),
    ("ended", TIME, "and when they ended"),
    ("size", NUMBER, "the smallest packet that was lost, in bytes with the IP header"),
    ("size.arrived", NUMBER, "if size decides, the largest packet that arrived"),
    ("size.stalled", NUMBER, "bytes of TCP data that were sent again and again and never acknowledged"),
    (
        "reset.forged",
        BOOL,
        "of a connection that was reset: whether the RST's TTL is none of its address's other segments",
    ),
    (
        "reset.untranslated",
        BOOL,
        "of a connection that was reset: whether its sender talks to another address, as a service's, and was sent an "
        "answer from the one behind it, which it knows nothing of",
    ),
    ("echo_lost", BOOL, "whether echo requests between pod and dst get no reply"),
    ("macs_kept", BOOL, "whether packets have the same MACs on two links"),
    ("forwarded", BOOL, "whether packets of the pod's IP version go on from its link to other links in that time"),
    ("only_tcp", BOOL, "whether TCP or DNS gets no answer from dst while echo requests do"),
    ("dst.asked", BOOL, "whether the node asked for dst on its link"),
    ("dst.answers", BOOL, "whether dst answered that"),
    ("dst.addressed", BOOL, "whether frames to dst were sent to a MAC that dst sends from"),
    (
        "dst.routed",
        BOOL,
        "whether the node asked for dst or delivered packets to it on its link while others were lost: it has the "
        "route",
    ),
    (
        "dst.serves_others",
        BOOL,
        "whether dst answered other pods of the same node while these packets were lost: it is there, and the node has "
        "the route",
    ),
    (
        "dst.gateway_answered",
        BOOL,
        "whether dst's own question for its gateway was answered but dst answered nothing: if the node checks the "
        "reverse path, it has the route to dst",
    ),
    (
        "astray",
        BOOL,
        "whether the lost packets were last seen arriving at another machine than the receiver's node",
    ),
    (
        "flooded",
        BOOL,
        "whether they were last seen on the card of another machine than their MAC's, as a switch floods frames whose "
        "port it does not know",
    ),
    (
        "dst.same_node",
        BOOL,
        "whether the links of pod and dst are on one node; if nothing shows it, captures of one call are taken to be",
    ),
    (
        "handed_to",
        TEXT,
        "the link of another pod on which the node asked for the receiver of the lost packets, or delivered them",
    ),
    ("empty_link", TEXT, "a pod's link that was recorded and showed nothing at all, if it can be the receiver's"),
    (
        "empty_tunnel",
        TEXT,
        "a tunnel's device that was recorded and showed nothing at all: the receiving node's, since packets that are "
        "sent pass the sender's",
    ),
    ("next_hop", ADDRESS, "the neighbour that did not answer their node's question on its NIC while packets were lost"),
    ("asked_outside", BOOL, "whether the node asked for the receiver itself there"),
    ("outer.src", ADDRESS, "the node from which the tunnel's packets with the lost ones inside came"),
    ("outer.dst", ADDRESS, "the node to which they went"),
    ("untunnelled", BOOL, "whether they left outside any tunnel while a tunnel carries the other direction"),
    ("tunnel", TEXT, "the tunnel's device from which the lost packets had to come out"),
    (
        "tunnel_refused",
        BOOL,
        "whether the node that they went to answered that nothing takes the tunnel's packets there",
    ),
    ("outer.encap", TEXT, "the tunnel that the lost packets were in when they were seen last"),
    ("dst.recorded", BOOL, "whether the link of dst was recorded"),
    ("encap", ENUM, "the tunnel that lost packets were last seen in", ENCAPS),
    (
        "checksum",
        ENUM,
        "the worst of the checksums that lost packets had where they came to their receiver's node or pod",
        CHECKSUMS,
    ),
    ("checksum.all_wrong", BOOL, "whether each of these packets that was looked at has a wrong one there"),
    ("checksum.sent", ENUM, "the same where these packets were seen before, outside tunnels", CHECKSUMS),
    ("checksum.on_nic", ENUM, "the same on a NIC, where nothing shows whether they came in or left", CHECKSUMS),
    ("tunnelled", ENUM, "the tunnel that packets from pod to dst pass, on any part of their path", ENCAPS),
    ("by_size", BOOL, "whether small packets arrive and large ones do not"),
    ("unrouted", BOOL, "whether packets keep their TTL or MACs from one link to the next"),
    ("sent_to", MAC, "the MAC that frames are wrongly sent to"),
    ("nic.proxy_mac", BOOL, "whether frames to the proxy MAC were seen on a host NIC"),
    ("claimed", ADDRESS, "the address that several MACs claim"),
    ("claimed.interface", TEXT, "the other pod links of the node on which it is claimed"),
    ("claimed.node", TEXT, "the pod links of other nodes behind which it is claimed at the same time"),
    ("state.proxy_arp", BOOL, "proxy ARP on the interface, its own setting or that of all"),
    ("state.forwarding", BOOL, "forwarding on the interface"),
    ("state.rp_filter", NUMBER, "reverse-path check on the interface, the larger of its own setting and that of all"),
    ("state.proxy_delay", NUMBER, "delay of proxy ARP on the interface, in jiffies"),
    ("state.gateway_route", ENUM, "where the node's route to the gateway's address leads", GATEWAY_ROUTES),
    ("state.pod_route", ENUM, "where its route to the pod leads; not-there: not to the pod's link", ROUTES),
    ("state.dst_route", ENUM, "where its route to dst leads, if dst is a pod of this node", ROUTES),
    ("state.gateway6", BOOL, "whether the interface has the IPv6 gateway's address"),
    ("state.cali_mac", MAC, "MAC of the interface"),
    ("state.bridge", BOOL, "whether the interface is the port of a bridge"),
    ("state.gateway_neighbour", MAC, "the pod's neighbour entry for its gateway"),
    ("state.far_route", ENUM, "where the route to dst leads on dst's own node, if that is another", ROUTES),
    ("state.pod_neighbour", MAC, "the node's neighbour entry for the pod"),
    ("state.pod_mac", MAC, "MAC of the pod's eth0"),
    ("state.dst_neighbour", MAC, "the node's neighbour entry for dst"),
    ("state.dst_mac", MAC, "MAC of dst's eth0"),
    ("state.dst_up", BOOL, "whether both ends of dst's link are up"),
    ("state.dst_ended", BOOL, "whether dst is the address of a pod that no longer runs"),
    ("state.dst_address", BOOL, "whether dst has its address"),
    ("state.dst_arp_ignore", NUMBER, "arp_ignore in dst, the larger of all and eth0"),
    ("state.dst_leaves_by_link", BOOL, "whether dst's route to the node leads over its link"),
    ("state.dst_ignores_echo", BOOL, "icmp_echo_ignore_all in dst"),
    ("state.dst_firewall", ENUM, "whether a firewall rule in dst could have stopped these packets", FIREWALL),
    (
        "state.dst_arp_rules",
        ENUM,
        "whether a firewall rule in dst could have stopped the node's question for its MAC (resolution), or its answer",
        FIREWALL,
    ),
    ("state.dst_mtu_differs", BOOL, "whether the ends of dst's link have different MTUs"),
    ("state.mtu_fits", BOOL, "whether the link's MTU is no larger than the tunnel's or the NIC's"),
    ("state.node_firewall", ENUM, "whether a rule on the node, not Calico's, could have dropped them", FIREWALL),
    (
        "state.node_arp_rules",
        ENUM,
        "whether a firewall rule on the node could have stopped a question for a MAC (resolution) or its answer: the "
        "pod's for its gateway, or the node's for dst",
        FIREWALL,
    ),
    ("state.node_rejects", ENUM, "whether a rule on the node could have rejected them, with this answer", FIREWALL),
    ("state.no_endpoints", ENUM, "the same of kube-proxy's rules for services without endpoints", FIREWALL),
    ("state.policy", ENUM, "whether a rule of Calico's own could have dropped them", FIREWALL),
    (
        "state.tunnel_source",
        ENUM,
        "the same of Calico's rule against tunnels from hosts that it does not know",
        FIREWALL,
    ),
    ("state.conntrack_full", BOOL, "whether the node's table of tracked connections is full"),
    (
        "state.conntrack_drops",
        ENUM,
        "whether the node's connection tracking dropped as much at that time (fits), ever (may-fit), or not "
        "(none-fits): by its counters, the kernel's log, and how full the table is",
        DROPPED,
    ),
    (
        "state.conntrack_invalid",
        BOOL,
        "whether the node's connection tracking counts packets of no connection that it knows (invalid)",
    ),
    (
        "state.conntrack_liberal",
        BOOL,
        "whether the node's connection tracking takes segments outside a connection's window for valid "
        "(nf_conntrack_tcp_be_liberal)",
    ),
    ("state.neighbours_full", ENUM, "the same of a full table of neighbours", DROPPED),
    ("state.queue_drops", ENUM, "the same of queues on their path: of tc, of cards, of processors", DROPPED),
    ("state.netem_drops", ENUM, "the same of tc netem", DROPPED),
    ("state.policer_drops", ENUM, "the same of policers at the ingress of a pod's link or a card", DROPPED),
    ("state.damaged_frames", ENUM, "the same of damaged frames, and of frames that a driver could not send", DROPPED),
    ("state.card_failed", ENUM, "whether a card hung or lost its link at that time, by the kernel's log", DROPPED),
    ("state.checksum_errors", ENUM, "whether the pod that they came to counted as many wrong checksums", DROPPED),
    ("state.listen_overflows", ENUM, "the same of connections that found its port's queue full", DROPPED),
    ("state.node_ttl_rule", BOOL, "whether the node has a firewall rule that sets the TTL"),
    ("state.policy_rule", BOOL, "whether an ip rule of the node sends the lost packets elsewhere than to their link"),
    ("state.way", ENUM, "where the routes of the node that was to forward the lost packets take them", WAYS),
    ("state.next_hop", ENUM, "whether that node's next hop is there, by its neighbours and links", NEXT_HOPS),
    (
        "state.source_check",
        BOOL,
        "whether that node's reverse-path check drops them when they come in by NIC, tunnel or their sender's link",
    ),
    ("state.forwards", BOOL, "whether it forwards packets that come in by the same interface as they did"),
    ("state.managed", BOOL, "whether a network manager owns the interface"),
    ("state.route_deleted", BOOL, "whether the host route of pod or dst was removed while ip monitor ran"),
    (
        "state.nat_outgoing",
        BOOL,
        "whether the pod's pool has natOutgoing: what it asks elsewhere gets the node's address",
    ),
    (
        "state.other_resolver",
        BOOL,
        "whether the pod's resolv.conf names dst, which is not the cluster's DNS service, nor a server behind it",
    ),
    ("state.checksum_offload", BOOL, "whether the VXLAN device leaves UDP checksums to the card"),
    ("state.duplicate_here", BOOL, "whether both pods are on one node, by the list of pods"),
    ("state.duplicate", BOOL, "whether two pods have the address"),
    ("state.dst_service", BOOL, "whether dst is the address of a service"),
    ("state.dst_service_empty", BOOL, "whether the service has no endpoints for the port that was asked"),
    ("state.loop", BOOL, "whether the routes of the nodes send packets for dst round in a circle"),
    ("state.back_end", ENUM, "whether a pod can be behind each address that dst stands for", STANDINGS),
    ("state.dst_answers_pings", BOOL, "whether the node holds the service's address itself, as with kube-proxy's IPVS"),
    (
        "state.block_blackholed",
        BOOL,
        "whether dst's node routes it to the blackhole of its own block, since its /32 is missing",
    ),
    ("state.vni_differs", BOOL, "whether the VXLAN device of dst's node has another identifier than the packets"),
    (
        "state.vxlan_port_differs",
        BOOL,
        "whether the VXLAN device of the node that they were going to listens on another port than the sender's uses",
    ),
    ("state.tunnel_device", ENUM, "the tunnel's device on the node that they went to", DEVICE_STATES),
    ("state.vtep", ENUM, "whether the asker's node knows the VXLAN device of dst's node", VTEPS),
    ("state.ebpf", BOOL, "whether the node runs Calico's eBPF data plane"),
)
