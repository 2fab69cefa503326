"""Networks of pods: how to recognize each in captures and in a node's state. To add one, edit the table below.

A network that has a folder of its id in ``rules/`` is judged by that pack; the others are only recognized.

Sources: the plugins' own code. AWS: amazon-vpc-cni-k8s, networkutils.GeneratePodHostVethName and driver.go. Azure:
azure-container-networking, transparent_endpointclient_linux.go. Cilium: pkg/defaults, pkg/endpoint/connector. GKE: its
ptp plugin with the prefix gke. containernetworking/plugins: bridge, ptp, pkg/ip RandomVethName. Docker:
libnetwork/netutils, GenerateIfaceName. Podman: netavark, src/network. KubeVirt: pkg/network/namescheme.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field

from pcapcheck.values import parse_address

# Evidence that a link is Calico's, the strongest first.
NAME, PROXY_MAC, GATEWAY, STATE = "name", "proxy-mac", "gateway", "state"
# Somebody said so, with --pack.
PACK = "pack"
EVIDENCE = (PACK, NAME, PROXY_MAC, GATEWAY, STATE)
# The id of Calico's network, like those of the table below.
CALICO = "calico"
# How names of its links begin, unless its interface_prefix says otherwise.
CALICO_NAMES = "cali"
# Protocols of Calico's routes in the kernel's listings: Felix's own (felix/dataplane/linux, RouteProtocol) and BIRD's.
CALICO_PROTOCOLS = ("80", "bird")
# Interfaces inside a pod in which KubeVirt bridges a virtual machine to the pod's link.
VM_BRIDGE = re.compile(r"k6t-\w+")
VM_UPLINK = re.compile(r"\w+-nic")
# The networks of services that installers choose by themselves: kubeadm (EKS's is inside), k3s and RKE2, EKS,
# OpenShift, Kubespray, MicroK8s.
SERVICE_NETWORKS = (
    *("10.96.0.0/12", "10.43.0.0/16", "172.20.0.0/16", "172.30.0.0/16"),
    *("10.233.0.0/18", "10.152.183.0/24"),
)
# The same of pods: kubeadm's guides, kind, minikube and flannel; k3s and RKE2; Kubespray. 192.168.0.0/16, the default
# of Calico's own manifests, is that of hosts as well.
POD_NETWORKS = ("10.244.0.0/16", "10.42.0.0/16", "10.233.64.0/18")
# Those of OpenShift, Weave Net and Docker may be networks of hosts too.
PERHAPS_POD_NETWORKS = ("10.128.0.0/14", "10.32.0.0/12", "172.17.0.0/16")


class Network(Struct, frozen=True):
    """A network other than Calico's. ``links`` matches the names of the node's ends of pod links, ``devices`` the rest.

    ``title`` is how sentences call it, ``link`` what a pod link of it is called, ``begins`` how the names of its links
    begin.
    ``macs`` are those that it gives to the node's ends. ``own_name``: nobody else calls links so, so the name is proof
    that the link is not Calico's. ``virtual_gateway``: pods reach 169.254.1.1 there too, by an entry that its
    plugin sets, ``gateways`` are others that they reach so. ``bypasses``: replies may be handed to the pod past the
    node's end of its link; ``may_bypass``: on some nodes, where nothing that goes to the pod is seen there then.
    ``is_bridged``: its links end in a bridge, so that more than two machines are heard on one. ``usual_gateway``: its
    gateways have the first address of their subnet.
    ``may_be``: names of its links are those of several networks, and other evidence has to show which.
    """

    id: str
    title: str
    link: str
    begins: str = ""
    links: str = ""
    devices: str = ""
    macs: tuple[int, ...] = ()
    own_name: bool = False
    virtual_gateway: bool = False
    gateways: tuple[int, ...] = ()
    bypasses: bool = False
    may_bypass: bool = False
    is_bridged: bool = False
    usual_gateway: bool = False
    may_be: tuple[str, ...] = ()

    def has_link(self, name: str) -> bool:
        """Whether an interface of that name is the node's end of a pod link of this network."""
        return bool(self.links) and re.fullmatch(self.links, name) is not None

    def has_device(self, name: str) -> bool:
        """Whether it is another device of this network: a bridge, a tunnel."""
        return bool(self.devices) and re.fullmatch(self.devices, name) is not None


# The more telling first: a node may have devices of several.
NETWORKS = (
    Network(
        "aws-vpc-cni",
        "AWS VPC CNI",
        "AWS VPC CNI pod link",
        "eni",
        r"eni[0-9a-f]{11}",
        r"vlan\.eth\.\d+",
        own_name=True,
        virtual_gateway=True,
        gateways=(parse_address("fe80::1"),),
    ),
    Network(
        "azure-cni",
        "Azure CNI",
        "Azure CNI pod link",
        "azv",
        r"azv(eth)?[0-9a-f]{7,12}",
        r"azure\d+",
        (0xAAAAAAAAAAAA,),
        own_name=True,
        virtual_gateway=True,
        gateways=(parse_address("fe80::1234:5678:9abc"),),
    ),
    Network(
        "gke", "GKE", "GKE pod link", "gke", r"gke[0-9a-f]{11}", own_name=True, may_bypass=True, usual_gateway=True
    ),
    Network(
        "cilium",
        "Cilium",
        "Cilium pod link",
        "lxc",
        r"lxc([0-9a-f]{9,12}|_health)",
        r"cilium_\w+",
        own_name=True,
        bypasses=True,
    ),
    Network("antrea", "Antrea", "Antrea pod link", "", "", r"antrea-(gw|tun)0"),
    Network("ovn-kubernetes", "OVN-Kubernetes", "OVN-Kubernetes pod link", "", "", r"ovn-k8s-\w+|br-int"),
    Network(
        "weave",
        "Weave Net",
        "Weave Net pod link",
        "vethwepl",
        r"vethwepl[0-9a-f]+",
        # Inside a container its end is called ethwe.
        r"weave|vethwe-\w+|ethwe\d*",
        own_name=True,
    ),
    Network(
        "kube-router", "kube-router", "kube-router pod link", "veth", "", r"kube-(bridge|dummy-if)|tun-[0-9a-f]{9,12}"
    ),
    Network(
        "flannel",
        "flannel",
        "flannel pod link",
        "veth",
        "",
        r"flannel(-v6)?\.\d+|flannel-wg(-v6)?|flannel0",
        is_bridged=True,
        usual_gateway=True,
    ),
    Network(
        "bridge",
        "the bridge plugin",
        "bridge plugin pod link",
        "veth",
        "",
        r"cni\d+|cbr0",
        is_bridged=True,
        usual_gateway=True,
    ),
    Network("ptp", "the ptp plugin (as in kindnet)", "ptp plugin pod link", "veth", usual_gateway=True),
    Network(
        "veth",
        "kindnet or another plugin that calls its links veth and a random number (or Docker)",
        "veth pair of another plugin",
        "veth",
        r"veth[0-9a-f]{7,8}",
        own_name=True,
        may_be=("ptp", "bridge", "flannel"),
    ),
    Network(
        "docker",
        "Docker or Podman",
        "Docker link",
        "veth",
        "",
        r"docker\d+|docker_gwbridge|br-[0-9a-f]{12}|(cni-)?podman\d+",
        is_bridged=True,
    ),
)
NETWORK_IDS = (CALICO, *(network.id for network in NETWORKS if not network.may_be))
# Those for which rules ship besides Calico's: a folder of the same name in ``rules/`` each.
PACKED = ("aws-vpc-cni", "azure-cni", "bridge", "cilium", "flannel", "gke", "ptp")
# What --pack takes.
NAMED = (CALICO, *PACKED)
# What else people call them.
ALIASES = {"kindnet": "ptp", "aws": "aws-vpc-cni", "azure": "azure-cni"}


class Likeness(Struct, frozen=True):
    """The network that a capture point looks like, by its name, by ``mac``, or by what ``by`` says."""

    network: Network
    mac: int | None = None
    by: str = ""


class KnownNetwork(Struct, frozen=True):
    """What a node's state says of the network: whether it shows Calico, which others (ids), and its pods' links.

    ``links`` maps a pod's MAC to the name of its link on the node, ``homes`` a pod's address, ``nodes`` the name of a
    link to that of its node. ``not_calico`` says in words what it shows instead.
    ``ebpf_line`` is the number of the line that shows Calico's eBPF data plane, ``routed_links`` the links of nodes
    whose state shows that they have none. ``leaves_translated`` says of the address of a pod, and of one that it asks,
    whether packets have to leave the node with another source; None: nothing shows it. ``devices`` maps the number
    and the MAC of a node's own interfaces, pods' links aside, to their names.
    """

    calico: bool = False
    others: frozenset[str] = frozenset()
    not_calico: str = ""
    links: Mapping[int, str | None] = field(default_factory=dict)
    homes: Mapping[int, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    ebpf_line: int | None = None
    routed_links: frozenset[str] = frozenset()
    leaves_translated: Callable[[int, int], bool] | None = None
    devices: Mapping[tuple[int, int], str] = field(default_factory=dict)


NOTHING_KNOWN = KnownNetwork()
_BY_ID = {network.id: network for network in NETWORKS}


def network_of(id_: str) -> Network:
    """The network with this id. Raises KeyError for Calico's and any other."""
    return _BY_ID[id_]


def link_names(networks: Iterable[str]) -> str:
    """How names of links of these networks (ids) begin, as ``cali`` or ``eni or veth``."""
    beginnings = (CALICO_NAMES if id_ == CALICO else network_of(id_).begins for id_ in networks)
    *others, last = dict.fromkeys(filter(None, beginnings)) or (CALICO_NAMES,)
    return f"{', '.join(others)} or {last}" if others else last


def id_of(name: str) -> str:
    """The id of the network that somebody calls so."""
    return ALIASES.get(name, name)


def by_link(name: str) -> Network | None:
    """The network whose pod links have such names."""
    return next((network for network in NETWORKS if network.has_link(name)), None)


def find_link(text: str) -> str | None:
    """The one name of a pod link that stands in a text between other words, as in ``eni3f0a91c7d52-before``."""
    found = {word for word in re.split(r"[^0-9A-Za-z]+", text) if (network := by_link(word)) and network.own_name}
    return found.pop() if len(found) == 1 else None


def by_device(name: str) -> Network | None:
    """The network that has such a device: a pod link, a bridge or a tunnel."""
    return next((network for network in NETWORKS if network.has_link(name) or network.has_device(name)), None)


def by_mac(macs: Iterable[int | None]) -> tuple[Network, int] | None:
    """The network that gives its links one of these MACs, and which."""
    given = set(macs)
    return next(((network, mac) for network in NETWORKS for mac in network.macs if mac in given), None)


def is_of_another(name: str) -> bool:
    """Whether a name is proof that a link is not one of Calico's, whatever the prefix of Calico's names is set to.

    Calico may enforce policy on links that another plugin makes; its interface_prefix is then that plugin's.
    """
    network = by_link(name)
    return network is not None and network.own_name
