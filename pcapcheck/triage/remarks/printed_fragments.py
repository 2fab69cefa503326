"""Remarks on packets in pieces, by the text of a capture: tunnels' packets in fragments, others that were cut.

Linux sends the packets of VXLAN without DF, so the node itself cuts them if the overlay's MTU is too large (kernel:
drivers/net/vxlan). Many clouds and firewalls drop fragments; where they arrive, they cost speed (RFC 8900). A packet
that is shorter than its header says came through something that cut it to its own MTU (some VPNs' devices do), and its
receiver drops it (kernel: net/ipv4/ip_input.c, ip_rcv_core). A tool that writes recordings may have cut it, too.
The fragments of other packets are worth nothing one without the others (RFC 791, section 3.2).
"""

from __future__ import annotations

from pcapcheck.links.read_capture import Capture
from pcapcheck.plural import does
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean


def printed_fragment_remarks(captures: list[Capture]) -> list[Remark]:
    """A remark per capture that shows some."""
    problems = [(capture, problem) for capture in captures for problem in capture.problems]
    return [
        *(_remark(capture, problem.fragments) for capture, problem in problems if problem.fragments),
        *(_of_cut(capture, problem.cut) for capture, problem in problems if problem.cut),
        *(_of_firsts(capture, problem.firsts) for capture, problem in problems if problem.firsts),
    ]


def _remark(capture: Capture, lines: tuple[int, ...]) -> Remark:
    packets = f"{_packets(lines)} of a tunnel left in fragments"
    return Remark(
        f"{packets} (first: line {lines[0]} of {clean(capture.source.short_name)}): the pods' MTU is larger than the "
        "nodes' network takes with the tunnel's header around (50 bytes for VXLAN), and many networks drop fragments: "
        "small packets arrive then, large ones do not. Set the MTU of the pods' network to that of the NIC less the "
        "tunnel's overhead",
        short=f"{packets}: the pods' MTU is too large for the tunnel",
    )


def _of_firsts(capture: Capture, lines: tuple[int, ...]) -> Remark:
    sentence = f"of {_packets(lines)} the text shows the first fragment and no other"
    return Remark(
        f"{sentence} (first: line {lines[0]} of {clean(capture.source.short_name)}): no fault if it was recorded by "
        "ports, which the others do not hold (record by host); else they are lost, and whoever gets the first alone "
        "drops it too (nstat -az IpReasmFails). What looks for ports drops them: firewalls, security groups, NAT and "
        "eBPF programs; a smaller answer, or TCP, gets through",
        short=sentence,
    )


def _of_cut(capture: Capture, lines: tuple[int, ...]) -> Remark:
    packets = f"{_packets(lines)} {does('are', len(lines) != 1)} shorter than the header says"
    return Remark(
        f"{packets} (truncated-ip, first: line {lines[0]} of {clean(capture.source.short_name)}): unless the recording "
        "was cut, what brought it has a smaller MTU (a VPN or tunnel) and cut it off, and its receiver drops it: small "
        "packets arrive then, large ones do not. Compare the MTU of the interfaces on the way (ip link) with that of "
        "whoever receives it: a container's network and the pods' must not be larger",
        short=f"{packets}: an MTU on the way may be too small",
        warning=f"{packets}: an MTU on the way may be too small",
    )


def _packets(lines: tuple[int, ...]) -> str:
    return f"{len(lines)} packet{'' if len(lines) == 1 else 's'}"
