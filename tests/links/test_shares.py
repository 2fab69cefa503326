"""Shares: sums by who was asked, in the order in which reports name them."""

from __future__ import annotations

from array import array

from pcapcheck.exchanges import spreading_layout as layout
from pcapcheck.exchanges.pair_counts import DST, SRC
from pcapcheck.links.question_losses import Share
from pcapcheck.links.shares import CountedCells, Shares
from pcapcheck.values import address_of, halves_of, parse_address

POD, NEAR, FAR, V6 = (parse_address(text) for text in ("10.0.0.1", "10.0.0.9", "10.0.0.10", "fd00::1"))


def shares(*asked: tuple[int, int, int, int]) -> Shares:
    """Of (asker, asked, how many got no answer, how many got one)."""
    cells = array("q")
    for src, dst, silent, replied in asked:
        values = dict(zip((*SRC, *DST), (*halves_of(src), *halves_of(dst)), strict=True))
        values |= {layout.C_SILENT: silent, layout.C_REPLIED: replied, layout.C_RESPECT: layout.PAIR}
        cells.extend(values.get(field, 0) for field in range(layout.CELL_FIELDS))
    counted = CountedCells(cells, len(asked), 0, array("b", [1]))
    return Shares.of_cells([counted], layout.PAIR, [*SRC, *DST], address_of)


def test_cells_of_a_pair_are_added() -> None:
    """Two frame groups may hold the same pair; a pair that nothing is settled for has no share."""
    found = shares((POD, NEAR, 1, 2), (POD, FAR, 0, 5), (POD, NEAR, 3, 4), (POD, V6, 0, 0))
    near = found.of((POD, NEAR))
    assert near is not None
    assert (len(found), near.asked, near.failed) == (2, 10, 4)
    assert found.of((NEAR, POD)) is None
    assert [share.who for share in found.failing()] == [(POD, NEAR)]
    assert len(found.failing(but=(POD, NEAR))) == 0


def test_a_scan_of_many() -> None:
    """The worst of them, of those alike the first by address, and the one with the most losses beyond its part."""
    asked = [(POD, FAR + number, 1 + (number % 50 == 49), number % 3) for number in range(1000)]
    found = shares(*reversed(asked))
    assert (len(found), found.losing, found.failed) == (1000, 1000, 1020)
    assert found.dead == (sum(silent for _, _, silent, replied in asked if not replied), 2)
    worst = sorted(asked, key=lambda one: (-one[2], one[2] + one[3], str((one[0], one[1]))))
    assert [share.who for share in found.worst(30)] == [(src, dst) for src, dst, _, _ in worst[:30]]
    total = Share(0, found.asked, found.failed, 0)
    lack = [(s + r) * found.failed / found.asked - s for _, _, s, r in asked]
    assert found.most_above(total).who == (POD, asked[lack.index(min(lack))][1])
    assert (found.asked_by(POD), found.asked_by(FAR)) == (1000, 0)
    assert len(found.failing(but=(POD, FAR))) == 999


def test_worst_first_and_then_in_the_order_of_text() -> None:
    """The text of an IPv6 address is a longer number, which may come first."""
    found = shares((POD, V6, 2, 0), (POD, FAR, 2, 0), (POD, NEAR, 2, 0), (FAR, NEAR, 2, 1), (NEAR, FAR, 3, 9))
    tied = sorted([(POD, NEAR), (POD, FAR), (POD, V6)], key=str)
    assert [share.who for share in found.worst(9)] == [(NEAR, FAR), *tied, (FAR, NEAR)]
    alike = shares((POD, FAR, 2, 0), (POD, NEAR, 2, 0))
    assert [share.who for share in alike.worst(1)] == [(POD, NEAR)]
