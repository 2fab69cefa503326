"""The JSON document, schema ``pcapcheck/2`` (``schema.json`` next to this file).

Times are RFC 3339 with nanoseconds, durations seconds as numbers. Keys are stable: adding one is allowed, renaming one
makes a new schema version. ``docs/glossary.md`` or the schema's own descriptions explain each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from pcapcheck.analysis import Analysis
from pcapcheck.capture.rotated_set import RotatedSet
from pcapcheck.decode.decoded_links import link_name
from pcapcheck.links.point_facts import UNNAMED, PointFacts
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.paths.losses import LastSeen
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.report.accepted import acceptances
from pcapcheck.report.build_report import NUMBERS, build_report
from pcapcheck.report.document_summary import summary
from pcapcheck.report.model import CaptureEntry, Report
from pcapcheck.report.pod_names import names_in
from pcapcheck.ruleset.aggregate import Measure
from pcapcheck.ruleset.finding import NO_CAPTURE, Evidence, Finding
from pcapcheck.values import clean, format_address, format_mac, format_time
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.suspect import Suspect
    from pcapcheck.triage.trace_rows import TraceRow

SCHEMA = "pcapcheck/2"
# How much is shown of the description of an interface.
MOST_DESCRIBED = 200


def document(analysis: Analysis) -> dict[str, Any]:
    """The whole analysis as JSON-ready values."""
    report = build_report(analysis, NUMBERS)
    values = _document(report)
    if report.pods is not None:
        values["pods"] = pods = names_in(values, report.pods)
        named = names_in(values, report.pods, only_pods=False)
        values["names"] = {token: name for token, name in named.items() if token not in pods}
    return values


def _document(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verdict": report.verdict,
        "verdict_label": report.label,
        "headline": report.headline,
        "counts": asdict(report.totals),
        "warnings": len(report.warnings),
        "unmet": [demand.text for demand in report.demands],
        "captures": [_capture(entry) for entry in report.captures],
        "skipped": [
            {"path": file.path, "role": file.role, "problem": file.kind, "message": file.message, "named": file.named}
            for file in report.skipped
        ],
        "endpoints": [endpoint for pod in report.exchanges for endpoint in _endpoints(report, pod.link)],
        "summary": summary(report),
        "state": {"hosts": list(report.hosts), "not_understood": list(report.notes.not_understood)},
        "rules": [_finding(report, finding) for finding in report.findings],
        "pods": {},
        "names": {},
        "diagnoses": [_diagnosis(report, explanation.diagnosis) for explanation in report.explanations],
        "causes": [
            _cause(suspect, explanation.diagnosis, number)
            for number, explanation in enumerate(report.explanations)
            for suspect in explanation.diagnosis.suspects
        ],
        "unanswered": [_unanswered(report, question) for question in report.unanswered],
        "traces": [_trace(row) for row in report.traces],
        "remarks": [{"text": clean(remark.text), "source_lines": list(remark.lines)} for remark in report.remarks],
    }


def _trace(row: TraceRow) -> dict[str, Any]:
    packet, headers = row.packet, row.packet.headers
    return {
        "host": clean(row.host),
        "time": _time(headers.time),
        "verdict": packet.verdict,
        "table": clean(packet.table) or None,
        "chain": clean(packet.chain) or None,
        "prefix": clean(packet.prefix) or None,
        "in_interface": clean(headers.in_interface) if headers.in_interface else None,
        "out_interface": clean(headers.out_interface) if headers.out_interface else None,
        "src_mac": format_mac(headers.src_mac) if headers.src_mac is not None else None,
        "dst_mac": format_mac(headers.dst_mac) if headers.dst_mac is not None else None,
        "src": format_address(packet.src),
        "dst": format_address(packet.dst),
        "protocol": packet.protocol,
        "src_port": packet.sport,
        "dst_port": packet.dport,
        "ident": packet.ident,
        "seq": packet.seq,
        "ttl": headers.ttl,
        "ip_id": headers.ip_id,
        "length": headers.length,
        "recorded_on": [clean(name) for name in row.recorded_on],
        "source_line": quote(packet.line),
    }


def _description(point: PointFacts) -> str | None:
    said = point.capture_point.interface.description
    return clean(said[:MOST_DESCRIBED]) if said else None


def _capture(entry: CaptureEntry) -> dict[str, Any]:
    capture, points = entry.capture, entry.points
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
                "network": _network(point),
                "end": point.end,
                "frames": point.capture_point.frames,
                "description": _description(point),
                "pod": point.capture_point.interface.pod,
            }
            for point in points
        ],
        "problems": [
            {"problem": problem.kind, "frame": problem.frame, "byte": problem.byte, "message": problem.message}
            for problem in capture.problems
        ],
    }


def _network(point: PointFacts) -> str | None:
    """The network whose pod link it is shown to be, else the one that it looks like."""
    likeness = point.capture_point.likeness
    return point.network or (likeness.network.id if likeness else None)


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule.id,
        "title": finding.rule.title,
        "severity": finding.rule.severity,
        "networks": list(finding.rule.networks),
        "status": finding.status,
        "checked": finding.checked,
        "failed": finding.failed,
        "unknown": finding.unknown,
        "reason": finding.reason or None,
        "accepted": finding.accepted,
        "acceptances": acceptances(finding),
        "adjusted": finding.rule.adjusted or None,
        "measures": [_measure(measure) for measure in finding.measures],
        "files": [clean(str(file)) for file in finding.files],
        "evidence": [_evidence(report, evidence) for evidence in finding.evidence],
    }


def _evidence(report: Report, evidence: Evidence) -> dict[str, Any]:
    return {
        "capture": None if evidence.capture == NO_CAPTURE else _path(report, evidence.capture),
        "interface": evidence.interface,
        "frames": list(evidence.frames),
        "other_sightings": [
            {"capture": _path(report, capture), "frame": frame} for capture, frame in evidence.elsewhere
        ],
        "time": _time(evidence.time),
        "expected": evidence.expected,
        "observed": evidence.observed,
        "commands": list(evidence.next),
        "source_lines": list(evidence.source_lines),
        "last_seen": _last_seen(report, evidence.last_seen),
    }


def _unanswered(report: Report, question: Unanswered) -> dict[str, Any]:
    return {
        "protocol": question.protocol,
        "question": question.sentence,
        "asker": format_address(question.asker),
        "asked": None if question.asked is None else format_address(question.asked),
        "attempts": question.attempts,
        "count": question.alike,
        "duration": None if question.lasted is None else question.lasted / 1e9,
        "capture": _path(report, question.capture),
        "interface": question.interface,
        "frames": list(question.frames),
        "meaning": question.meaning or None,
        "doubt": question.doubt or None,
        "last_seen": _last_seen(report, question.last_seen),
    }


def _last_seen(report: Report, last: LastSeen | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {
        "direction": last.direction,
        "host": last.host and clean(last.host),
        "interface": last.interface,
        "kind": last.kind,
        "capture": _path(report, last.capture),
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


def _diagnosis(report: Report, diagnosis: Diagnosis) -> dict[str, Any]:
    cases = [diagnosis.case, *diagnosis.others]
    interface = diagnosis.packet_evidence["interface"]
    return {
        "headline": diagnosis.headline,
        "rules": [finding.rule.id for finding in diagnosis.failed],
        # What a text leaves open is explained, and yet not known to be unanswered.
        "unanswered": sorted(
            {report.unanswered.index(question) for question in diagnosis.questions if question in report.unanswered}
        ),
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


def _path(report: Report, number: int) -> str:
    return clean(str(report.captures[number].capture.path))


def _time(value: int | None) -> str | None:
    return None if value is None else format_time(value)


def _endpoints(report: Report, link: PointFacts) -> list[dict[str, Any]]:
    """The addresses of a link's pods; each with its own MACs if it is known which they are, else with the link's."""
    macs: dict[int, set[int]] = {}
    for mac in link.pod_macs:
        for ip in link.pods.get(mac, ()):
            macs.setdefault(ip, set()).add(mac)
    every = _macs(link.pod_macs)
    return [
        {
            "interface": link.name,
            "ip": format_address(ip),
            "mac": _macs(macs[ip]) if macs.get(ip) else every,
            "pod": report.pods and report.pods.by_address(ip),
        }
        for ip in sorted(link.pod_ips)
    ]


def _macs(macs: Iterable[int]) -> str | None:
    return ", ".join(format_mac(mac) for mac in sorted(macs)) or None
