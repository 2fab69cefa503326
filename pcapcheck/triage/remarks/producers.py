"""The producers of remarks, in the order in which a report prints what they say.

Each is loaded only if there is something to say: most observations have no remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks import exchange_producers, text_producers
from pcapcheck.triage.remarks.remark_subject import Subject

if TYPE_CHECKING:
    from pcapcheck.links.address_row import AddressRow
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.remarks.remark import Remark


# In nanoseconds.
MINUTE = 60 * 10**9


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


def _missing_neighbours(subject: Subject) -> list[Remark]:
    state = subject.state
    if state is None or not subject.judgement.captures or not any(host.neighbours for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.missing_neighbours import missing_neighbour_remarks

    return missing_neighbour_remarks(subject.judgement, state)


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


def _ways_back(subject: Subject) -> list[Remark]:
    state, judgement = subject.state, subject.judgement
    asked = judgement.unanswered or any(capture.open_count for capture in judgement.captures)
    if state is None or not asked or not any(host.routes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.ways_back import way_back_remarks

    return way_back_remarks(judgement, state)


def _unjudged_outputs(subject: Subject) -> list[Remark]:
    if subject.state is None or not subject.state.unjudged:
        return []
    from pcapcheck.triage.remarks.unjudged_outputs import unjudged_output_remarks

    return unjudged_output_remarks(subject.state)


PRODUCERS: tuple[Callable[[Subject], list[Remark]], ...] = (
    _described_networks,
    _recordings,
    _address_changes,
    _contested_addresses,
    _moved_addresses,
    _captured_networks,
    _missing_neighbours,
    exchange_producers.open_questions,
    exchange_producers.service_askers,
    exchange_producers.link_local_askers,
    exchange_producers.stray_errors,
    _bundle_gaps,
    _doubted_facts,
    _traced_packets,
    _logged_checksums,
    text_producers.printed_checksums,
    text_producers.printed_fragments,
    text_producers.resent_data,
    text_producers.printed_pings,
    _on_state,
    _counted_drops,
    _invalid_drops,
    _invalid_midway,
    text_producers.printed_alone,
    _unjudged_outputs,
    exchange_producers.too_big_errors,
    exchange_producers.repeated_syns,
    exchange_producers.repeated_arp,
    exchange_producers.unanswered_dhcp,
    exchange_producers.other_ways,
    exchange_producers.translated_tunnels,
    exchange_producers.untranslated_midway,
    exchange_producers.dns_races,
    exchange_producers.failed_lookups,
    text_producers.reset_answers,
    text_producers.closed_windows,
    text_producers.answered_behind,
    text_producers.one_way_tunnels,
    text_producers.unfilled_sums,
    text_producers.unfilled_on_arrival,
    text_producers.unknown_connections,
    exchange_producers.circling_packets,
    _ways_back,
    exchange_producers.last_questions,
    exchange_producers.last_arp,
    exchange_producers.lost_errors,
)
