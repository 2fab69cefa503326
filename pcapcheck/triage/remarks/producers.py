"""The producers of remarks, in the order in which a report prints what they say.

Each is loaded only if there is something to say: most observations have no remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.protocols import PACKET_TOO_BIG
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS, DNS
from pcapcheck.values import MAPPED

if TYPE_CHECKING:
    from pcapcheck.links.address_row import AddressRow
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.remarks.remark import Remark


# In nanoseconds.
MINUTE = 60 * 10**9


class Subject(Struct, frozen=True):
    """What producers look at; ``repeated`` are files given more than once, ``changes`` addresses that changed MAC.

    ``contested`` are addresses that several MACs claim at a time off the pods' links, ``moved`` those that one claimed
    there soon after another.
    """

    judgement: Judgement
    state: State | None
    repeated: Sequence[Path]
    changes: Sequence[tuple[AddressRow, AddressRow]]
    contested: Sequence[AddressRow]
    moved: Sequence[tuple[AddressRow, AddressRow]] = ()


def remarks_on(
    judgement: Judgement,
    state: State | None = None,
    repeated: Sequence[Path] = (),
    changes: Sequence[tuple[AddressRow, AddressRow]] = (),
    claims: Sequence[AddressRow] = (),
) -> list[Remark]:
    """Everything that is no failure and should still be known of an observation."""
    outside = [row for row in claims if row.kind != "pod-link" and not row.proxied]
    disputed = [row for row in outside if row.other_claimants]
    subject = Subject(judgement, state, repeated, changes, disputed, _moved(outside))
    return [remark for produce in PRODUCERS for remark in produce(subject)]


def _moved(claims: Iterable[AddressRow]) -> list[tuple[AddressRow, AddressRow]]:
    """Claims of one address that follow each other within a minute, by another MAC each."""
    last: dict[tuple[object, int], AddressRow] = {}
    found = []
    for row in sorted((row for row in claims if row.first_time is not None), key=lambda row: row.first_time or 0):
        before = last.get((row.point, row.ip))
        if before is not None and before.mac != row.mac and not row.other_claimants and _is_soon(before, row):
            found.append((before, row))
        last[row.point, row.ip] = row
    return found


def _is_soon(before: AddressRow, after: AddressRow) -> bool:
    return before.last_time is not None and (after.first_time or 0) - before.last_time < MINUTE


def _described_networks(subject: Subject) -> list[Remark]:
    if subject.state is None or not subject.state.looks:
        return []
    from pcapcheck.triage.remarks.other_networks import described_network_remarks

    return described_network_remarks(subject.state)


def _recordings(subject: Subject) -> list[Remark]:
    facts = subject.judgement.facts
    if not facts.twice and len(set(facts.observations.values())) <= 1 and not subject.repeated:
        return []
    from pcapcheck.triage.remarks.recordings import recording_remarks

    return recording_remarks(subject.judgement, subject.repeated)


def _address_changes(subject: Subject) -> list[Remark]:
    if not subject.changes:
        return []
    from pcapcheck.triage.remarks.address_changes import address_change_remarks

    return address_change_remarks(subject.changes)


def _contested_addresses(subject: Subject) -> list[Remark]:
    if not subject.contested:
        return []
    from pcapcheck.triage.remarks.contested_addresses import contested_address_remarks

    return contested_address_remarks(subject.contested)


def _moved_addresses(subject: Subject) -> list[Remark]:
    if not subject.moved:
        return []
    from pcapcheck.triage.remarks.contested_addresses import moved_address_remarks

    return moved_address_remarks(subject.moved)


def _captured_networks(subject: Subject) -> list[Remark]:
    if not any(point.capture_point.likeness or point.capture_point.contradicts for point in subject.judgement.points):
        return []
    from pcapcheck.triage.remarks.other_networks import captured_network_remarks

    return captured_network_remarks(subject.judgement.points)


def _open_questions(subject: Subject) -> list[Remark]:
    if not subject.judgement.unanswered:
        return []
    from pcapcheck.triage.remarks.open_questions import open_question_remarks

    return open_question_remarks(subject.judgement)


def _service_askers(subject: Subject) -> list[Remark]:
    judgement = subject.judgement
    if not judgement.unanswered and not any(capture.open_count for capture in judgement.captures):
        return []
    from pcapcheck.triage.remarks.service_askers import service_asker_remarks

    return service_asker_remarks(judgement, subject.state)


def _stray_errors(subject: Subject) -> list[Remark]:
    if not any(capture.exchanges.paired.ending_errors.counts for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.stray_errors import stray_error_remarks

    return stray_error_remarks(subject.judgement)


def _bundle_gaps(subject: Subject) -> list[Remark]:
    if subject.state is None or not subject.state.bundles:
        return []
    from pcapcheck.triage.remarks.bundle_gaps import bundle_gap_remarks

    return list(bundle_gap_remarks(subject.state, bool(subject.judgement.captures)))


def _doubted_facts(subject: Subject) -> list[Remark]:
    if subject.state is None or not any(host.doubted for host in subject.state.hosts):
        return []
    from pcapcheck.triage.remarks.doubted_facts import doubted_fact_remarks

    return doubted_fact_remarks(subject.state)


def _traced_packets(subject: Subject) -> list[Remark]:
    if subject.state is None or not any(host.traces for host in subject.state.hosts):
        return []
    from pcapcheck.triage.remarks.traced_packets import traced_packet_remarks

    return traced_packet_remarks(subject.state)


def _logged_checksums(subject: Subject) -> list[Remark]:
    if subject.state is None or not any(host.log for host in subject.state.hosts):
        return []
    from pcapcheck.triage.remarks.logged_checksums import logged_checksum_remarks

    return logged_checksum_remarks(subject.state)


def _on_state(subject: Subject) -> list[Remark]:
    if subject.state is None:
        return []
    from pcapcheck.triage.remarks.state_producers import remarks_on_state

    return remarks_on_state(subject.state)


def _counted_drops(subject: Subject) -> list[Remark]:
    state = subject.state
    if (
        state is None
        or subject.judgement.captures
        or not any(host.counters or host.log or host.lookups or host.firewall for host in state.hosts)
    ):
        return []
    from pcapcheck.triage.remarks.counted_drops import counted_drop_remarks

    return counted_drop_remarks(state)


def _invalid_drops(subject: Subject) -> list[Remark]:
    state = subject.state
    if state is None or not subject.judgement.unanswered or not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.calico_counters import invalid_drop_remarks

    return invalid_drop_remarks(state)


def _invalid_midway(subject: Subject) -> list[Remark]:
    state = subject.state
    if state is None or not subject.judgement.captures or not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.invalid_midway import invalid_midway_remarks

    return invalid_midway_remarks(subject.judgement, state)


def _printed_checksums(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.tunnels for capture in captures for problem in capture.problems):
        return []
    from pcapcheck.triage.remarks.printed_checksums import printed_checksum_remarks

    return printed_checksum_remarks(captures)


def _printed_fragments(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.fragments or problem.cut or problem.firsts for each in captures for problem in each.problems):
        return []
    from pcapcheck.triage.remarks.printed_fragments import printed_fragment_remarks

    return printed_fragment_remarks(captures)


def _resent_data(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.resent for capture in captures for problem in capture.problems):
        return []
    from pcapcheck.triage.remarks.resent_data import resent_data_remarks

    return resent_data_remarks(captures)


def _printed_pings(subject: Subject) -> list[Remark]:
    captures = subject.judgement.captures
    if not any(problem.unheard or problem.failed for capture in captures for problem in capture.problems):
        return []
    from pcapcheck.triage.remarks.printed_pings import printed_ping_remarks

    return printed_ping_remarks(captures)


def _printed_alone(subject: Subject) -> list[Remark]:
    if subject.state is None or subject.judgement.captures or not subject.state.printed:
        return []
    from pcapcheck.triage.remarks.printed_pings import printed_alone_remarks

    return printed_alone_remarks(subject.state)


def _unjudged_outputs(subject: Subject) -> list[Remark]:
    if subject.state is None or not subject.state.unjudged:
        return []
    from pcapcheck.triage.remarks.unjudged_outputs import unjudged_output_remarks

    return unjudged_output_remarks(subject.state)


def _too_big_errors(subject: Subject) -> list[Remark]:
    if not any(
        error[:3] == PACKET_TOO_BIG[error[0]]
        for capture in subject.judgement.captures
        for error in capture.exchanges.paired.ending_errors.counts
    ):
        return []
    from pcapcheck.triage.remarks.too_big_errors import too_big_remarks

    return too_big_remarks(subject.judgement)


def _repeated_syns(subject: Subject) -> list[Remark]:
    if not any(
        some.requests > some.count
        for capture in subject.judgement.captures
        for table in (CONNECTIONS, DNS)
        for some in capture.exchanges.paired.bins_of(table)
    ):
        return []
    from pcapcheck.triage.remarks.repeated_syns import repeated_syn_remarks

    return repeated_syn_remarks(subject.judgement)


def _repeated_arp(subject: Subject) -> list[Remark]:
    if not any(capture.exchanges.asked for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.repeated_arp import repeated_arp_remarks

    return repeated_arp_remarks(subject.judgement)


def _unanswered_dhcp(subject: Subject) -> list[Remark]:
    # A host without an address.
    if not any(group.ip_src == MAPPED for capture in subject.judgement.captures for group in capture.groups):
        return []
    from pcapcheck.triage.remarks.unanswered_dhcp import unanswered_dhcp_remarks

    return unanswered_dhcp_remarks(subject.judgement)


def _translated_tunnels(subject: Subject) -> list[Remark]:
    if not any(
        group.ip_src is not None and group.ip_src != group.source
        for capture in subject.judgement.captures
        for group in capture.groups
    ):
        return []
    from pcapcheck.triage.remarks.translated_tunnels import translated_tunnel_remarks

    return translated_tunnel_remarks(subject.judgement)


def _dns_races(subject: Subject) -> list[Remark]:
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


def _failed_lookups(subject: Subject) -> list[Remark]:
    if not any(_may_fail(capture.exchanges.paired.bins_of(DNS)) for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.failed_lookups import failed_lookup_remarks

    return failed_lookup_remarks(subject.judgement)


def _reset_answers(subject: Subject) -> list[Remark]:
    if not any(point.capture_point.interface.printed for point in subject.judgement.points):
        return []
    from pcapcheck.triage.remarks.reset_answers import reset_answer_remarks

    return reset_answer_remarks(subject.judgement)


def _closed_windows(subject: Subject) -> list[Remark]:
    if not any(point.capture_point.interface.printed for point in subject.judgement.points):
        return []
    from pcapcheck.triage.remarks.closed_windows import closed_window_remarks

    return closed_window_remarks(subject.judgement)


def _answered_behind(subject: Subject) -> list[Remark]:
    if not any(point.capture_point.interface.printed for point in subject.judgement.points):
        return []
    from pcapcheck.triage.remarks.answered_behind import answered_behind_remarks

    return answered_behind_remarks(subject.judgement)


def _last_questions(subject: Subject) -> list[Remark]:
    if not any(capture.open_count for capture in subject.judgement.captures):
        return []
    from pcapcheck.triage.remarks.last_question_remarks import last_question_remarks

    return last_question_remarks(subject.judgement)


def _lost_errors(subject: Subject) -> list[Remark]:
    if not any(path.packet == "error" for path in subject.judgement.followed.found):
        return []
    from pcapcheck.triage.remarks.lost_errors import lost_error_remarks

    return lost_error_remarks(subject.judgement)


PRODUCERS: tuple[Callable[[Subject], list[Remark]], ...] = (
    _described_networks,
    _recordings,
    _address_changes,
    _contested_addresses,
    _moved_addresses,
    _captured_networks,
    _open_questions,
    _service_askers,
    _stray_errors,
    _bundle_gaps,
    _doubted_facts,
    _traced_packets,
    _logged_checksums,
    _printed_checksums,
    _printed_fragments,
    _resent_data,
    _printed_pings,
    _on_state,
    _counted_drops,
    _invalid_drops,
    _invalid_midway,
    _printed_alone,
    _unjudged_outputs,
    _too_big_errors,
    _repeated_syns,
    _repeated_arp,
    _unanswered_dhcp,
    _translated_tunnels,
    _dns_races,
    _failed_lookups,
    _reset_answers,
    _closed_windows,
    _answered_behind,
    _last_questions,
    _lost_errors,
)
