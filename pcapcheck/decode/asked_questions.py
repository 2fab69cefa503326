"""What the DNS questions of a capture ask, by the hashes that rows know them by."""

from __future__ import annotations

from pcapcheck.asked_question import UNKNOWN, AskedQuestion
from pcapcheck.decode import dns_names_layout as layout
from pcapcheck.decode.dns_words import question_in_words
from pcapcheck.decode.frame_layout import MOST
from pcapcheck.reserved import BYTES, ReservedNumbers

SLOT_BYTES = 4


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
        """What the question with this hash asks. Over TCP the hash of the same question is its complement."""
        if question not in self._known:
            found = self._found(question) or self._found(~question & MOST)
            if found is None:
                return UNKNOWN
            self._known[question] = found
        return self._known[question]

    def _found(self, question: int) -> AskedQuestion | None:
        slot = (question >> 1) & (layout.SLOTS - 1)
        while number := self.slots[slot]:
            if self.hashes[number - 1] == question:
                at = (number - 1) * layout.RECORD
                size = self.names[at] << 8 | self.names[at + 1]
                return AskedQuestion(*(question_in_words(bytes(self.names[at + 2 : at + 2 + size])) or UNKNOWN))
            slot = (slot + 1) & (layout.SLOTS - 1)
        return None
