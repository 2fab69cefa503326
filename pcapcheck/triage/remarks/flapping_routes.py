"""Remarks on routes that come and go while ``ip monitor`` runs: what is sent meanwhile takes another way, or none."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.monitor import RETURNS, event_in
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# A route that is deleted and made again once may have been changed.
FEWEST = 2
OURS = ("bird", "80", "cali", "blackhole", "tunl0")


def flapping_route_remarks(state: State) -> list[Remark]:
    """A remark per host on which several routes, or one several times, were deleted and came back."""
    return [remark for host in state.hosts if (remark := _remark(host)) is not None]


def _remark(host: Host) -> Remark | None:
    notes = [note for note in host.notes if note.kind == RETURNS]
    times = sum(int(note.text) for note in notes)
    if times < FEWEST:
        return None
    first = next((note for note in notes if any(word in note.line.text for word in OURS)), notes[0])
    words = event_in(first.line.text).split()
    route = " ".join(words[: words.index("dev") + 2] if "dev" in words else words[:3])
    more = f" and {len(notes) - 1} more" if len(notes) > 1 else ""
    sentence = f"routes of {host.label} were deleted and came back, {times}x: {clean(route)}{more}"
    return Remark(
        f"{sentence}: what is sent meanwhile takes another route, or none; two programs write them, such as BIRD of "
        "two calico-nodes on this machine or a network manager, or a BGP session comes and goes (calicoctl node "
        "status; ps -ef | grep bird)",
        lines=(quote(first.line),),
        short=sentence,
    )
