"""The producers of remarks on questions and their answers, and on the errors that end them.

Each is loaded only if there is something to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.protocols import PACKET_TOO_BIG
from pcapcheck.table_names import ARP, CONNECTIONS, DNS
from pcapcheck.triage.remarks.remark_subject import Subject
from pcapcheck.values import MAPPED, is_link_local

if TYPE_CHECKING:
    from pcapcheck.triage.remarks.remark import Remark


def open_questions(subject: Subject) -> list[Remark]:
    if not subject.judgement.unanswered:
        return []
    from pcapcheck.triage.remarks.open_questions import open_question_remarks

    return open_question_remarks(subject.judgement)


def service_askers(subject: Subject) -> list[Remark]:
    judgement = subject.judgement
    if not judgement.unanswered and not any(capture.open_count for capture in judgement.captures):
        return []
    from pcapcheck.triage.remarks.service_askers import service_asker_remarks

    return service_asker_remarks(judgement, subject.state)


def link_local_askers(subject: Subject) -> list[Remark]:
    if not any(is_link_local(question.asker) for question in subject.judgement.unanswered):
        return []
    from pcapcheck.triage.remarks.link_local_askers import link_local_asker_remarks

    return link_local_asker_remarks(subject.judgement)


def stray_errors(subject: Subject) -> list[Remark]:
    if not any(capture.exchanges.paired.ending_errors.counts for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.stray_errors import stray_error_remarks

    return stray_error_remarks(subject.judgement)


def too_big_errors(subject: Subject) -> list[Remark]:
    if not any(
        error[:3] == PACKET_TOO_BIG[error[0]]
        for capture in subject.judgement.captures
        for error in capture.exchanges.paired.ending_errors.counts
    ):
        return []
    from pcapcheck.triage.remarks.too_big_errors import too_big_remarks

    return too_big_remarks(subject.judgement)


def repeated_syns(subject: Subject) -> list[Remark]:
    if not any(
        some.requests > some.count
        for capture in subject.judgement.captures
        for table in (CONNECTIONS, DNS)
        for some in capture.exchanges.paired.bins_of(table)
    ):
        return []
    from pcapcheck.triage.remarks.repeated_syns import repeated_syn_remarks

    return repeated_syn_remarks(subject.judgement)


def repeated_arp(subject: Subject) -> list[Remark]:
    if not any(capture.exchanges.asked for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.repeated_arp import repeated_arp_remarks

    return repeated_arp_remarks(subject.judgement)


def last_arp(subject: Subject) -> list[Remark]:
    if not any(
        table == ARP and sums.outcomes["in-flight"]
        for capture in subject.judgement.captures
        for (table, _), sums in capture.tallies.items()
    ):
        return []
    from pcapcheck.triage.remarks.last_arp import last_arp_remarks

    return last_arp_remarks(subject.judgement)


def circling_packets(subject: Subject) -> list[Remark]:
    judgement = subject.judgement
    if not judgement.unanswered and not any(capture.open_count for capture in judgement.captures):
        return []
    from pcapcheck.triage.remarks.circling_packets import circling_packet_remarks

    return circling_packet_remarks(judgement)


def unanswered_dhcp(subject: Subject) -> list[Remark]:
    # A host without an address.
    if not any(group.ip_src == MAPPED for capture in subject.judgement.captures for group in capture.groups):
        return []
    from pcapcheck.triage.remarks.unanswered_dhcp import unanswered_dhcp_remarks

    return unanswered_dhcp_remarks(subject.judgement)


def other_ways(subject: Subject) -> list[Remark]:
    directed = [
        (capture.number, group)
        for capture in subject.judgement.captures
        for group in capture.groups
        if group.direction is not None
    ]
    if len({(number, group.point) for number, group in directed}) == len({number for number, _ in directed}):
        return []
    from pcapcheck.triage.remarks.other_ways import other_way_remarks

    return other_way_remarks(subject.judgement)


def translated_tunnels(subject: Subject) -> list[Remark]:
    if not any(
        group.ip_src is not None and group.ip_src != group.source
        for capture in subject.judgement.captures
        for group in capture.groups
    ):
        return []
    from pcapcheck.triage.remarks.translated_tunnels import translated_tunnel_remarks

    return translated_tunnel_remarks(subject.judgement)


def untranslated_midway(subject: Subject) -> list[Remark]:
    if not any(_sends_on(capture.exchanges.paired.bins_of(CONNECTIONS)) for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.untranslated_midway import untranslated_midway_remarks

    return untranslated_midway_remarks(subject.judgement)


def _sends_on(bins: Iterable[ExchangeBin]) -> bool:
    """Whether one port made connections to several hosts, as it seems to where a service's address is translated."""
    hosts: dict[tuple[int, int], int] = {}
    return any(
        isinstance(row, PortRow)
        and row.src_port is not None
        and hosts.setdefault((row.src, row.src_port), row.dst) != row.dst
        for some in bins
        if some.outcome == "replied"
        for row in some.samples
    )


def dns_races(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(bins for capture in captures for bins in capture.exchanges.paired.bins_of(DNS)):
        return []
    from pcapcheck.triage.remarks.dns_races import dns_race_remarks

    return dns_race_remarks(subject.judgement)


def _may_fail(bins: Iterable[ExchangeBin]) -> bool:
    """Whether a DNS server failed or refused, or the same query was answered twice."""
    rows = [row for some in bins if some.outcome == "replied" for row in some.samples if isinstance(row, DnsRow)]
    queries = {(row.group, row.src, row.dst, row.src_port, row.ident) for row in rows}
    return len(queries) < len(rows) or any(row.rcode in ("servfail", "refused") for row in rows)


def failed_lookups(subject: Subject) -> list[Remark]:
    if not any(_may_fail(capture.exchanges.paired.bins_of(DNS)) for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.failed_lookups import failed_lookup_remarks

    return failed_lookup_remarks(subject.judgement)


def last_questions(subject: Subject) -> list[Remark]:
    if not any(capture.open_count for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.last_question_remarks import last_question_remarks

    return last_question_remarks(subject.judgement)


def lost_errors(subject: Subject) -> list[Remark]:
    if not any(path.packet == "error" for path in subject.judgement.followed.found):
        return []
    from pcapcheck.triage.remarks.lost_errors import lost_error_remarks

    return lost_error_remarks(subject.judgement)
