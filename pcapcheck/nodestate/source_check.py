"""The reverse-path check of IPv4: whether a node drops a packet for the interface by which it came in.

Kernel: net/ipv4/fib_frontend.c, __fib_validate_source. The way back is looked up as if the node itself asked (iif lo).
Strict (1) wants it to lead out of that interface; loose (2) wants any way back, where the interface has an address of
its own. IPv6 has no such check.
"""

from __future__ import annotations

from pcapcheck.nodestate.forwarding import CHECKED, OUT, Decision, decide
from pcapcheck.nodestate.gateway import LOCAL
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Sysctl
from pcapcheck.nodestate.policy_routing import RoutedPacket
from pcapcheck.nodestate.readers.sysctls import line_of, value_of
from pcapcheck.nodestate.source_lines import Line, Sourced
from pcapcheck.values import is_ipv4

STRICT, LOOSE = 1, 2
COUNTER = "TcpExtIPReversePathFilter"


def fails_source_check(node: Host, packet: RoutedPacket) -> Sourced[bool] | None:
    """Whether the check drops the packet, and the lines that say so; None where the state does not tell.

    Calico's eBPF programs take packets past the kernel's own check (felix/design/bpf-host-networking.md).
    """
    if packet.iif is None or packet.src is None or not is_ipv4(packet.src) or node.ebpf is not None:
        return None
    link = node.links.get(packet.iif)
    # What comes in by a port of a bridge or of a bond comes in by the bridge or the bond.
    dev = link.master if link is not None and link.master else packet.iif
    asked = [
        lookup
        for name in {dev, packet.iif}
        for lookup in node.lookups_of(packet.dst, name)
        if lookup.source == packet.src and lookup.error == CHECKED
    ]
    if asked:
        return Sourced(True, (asked[-1].line,))
    settings = [
        setting for setting in (node.sysctl(dev, "rp_filter"), node.sysctl("all", "rp_filter")) if setting is not None
    ]
    known = [value for setting in settings if (value := value_of(setting)) is not None]
    if not known or (max(known) == 0 and len(known) < 2):
        return None
    if max(known) == 0:
        return Sourced(False, _lines(settings, None))
    back = decide(node, RoutedPacket(packet.dst, packet.src, "lo"))
    fails = _fails(node, dev, back, max(known), whole=len(known) == 2)
    if fails is None or back is None:
        return None
    counted = next((counter for counter in reversed(node.counters) if counter.name == COUNTER), None)
    if fails and counted is not None and counted.value == 0:
        return Sourced(False, (counted.line,))
    # The larger of the two counts (IN_DEV_RPFILTER in include/linux/inetdevice.h).
    ruling = [setting for setting in settings if value_of(setting) == max(known)]
    return Sourced(fails, _lines(ruling, back))


def way_back_differs(node: Host, packet: RoutedPacket) -> Sourced[bool] | None:
    """Whether the node's route back to the packet's source leaves by another interface than the packet came in by.

    The check drops it then if it is on (strict), which the state need not show. None where the routes do not tell.
    """
    if packet.iif is None or packet.src is None or not is_ipv4(packet.src) or node.ebpf is not None:
        return None
    link = node.links.get(packet.iif)
    dev = link.master if link is not None and link.master else packet.iif
    back = decide(node, RoutedPacket(packet.dst, packet.src, "lo"))
    if back is None or back.leads != OUT or not back.devices:
        return None
    return Sourced(dev not in back.devices, _lines([], back))


def _fails(node: Host, dev: str, back: Decision | None, mode: int, *, whole: bool) -> bool | None:
    if back is None or back.leads == LOCAL:
        return None
    if back.leads != OUT:
        return True
    if dev in back.devices:
        return False
    if mode == STRICT and whole:
        # Whether the interface has an address makes no difference to it.
        return True
    if node.addresses_of(dev, 4):
        # An unknown setting of all may be loose, which lets it pass.
        return False if mode == LOOSE else None
    # Without an address there is no last resort for the loose check either.
    return True if "addresses4" in node.whole else None


def _lines(settings: list[Sysctl], back: Decision | None) -> tuple[Line, ...]:
    said = [line for setting in settings if (line := line_of(setting)) is not None]
    return (*said, *(back.lines if back is not None else ()))
