"""Drops: whether something that counts what it drops can have dropped the packets that a case lost.

It did (``fits``) if it is on their path, counted at least as many as were lost, and is shown to have counted them
in this time: it grew between two readings as fast as packets were lost, or it has hardly seen more packets than were
recorded. What counted as many since it was set up may have (``may-fit``). What counted none, or fewer, did not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.listing import QUEUES
from pcapcheck.nodestate.packet_facts import Counter, LogEntry
from pcapcheck.nodestate.readers.kernel_log import CARD_HUNG, CONNTRACK_FULL, LINK_DOWN, NEIGHBOURS_FULL
from pcapcheck.nodestate.readers.link_counters import IN, LINK, OUT
from pcapcheck.nodestate.readers.nstat import NSTAT
from pcapcheck.nodestate.readers.per_processor import BACKLOG, CONNTRACK, NEIGHBOURS
from pcapcheck.nodestate.readers.queues import ENTRANCES, NETEM, POLICE, QUEUE
from pcapcheck.nodestate.readers.sysctls import value_of
from pcapcheck.nodestate.source_lines import Quoted, quote
from pcapcheck.triage.drop_places import COMING, ENTERED, LEAVING, SENT, CounterPlace, LossStretch
from pcapcheck.values import is_ipv4

FITS, MAY_FIT, NONE_FITS = "fits", "may-fit", "none-fits"
# The same for a single counter that counted too few.
TOO_FEW = "too-few"
Wanted = Callable[[Counter], bool]
# Which counters of a link may be about packets at which stage, by what they are about: full queues, or damage.
FULL = {COMING: ("missed", "overrun", "fifo", "dropped"), SENT: ("dropped", "fifo")}
DAMAGED = {COMING: ("errors", "crc", "frame", "length"), SENT: ("errors", "carrier", "aborted")}
DIRECTION = {COMING: IN, ENTERED: IN, SENT: OUT, LEAVING: OUT}
# A card also counts packets there of a protocol that nobody listens to (net/core/dev.c).
DOUBTFUL = (LINK, "dropped", IN)
# Up to this many packets more than were recorded have passed something that is as good as new.
SPARE = 20
# Counters of wrong checksums (kernel: net/ipv4/proc.c, net/ipv6/proc.c), by what was asked.
CHECKSUM_ERRORS = "InCsumErrors"
# SYNs that found the queue of a listening socket full (net/ipv4/tcp_input.c, tcp_conn_request).
LISTEN_OVERFLOWS = "TcpExtListenOverflows"
SUMMED_UP = {"tcp": ("Tcp",), "dns": ("Udp", "Udp6"), "udp": ("Udp", "Udp6"), "echo": ("Icmp", "Icmp6")}
# A line of the log belongs to this time if it is this near to it.
NEAR = 2 * 10**9
SHOWN = 2


class Lost(Struct, frozen=True):
    """What was lost: at least this many ``packets`` of those ``asked``, between these times (nanoseconds).

    ``frames`` are how many frames were recorded on an interface, by its name if only one interface has that name.
    """

    packets: int
    asked: int
    began: int | None = None
    ended: int | None = None
    frames: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        return self.packets / self.asked if self.asked else 1.0


class Drops(Struct, frozen=True):
    """What was lost in a case, and the part of the path on which it was lost."""

    lost: Lost
    stretch: LossStretch

    def queues(self) -> Quoted[str] | None:
        """Queues that overflow: queueing disciplines, rings of cards, backlogs of processors."""
        backlogs = [self._counted(host, BACKLOG, "dropped") for host in self._routing]
        at = self._of_queues(lambda counter: not _is_netem(counter) and not _is_policer(counter))
        return _best([*at, *self._of_links(FULL), *backlogs])

    def emulators(self) -> Quoted[str] | None:
        """``tc netem``, which drops what it is configured to drop; that it is there is said even without any."""
        uncounted = [
            Quoted(MAY_FIT, (quote(note.line),))
            for spot in self.stretch.spots
            if spot.stage == LEAVING
            and not any(_is_netem(counter) and counter.dev == spot.dev for counter in spot.host.counters)
            for note in spot.host.notes_of(NETEM)
            if note.text == spot.dev
        ]
        return _best(self._of_queues(_is_netem), uncounted)

    def policers(self) -> Quoted[str] | None:
        """What drops packets as they come in from a pod: policers, and other filters at the ingress."""
        return _best(self._of_queues(_is_policer))

    def damages(self) -> Quoted[str] | None:
        """Damaged frames, and what a driver could not send."""
        return _best(self._of_links(DAMAGED))

    def tracking(self, *, first_only: bool | None) -> Quoted[str] | None:
        """Connection tracking, which drops only the first packet of a conversation: no room, or two at once."""
        counted = [self._counted(host, CONNTRACK, name) for host in self._routing for name in ("drop", "insert_failed")]
        said = _best(counted, [self._logged(CONNTRACK_FULL), *map(self._full_table, self._routing)])
        if first_only is False and said is not None and said.value != NONE_FITS:
            but = "(but the lost packets were not the first of theirs)"
            return Quoted(NONE_FITS, tuple(f"{line}  {but}" for line in said.source_lines))
        return said

    def neighbours(self, *, known: tuple[str, ...]) -> Quoted[str] | None:
        """The neighbour table. ``known``: the lines showing that the node has the receiver's MAC, so needs no room."""
        if known:
            return Quoted(NONE_FITS, known)
        counted = [self._counted(host, NEIGHBOURS, "table_fulls") for host in self._routing]
        return _best(counted, [self._logged(NEIGHBOURS_FULL), *map(_crowded, self._routing)])

    def checksums(self, protocol: str) -> Quoted[str] | None:
        """The pod that the packets came to, which finds a wrong checksum: a host counts those of its own packets."""
        return self._at_receivers(f"{layer}{CHECKSUM_ERRORS}" for layer in SUMMED_UP.get(protocol, ()))

    def listen_queues(self) -> Quoted[str] | None:
        """The pod that connections were asked of, where they wait until a process accepts them."""
        return self._at_receivers((LISTEN_OVERFLOWS,))

    def _at_receivers(self, names: Iterable[str]) -> Quoted[str] | None:
        """By what the pods count that the packets came to."""
        if not self.stretch.sure:
            return None
        hosts = {id(spot.host): spot.host for spot in self.stretch.spots if spot.stage == COMING}
        receivers = [host for host in hosts.values() if host.role == POD]
        return _best([self._counted(host, NSTAT, name) for name in names for host in receivers])

    def cards(self) -> Quoted[str] | None:
        """Cards that hung or lost their link meanwhile."""
        return _best([], [self._logged(CARD_HUNG), self._logged(LINK_DOWN)])

    @property
    def _routing(self) -> list[Host]:
        """The nodes on the path: pods track nothing of what is forwarded."""
        return [host for host in self.stretch.hosts if host.role != POD]

    def _of_queues(self, wanted: Wanted) -> list[Quoted[str] | None]:
        """By the queues of each interface that packets were about to leave by, or had entered by."""
        return [self._queues_at(spot, wanted) for spot in self.stretch.spots if spot.stage in (LEAVING, ENTERED)]

    def _of_links(self, names: Mapping[str, tuple[str, ...]]) -> list[Quoted[str] | None]:
        """By the counters of links, which are about what came in before a recorder, or went out behind it."""
        return [self._link_at(spot, names[spot.stage]) for spot in self.stretch.spots if spot.stage in names]

    def _queues_at(self, spot: CounterPlace, wanted: Wanted) -> Quoted[str] | None:
        """If the queues of an interface were listed and it has none of the kind, none did it."""
        direction = DIRECTION[spot.stage]
        at = [counter for counter in spot.host.counters if (counter.source, counter.dev) == (QUEUE, spot.dev)]
        said = self._readings([counter for counter in at if counter.direction == direction and wanted(counter)], spot)
        if said is None and at:
            return Quoted(NONE_FITS, (quote(at[-1].line),))
        if said is None and QUEUES in spot.host.whole:
            shown = spot.host.lacks(QUEUES, f"no queue of {spot.dev}")
            return Quoted(NONE_FITS, (quote(shown),) if shown else ())
        return said

    def _link_at(self, spot: CounterPlace, names: Iterable[str]) -> Quoted[str] | None:
        direction = DIRECTION[spot.stage]
        some = [
            counter
            for counter in spot.host.counters
            if (counter.source, counter.dev, counter.direction) == (LINK, spot.dev, direction) and counter.name in names
        ]
        return self._readings(some, spot)

    def _counted(self, host: Host, source: str, name: str) -> Quoted[str] | None:
        """By a counter that a host has once: it counts all packets that pass the host."""
        some = [counter for counter in host.counters if (counter.source, counter.name) == (source, name)]
        return self._readings(some, CounterPlace(host, "", ""))

    def _readings(self, counters: Iterable[Counter], spot: CounterPlace) -> Quoted[str] | None:
        """The counter that says most, each by its first and its last reading."""
        by_key: dict[tuple[str | None, ...], list[Counter]] = {}
        for counter in counters:
            by_key.setdefault(counter.key, []).append(counter)
        return _best([self._judge(some[0], some[-1], spot) for some in by_key.values()], few=TOO_FEW)

    def _judge(self, first: Counter, last: Counter, spot: CounterPlace) -> Quoted[str]:
        said = quote(last.line)
        if not last.value:
            return Quoted(NONE_FITS, (said,))
        if last.value < self.lost.packets:
            return Quoted(
                TOO_FEW, (f"{said}  ({last.name} {last.value:,}, fewer than the {self.lost.packets:,} lost)",)
            )
        certain = self.stretch.sure or spot.own
        if (last.source, last.name, last.direction) == DOUBTFUL:
            certain = False
        word = FITS if certain else MAY_FIT
        grown = last.value - first.value
        counted = f"{said}  ({last.name} {last.value:,}"
        if grown > 0 and self._as_fast(first, last):
            return Quoted(word, (f"{counted}, {grown:,} of them since line {first.line.number})",))
        recorded = self.lost.frames.get(spot.dev)
        if recorded is not None and last.passed is not None and last.passed <= recorded + SPARE:
            return Quoted(word, (f"{counted}; hardly more packets passed it than were recorded)",))
        if first is last:
            return Quoted(MAY_FIT, (f"{counted} since it was set up; read it twice to see it grow)",))
        return Quoted(MAY_FIT, (f"{counted} since it was set up, {grown:,} of them since line {first.line.number})",))

    def _as_fast(self, first: Counter, last: Counter) -> bool:
        """Whether it grew by all that was lost, or by as large a share of what passed meanwhile, or half of that."""
        grown = last.value - first.value
        if grown >= self.lost.packets:
            return True
        passed = None if first.passed is None or last.passed is None else last.passed - first.passed
        return passed is not None and grown >= self.lost.share / 2 * (passed + grown)

    def _full_table(self, host: Host) -> Quoted[str] | None:
        """As of when the state was taken (nf_conntrack_core.c, __nf_conntrack_alloc)."""
        count, most = (host.sysctls.get(f"net.netfilter.nf_conntrack_{name}") for name in ("count", "max"))
        held, limit = value_of(count), value_of(most)
        if count is None or most is None or held is None or not limit:
            return None
        return Quoted(
            (FITS if held >= limit and self.stretch.sure else MAY_FIT if held >= limit else NONE_FITS),
            (
                quote(count.line),
                quote(most.line),
            ),
        )

    def _logged(self, event: str) -> Quoted[str] | None:
        """By the kernels' logs: it did it in this time, or it once did."""
        entries = [
            (host, entry)
            for host in self._routing
            for entry in host.log
            if entry.event == event and not self.stretch.is_pods_link(entry.dev)
        ]
        near = [entry for host, entry in entries if self._is_near(_time_of(host, entry))]
        if near:
            return Quoted(FITS if self.stretch.sure or event in (CARD_HUNG, LINK_DOWN) else MAY_FIT, _quotes(near))
        return Quoted(MAY_FIT, _quotes([entry for _, entry in entries])) if entries else None

    def _is_near(self, time: int | None) -> bool:
        began, ended = self.lost.began, self.lost.ended
        return time is not None and began is not None and ended is not None and began - NEAR <= time <= ended + NEAR


def _time_of(host: Host, entry: LogEntry) -> int | None:
    if entry.time is None and entry.uptime is not None and host.booted is not None:
        return host.booted + entry.uptime
    return entry.time


def _quotes(entries: list[LogEntry]) -> tuple[str, ...]:
    return tuple(quote(entry.line) for entry in entries[:SHOWN])


def _is_netem(counter: Counter) -> bool:
    return (counter.kind or "").split(" ")[0] == NETEM


def _is_policer(counter: Counter) -> bool:
    return (counter.kind or "").split(" ")[0] in (POLICE, *ENTRANCES)


def _crowded(host: Host) -> Quoted[str] | None:
    """Whether there are as many neighbours as there may be (net/core/neighbour.c, neigh_alloc)."""
    most = host.sysctl("default", "gc_thresh3", "neigh")
    limit = value_of(most)
    counted = [
        counter
        for counter in host.counters
        if (counter.source, counter.name, counter.kind) == (NEIGHBOURS, "entries", "4")
    ]
    listed = [neighbour for neighbour in host.neighbours if not neighbour.proxy and is_ipv4(neighbour.ip)]
    line = counted[-1].line if counted else host.listed.get("neighbours4")
    held = max([*(counter.value for counter in counted[-1:]), len(listed)])
    if most is None or limit is None or line is None:
        return None
    said = (f"{quote(line)}  ({held:,} neighbours)", quote(most.line))
    # One namespace's entries need not be all: the table is the kernel's, not a namespace's.
    return Quoted(FITS, said) if held >= limit else Quoted(NONE_FITS, said) if counted else None


def _best(
    needed: Iterable[Quoted[str] | None], more: Iterable[Quoted[str] | None] = (), *, few: str = NONE_FITS
) -> Quoted[str] | None:
    """What fits comes before what may; none does only if all that is ``needed`` to say so is known.

    ``few`` is the answer then if something counted, but too little.
    """
    some = list(needed)
    found = [quoted for quoted in (*some, *more) if quoted is not None]
    for word in (FITS, MAY_FIT):
        lines = [line for quoted in found if quoted.value == word for line in quoted.source_lines]
        if lines:
            return Quoted(word, tuple(dict.fromkeys(lines))[:SHOWN])
    if not some or None in some:
        return None
    found.sort(key=lambda quoted: quoted.value != TOO_FEW)
    word = few if found[0].value == TOO_FEW else NONE_FITS
    return Quoted(word, tuple(dict.fromkeys(line for quoted in found for line in quoted.source_lines))[:SHOWN])
