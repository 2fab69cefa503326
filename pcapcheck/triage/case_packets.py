"""What causes may ask about the packets of a case: its columns that captures show."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, ENUM, MAC, NUMBER, TEXT, TIME
from pcapcheck.column_words import CHECKSUMS, ENCAPS
from pcapcheck.paths.losses import PLACES
from pcapcheck.triage.beyond import LEFT
from pcapcheck.triage.case_words import (
    ASKED,
    DIRECTIONS,
    FOLLOWS,
    GATEWAY,
    LAST_SEEN,
    LOSS,
    LOST,
    REFUSED,
    REFUSED_BY,
    REPLIES,
    ROLES,
    CaseColumn,
)

PACKETS: tuple[CaseColumn, ...] = (
    ("family", NUMBER, "4 or 6"),
    ("resolution", TEXT, "how MACs are resolved in that version of IP: ARP, neighbour discovery"),
    ("interface", TEXT, "name of the pod's link on the node"),
    ("pod", ADDRESS, "the pod"),
    ("dst", ADDRESS, "the address that it asked"),
    ("pod.role", ENUM, "whose address pod is, by evidence", ROLES),
    (
        "pod.as_node",
        BOOL,
        "whether pod is a node's address, or the first one of a block of 64, as that of a tunnel's device mostly is: a "
        "node asks, or translated what a pod asked",
    ),
    (
        "pod.beside_tunnel",
        BOOL,
        "whether, on a tunnel's device, pod has another network (/16) than dst, as a node's card has: the route back "
        "to it leads outside the tunnel",
    ),
    (
        "pod.usual_pool",
        BOOL,
        "whether, on a host NIC and in no tunnel, pod has an address of a network that installers choose for pods, and "
        "dst none of it: nobody translated the source so far",
    ),
    ("dst.role", ENUM, "whose address dst is, by evidence; unknown if nothing shows it", ROLES),
    ("dst.called", TEXT, "dst and what it is: the pod 10.244.1.11, the service 10.96.0.10, the host 203.0.113.7"),
    ("dst.at", TEXT, "the same as a place to type commands: in the pod 10.244.1.11, on the host 203.0.113.7"),
    ("translated", BOOL, "whether packets were seen on a host NIC with another source than the pod's address"),
    (
        "source.kept",
        BOOL,
        "whether they left with the pod's own address although its pool, or other packets of it, show that they have "
        "to be translated",
    ),
    (
        "dst.usual_service",
        BOOL,
        "whether dst is in a network that installers choose for services, or has the place in its network, and the "
        "port, that they give to the API server's service or to DNS",
    ),
    (
        "dst.untranslated",
        BOOL,
        "of a question recorded off the pods' links: whether nothing shows that the port that asked was made to ask "
        "another address instead",
    ),
    (
        "other_network",
        BOOL,
        "of a question recorded off the pods' links: whether that was on a device of a network to which Calico adds no "
        "policies, as far as its name tells",
    ),
    (
        "leaves_private",
        BOOL,
        "whether a node's card recorded them on their way to the internet with a private source that is a pod's, or "
        "that asks for what is mostly a service as well",
    ),
    (
        "dst.node_port",
        BOOL,
        "whether the port that was asked is one that Kubernetes gives to services on nodes (30000 to 32767), and "
        "nothing shows that dst is a pod",
    ),
    (
        "asked.one_of_two",
        BOOL,
        "whether of two DNS queries that one port sent at once, as A and AAAA, only one was answered then",
    ),
    (
        "timestamps.older",
        BOOL,
        "of TCP: whether SYNs without an answer have older timestamps than answered ones of the same address before",
    ),
    (
        "asked.parted",
        BOOL,
        "whether two DNS queries that one port sent at once to one address left the node by different interfaces",
    ),
    (
        "outside_tunnel",
        BOOL,
        "whether a node's card recorded them out of any tunnel, between two private addresses of one /16 and of two "
        "blocks of 64, and nothing shows that either is no pod",
    ),
    ("asked.again", BOOL, "of UDP: whether the same port asked again and again, and got no answer"),
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
    ("dst.kept", BOOL, "whether they left the node for the address that was asked, not translated to another"),
    ("far.recorded", BOOL, "whether anything was recorded where they were going to: the pod's link, its node's NIC"),
    ("far.nic", BOOL, "whether the NIC of another node, to which packets in a tunnel may have gone, was recorded"),
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
    (
        "lost.other_nic",
        BOOL,
        "whether their answers came in by another NIC of the asker's host than the one that they left by, and it asked "
        "again",
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
    (
        "for_another",
        BOOL,
        "whether they came to the device of a tunnel for another MAC than it has, by the packet type that Linux notes",
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
    ("refused.itself", BOOL, "whether the host that asked says so itself: a neighbour did not answer its own question"),
    ("refused.mtu", NUMBER, "the MTU that it names"),
    ("pod.cut_off", BOOL, "whether what came to the node for the pod never reached the pod's link"),
    ("pod.reached", BOOL, "whether the node handed other packets to the pod after the first one was lost"),
    (
        "pod.answered_later",
        BOOL,
        "whether the pod asked somebody beyond its node after the first one was lost, and was answered: the node "
        "forwards for it (only with a state)",
    ),
    ("dst.heard", BOOL, "whether dst itself sent packets after that"),
    ("began", TIME, "when the recordings of the links began"),
    ("ended", TIME, "and when they ended"),
    ("size", NUMBER, "the smallest packet that was lost, in bytes with the IP header"),
    ("size.arrived", NUMBER, "if size decides, the largest packet that arrived"),
    ("size.stalled", NUMBER, "bytes of TCP data that were sent again and again and never acknowledged"),
    (
        "data.missing",
        BOOL,
        "whether such data was lost before it came to where later data of the connection was recorded",
    ),
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
    ("forwarded.other", BOOL, "whether packets of the other IP version do"),
    ("only_tcp", BOOL, "whether TCP or DNS gets no answer from dst while echo requests do"),
    ("sctp_lost", BOOL, "whether SCTP associations between pod and dst get no answer"),
    ("dst.asked", BOOL, "whether the node asked for dst on its link"),
    ("dst.sought", BOOL, "whether it asked everybody there: it has a packet for dst, and no MAC"),
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
        "dst.answers_others",
        BOOL,
        "whether dst answered another address at the capture point, off the pods' links, where it did not answer this "
        "one, which is private",
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
        "dst.near",
        BOOL,
        "whether, by the TTL of what dst sends to the asker's link, nobody but the asker's node forwards it",
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
    ("outer.differs", BOOL, "whether what dst sends in a tunnel comes from another address than that"),
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
)
