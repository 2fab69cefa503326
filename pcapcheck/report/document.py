"""The JSON document, schema ``pcapcheck/2`` (``schema.json`` beside this file).

Times are RFC 3339 with nanoseconds, durations seconds as numbers. Keys are stable: adding one is allowed, renaming one
makes a new schema version. ``docs/glossary.md`` or the schema's own descriptions explain each.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pcapcheck.analysis import Analysis
from pcapcheck.capture.rotation import RotatedSet
from pcapcheck.decode.decoder import link_name
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.losses import LastSeen
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.report.accepted import applied
from pcapcheck.report.counts import totals
from pcapcheck.report.document_summary import summary
from pcapcheck.report.headline import headed, headline
from pcapcheck.report.pod_names import names_in
from pcapcheck.report.pod_sums import pods
from pcapcheck.ruleset.aggregate import Measure
from pcapcheck.ruleset.finding import NO_CAPTURE, Evidence, Finding
from pcapcheck.values import clean, format_address, format_mac, format_time
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis, Suspect

SCHEMA = "pcapcheck/2"


def document(result: Analysis) -> dict[str, Any]:
    """The whole analysis as JSON-ready values."""
    values = _document(result)
    if result.pods is not None:
        values["pods"] = names_in(values, result.pods)
    return values


def _document(result: Analysis) -> dict[str, Any]:
    summaries = pods(result)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verdict": result.verdict,
        "verdict_label": headed(result),
        "headline": headline(result),
        "counts": asdict(totals(result)),
        "warnings": len(result.warnings),
        "unmet": [demand.text for demand in result.unmet],
        "captures": [_capture(result, capture) for capture in result.captures],
        "skipped": [
            {"path": file.path, "role": file.role, "problem": file.kind, "message": file.message, "named": file.named}
            for file in result.skipped
        ],
        "endpoints": [
            {
                "interface": pod.link.name,
                "ip": format_address(ip),
                "mac": _macs(pod.link.pod_macs),
                "pod": result.pods and result.pods.by_address(ip),
            }
            for pod in summaries
            for ip in sorted(pod.link.pod_ips)
        ],
        "summary": summary(result, summaries),
        "state": {"hosts": result.described, "not_understood": result.not_understood},
        "rules": [_finding(result, finding) for finding in result.findings],
        "pods": {},
        "diagnoses": [_diagnosis(result, diagnosis) for diagnosis in result.diagnoses],
        "causes": [
            _cause(suspect, diagnosis, number)
            for number, diagnosis in enumerate(result.diagnoses)
            for suspect in diagnosis.suspects
        ],
        "unanswered": [_unanswered(result, question) for question in result.unanswered],
        "remarks": [{"text": clean(remark.text), "source_lines": list(remark.lines)} for remark in result.remarks],
    }


def _capture(result: Analysis, capture: Capture) -> dict[str, Any]:
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
            {"problem": problem.kind, "frame": problem.frame, "byte": problem.byte, "message": problem.message}
            for problem in capture.problems
        ],
    }


def _finding(result: Analysis, finding: Finding) -> dict[str, Any]:
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
        "measures": [_measure(measure) for measure in finding.measures],
        "files": [clean(str(file)) for file in finding.files],
        "evidence": [_evidence(result, evidence) for evidence in finding.evidence],
    }


def _evidence(result: Analysis, evidence: Evidence) -> dict[str, Any]:
    return {
        "capture": None if evidence.capture == NO_CAPTURE else _path(result, evidence.capture),
        "interface": evidence.interface,
        "frames": list(evidence.frames),
        "other_sightings": [
            {"capture": _path(result, capture), "frame": frame} for capture, frame in evidence.elsewhere
        ],
        "time": _time(evidence.time),
        "expected": evidence.expected,
        "observed": evidence.observed,
        "commands": list(evidence.next),
        "source_lines": list(evidence.source_lines),
        "last_seen": _last_seen(result, evidence.last_seen),
    }


def _unanswered(result: Analysis, question: Unanswered) -> dict[str, Any]:
    return {
        "protocol": question.protocol,
        "question": question.sentence,
        "asker": format_address(question.asker),
        "asked": None if question.asked is None else format_address(question.asked),
        "attempts": question.attempts,
        "count": question.alike,
        "duration": None if question.lasted is None else question.lasted / 1e9,
        "capture": _path(result, question.capture),
        "interface": question.interface,
        "frames": list(question.frames),
        "meaning": question.meaning or None,
        "doubt": question.doubt or None,
        "last_seen": _last_seen(result, question.last_seen),
    }


def _last_seen(result: Analysis, last: LastSeen | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {
        "direction": last.direction,
        "host": last.host and clean(last.host),
        "interface": last.interface,
        "kind": last.kind,
        "capture": _path(result, last.capture),
        "frame": last.frame,
        "encap": last.encap,
        "at_receiver_node": last.arrived,
        "lost_at": last.place,
        "not_seen_at": list(last.never),
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


def _diagnosis(result: Analysis, diagnosis: Diagnosis) -> dict[str, Any]:
    cases = [diagnosis.case, *diagnosis.others]
    interface = diagnosis.packet_evidence["interface"]
    return {
        "headline": diagnosis.headline,
        "rules": [finding.rule.id for finding in diagnosis.failed],
        "unanswered": sorted({result.unanswered.index(question) for question in diagnosis.questions}),
        "interface": None if interface == UNNAMED else interface,
        "pods": sorted({format_address(case.lead.pod) for case in cases if case.lead.pod is not None}),
        "confirmed": [suspect.cause.id for suspect in diagnosis.confirmed],
    }


def _cause(suspect: Suspect, diagnosis: Diagnosis, number: int) -> dict[str, Any]:
    return {
        "id": suspect.cause.id,
        "title": suspect.title,
        "status": suspect.status,
        "diagnosis": number,
        "explains": [name for name in suspect.explains if name in diagnosis.case.failed],
        "source_lines": list(suspect.because),
        "symptoms": list(suspect.fits),
        "partly_known": suspect.half or None,
        "confirm": list(suspect.confirm),
        "shows": suspect.shows or None,
        "fix": list(suspect.fix),
        "why": suspect.cause.why,
        "references": list(suspect.cause.references),
    }


def _path(result: Analysis, number: int) -> str:
    return clean(str(result.captures[number].path))


def _time(value: int | None) -> str | None:
    return None if value is None else format_time(value)


def _macs(macs: frozenset[int]) -> str | None:
    return ", ".join(format_mac(mac) for mac in sorted(macs)) or None
