"""What causes may ask about the node's state in a case: its columns that states show."""

from __future__ import annotations

from pcapcheck.column import BOOL, ENUM, MAC, NUMBER
from pcapcheck.column_words import GATEWAY_ROUTES
from pcapcheck.nodestate.hop_states import NEXT_HOPS
from pcapcheck.triage.case_words import DROPPED, FIREWALL, ROUTES, STANDINGS, TRACKED, CaseColumn
from pcapcheck.triage.state_words import VTEPS, WAYS
from pcapcheck.triage.tunnel_device import DEVICE_STATES

STATE: tuple[CaseColumn, ...] = (
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
    (
        "state.rate_rule",
        ENUM,
        "whether a rule on the node that limits packets per second could have dropped them",
        FIREWALL,
    ),
    ("state.node_rejects", ENUM, "whether a rule on the node could have rejected them, with this answer", FIREWALL),
    (
        "state.reset_rule",
        ENUM,
        "of a connection that was reset: whether a rule of the node that sent the RST, by its TTL, could have rejected "
        "a segment with it",
        FIREWALL,
    ),
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
        "state.tracked",
        ENUM,
        "whether connection tracking has an entry of these packets that was never answered (unreplied): one that "
        "leaves a service's address untranslated, or leads to a pod that is gone, is stale",
        TRACKED,
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
    (
        "state.tunnel_checksums",
        ENUM,
        "whether a kernel's log says that VXLAN packets between the same nodes came with a wrong UDP checksum",
        DROPPED,
    ),
    (
        "state.listen_overflows",
        ENUM,
        "whether the pod counted as many connections that found its port's queue full",
        DROPPED,
    ),
    ("state.node_ttl_rule", BOOL, "whether the node has a firewall rule that sets the TTL"),
    ("state.policy_rule", BOOL, "whether an ip rule of the node sends the lost packets elsewhere than to their link"),
    (
        "state.own_table",
        BOOL,
        "whether an ip rule sends the pod's packets, and so its question for its gateway, to a table of their own",
    ),
    (
        "state.bgp_down",
        BOOL,
        "whether the nodes have a BGP session that is not established; with each other, if both are known; not where "
        "the pool of dst uses VXLAN",
    ),
    ("state.bgp_between", BOOL, "the same, where both are known: whether the session is between these two"),
    ("state.way", ENUM, "where the routes of the node that was to forward the lost packets take them", WAYS),
    ("state.next_hop", ENUM, "whether that node's next hop is there, by its neighbours and links", NEXT_HOPS),
    ("state.next_hops", NUMBER, "how many next hops its route to them has: packets are shared out among them"),
    (
        "state.source_check",
        BOOL,
        "whether that node's reverse-path check drops them when they come in by NIC, tunnel or their sender's link",
    ),
    (
        "state.way_back_differs",
        BOOL,
        "whether that node's route back to their source leaves by another interface than they came in by",
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
        "state.translates",
        BOOL,
        "whether Calico's pools say that what the pod asks dst gets the node's address",
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
    (
        "state.no_local_endpoint",
        BOOL,
        "whether kube-proxy on the node that was asked drops what comes from outside to that port, since no pod of the "
        "service is there",
    ),
    ("state.loop", BOOL, "whether the routes of the nodes send packets for dst round in a circle"),
    ("state.back_end", ENUM, "whether a pod can be behind each address that dst stands for", STANDINGS),
    ("state.reaches_itself", BOOL, "whether the asker's is the only address that dst stands for"),
    ("state.hairpin", BOOL, "whether the bridge hands what comes in by the asker's port back out of it"),
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
    ("state.ebpf", BOOL, "whether the node that sent the lost packets runs Calico's eBPF data plane"),
)
