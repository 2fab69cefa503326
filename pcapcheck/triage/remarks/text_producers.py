"""The producers of remarks on what printed packets show that no frame holds.

Each is loaded only if there is something to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.triage.remarks.remark_subject import Subject

if TYPE_CHECKING:
    from pcapcheck.triage.remarks.remark import Remark


def printed_checksums(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.tunnels for capture in captures for problem in capture.problems):
        return []
    from pcapcheck.triage.remarks.printed_checksums import printed_checksum_remarks

    return printed_checksum_remarks(captures)


def printed_fragments(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.fragments or problem.cut or problem.firsts for each in captures for problem in each.problems):
        return []
    from pcapcheck.triage.remarks.printed_fragments import printed_fragment_remarks

    return printed_fragment_remarks(captures)


def resent_data(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.resent for capture in captures for problem in capture.problems):
        return []
    from pcapcheck.triage.remarks.resent_data import resent_data_remarks

    return resent_data_remarks(captures)


def printed_pings(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.unheard or problem.failed for capture in captures for problem in capture.problems):
        return []
    from pcapcheck.triage.remarks.printed_pings import printed_ping_remarks

    return printed_ping_remarks(captures)


def printed_alone(subject: Subject) -> list[Remark]:
    if subject.state is None or subject.judgement.captures or not subject.state.printed:
        return []
    from pcapcheck.triage.remarks.printed_pings import printed_alone_remarks

    return printed_alone_remarks(subject.state)


def _is_printed(subject: Subject) -> bool:
    """Whether a text shows packets."""
    return any(point.capture_point.interface.printed for point in subject.judgement.points)


def reset_answers(subject: Subject) -> list[Remark]:
    if not _is_printed(subject):
        return []
    from pcapcheck.triage.remarks.reset_answers import reset_answer_remarks

    return reset_answer_remarks(subject.judgement)


def closed_windows(subject: Subject) -> list[Remark]:
    if not _is_printed(subject):
        return []
    from pcapcheck.triage.remarks.closed_windows import closed_window_remarks

    return closed_window_remarks(subject.judgement)


def answered_behind(subject: Subject) -> list[Remark]:
    if not _is_printed(subject):
        return []
    from pcapcheck.triage.remarks.answered_behind import answered_behind_remarks

    return answered_behind_remarks(subject.judgement)


def one_way_tunnels(subject: Subject) -> list[Remark]:
    if not _is_printed(subject):
        return []
    from pcapcheck.triage.remarks.one_way_tunnels import one_way_remarks

    return one_way_remarks(subject.judgement)


def unfilled_sums(subject: Subject) -> list[Remark]:
    judgement = subject.judgement
    if judgement.unanswered or not _is_printed(subject) or any(point.kind == "pod-link" for point in judgement.points):
        # What was found to be wrong, or right, says more.
        return []
    from pcapcheck.triage.remarks.unfilled_sums import unfilled_sum_remarks

    return unfilled_sum_remarks(judgement)


def unknown_connections(subject: Subject) -> list[Remark]:
    judgement = subject.judgement
    if judgement.unanswered or not _is_printed(subject) or any(point.kind == "pod-link" for point in judgement.points):
        # A rule judges that of pods.
        return []
    from pcapcheck.triage.remarks.unknown_connections import unknown_connection_remarks

    return unknown_connection_remarks(judgement)


def unfilled_on_arrival(subject: Subject) -> list[Remark]:
    if not subject.judgement.unanswered or not _is_printed(subject):
        return []
    from pcapcheck.triage.remarks.unfilled_sums import unfilled_on_arrival_remarks

    return unfilled_on_arrival_remarks(subject.judgement)
