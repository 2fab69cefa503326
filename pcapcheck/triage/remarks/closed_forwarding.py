"""Remarks on devices of containers that a host does not forward from: nothing of theirs goes further than the host.

Of Calico's links a rule speaks. A host without containers forwards nothing, and is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.node_facts import Sysctl
from pcapcheck.nodestate.readers.sysctls import line_of, value_of
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

CONTAINERS = re.compile(
    r"(?:docker|podman|cni|cbr|virbr|lxdbr|lxcbr|incusbr)\d+|br-[0-9a-f]{12}|kube-bridge|weave|ovn-k8s-mp\d"
    r"|flannel(?:-v6)?\.\d+|cilium_(?:host|net|vxlan)"
)
CALICO = ("cali", "vxlan.calico")
SWITCH = "net.ipv4.ip_forward"


def closed_forwarding_remarks(state: State) -> list[Remark]:
    """A remark per host."""
    return [remark for host in state.hosts if host.role != POD for remark in _of(host)]


def _of(host: Host) -> Iterator[Remark]:
    names = {*host.links, *(setting.interface for setting in host.sysctls.values() if setting.interface)}
    if any(name.startswith(CALICO) for name in names):
        return
    devices = sorted(name for name in names if CONTAINERS.fullmatch(name))
    if not devices:
        return
    whole = host.sysctls.get(SWITCH)
    closed = [setting for name in devices if _is_off(setting := host.sysctl(name, "forwarding"))]
    if _is_off(whole):
        yield _remark(host, f"{host.label} forwards nothing (net.ipv4.ip_forward is 0)", whole, f"{SWITCH}=1")
    elif closed and closed[0] is not None:
        first = closed[0]
        where = clean(first.interface or "")
        yield _remark(host, f"forwarding is off on {where} of {host.label}", first, f"{first.name}=1")


def _is_off(setting: Sysctl | None) -> bool:
    return setting is not None and value_of(setting) == 0


def _remark(host: Host, sentence: str, setting: Sysctl | None, mend: str) -> Remark:
    line = line_of(setting)
    return Remark(
        f"{sentence}: what containers send beyond the host, or answer to somebody there, comes in and goes no further; "
        f"sysctl -w {mend}, and find out what turned it off (sysctl.d, a hardening tool)",
        lines=(quote(line),) if line else (),
        short=sentence,
        warning=sentence,
    )
