"""Claims: which MACs claimed an address for themselves in ARP or neighbour discovery."""

from __future__ import annotations

from array import array

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_layout import ABSENT
from pcapcheck.exchanges import claiming
from pcapcheck.exchanges import claiming_layout as layout
from pcapcheck.exchanges.arp_row import point_of, time_of
from pcapcheck.hash_table import empty_slots
from pcapcheck.values import address_of

MOST_CLAIMS = 1 << 16
FIRST_CLAIMS = 1 << 6


class Claim(Struct, frozen=True):
    """One MAC's claim of one address at one capture point. ``own``: claimed unasked or in a request."""

    point: tuple[int, int | None]
    ip: int
    mac: int
    first_time: int | None
    last_time: int | None
    own: bool
    count: int
    frames: list[int]


class Claims(Brief):
    """Gathers the claims of one capture; probes claim nothing (RFC 5227)."""

    def __init__(self) -> None:
        self.address_of: AddressOf = address_of
        self._claims = array("q")
        self._slots = array("q")
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        self._enlarge()
        # Made when they are first asked for: many stages do.
        self._made: list[Claim] | None = None
        self._by_point: dict[tuple[int, int | None], list[Claim]] | None = None
        self._without_mac: set[tuple[tuple[int, int | None], int]] | None = None

    @property
    def missed(self) -> int:
        """Messages whose claims were passed over: there were too many."""
        return self._state[layout.S_MISSED]

    def feed(self, batch: FrameBatch) -> None:
        """Take the messages of a batch."""
        self.address_of = batch.address_of
        self._made = self._by_point = self._without_mac = None
        self._state[layout.S_MESSAGE] = 0
        while True:
            final = len(self._claims) >= MOST_CLAIMS * layout.CLAIM_FIELDS
            claiming.claim(batch.messages, batch.message_count, self._claims, self._slots, final, self._state)
            if self._state[layout.S_STATUS] == layout.DONE:
                return
            self._enlarge()

    def all(self) -> list[Claim]:
        """The claims of MACs, in the order in which they were first made."""
        if self._made is None:
            claims, mac = self._claims, layout.C_MAC
            self._made = [self._claim(start) for start in self._starts() if claims[start + mac] != ABSENT]
        return self._made

    def at(self, point: tuple[int, int | None]) -> list[Claim]:
        """Those at one capture point, by its interface and ifindex, in the same order."""
        if self._by_point is None:
            self._by_point = {}
            for claim in self.all():
                self._by_point.setdefault(claim.point, []).append(claim)
        return self._by_point.get(point, [])

    @property
    def without_mac(self) -> set[tuple[tuple[int, int | None], int]]:
        """By capture point, addresses that were claimed in a text without MACs."""
        if self._without_mac is None:
            claims, mac = self._claims, layout.C_MAC
            self._without_mac = {
                (point_of(claims[start + layout.C_POINT]), self._address(start))
                for start in self._starts()
                if claims[start + mac] == ABSENT
            }
        return self._without_mac

    def _starts(self) -> range:
        return range(0, self._state[layout.S_CLAIMS] * layout.CLAIM_FIELDS, layout.CLAIM_FIELDS)

    def _address(self, start: int) -> int:
        return self.address_of(self._claims[start + layout.C_HIGH], self._claims[start + layout.C_LOW])

    def _claim(self, start: int) -> Claim:
        claims, frames = self._claims, start + layout.C_FRAME
        count = claims[start + layout.C_COUNT]
        return Claim(
            point_of(claims[start + layout.C_POINT]),
            self._address(start),
            claims[start + layout.C_MAC],
            time_of(claims[start + layout.C_FIRST]),
            time_of(claims[start + layout.C_LAST]),
            bool(claims[start + layout.C_OWN]),
            count,
            list(claims[frames : frames + min(count, layout.CLAIM_FRAMES)]),
        )

    def _enlarge(self) -> None:
        """Double the room; rebuild the table over it."""
        places = max(FIRST_CLAIMS, 2 * len(self._claims) // layout.CLAIM_FIELDS)
        self._claims.frombytes(bytes(8 * layout.CLAIM_FIELDS * places - 8 * len(self._claims)))
        self._slots = empty_slots(places)
        claiming.enter_claims(self._claims, self._slots, self._state[layout.S_CLAIMS])
