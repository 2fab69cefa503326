"""What the DNS questions of a capture ask, by the hashes that rows know them by."""

from __future__ import annotations

from pcapcheck.asked_question import UNKNOWN, AskedQuestion
from pcapcheck.decode import dns_names_layout as layout
from pcapcheck.decode.dns_words import question_in_words
from pcapcheck.decode.frame_layout import MOST
from pcapcheck.reserved import BYTES, ReservedNumbers

SLOT_BYTES = 4


class KnownQuestions:
    """What questions ask, as it was known when an analysis was stored (pickled)."""

    def __init__(self, known: dict[int, AskedQuestion]) -> None:
        self._known = known

    def of(self, question: int) -> AskedQuestion:
        """What the question with this hash asks. Over TCP the hash of the same question is its complement."""
        return self._known.get(question) or self._known.get(~question & MOST, UNKNOWN)


class AskedQuestions:
    """The different questions of a capture. ``hashes``, ``slots`` and ``names`` are as ``dns_names`` fills them.

    Memory is taken for those that there are.
    """

    def __init__(self) -> None:
        hashes, slots = BYTES * layout.MOST_NAMES, SLOT_BYTES * layout.SLOTS
        held = ReservedNumbers((hashes + slots + layout.RECORD * layout.MOST_NAMES) // BYTES).view.cast("B")
        self.hashes = held[:hashes].cast("q")
        self.slots = held[hashes : hashes + slots].cast("i")
        self.names = held[hashes + slots :]
        self._known: dict[int, AskedQuestion] = {}

    def of(self, question: int) -> AskedQuestion:
        """What the question with this hash asks, as of ``KnownQuestions``."""
        if question not in self._known:
            number = self._number(question) or self._number(~question & MOST)
            if not number:
                return UNKNOWN
            self._known[question] = self._asked(number)
        return self._known[question]

    def __reduce__(self) -> tuple[type[KnownQuestions], tuple[dict[int, AskedQuestion]]]:
        return KnownQuestions, ({self.hashes[number - 1]: self._asked(number) for number in self.slots if number},)

    def _number(self, question: int) -> int:
        """The number of a question, from 1; 0 if it is not among them."""
        slot = (question >> 1) & (layout.SLOTS - 1)
        while (number := self.slots[slot]) and self.hashes[number - 1] != question:
            slot = (slot + 1) & (layout.SLOTS - 1)
        return number

    def _asked(self, number: int) -> AskedQuestion:
        at = (number - 1) * layout.RECORD
        size = self.names[at] << 8 | self.names[at + 1]
        return AskedQuestion(*(question_in_words(bytes(self.names[at + 2 : at + 2 + size])) or UNKNOWN))
