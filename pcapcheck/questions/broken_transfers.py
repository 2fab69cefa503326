"""Broken transfers: TCP connections that stalled, or were reset with data under way, where no rule judges them.

On a pod's link rules do. Elsewhere, as on a NIC, they are questions: the data was never acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.exchanges.transfer_row import Side, TransferRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import UNANSWERED, Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS, TRANSFERS
from pcapcheck.values import Value, as_number, format_address

# Segments of at least this many bytes may exceed the MTU of the network.
LARGE = 1200
# What a question about data is about; ``triage/question_signs.py`` knows it by that.
DATA = "TCP data"
BROKEN = "broken off"
NEVER_ARRIVES = "never arrives here"
# The columns that a question is made of.
COLUMNS = ("sender", "sender_port", "receiver", "receiver_port", "attempts", "lasted", "size")
Row = Mapping[str, Value | None]
# Nanoseconds. The same connection begins at once on both sides of the translation.
AT_ONCE = 1_000_000_000


class BrokenTransfers:
    """Yields a question per two hosts and port, with how many connections are like it, for captures one by one.

    What a rule judges on one link is not a question on another, where a node may have translated one of its addresses.
    """

    def __init__(self, captures: Sequence[Capture]) -> None:
        # Those of each capture, with their ends.
        self._broken = {
            capture.number: [(row, row.ends) for row in capture.exchanges.conversations.broken] for capture in captures
        }
        self._judged: dict[tuple[str, Side], list[int]] | None = None

    def __call__(self, capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
        alike: dict[object, list[TransferRow]] = {}
        by_rules = self._by_rules(judged)
        for row, ends in self._broken[capture.number]:
            point = facts.point(capture.number, row.group)
            if point is None or not point.judged or row.group in point.recorded_elsewhere:
                continue
            if _is_among(row, by_rules):
                continue
            sender, sender_port, receiver, receiver_port = ends
            port = min((as_number(each) or 0 for each in (sender_port, receiver_port)), default=0)
            alike.setdefault((row.outcome, point.key, sender, receiver, port), []).append(row)
        for some in alike.values():
            worst = max(some, key=lambda row: as_number(row.attempts) or 0)
            point = facts.point(capture.number, worst.group)
            if point is not None:
                values = {name: getattr(worst, name) for name in COLUMNS}
                found = question(values, tuple(worst.frames), worst.group, capture.number, point, len(some))
                yield _of_back_end(found, capture)

    def _by_rules(self, judged: Judged) -> dict[tuple[str, Side], list[int]]:
        """What rules judge in any capture: by outcome and side, when it began."""
        if self._judged is None:
            self._judged = {}
            for number, some in self._broken.items():
                for row, _ in some:
                    if judged(TRANSFERS, number, row):
                        for side in row.sides:
                            self._judged.setdefault((row.outcome, side), []).append(as_number(row.time) or 0)
        return self._judged


def _is_among(row: TransferRow, judged: Mapping[tuple[str, Side], list[int]]) -> bool:
    """Whether rules judge a transfer on another link, be it with another address of one end."""
    begun = as_number(row.time) or 0
    times = [judged.get((row.outcome, side), []) for side in row.sides]
    # On all sides the same: recorded twice.
    return all(times) or any(abs(begun - time) <= AT_ONCE for some in times for time in some)


def question(
    row: Row, frames: tuple[int, ...], group: int, capture: int, point: PointFacts, alike: int = 1
) -> Unanswered:
    """A stalled or reset transfer as a question: whose data was not acknowledged, or who broke it off."""
    sender, receiver = as_number(row.get("sender")) or 0, as_number(row.get("receiver"))
    sender_port, receiver_port = as_number(row.get("sender_port")), as_number(row.get("receiver_port"))
    attempts, size = as_number(row.get("attempts")), as_number(row.get("size"))
    named = format_address(receiver) if receiver is not None else "the other side"
    shared = {
        "protocol": "TCP",
        "asker": sender,
        "asked": receiver,
        "capture": capture,
        "interface": point.name,
        "frames": frames,
        "group": group,
        "alike": alike,
        "port": receiver_port,
        "asker_ports": frozenset(() if sender_port is None else (sender_port,)),
    }
    if attempts is None and size is None:
        return Unanswered(
            **shared,  # type: ignore[arg-type]
            about="",
            attempts=1,
            lasted=None,
            # An RST bears the address of an end of the connection, whoever made it.
            wording=f"the connection of {format_address(sender)} port {sender_port} with {named} port {receiver_port} "
            f"is {BROKEN} (RST from {format_address(sender)}'s address)",
            meaning="data was under way: the process ended, or a firewall or the node reset the connection in its name "
            "or lost track of it; an RST that its sender's own link does not show comes from somebody else",
            verb="seen",
            noun="connection",
            ended=BROKEN,
        )
    if attempts is None:
        return Unanswered(
            **shared,  # type: ignore[arg-type]
            about=f"{DATA} to {named} port {receiver_port}",
            attempts=1,
            lasted=as_number(row.get("lasted")),
            fate=f"{NEVER_ARRIVES}, {size} bytes of it",
            meaning=f"later data of the connection was recorded, and {named} goes on asking for what is missing: it is "
            f"lost on its way to here{_too_large(size)}",
            doubt=point.silence.get(CONNECTIONS, ""),
            verb="missing",
            ended=UNANSWERED,
            size=size,
        )
    meaning = f"{size} bytes were sent again and again and never acknowledged"
    if size == 0:
        meaning = "keep-alives were sent again and again and never answered"
    meaning += _too_large(size)
    return Unanswered(
        **shared,  # type: ignore[arg-type]
        about=f"{DATA} to {named} port {receiver_port}",
        attempts=attempts,
        lasted=as_number(row.get("lasted")),
        meaning=meaning,
        doubt=point.silence.get(CONNECTIONS, ""),
        verb="sent",
        ended=UNANSWERED,
        size=size,
    )


def _of_back_end(found: Unanswered, capture: Capture) -> Unanswered:
    """A connection that its asker broke off, in other words if from the same port it talks to another address.

    A host has one connection of a port with a service and none with its back end (RFC 9293, section 3.10.7.1).
    """
    if found.ended != BROKEN or found.asked is None:
        return found
    asked = {
        row.dst: row.dst_port
        for some in capture.exchanges.paired.bins_of(CONNECTIONS)
        for row in some.samples
        if isinstance(row, ConnectionRow) and (row.src, row.src_port in found.asker_ports) == (found.asker, True)
    }
    if not asked or found.asked in asked:
        # Where both sides of the translation were recorded, so is what it asks of the back end.
        return found
    service, port = next(iter(asked.items()))
    asker, called, back_end = (format_address(each) for each in (found.asker, service, found.asked))
    return replace(
        found,
        wording=f"{asker} resets what comes from {back_end} port {found.port}, while from the same port it talks to "
        f"{called} port {port}",
        meaning=f"{back_end} is a back end of {called} whose segment was not translated back, as connection tracking "
        "calls it INVALID (beyond the connection's window, or its entry is gone; conntrack -S: does invalid grow?); "
        "drop what is INVALID, or set sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1",
    )


def _too_large(size: int | None) -> str:
    """What large segments that get lost may mean, as a sentence goes on."""
    if size is None or size < LARGE:
        return ""
    return "; if smaller ones arrive, the way takes no packets of this size and says so to nobody (MTU)"
