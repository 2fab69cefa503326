"""ICMP errors: counts of all recorded ones, and a sentence about those behind a failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.decode.icmp_words import RATE_LIMITED, in_words
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.paths import Paths
from pcapcheck.ruleset.finding import Evidence, Finding
from pcapcheck.table_names import CONNECTIONS, DNS, ECHO, PATHS
from pcapcheck.values import clean, format_address

ASKED = (ECHO, CONNECTIONS, DNS)


class CountedError(Struct, frozen=True):
    """An ICMP error, and how often one capture shows it, whatever it is about."""

    capture: Capture
    family: int
    icmp_type: int
    icmp_code: int
    source: int
    mtu: int | None
    count: int


def counted_errors(analysis: Analysis) -> tuple[CountedError, ...]:
    """The ICMP errors of each capture, the most frequent first."""
    return tuple(
        CountedError(capture, *error, count)
        for capture in analysis.captures
        for error, count in capture.exchanges.paired.ending_errors.counts.most_common()
    )


def error_lines(errors: Sequence[CountedError], followed: Paths) -> Iterator[str]:
    """Who says what, how often, and whom it reached, the most frequent first: a line per error, over all captures."""
    reached = _reached(followed) if errors else {}
    counted: dict[tuple[int, int, int, int, int | None], tuple[int, list[str]]] = {}
    for error in errors:
        which = error.family, error.icmp_type, error.icmp_code, error.source, error.mtu
        known, names = counted.get(which, (0, []))
        # Several points may show the same error on its path: the point that shows it most often counts.
        counted[which] = max(known, error.count), [*names, clean(error.capture.source.short_name)]
    by_count = sorted(counted.items(), key=lambda item: -item[1][0])
    for (family, icmp_type, icmp_code, source, mtu), (count, names) in by_count:
        where = names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        words = in_words(family, icmp_type, icmp_code, mtu)
        yield f"ICMP error: {format_address(source)} says {words}, {count}x (in {where}){reached.get(source, '')}"


def _reached(followed: Paths) -> dict[int, str]:
    """By sender of errors, whom they reached, in words: for those all of whose errors were seen to arrive."""
    receivers: dict[int, set[int | None]] = {}
    for path in followed.found:
        if path.packet == "error":
            receiver = path.receiver if followed.is_delivered(path) else None
            receivers.setdefault(path.steps[-1].src, set()).add(receiver)
    words = {}
    for source, arrived in receivers.items():
        known = [receiver for receiver in arrived if receiver is not None]
        if len(known) == len(arrived):
            whom = format_address(known[0]) if len(known) == 1 else f"the {len(known)} hosts that they are for"
            words[source] = f", reached {whom}"
    return words


def answered_by_error(analysis: Analysis, failed: list[Finding]) -> str:
    """The first failure, if ICMP errors answered most of it; else nothing.

    An error says more than the disappearance of a request: whoever sent the error received the request.
    """
    lead = failed[0]
    if lead.rule.table in ASKED:
        some = [lead]
    elif lead.rule.table == PATHS and lead.evidence and lead.evidence[0].row.get("packet") == "request":
        some = [echo for echo in failed if echo.rule.table == ECHO]
    else:
        return ""
    for finding in some:
        for evidence in finding.evidence:
            if evidence.row.get("refusal") and _same(evidence, lead.evidence[0]):
                return _sentence(analysis, finding, evidence)
    return ""


def _same(evidence: Evidence, other: Evidence) -> bool:
    return all(evidence.row.get(name) == other.row.get(name) for name in ("src", "dst"))


def _sentence(analysis: Analysis, finding: Finding, evidence: Evidence) -> str:
    losses = analysis.losses(finding.rule.table)
    src, dst = evidence.row.get("src"), evidence.row.get("dst")
    share = losses.pairs.of((src, dst)) if losses and isinstance(src, int) and isinstance(dst, int) else None
    if share is None or share.icmp_errors * 2 < share.failed or finding.measures:
        return ""
    silent = share.failed - share.icmp_errors
    often = f"{share.icmp_errors} of {share.asked}" if share.asked > 1 else ""
    if silent:
        often += f", {silent} without any answer: {RATE_LIMITED}"
    if finding.failed > share.failed:
        often += f"{'; ' if often else ''}{finding.failed} of {finding.checked} failed in total"
    return evidence.headline + (f" ({often})" if often else "")
