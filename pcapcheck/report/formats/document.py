"""The JSON document, schema ``pcapcheck/1`` (``schema.json`` beside this file).

Times are RFC 3339 with nanoseconds, durations seconds as numbers. Keys are stable: adding one is allowed, renaming one
makes a new schema version.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pcapcheck.capture.rotation import RotatedSet
from pcapcheck.decode.decoder import link_name
from pcapcheck.exchanges.sums import AskerSums, Durations
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.losses import LastSeen
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.report import loss_sentences
from pcapcheck.report.accepted import applied
from pcapcheck.report.counts import totals
from pcapcheck.report.headline import headed, headline
from pcapcheck.report.path_summaries import PathSummary, path_summaries
from pcapcheck.report.pod_names import names_in
from pcapcheck.report.pod_sums import pods, total
from pcapcheck.ruleset.aggregate import Measure
from pcapcheck.ruleset.finding import NO_CAPTURE, Finding
from pcapcheck.ruleset.result import Result
from pcapcheck.triage.outcome import Outcome
from pcapcheck.values import clean, format_address, format_mac, format_time
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis, Suspect

SCHEMA = "pcapcheck/1"
# Of more ways only the number is told.
WAYS_LISTED = 200


def document(result: Outcome) -> dict[str, Any]:
    """The whole analysis as JSON-ready values."""
    told = _document(result)
    if result.pods is not None:
        told["pods"] = names_in(told, result.pods)
    return told


def _document(result: Outcome) -> dict[str, Any]:
    summaries = pods(result)
    arp, echo, dns = total(summaries)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verdict": result.verdict,
        "heading": headed(result),
        "headline": headline(result),
        "counts": asdict(totals(result)),
        "warnings": len(result.warnings),
        "unmet": [one.text for one in result.unmet],
        "captures": [_capture(result, capture) for capture in result.captures],
        "skipped": [
            {"path": one.path, "role": one.role, "kind": one.kind, "message": one.message, "named": one.named}
            for one in result.skipped
        ],
        "endpoints": [
            {
                "interface": one.link.name,
                "ip": format_address(ip),
                "mac": _macs(one.link.pod_macs),
                "pod": result.pods and result.pods.by_address(ip),
            }
            for one in summaries
            for ip in sorted(one.link.pod_ips)
        ],
        "summary": {
            "arp": _arp(arp),
            "echo": _echo(echo),
            "dns": _dns(dns),
            "pods": [
                {
                    "interface": one.link.name,
                    "arp": _arp(one.arp),
                    "echo": _echo(one.echo),
                    "dns": _dns(one.dns),
                }
                for one in summaries
            ],
            "icmp_errors": _icmp_errors(result),
            "spread": loss_sentences.document(result),
            "paths": _paths(result),
        },
        "state": {"hosts": result.described, "problems": result.not_understood},
        "rules": [_finding(result, finding) for finding in result.findings],
        "pods": {},
        "diagnoses": [_diagnosis(result, one) for one in result.diagnoses],
        "causes": [_cause(one, each, number) for number, each in enumerate(result.diagnoses) for one in each.suspects],
        "unanswered": [_unanswered(result, one) for one in result.unanswered],
        "remarks": [{"text": clean(one.text), "lines": list(one.lines)} for one in result.remarks],
    }


def _capture(result: Result, capture: Capture) -> dict[str, Any]:
    points = result.points_of(capture)
    return {
        "path": clean(str(capture.path)),
        "files": [
            {"path": clean(str(part.source.path)), "frames_before": part.before}
            for part in (capture.source.parts if isinstance(capture.source, RotatedSet) else ())
        ],
        "format": capture.format,
        "frames": capture.frames,
        "first": _time(
            min((point.capture_point.first for point in points if point.capture_point.first is not None), default=None)
        ),
        "last": _time(
            max((point.capture_point.last for point in points if point.capture_point.last is not None), default=None)
        ),
        "interfaces": [
            {
                "name": point.name,
                "link_type": link_name(point.capture_point.link_type),
                "ifindex": point.key[2],
                "kind": point.kind,
                "calico": point.capture_point.calico,
                "network": point.capture_point.likeness.network.id if point.capture_point.likeness else None,
                "end": point.end,
                "frames": point.capture_point.frames,
            }
            for point in points
        ],
        "problems": [
            {"kind": one.kind, "frame": one.frame, "byte": one.byte, "message": one.message} for one in capture.problems
        ],
    }


def _finding(result: Result, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule.id,
        "title": finding.rule.title,
        "severity": finding.rule.severity,
        "status": finding.status,
        "checked": finding.checked,
        "failed": finding.failed,
        "unknown": finding.unknown,
        "reason": finding.reason or None,
        "accepted": finding.accepted,
        "acceptances": applied(finding),
        "adjusted": finding.rule.adjusted or None,
        "measures": [_measure(one) for one in finding.measures],
        "files": [clean(str(file)) for file in finding.files],
        "evidence": [
            {
                "capture": None if one.capture == NO_CAPTURE else clean(str(result.captures[one.capture].path)),
                "interface": one.interface,
                "frames": list(one.frames),
                "elsewhere": [
                    {"capture": clean(str(result.captures[capture].path)), "frame": frame}
                    for capture, frame in one.elsewhere
                ],
                "time": _time(one.time),
                "expected": one.expected,
                "observed": one.observed,
                "next": list(one.next),
                "told": list(one.source_lines),
                "last_seen": _last_seen(result, one.last_seen),
            }
            for one in finding.evidence
        ],
    }


def _unanswered(result: Result, one: Unanswered) -> dict[str, Any]:
    return {
        "protocol": one.protocol,
        "question": one.sentence,
        "asker": format_address(one.asker),
        "asked": None if one.asked is None else format_address(one.asked),
        "attempts": one.attempts,
        "alike": one.alike,
        "duration": None if one.lasted is None else one.lasted / 1e9,
        "capture": clean(str(result.captures[one.capture].path)),
        "interface": one.interface,
        "frames": list(one.frames),
        "meaning": one.meaning or None,
        "doubt": one.doubt or None,
        "last_seen": _last_seen(result, one.last_seen),
    }


def _last_seen(result: Result, one: LastSeen | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "direction": one.direction,
        "host": one.host and clean(one.host),
        "interface": one.interface,
        "kind": one.kind,
        "capture": clean(str(result.captures[one.capture].path)),
        "frame": one.frame,
        "encap": one.encap,
        "arrived": one.arrived,
        "lost": one.place,
        "never": list(one.never),
    }


def _measure(measure: Measure) -> dict[str, Any]:
    bound = measure.bound
    return {
        "aggregate": bound.aggregate,
        "column": bound.column.name if bound.column else None,
        "value": None if measure.value is None else bound.plain(measure.value),
        "operator": bound.operator,
        "bound": bound.plain(bound.operand),
        "holds": measure.holds,
    }


def _diagnosis(result: Outcome, diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "headline": diagnosis.headline,
        "rules": [one.rule.id for one in diagnosis.failed],
        "unanswered": sorted({result.unanswered.index(one) for one in diagnosis.questions}),
        "interface": None
        if diagnosis.packet_evidence["interface"] == UNNAMED
        else diagnosis.packet_evidence["interface"],
        "pods": sorted(
            {format_address(case.lead.pod) for case in [diagnosis.case, *diagnosis.others] if case.lead.pod is not None}
        ),
        "confirmed": [one.cause.id for one in diagnosis.confirmed],
    }


def _cause(suspect: Suspect, diagnosis: Diagnosis, number: int) -> dict[str, Any]:
    return {
        "id": suspect.cause.id,
        "title": suspect.title,
        "status": suspect.status,
        "diagnosis": number,
        "explains": [name for name in suspect.explains if name in diagnosis.case.failed],
        "because": list(suspect.because),
        "fits": list(suspect.fits),
        "half_known": suspect.half or None,
        "confirm": list(suspect.confirm),
        "shows": suspect.shows or None,
        "fix": list(suspect.fix),
        "why": suspect.cause.why,
        "references": list(suspect.cause.references),
    }


def _arp(tally: AskerSums) -> dict[str, Any]:
    return {
        "resolutions": tally.total,
        "requests": tally.attempts,
        "answered": tally.outcomes["answered"],
        "unanswered": tally.outcomes["unanswered"],
        "in_flight": tally.outcomes["in-flight"],
        "unknown": tally.outcomes["unknown"] + tally.outcomes["evicted"],
        "latency": _durations(tally.durations),
    }


def _echo(tally: AskerSums) -> dict[str, Any]:
    return {
        "requests": tally.total,
        "replied": tally.outcomes["replied"],
        "errors": tally.outcomes["error"],
        "expired": tally.outcomes["expired"],
        "unanswered": tally.outcomes["unanswered"],
        "in_flight": tally.outcomes["in-flight"],
        "unknown": tally.outcomes["unknown"] + tally.outcomes["evicted"],
        "duplicates": tally.duplicates,
        "loss": tally.loss,
        "rtt": _durations(tally.durations),
    }


def _dns(tally: AskerSums) -> dict[str, Any]:
    return {
        "questions": tally.total,
        "queries": tally.attempts,
        "answered": tally.outcomes["replied"],
        # ICMP says that a packet expired of no DNS query that is meant to.
        "errors": tally.outcomes["error"] + tally.outcomes["expired"],
        "unanswered": tally.outcomes["unanswered"],
        "in_flight": tally.outcomes["in-flight"],
        "unknown": tally.outcomes["unknown"] + tally.outcomes["evicted"],
        "latency": _durations(tally.durations),
    }


def _durations(durations: Durations) -> dict[str, float] | None:
    """Seconds, or None where there is none. Percentiles are at most 1 % off."""
    if durations.least is None or durations.most is None:
        return None
    return {
        "min": durations.least / 1e9,
        "median": (durations.quantile(0.5) or 0) / 1e9,
        "p99": (durations.quantile(0.99) or 0) / 1e9,
        "max": durations.most / 1e9,
    }


def _paths(result: Result) -> dict[str, Any]:
    paths = result.followed
    every = path_summaries(result)
    return {
        "packets": sum(one.count for one in every),
        "one_in": paths.share,
        "not_told": paths.lost + (paths.groups.beyond if paths.groups else 0),
        "opaque": paths.opaque,
        "clocks": [
            {
                "capture": clean(str(result.captures[one.capture].path)),
                "reference": clean(str(result.captures[one.reference].path)),
                "offset": one.offset / 1e9,
                "packets": one.packets,
                "both_ways": one.both_ways,
            }
            for one in paths.clocks.values()
            if one.capture != one.reference
        ],
        "size_limits": [
            {
                "src": format_address(one.src),
                "dst": format_address(one.dst),
                "lost": one.lost,
                "arrived": one.arrived,
                "packet": one.packet,
                "back": one.back,
                "refusals": [{"mtu": mtu, "from": format_address(source)} for mtu, source in one.refusals],
            }
            for one in paths.size_limits()
        ],
        "ways": [_path(result, one) for one in every[:WAYS_LISTED]],
        "more_ways": max(0, len(every) - WAYS_LISTED),
    }


def _path(result: Result, summary: PathSummary) -> dict[str, Any]:
    return {
        "packet": summary.path.packet,
        "packets": summary.count,
        "lost": summary.lost,
        "shortest": summary.shortest,
        "longest": summary.longest,
        "steps": [
            {
                "capture": clean(str(result.captures[step.spot.capture].path)),
                "interface": step.spot.point.name,
                "src": format_address(step.src),
                "dst": format_address(step.dst),
                "ttl": step.ttl,
                "eth_src": None if step.spot.group.src is None else format_mac(step.spot.group.src),
                "eth_dst": None if step.spot.group.dst is None else format_mac(step.spot.group.dst),
                "encap": step.encap,
                "outer_src": format_address(step.outer[0]) if step.outer else None,
                "outer_dst": format_address(step.outer[1]) if step.outer else None,
            }
            for step in summary.path.steps
        ],
        "latencies": [
            {"median": one.median / 1e9, "p99": one.p99 / 1e9, "max": one.most / 1e9} for one in summary.path.latencies
        ],
    }


def _icmp_errors(result: Result) -> list[dict[str, Any]]:
    errors = []
    for capture in result.captures:
        for (family, kind, code, source, mtu), count in capture.exchanges.echoes.ending_errors.counts.most_common():
            errors.append(
                {
                    "capture": clean(str(capture.path)),
                    "family": family,
                    "type": kind,
                    "code": code,
                    "from": format_address(source),
                    "mtu": mtu,
                    "count": count,
                }
            )
    return errors


def _time(value: int | None) -> str | None:
    return None if value is None else format_time(value)


def _macs(macs: frozenset[int]) -> str | None:
    return ", ".join(format_mac(mac) for mac in sorted(macs)) or None
