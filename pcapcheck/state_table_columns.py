"""The columns of the table ``state``."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, ENUM, MAC, NUMBER, TEXT, Column, columns_of
from pcapcheck.column_words import GATEWAY_ROUTES
from pcapcheck.networks import EVIDENCE
from pcapcheck.table_names import STATE

_POD = (
    "the state shows nothing from inside the pod; add ip addr, ip route and ip neigh from there (pcapcheck node-script)"
)
_NODE = "the state shows nothing of the node; add ip link, ip route and the sysctls from there (pcapcheck node-script)"
_NEIGHBOURS = (
    "the node's neighbour entry for the pod is missing from the state; add the output of ip neigh from the node"
)
_ROUTES = "the node's routes, or some of them, are missing from the state; add ip route from the node"

STATE_COLUMNS: list[Column] = [
    *columns_of(STATE, "interface", TEXT, "name of the link's cali interface on the node", why_absent=_NODE),
    *columns_of(STATE, "node", TEXT, "name of the node", why_absent="the state does not name the node"),
    *columns_of(STATE, "pod", TEXT, "NAMESPACE/POD, or the pod's addresses if its name is unknown"),
    *columns_of(
        STATE, "pod.ip", ADDRESS, "addresses of the pod", why_absent="the pod's address is missing from the state"
    ),
    *columns_of(
        STATE,
        "calico",
        ENUM,
        "evidence that this is a Calico pod link; absent if there is none, as on nodes of other networks",
        words=EVIDENCE,
        why_absent="nothing shows that this is a pod link of Calico",
    ),
    *columns_of(STATE, "machine", BOOL, "whether the pod holds a virtual machine behind a bridge (KubeVirt)"),
    *columns_of(STATE, "ebpf", BOOL, "whether the node shows Calico's eBPF data plane", why_absent=_NODE),
    *columns_of(
        STATE, "host_address", BOOL, "whether the pod has an address and each is a /32 or a /128", why_absent=_POD
    ),
    *columns_of(STATE, "default_route", BOOL, "whether the pod has an IPv4 default route", why_absent=_POD),
    *columns_of(STATE, "default_via", ADDRESS, "gateway of that route", why_absent=_POD),
    *columns_of(
        STATE,
        "addresses_found",
        TEXT,
        "addresses of the pod with their prefixes in words, or that there are none",
        why_absent=_POD,
    ),
    *columns_of(STATE, "default_found", TEXT, "default route in words, or that there is none", why_absent=_POD),
    *columns_of(
        STATE,
        "gateway_on_link",
        BOOL,
        "whether the pod reaches its gateway directly, by a /32 route of scope link",
        why_absent=_POD,
    ),
    *columns_of(
        STATE,
        "gateway_mac",
        MAC,
        "MAC of the pod's neighbour entry for its gateway, IPv4 or IPv6",
        why_absent="the pod's MAC for its gateway is missing from the state; "
        "add ip neigh from inside the pod, after a ping",
    ),
    *columns_of(
        STATE,
        "node_mac",
        MAC,
        "MACs of the node's neighbour entries for the pod",
        why_absent="the node's MAC for the pod is missing from the state; "
        "add the output of ip neigh from the node, after a ping",
    ),
    *columns_of(
        STATE,
        "node_resolved",
        BOOL,
        "whether the node has a MAC for each address of the pod that it tried to resolve",
        why_absent=_NEIGHBOURS,
    ),
    *columns_of(STATE, "unresolved", ADDRESS, "addresses that it has no MAC for", why_absent=_NEIGHBOURS),
    *columns_of(
        STATE, "unresolved_state", TEXT, "state of their neighbour entry: FAILED or INCOMPLETE", why_absent=_NEIGHBOURS
    ),
    *columns_of(STATE, "pod.mac", MAC, "MAC of the pod's interface", why_absent=_POD),
    *columns_of(STATE, "pod.index", NUMBER, "interface number of the pod's end", why_absent=_POD),
    *columns_of(
        STATE, "pod.peer_index", NUMBER, "interface number that the pod's end names as its peer", why_absent=_POD
    ),
    *columns_of(STATE, "cali.index", NUMBER, "interface number of the cali interface", why_absent=_NODE),
    *columns_of(
        STATE, "cali.peer_index", NUMBER, "interface number that the cali interface names as its peer", why_absent=_NODE
    ),
    *columns_of(STATE, "cali.mac", MAC, "MAC of the cali interface", why_absent=_NODE),
    *columns_of(STATE, "cali.mtu", NUMBER, "MTU of the cali interface", why_absent=_NODE),
    *columns_of(STATE, "pod.mtu", NUMBER, "MTU of the pod's end", why_absent=_POD),
    *columns_of(
        STATE,
        "tunnel.mtu",
        NUMBER,
        "smallest MTU of the node's tunnels that are in use",
        why_absent="the node shows no tunnel in use",
    ),
    *columns_of(
        STATE, "tunnel", TEXT, "name of the tunnel with that MTU", why_absent="the node shows no tunnel in use"
    ),
    *columns_of(
        STATE,
        "mtu_fits",
        BOOL,
        "whether the MTU of the cali interface is at most that of the tunnel",
        why_absent="the state shows no tunnel in use, or lacks the MTUs",
    ),
    *columns_of(
        STATE,
        "proxy_arp",
        BOOL,
        "whether the node answers ARP on behalf of other hosts there: proxy_arp of all or of the interface",
        why_absent="proxy_arp of the interface and of all is missing from the state; add sysctl of both",
    ),
    *columns_of(
        STATE,
        "forwarding",
        BOOL,
        "whether the cali interface forwards IPv4",
        why_absent="forwarding of the interface is missing from the state; add sysctl of it",
    ),
    *columns_of(
        STATE,
        "proxy_delay",
        NUMBER,
        "neigh proxy_delay of the cali interface, in 1/100 s",
        why_absent="proxy_delay of the interface is missing from the state; add sysctl of it",
    ),
    *columns_of(
        STATE,
        "host_route",
        BOOL,
        "whether the node routes each address of the pod to its cali interface",
        why_absent=_ROUTES,
    ),
    *columns_of(STATE, "host_route_dev", TEXT, "interface that it routes them to", why_absent=_ROUTES),
    *columns_of(STATE, "host_route_found", TEXT, "routes to the pod in words", why_absent=_ROUTES),
    *columns_of(STATE, "unrouted", ADDRESS, "address that has no such route", why_absent=_ROUTES),
    *columns_of(
        STATE,
        "rp_filter",
        NUMBER,
        "rp_filter of the cali interface: the larger of its own and that of all",
        why_absent="rp_filter of the interface and of all is missing from the state; add sysctl of both",
    ),
    *columns_of(
        STATE,
        "reverse_path",
        BOOL,
        "whether packets from the pod pass the reverse-path check",
        why_absent="rp_filter of the interface and of all and the route to the pod are missing from the state",
    ),
    *columns_of(
        STATE,
        "gateway_route",
        ENUM,
        "where the node's route lookup for the pods' gateway leads: to another interface, to the node "
        "itself, back into "
        "this link, to a blackhole or the like, nowhere",
        words=GATEWAY_ROUTES,
        why_absent="the node's way to the gateway is missing from the state; add ip route get 169.254.1.1 from the "
        "node",
    ),
    *columns_of(
        STATE,
        "gateway_route_dev",
        TEXT,
        "interface of that lookup",
        why_absent="the node's route to the gateway is missing from the state",
    ),
    *columns_of(
        STATE,
        "gateway_found",
        TEXT,
        "result of that lookup in words",
        why_absent="the node's route to the gateway is missing from the state",
    ),
    *columns_of(
        STATE,
        "gateway6",
        BOOL,
        "whether the cali interface has the address of the pods' IPv6 gateway",
        why_absent="the addresses of the cali interface are missing from the state; add ip addr from the node",
    ),
    *columns_of(
        STATE,
        "named_interface",
        TEXT,
        "name of the cali interface as derived from the pod's name",
        why_absent="the pod's name and namespace are missing from the state; add the output of kubectl get pods -A "
        "-o wide",
    ),
]
