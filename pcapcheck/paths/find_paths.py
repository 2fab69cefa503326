"""Find paths: sightings in, the paths of their packets out."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.sightings import Sightings
from pcapcheck.links.facts import Facts
from pcapcheck.links.observations import observations
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.paths.address_locations import homes_of, spans_of
from pcapcheck.paths.deliveries import Deliveries
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.node_links import NodeLinks
from pcapcheck.paths.paths import Paths
from pcapcheck.paths.topology import topology_of
from pcapcheck.paths.unidentified import leave_out_bare, leave_out_unidentified


def find_paths(captures: list[Capture], facts: Facts, reading: Reading, sightings: Sightings) -> Paths:
    """Follow the packets of an observation; empties ``sightings``."""
    hosts = Hosts(facts.points, facts.known.nodes)
    sightings.put_in_order()
    leave_out_unidentified(captures, sightings)
    unfollowed = leave_out_bare(captures, sightings)
    facts.observations = observations(facts.points, {})
    # With one place to see packets, nothing can be followed.
    if not sightings.count or len(facts.points) < 2:
        return replace(Paths.none(captures, facts, hosts), share=sightings.share, unfollowed=unfollowed)
    # NumPy takes as long to load as a short capture takes to judge.
    from pcapcheck.paths.clocks import by_one_clock, estimate_clocks
    from pcapcheck.paths.correlation import join
    from pcapcheck.paths.path_grouping import PathGroups
    from pcapcheck.paths.sighting_columns import columns_of
    from pcapcheck.paths.spots import Spots

    frame_groups: dict[int, list[FrameGroup]] = {capture.number: capture.groups for capture in captures}
    # Frames of too many senders share a group that belongs to no capture point.
    known = {(key[0], group) for key, point in facts.points.items() for group in point.groups}
    seen, numbering = columns_of(sightings, {number: len(some) for number, some in frame_groups.items()}, known)
    spots = Spots(numbering, frame_groups, facts)
    clocks = estimate_clocks(seen, spots.macs)
    facts.observations = observations(facts.points, clocks)
    seen.time = by_one_clock(seen, clocks)
    packets = join(seen, spots.point_of, spots.on_pod_link, numbering.pairs)
    groups = PathGroups(packets, spots, numbering, spans_of(captures, clocks, reading.echo_wait), hosts)
    found = groups.paths
    facts.followed = any(len(path.steps) > 1 for path in found)
    topology = topology_of(found, homes_of(captures, facts, found))
    return Paths(
        captures,
        facts,
        hosts,
        topology,
        NodeLinks(captures, facts, topology, clocks),
        Deliveries(facts, hosts, topology, found, groups, clocks, bool(reading.scope.filter_used), unfollowed),
        groups,
        clocks,
        sightings.share,
        numbering.lost + sightings.dropped,
        unfollowed,
    )
