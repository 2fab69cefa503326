"""Feed rules with the rows that only whole captures have: of addresses, paths and hops."""

from __future__ import annotations

from pcapcheck.intake import Intake
from pcapcheck.links.address_row import AddressRow
from pcapcheck.links.read_capture import Reading
from pcapcheck.paths.path_tables import PathTables
from pcapcheck.paths.paths import Paths
from pcapcheck.paths.shared_addresses import judge_addresses
from pcapcheck.ruleset.feed import Feed
from pcapcheck.ruleset.finding import NO_CAPTURE
from pcapcheck.ruleset.followed_counting import FollowedCounting
from pcapcheck.table_names import ADDRESSES, HOPS, PATHS


def feed_followed(intake: Intake, followed: Paths, claims: list[AddressRow], reading: Reading) -> None:
    """Hand the rules the rows that only the whole captures have: of addresses, paths and hops."""
    take, every = intake.feed.take, intake.row_tables
    # A resolution goes on for as long as no request is missing for this time.
    pause = 3 * reading.arp_wait
    for claim in judge_addresses(claims, followed.facts.points, reading.gateways, followed, pause):
        take(claim.point[0], ADDRESSES, [claim])
    tables = PathTables(followed)
    for table in (PATHS, HOPS):
        if table in every:
            _feed_each(intake.feed, tables, followed, table)
            continue
        about = [evaluation for evaluation in intake.evaluations if evaluation.rule.table == table]
        counting = FollowedCounting(about)
        for some in tables.packets(table) if about else ():
            counting.feed(some)


def _feed_each(feed: Feed, tables: PathTables, followed: Paths, table: str) -> None:
    """Hand the rules a row for each packet that was followed, in ``hops`` for each of its hops."""
    if followed.groups is not None:
        # NumPy was loaded to follow them.
        from pcapcheck.paths.followed_rows import followed_rows

        for rows in followed_rows(followed, table, feed.columns_of(table)):
            feed.take(NO_CAPTURE, table, rows)
        feed.settle()
    for answer in tables.lone_answers() if table == PATHS else ():
        feed.take(answer.capture, table, [row for row, _ in answer.rows()])
