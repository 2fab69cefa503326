"""Remarks on what got no answer by what ping or another client itself printed, next to the packets of a text."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.links.read_capture import Capture
from pcapcheck.table_names import ECHO
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

LOST = {"unanswered", "error"}


def printed_ping_remarks(captures: list[Capture]) -> list[Remark]:
    """A remark per capture and target of ping, and one per capture for other clients."""
    return [remark for capture in captures for remark in (*_remarks(capture), *_of_clients(capture))]


def _of_clients(capture: Capture) -> Iterator[Remark]:
    failed = [line for problem in capture.problems for line in problem.failed]
    if not failed or any(LOST & set(tally.outcomes) for tally in capture.tallies.values()):
        # What was recorded without an answer says more.
        return
    number, words = failed[-1]
    said = f'a client printed "{clean(words)}", and no packet of the text shows what it waited for'
    yield Remark(
        f"{said} (line {number} of {clean(capture.source.short_name)}): record the interfaces on its way meanwhile",
        short=said,
        warning=said,
    )


def _remarks(capture: Capture) -> Iterator[Remark]:
    bins = list(capture.exchanges.paired.bins_of(ECHO))
    replied = {format_address(row.dst): row for some in bins if some.outcome == "replied" for row in some.samples}
    # What was recorded of them is said by the question itself.
    asked = {format_address(row.dst) for some in bins if some.outcome != "replied" for row in some.samples}
    for target, sent in dict(pair for problem in capture.problems for pair in problem.unheard).items():
        if target in asked:
            continue
        said = f"ping printed that {clean(target)} answered none of its {sent} requests"
        row = replied.get(target)
        if row is None:
            yield Remark(
                f"{said}, and nothing in {clean(capture.source.short_name)} shows an answer of it: record the next "
                "interface on the way too, while ping runs",
                short=said,
                warning=said,
            )
            continue
        yet = f"{said}, although an answer of it to {format_address(row.src)} was recorded"
        yield Remark(
            f"{yet} (frame {row.frames[-1]} of {clean(capture.source.short_name)}): if it is of this ping, it was "
            "dropped between there and ping, by rp_filter, by an ip rule that looks its route up in another table, or "
            "by a rule of INPUT (ip rule; ip route get ADDRESS from SOURCE iif INTERFACE; nstat -az "
            "TcpExtIPReversePathFilter; iptables-save -c)",
            short=yet,
            warning=yet,
        )
