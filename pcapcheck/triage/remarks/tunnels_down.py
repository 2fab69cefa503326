"""Remarks on tunnel devices that are down: nothing leaves the node through them, and what comes for them is not taken.

Of IP in IP there is a device wherever the module is loaded, in each pod as well; the others are made to be used.
"""

from __future__ import annotations

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# Devices of Calico and of flannel: felix/dataplane/linux/dataplanedefs; flannel: pkg/backend/vxlan.
MADE_FOR_USE = ("vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali", "flannel.")


def tunnel_down_remarks(state: State) -> list[Remark]:
    """A remark per host with such devices."""
    return [remark for host in state.hosts if host.role != POD and (remark := _remark(host)) is not None]


def _remark(host: Host) -> Remark | None:
    down = [link for link in host.links.values() if link.name.startswith(MADE_FOR_USE) and link.up is False]
    if not down:
        return None
    one, several = ("is down", "it", "the device, which is"), ("are down", "them", "the devices, which are")
    is_down, it, which = one if len(down) == 1 else several
    sentence = f"{', '.join(clean(link.name) for link in down)} of {host.label} {is_down}"
    return Remark(
        f"{sentence}: nothing goes to pods of other nodes through {it}, and what comes from them is not taken out of "
        f"the tunnel (port unreachable); keep network managers off {it}, and restart calico-node, or delete "
        f"{which} then made again",
        lines=tuple(quote(link.line) for link in down),
        short=sentence,
        warning=sentence,
    )
