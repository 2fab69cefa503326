"""A suspect: a cause in one case, and whether it is confirmed, possible or ruled out there."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.triage.cause import Cause
from pcapcheck.triage.filled_texts import FilledTexts

CONFIRMED, POSSIBLE, RULED_OUT = "confirmed", "possible", "ruled-out"
STATUSES = (CONFIRMED, POSSIBLE, RULED_OUT)


class Suspect(Brief, Struct, frozen=True):
    """A cause in one case, with its texts: whether the state confirms it or rules it out, and by which lines.

    ``certain``: nothing that it wants to be seen in the packets is unknown. ``lacks`` says what, added to the state
    that was given, would settle it. ``leaning`` is 1 if the state speaks for it without proving it, -1 if it
    speaks against it. ``fits``: the observations that it calls for and that a healthy exchange would not show.
    ``half``: what the state says for it, and which lines are missing.
    """

    cause: Cause
    status: str
    texts: FilledTexts
    because: tuple[str, ...]
    explains: tuple[str, ...]
    certain: bool
    lacks: tuple[str, ...] = ()
    leaning: int = 0
    fits: tuple[str, ...] = ()
    half: str = ""

    @property
    def title(self) -> str:
        return self.texts.title

    @property
    def confirm(self) -> tuple[str, ...]:
        """The commands that settle it."""
        return self.texts.confirm

    @property
    def fix(self) -> tuple[str, ...]:
        """The commands or words that fix it."""
        return self.texts.fix

    @property
    def shows(self) -> str:
        """What the first command of ``confirm`` prints if it is the cause, empty if that is not known."""
        return self.texts.shows

    def order(self) -> tuple[int, int, bool, int, int]:
        """Confirmed ones first, then those that the state speaks for, those that fit best, and the more frequent.

        docs/causes.md explains it.
        """
        support = 1 if self.half else self.leaning
        return STATUSES.index(self.status), -support, not self.certain, -len(self.fits), self.cause.rank
