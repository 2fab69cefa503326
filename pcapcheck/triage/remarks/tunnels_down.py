"""Remarks on tunnel devices that are down: nothing leaves the node through them, and what comes for them is not taken.

Of IP in IP there is a device wherever the module is loaded, in each pod as well; the others are made to be used, but
one of VXLAN may be left over if no pool uses it any more, and one of WireGuard if encryption was turned off.
"""

from __future__ import annotations

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.readers.felix_settings import OFF, WIREGUARD_NOTES
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, is_ipv4

# Devices of Calico and of flannel: felix/dataplane/linux/dataplanedefs; flannel: pkg/backend/vxlan.
MADE_FOR_USE = ("vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali", "flannel.")
# Those for pools of Calico, and whether they are for IPv4.
VXLAN_DEVICES = {"vxlan.calico": True, "vxlan-v6.calico": False}
WIREGUARD_DEVICES = {"wireguard.cali": WIREGUARD_NOTES[False], "wg-v6.cali": WIREGUARD_NOTES[True]}


def tunnel_down_remarks(state: State) -> list[Remark]:
    """A remark per host with such devices."""
    unused = {name for name, v4 in VXLAN_DEVICES.items() if _is_unused(state, v4)}
    unused |= {name for name, kind in WIREGUARD_DEVICES.items() if _is_turned_off(state, kind)}
    return [remark for host in state.hosts if host.role != POD and (remark := _remark(host, unused)) is not None]


def _is_unused(state: State, v4: bool) -> bool:
    """Whether all pools that are shown of that version of IP, and there are some, do without VXLAN."""
    modes = {pool.vxlan for pool in state.pools if is_ipv4(pool.network) == v4}
    return modes == {"never"}


def _is_turned_off(state: State, kind: str) -> bool:
    """Whether Felix's settings, which are the cluster's, say so; a node's own may differ, and then it may be on."""
    return {note.text for host in state.hosts for note in host.notes_of(kind)} == {OFF}


def _remark(host: Host, unused: set[str]) -> Remark | None:
    made = (link for link in host.links.values() if link.name.startswith(MADE_FOR_USE) and link.name not in unused)
    down = [link for link in made if link.up is False]
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
