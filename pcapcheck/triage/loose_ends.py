"""Loose ends: what was recorded and tells of trouble, but is about no pod's link or about packets not recorded."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from pcapcheck.columns import CONNECTIONS
from pcapcheck.flows.echo import Echo, error_words
from pcapcheck.flows.links import Link
from pcapcheck.flows.read import Capture
from pcapcheck.ruleset.result import Result
from pcapcheck.triage.agreement import Remark
from pcapcheck.values import clean, format_address

TOLD = 3
# ICMP errors (family, type) that healthy traffic causes: traceroute wants its packets to expire, TCP finds out by
# packets that are too big how much the way takes; in IPv4 the latter has a code.
MEANT = ((4, 11), (6, 3), (6, 2))
TOO_BIG = (4, 3, 4)


def tell_loose_ends(result: Result) -> list[Remark]:
    """A remark per connection without an answer off the pods' links, and per ICMP error about something else."""
    rows = [one.row for finding in result.findings if finding.rule.table == CONNECTIONS for one in finding.evidence]
    judged: set[tuple[object, object]] = {(row.get("src"), row.get("dst")) for row in rows}
    found = [remark for capture in result.captures for remark in _of_capture(result, capture, judged)]
    if len(found) > TOLD:
        found[TOLD:] = [Remark(f"and {len(found) - TOLD} more like these", ())]
    return found


def _of_capture(result: Result, capture: Capture, judged: set[tuple[object, object]]) -> Iterator[Remark]:
    echoes = capture.exchanges.echoes
    for some in echoes.attempts():
        link = result.facts.link(capture.number, some.group)
        one = some.samples[0]
        # A public address that asks and gets no answer is the noise of the internet.
        if some.outcome != "unanswered" or link is None or link.point.kind == "pod-link" or _is_public(one.src):
            continue
        if (one.src, one.dst) not in judged:
            yield _unanswered(one, some.count, link, capture)
    told = any(some.outcome == "error" for some in (*echoes.bins(), *echoes.attempts()))
    others = [
        (error, count)
        for error, count in echoes.errors.most_common()
        if error[:2] not in MEANT and error[:3] != TOO_BIG
    ]
    if others and not told:
        (family, kind, code, source), count = others[0]
        name = clean(capture.source.short_name)
        said = f"{format_address(source)} says {error_words(family, kind, code)}, {count}x"
        yield Remark(
            f"{said}, which ended neither an echo request nor a TCP handshake of {name}: to see "
            "what it is about, begin the recording before the pod sends, on its cali interface",
            (),
            said,
        )


def _is_public(address: int) -> bool:
    return ip_address(format_address(address)).is_global


def _unanswered(attempt: Echo, count: int, link: Link, capture: Capture) -> Remark:
    asked = (
        f"{format_address(attempt.src)} asked {format_address(attempt.dst)} for a TCP connection to port "
        f"{attempt.seq} and got no answer"
    )
    where = f"frame {attempt.frames[0]} of {clean(capture.source.short_name)}"
    others = f", and {count - 1} more like it" if count > 1 else ""
    return Remark(
        f"{asked} on {link.point.name} ({where}{others}): a policy or a firewall dropped the SYN, or the answer was "
        "dropped or went another way; record the cali interfaces of both pods too",
        (),
        f"{asked} there",
    )
