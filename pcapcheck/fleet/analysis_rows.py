"""The rows that an analysis of one observation comes to."""

from __future__ import annotations

from pcapcheck.analysis import Analysis
from pcapcheck.fleet.fleet_rows import FleetFinding, JudgedRows, ObservationRow
from pcapcheck.report.counts import totals
from pcapcheck.report.exit import exit_code
from pcapcheck.report.headline import headline
from pcapcheck.report.pod_sums import pods, total
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, Finding
from pcapcheck.values import clean

# Frames that one row of evidence names.
MOST_FRAMES = 20
# Demands that one row names.
MOST_UNMET = 20


def rows_of(analysis: Analysis, files: int, size: int) -> JudgedRows:
    """A row for the observation, and one per rule."""
    points = [point.capture_point for point in analysis.points]
    first = min((point.first for point in points if point.first is not None), default=None)
    counted = totals(analysis)
    arp, echo, dns = total(pods(analysis))
    settled = echo.settled
    lost = settled - echo.outcomes["replied"]
    row = ObservationRow(
        verdict=analysis.verdict,
        exit_code=exit_code(analysis),
        headline=clean(headline(analysis)),
        files=files,
        bytes=size,
        captures=len(analysis.captures),
        frames=sum(capture.frames for capture in analysis.captures),
        first=first,
        last=max((point.last for point in points if point.last is not None), default=None),
        hosts=sorted({clean(point.host) for point in points if point.host}),
        rules_checked=counted.checked,
        rules_failed=counted.failed,
        warnings=counted.warnings,
        unanswered=counted.unanswered,
        skipped=sum(skipped.counts for skipped in analysis.skipped),
        arp_resolutions=arp.total,
        arp_unanswered=arp.outcomes["unanswered"],
        echo_requests=echo.total,
        echo_settled=settled,
        echo_lost=lost,
        loss=lost / settled if settled else None,
        rtt_median=_seconds(echo.durations.quantile(0.5)),
        rtt_p99=_seconds(echo.durations.quantile(0.99)),
        dns_queries=dns.total,
        dns_lost=dns.settled - dns.outcomes["replied"],
        unmet=[clean(unmet.text) for unmet in analysis.unmet[:MOST_UNMET]],
    )
    confirmed: dict[str, list[str]] = {}
    for diagnosis in analysis.diagnoses:
        for finding in diagnosis.failed:
            causes = confirmed.setdefault(finding.rule.id, [])
            causes += (one.cause.id for one in diagnosis.confirmed if one.cause.id not in causes)
    return JudgedRows(row, [_finding(analysis, finding, confirmed, first) for finding in analysis.findings])


def _finding(analysis: Analysis, finding: Finding, confirmed: dict[str, list[str]], first: int | None) -> FleetFinding:
    row = FleetFinding(
        rule=finding.rule.id,
        severity=finding.rule.severity,
        status=finding.status,
        checked=finding.checked,
        failed=finding.failed,
        unknown=finding.unknown,
        accepted=finding.accepted,
        reason=finding.reason or None,
        time=first,
        causes=confirmed.get(finding.rule.id, []),
    )
    if finding.status == FAIL and finding.evidence:
        evidence = finding.evidence[0]
        if evidence.capture != NO_CAPTURE:
            row.capture = clean(str(analysis.captures[evidence.capture].path))
        row.time = evidence.time if evidence.time is not None else first
        row.interface = clean(evidence.interface)
        row.frames = list(evidence.frames[:MOST_FRAMES])
        row.expected, row.observed = evidence.expected, evidence.observed
    return row


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9
