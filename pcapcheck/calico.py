"""Calico's names: the host end of a pod's veth pair, tunnels; and the kind of an interface by its name."""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.protocols import VXLAN_PORT, WIREGUARD_PORT, WIREGUARD_PORT6
from pcapcheck.values import is_ipv4

_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
_CALICO_TUNNELS = r"tunl\d+|vxlan(-v6)?\.calico|wireguard\.cali|wg-v6\.cali|egress\.vxlan"
_TUNNELS = re.compile(
    # flannel0 is that of flannel's UDP backend; Open vSwitch calls its own so (lib/dpif-netlink-rtnl.c).
    rf"{_CALICO_TUNNELS}|flannel(-v6)?\.\d+|flannel-wg(-v6)?|flannel0|cilium_(vxlan|geneve|wg0)|(genev|vxlan)_sys_\d+"
)
_NICS = re.compile(r"(eth|ens|eno|enp|enx|enX|enP|end|em|bond|team|wlan|wlp)\d\w*([.:]\d+)?")
# Interfaces whose name does not say what they are.
_OTHERS = re.compile(r"(br|virbr|vlan|net|tap|tun|veth|wg|dummy|macvlan|ipvlan|ib)\d+")
# Interfaces that only a machine has: inside a pod there is eth0 and the like, inside a virtual machine enp1s0.
_MACHINES_OWN = re.compile(r"(ens|eno|enx|enX|enP|end|em|bond|team|wlan|wlp)\d\w*([.:]\d+)?")


class CalicoTunnel(Struct, frozen=True):
    """A tunnel between nodes: its devices and UDP ports, by the IP version of the packets that it carries.

    Names: felix/dataplane/linux/dataplanedefs. Ports: felix/config/config_params.go (VXLANPort, WireguardListeningPort
    and WireguardListeningPortV6). IP in IP has no port, and carries IPv4 only.
    """

    device: str
    device6: str | None = None
    port: int | None = None
    port6: int | None = None

    def device_for(self, address: int) -> str | None:
        """The device that packets for an address leave and enter by."""
        return self.device if is_ipv4(address) else self.device6

    def port_of(self, device: str | None) -> int | None:
        """The port that a device sends to; an unknown device counts as IPv4."""
        return self.port6 if device is not None and device == self.device6 else self.port


# By encapsulation.
TUNNELS = {
    "vxlan": CalicoTunnel("vxlan.calico", "vxlan-v6.calico", VXLAN_PORT, VXLAN_PORT),
    "ipip": CalicoTunnel("tunl0"),
    "wireguard": CalicoTunnel("wireguard.cali", "wg-v6.cali", WIREGUARD_PORT, WIREGUARD_PORT6),
}


def tunnel_device(encap: str, address: int) -> str | None:
    """Calico's device for packets to an address in a tunnel; None for other tunnels."""
    return TUNNELS[encap].device_for(address) if encap in TUNNELS else None


_NAMESPACE = re.compile(r" \(\d{1,10}\)$")


def cali_name(namespace: str, pod: str, prefix: str = "cali") -> str:
    """The host-side interface of a pod: the prefix and 11 hex digits of SHA-1 of ``<namespace>.<pod>``.

    Source: Calico, libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go, VethNameForWorkload.
    """
    import hashlib  # Not at every start: OpenSSL comes with it.

    return prefix + hashlib.sha1(f"{namespace}.{pod}".encode(), usedforsecurity=False).hexdigest()[:11]


def parse_pod(text: str) -> tuple[str, str]:
    """Split NAMESPACE/POD. Raises ValueError for any other form (RFC 1123 names, as in Kubernetes)."""
    namespace, _, pod = text.partition("/")
    if not (_NAME.fullmatch(namespace) and _NAME.fullmatch(pod)) or "." in namespace:
        raise ValueError(f"{text!r}: write NAMESPACE/POD, as in default/pod-a-68c8f9cccd-sgtvg")
    return namespace, pod


def find_cali_name(text: str, prefix: str = "cali") -> str | None:
    """The first cali name that stands by itself in ``text`` (an interface or file name)."""
    match = re.search(rf"(?<![0-9A-Za-z]){re.escape(prefix)}[0-9a-f]{{11}}(?![0-9A-Za-z])", text)
    return match[0] if match else None


def is_shortened(name: str, prefix: str = "cali") -> bool:
    """Whether a name is the beginning of a cali name, long enough to be taken for one."""
    return re.fullmatch(rf"{re.escape(prefix)}[0-9a-f]{{5,10}}", name) is not None


def kind_of_name(name: str, prefix: str = "cali") -> str | None:
    """pod-link, tunnel or host-nic by an interface's name, or None if the name says nothing."""
    if find_cali_name(name, prefix):
        return "pod-link"
    # retis writes the number of the network namespace behind it (retis: src/process/cli/pcap.rs).
    name = _NAMESPACE.sub("", name)
    if _TUNNELS.fullmatch(name):
        return "tunnel"
    if _NICS.fullmatch(name):
        return "host-nic"
    return None


def find_tunnel_name(text: str) -> str | None:
    """The first name of a tunnel's device that stands by itself in ``text`` (an interface or file name)."""
    match = re.search(rf"(?<![0-9A-Za-z])({_TUNNELS.pattern})(?![0-9A-Za-z])", text)
    return match[0] if match else None


def is_calico_tunnel(name: str) -> bool:
    """Whether Calico makes a tunnel of that name."""
    return re.fullmatch(_CALICO_TUNNELS, name) is not None


def encap_of(name: str) -> str | None:
    """The encapsulation of a tunnel's device, by its name; None for those of other names."""
    if is_wireguard(name):
        return "wireguard"
    if re.fullmatch(r"vxlan(-v6)?\.calico|flannel(-v6)?\.\d+|cilium_vxlan|egress\.vxlan|vxlan_sys_\d+", name):
        return "vxlan"
    return "ipip" if re.fullmatch(r"tunl\d+", name) else None


def is_wireguard(name: str) -> bool:
    """Whether an interface of that name encrypts what passes it (WireGuard)."""
    return re.fullmatch(r"wireguard\.cali|wg-v6\.cali|flannel-wg(-v6)?|cilium_wg0", name) is not None


def is_machines_own(name: str) -> bool:
    """Whether only a machine has an interface of that name, never a pod."""
    return _MACHINES_OWN.fullmatch(name) is not None


def is_interface(name: str) -> bool:
    """Whether a name is that of another interface on Linux: a bridge, a VLAN, a second interface of a pod."""
    return _OTHERS.fullmatch(name) is not None
