"""Raw rows of one capture and one table, counted in the bins of the rules about that table."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from msgspec import Struct

from pcapcheck.capture.host_names import stand_ins
from pcapcheck.hash_table import empty_slots
from pcapcheck.raw_rows import RawRows, TableRow
from pcapcheck.ruleset import counting_layout as counted
from pcapcheck.ruleset import evaluating
from pcapcheck.ruleset import program_layout as layout
from pcapcheck.ruleset.row_bins import PAIR, Bin, BinKey, BinSample
from pcapcheck.ruleset.row_program import RowProgram
from pcapcheck.ruleset.row_texts import RowTexts

# Of classes, bins, spreads and cells: as many as there is room for at first, and at most.
FIRST = {
    counted.CLASSES_FULL: 1 << 6,
    counted.BINS_FULL: 1 << 6,
    counted.SPREADS_FULL: 1 << 3,
    counted.CELLS_FULL: 1 << 8,
}
MOST = {
    counted.CLASSES_FULL: 1 << 12,
    counted.BINS_FULL: 1 << 14,
    counted.SPREADS_FULL: 1 << 13,
    counted.CELLS_FULL: 1 << 16,
}
NOTES = 1 << 8


class RawSample(Struct):
    """A row kept to show, as numbers; ``make`` makes a sample of it when it is looked at."""

    row: RawRows
    make: Callable[[TableRow], BinSample]
    _made: BinSample | None = None

    def look(self) -> BinSample:
        """The sample, made once."""
        if self._made is None:
            self._made = self.make(self.row.object(0))
        return self._made


class RowCounting:
    """Counts the rows of capture number ``capture`` as a program says. Feed it all rows, then ``settle``."""

    def __init__(self, capture: int, program: RowProgram) -> None:
        self.capture = capture
        self._program = program
        self._texts = RowTexts(program)
        numbers = program.numbers
        rules = len(program.evaluations)
        self._width = counted.B_RESULTS + numbers[layout.P_WORDS]
        self._class_width = counted.Q_WORDS + numbers[layout.P_CLASS_WORDS] + rules
        # Room that one row may take, beyond what is counted.
        self._spare = {
            counted.CLASSES_FULL: 1,
            counted.BINS_FULL: rules + 1,
            counted.SPREADS_FULL: numbers[layout.P_BOUNDS],
            counted.CELLS_FULL: numbers[layout.P_BOUNDS],
        }
        self._room = dict.fromkeys(FIRST, 0)
        self._vectors = array("q", bytes(8 * layout.BLOCK * numbers[layout.P_VECTORS]))
        self._packed = array("q", bytes(8 * layout.BLOCK * numbers[layout.P_CLASS_WORDS]))
        self._latest = array("q", [-1]) * counted.RECENT
        self._classes, self._class_slots = array("q"), array("q")
        self._stack = array("b", bytes(program.depth + 1))
        self._bins, self._slots = array("q"), array("q")
        self._spreads, self._ranked = array("q"), array("q")
        self._cells, self._cell_slots = array("q"), array("q")
        self._notes = array("q")
        self._pairs = array("q", bytes(8 * layout.BLOCK))
        self._state = array("q", bytes(8 * counted.STATE_SIZE))
        # The bins that the rows of notes are kept in, by number.
        self._held: list[Bin] = []
        self._row: RawRows | None = None

    def feed(self, rows: RawRows) -> None:
        """Count the rows of a batch."""
        if not rows.count:
            return
        self._row = rows
        if not self._notes:
            self._begin(rows.size)
        for evaluation in self._program.evaluations:
            evaluation.seen += rows.count
        texts, names = self._texts.of(rows), stand_ins(rows.address_of)
        self._state[counted.S_ROW] = 0
        while True:
            evaluating.evaluate(
                self._program.numbers,
                rows.data,
                rows.count,
                rows.size,
                rows.row_step,
                rows.field_step,
                rows.groups,
                rows.group_step,
                texts,
                names,
                self._vectors,
                self._packed,
                self._latest,
                self._classes,
                self._class_slots,
                self._stack,
                self._bins,
                self._slots,
                self._spreads,
                self._ranked,
                self._cells,
                self._cell_slots,
                self._notes,
                self._pairs,
                self._state,
            )
            if self._state[counted.S_STATUS] == counted.DONE:
                break
            self._make_room(self._state[counted.S_STATUS])
        self._state[counted.S_SERIAL] += rows.count

    def settle(self) -> None:
        """Hand all that was counted on to the rules' bins."""
        self._take_notes()
        self._settle_classes()
        cells: dict[int, dict[int, int]] = {}
        for at in range(0, self._state[counted.S_CELLS] * counted.CELL_SIZE, counted.CELL_SIZE):
            _, spread, bucket, count = self._cells[at : at + counted.CELL_SIZE]
            cells.setdefault(spread, {})[bucket] = count
        for number, held in enumerate(self._held):
            held.count += self._bins[number * self._width + counted.B_COUNT]
        for number in range(self._state[counted.S_SPREADS]):
            self._take_spread(number, cells.get(number, {}))
        self._held.clear()
        for number in (counted.S_BINS, counted.S_SPREADS, counted.S_CELLS):
            self._state[number] = 0
        self._slots = array("q", [-1]) * len(self._slots)
        self._cell_slots = array("q", [-1]) * len(self._cell_slots)

    def _begin(self, size: int) -> None:
        self._notes = array("q", bytes(8 * (NOTES + len(self._program.evaluations)) * (counted.N_ROW + size)))
        for what, room in FIRST.items():
            if self._spare[what]:
                self._enlarge(what, room)

    def _make_room(self, status: int) -> None:
        if status == counted.NOTES_FULL:
            self._take_notes()
        elif self._room[status] < MOST[status]:
            self._enlarge(status, 2 * self._room[status])
        elif status == counted.CLASSES_FULL:
            self._settle_classes()
        else:
            self.settle()

    def _settle_classes(self) -> None:
        evaluating.settle_classes(
            self._program.numbers, self._classes, self._class_slots, self._latest, self._bins, self._state
        )

    def _enlarge(self, what: int, room: int) -> None:
        """Make room for more classes, bins, spreads or cells; rebuild the table over them with room to spare."""
        assert self._row is not None
        more = room - self._room[what] + (0 if self._room[what] else self._spare[what])
        self._room[what] = room
        slots = empty_slots(room + self._spare[what])
        if what == counted.CLASSES_FULL:
            self._classes.frombytes(bytes(8 * self._class_width * more))
            evaluating.enter(self._classes, self._class_width, slots, self._state[counted.S_CLASSES])
            self._class_slots = slots
        elif what == counted.BINS_FULL:
            self._bins.frombytes(bytes(8 * self._width * more))
            evaluating.enter(self._bins, self._width, slots, self._state[counted.S_BINS])
            self._slots = slots
        elif what == counted.SPREADS_FULL:
            self._spreads.frombytes(bytes(8 * counted.SPREAD_SIZE * more))
            self._ranked.frombytes(bytes(8 * counted.RANKED * self._row.size * more))
        else:
            self._cells.frombytes(bytes(8 * counted.CELL_SIZE * more))
            evaluating.enter(self._cells, counted.CELL_SIZE, slots, self._state[counted.S_CELLS])
            self._cell_slots = slots

    def _take_notes(self) -> None:
        """Keep the rows that were noted, each in its bin."""
        if self._row is None:
            return
        width = counted.N_ROW + self._row.size
        for at in range(0, self._state[counted.S_NOTES] * width, width):
            number = self._notes[at + counted.N_BIN]
            entry = number * self._width
            evaluation = self._program.evaluations[self._bins[entry + counted.B_RULE]]
            # The first row of each bin is noted, so bins come in their order.
            if number == len(self._held):
                self._held.append(evaluation.bin_of(self._key(entry, len(evaluation.early))))
            row = self._row.alone(self._notes[at + counted.N_ROW : at + width])
            place = self._notes[at + counted.N_NUMBER]
            if self._notes[at + counted.N_TURN]:
                self._held[number].keep_over_time(place, RawSample(row, evaluation.sample))
                continue
            pair = tuple(row.value(0, name) if name in row.fields.columns else None for name in PAIR)
            # After an earlier ``settle``, the bin may have enough.
            if self._held[number].wants(pair):
                self._held[number].keep(pair, place, RawSample(row, evaluation.sample))
        self._state[counted.S_NOTES] = 0

    def _key(self, entry: int, leaves: int) -> BinKey:
        assert self._row is not None
        results = self._bins[entry + counted.B_RESULTS : entry + self._width]
        outcome = self._program.fields.outcome
        group = self._bins[entry + counted.B_GROUP]
        return (
            *(self._row.spots[group] if self._row.spots else (self.capture, group)),
            str(outcome.words[self._bins[entry + counted.B_OUTCOME]]) if outcome is not None else "",
            tuple(_unpacked(results, leaves)),
        )

    def _take_spread(self, number: int, buckets: dict[int, int]) -> None:
        """Add a spread, and its rows of the highest rank, to those of its bin."""
        assert self._row is not None
        at = number * counted.SPREAD_SIZE
        spread = self._spreads[at : at + counted.SPREAD_SIZE]
        if not spread[counted.V_COUNT]:
            return
        held, bound = self._held[spread[counted.V_BIN]], spread[counted.V_BOUND]
        total = (spread[counted.V_HIGH] << counted.V_LOW_BITS) + spread[counted.V_LOW]
        held.spreads[bound].add_counted(
            spread[counted.V_COUNT], total, spread[counted.V_LEAST], spread[counted.V_MOST], buckets
        )
        size = self._row.size
        entry = spread[counted.V_BIN] * self._width
        evaluation = self._program.evaluations[self._bins[entry + counted.B_RULE]]
        ranks = spread[counted.V_RANKS : counted.V_RANKS + 2 * spread[counted.V_RANKED]]
        places = zip(
            ranks[1::2], ranks[::2], range(number * counted.RANKED, (number + 1) * counted.RANKED), strict=False
        )
        for _, rank, place in sorted(places):
            if held.extremes[bound].wants(rank):
                row = self._row.alone(self._ranked[place * size : (place + 1) * size])
                held.extremes[bound].add(rank, RawSample(row, evaluation.sample))


def _unpacked(words: array[int], leaves: int) -> Iterator[int]:
    """The results of this many leaves (see ``evaluating.pack``)."""
    for leaf in range(leaves):
        word, place = divmod(leaf, counted.RESULTS_PER_WORD)
        yield (words[word] >> 2 * place & 3) - 1
