"""Node errors: what the node took from a pod and did not forward, where no rule and no silence shows it.

These are TCP connections that it resets in the name of another pod (netfilter's REJECT makes the RST from the SYN, its
addresses reversed, with its own TTL: kernel, net/ipv4/netfilter/nf_reject_ipv4.c), and UDP datagrams that nobody
answers anyway, or that it answers with an ICMP error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from pcapcheck.decode.icmp_words import in_words
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.links.sides import POD
from pcapcheck.paths.fates import fate
from pcapcheck.paths.losses import IN_NODE
from pcapcheck.paths.path import Path
from pcapcheck.paths.paths import Paths
from pcapcheck.protocols import DNS_PORT, TCP_RST
from pcapcheck.questions.unanswered import REFUSED, UNANSWERED, ErrorReply, Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS, DATAGRAMS, ECHO
from pcapcheck.values import format_address, is_ipv4

# The TTLs that packets start with; a packet that has one was forwarded by no router.
WHOLE = (64, 128, 255)
TCP = "tcp"
# Losing fewer datagrams is normal for UDP.
FEWEST = 2
# Calico hands out addresses in blocks of 64 per node, of IPv4 (/26) and of IPv6 (/122).
BLOCK_BITS = 6
# How many paths are looked at, and within how many frames an error follows what it is about.
MOST, NEAR = 20, 8


def node_errors(paths: Paths, reading: Reading, earlier: Iterable[Unanswered], judged: Judged) -> Iterator[Unanswered]:
    """A question per two pods and port; ``earlier`` are the questions found before, ``judged`` what rules judge."""
    if paths.groups is None:
        return
    known = {(question.asker, question.asked) for question in earlier if question.protocol in ("UDP", "DNS")}
    known |= {pair for capture in paths.captures for pair in _in_vain(capture, judged)}
    for capture in paths.captures:
        yield from _resets(capture, paths, reading)
        lost = [path for path in paths.found if _is_lost(path, paths, capture) and (path.src, path.dst) not in known]
        if lost:
            yield from _datagrams(capture, lost[:MOST], paths, reading)


def _in_vain(capture: Capture, judged: Judged) -> Iterator[tuple[int, int]]:
    """Who asked whom in vain by datagrams, of those that a rule judges."""
    for some in capture.exchanges.paired.bins_of(DATAGRAMS):
        if some.outcome in ("unanswered", "error"):
            yield from ((row.src, row.dst) for row in some.samples if judged(DATAGRAMS, capture.number, row))


def _resets(capture: Capture, paths: Paths, reading: Reading) -> Iterator[Unanswered]:
    alike: dict[tuple[int, int, int | None], list[tuple[ConnectionRow, PointFacts]]] = {}
    for some in capture.exchanges.paired.bins_of(CONNECTIONS):
        point = paths.facts.point(capture.number, some.group)
        if some.outcome != "replied" or point is None or not _is_askers(point, some.group):
            continue
        for row in some.samples:
            if isinstance(row, ConnectionRow) and _is_the_nodes(row, point, paths):
                alike.setdefault((row.src, row.dst, row.dst_port), []).append((row, point))
    wanted = {row.frames[1] for found in alike.values() for row, _ in found[:1] if len(row.frames) > 1}
    flags = {again.frames[0]: again.tcp_flags for again in rows_of(capture, reading, wanted)}
    for (src, dst, port), found in alike.items():
        row, point = found[0]
        flag = flags.get(row.frames[-1])
        if not isinstance(flag, int) or not flag & TCP_RST:
            continue
        asked = format_address(dst)
        about = f"connection to {asked}" + (f" port {port}" if port else "")
        ttl = "" if row.reply_ttl is None else f" with TTL {row.reply_ttl}"
        known = row.dst in paths.topology.homes
        why = f"{asked} did not send" if known else "no router has forwarded"
        yield Unanswered(
            protocol="TCP",
            asker=src,
            asked=dst,
            about=about,
            attempts=sum(each.requests for each, _ in found),
            lasted=None,
            capture=capture.number,
            interface=point.name,
            frames=tuple(sorted(number for each, _ in found for number in each.frames)),
            group=row.group,
            alike=1,
            meaning=f"a firewall rule or a policy rejects the connection with a reset in {asked}'s name",
            fate=f"is refused by the node: RST{ttl}, which {why}",
            port=port,
            asker_ports=frozenset(each.src_port for each, _ in found if each.src_port is not None),
            error_reply=ErrorReply(),
            ended=REFUSED,
        )


def _is_askers(point: PointFacts, group: int) -> bool:
    """Whether a group holds frames from a pod, on its link as the node sees it, if nothing bypasses that link."""
    capture_point = point.capture_point
    recorded = capture_point.kind == "pod-link" and point.end != "pod" and point.judged and ECHO not in point.silence
    return recorded and point.sides.of(capture_point.groups[group])[0] == POD


def _is_the_nodes(row: ConnectionRow, point: PointFacts, paths: Paths) -> bool:
    """Whether the node answered for another: by the TTL, or where a text has none because nothing was passed on."""
    if row.reply_ttl is not None:
        return row.reply_ttl in WHOLE and _lives_elsewhere(row, point, paths)
    asked = [path for path in paths.between(row.src, row.dst) if path.packet == TCP]
    return bool(asked) and all(_never_came(path, point, paths) for path in asked)


def _never_came(path: Path, point: PointFacts, paths: Paths) -> bool:
    loss = paths.loss(path)
    here = path.steps[0].spot.point.key == point.key and len(path.steps) == 1
    return here and bool(loss.missing) and loss.place == IN_NODE


def _lives_elsewhere(row: ConnectionRow, point: PointFacts, paths: Paths) -> bool:
    """Whether a pod behind another link was asked; not if its packets are seen to keep their TTL on their path.

    Without a known home, an address of the asker's own block may be that of a pod link that was recorded too and on
    which no pod spoke: what came for it would have shown whose link that is.
    """
    if row.dst in paths.keeping_ttl:
        return False
    homes = paths.topology.homes.get(row.dst, set())
    if homes:
        return point.key not in homes
    return (
        row.src >> BLOCK_BITS == row.dst >> BLOCK_BITS
        and row.dst not in paths.topology.outside
        and row.dst not in paths.nodes.addresses(point)
        and any(
            other.kind == "pod-link" and other.judged and not other.pod_ips and other.key != point.key
            for other in paths.facts.points.values()
        )
    )


def _is_lost(path: Path, paths: Paths, capture: Capture) -> bool:
    first = path.steps[0].spot
    if path.packet != "udp" or first.capture != capture.number or len(path.steps) > 1 or path.count < FEWEST:
        return False
    if first.side != POD or first.point.kind != "pod-link" or not first.point.judged:
        return False
    loss = paths.loss(path)
    return bool(loss.missing) and loss.place == IN_NODE


def _datagrams(capture: Capture, lost: list[Path], paths: Paths, reading: Reading) -> Iterator[Unanswered]:
    numbers = {sample.frames[0] for path in lost for sample in path.samples}
    near = {number + more for number in numbers for more in range(NEAR + 1)}
    ports: dict[int, int] = {}
    sports: dict[int, int] = {}
    errors: dict[tuple[int, int, int], ErrorReply] = {}
    for row in rows_of(capture, reading, near):
        port, source = row.udp_dstport, row.ip_src
        if row.frames[0] in numbers and isinstance(port, int):
            ports[row.frames[0]] = port
            if isinstance(row.udp_srcport, int):
                sports[row.frames[0]] = row.udp_srcport
        src, dst, about = row.quoted_src, row.quoted_dst, row.quoted_dstport
        if isinstance(src, int) and isinstance(dst, int) and isinstance(about, int) and isinstance(source, int):
            error = 4 if is_ipv4(source) else 6, _number(row.icmp_type), _number(row.icmp_code)
            errors[src, dst, about] = ErrorReply(error, source, row.ip_ttl if isinstance(row.ip_ttl, int) else None)
    for path in lost:
        by_port: dict[int, list[int]] = {}
        for sample in path.samples:
            if sample.frames[0] in ports:
                by_port.setdefault(ports[sample.frames[0]], []).append(sample.frames[0])
        for port, frames in by_port.items():
            if port == DNS_PORT:
                # DNS has its own rule.
                continue
            count = path.count if len(by_port) == 1 else len(frames)
            asking = frozenset(sports[number] for number in frames if number in sports)
            question = _question(path, port, tuple(frames), count, errors.get((path.src, path.dst, port)), paths)
            yield replace(question, asker_ports=asking)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _question(
    path: Path, port: int, frames: tuple[int, ...], count: int, error_reply: ErrorReply | None, paths: Paths
) -> Unanswered:
    capture_point = path.steps[0].spot.point.capture_point
    about = f"UDP datagrams to {format_address(path.dst)} port {port}"
    clause = fate(paths.loss(path), paths.hosts)
    return Unanswered(
        protocol="UDP",
        asker=path.src,
        asked=path.dst,
        about=about,
        attempts=count,
        lasted=None,
        capture=capture_point.key[0],
        interface=capture_point.name,
        frames=frames,
        group=path.steps[0].spot.number,
        meaning="a firewall rule, a policy or a route of the node takes them",
        fate=clause + _said(error_reply),
        verb="sent",
        port=port,
        error_reply=error_reply,
        ended=UNANSWERED if error_reply is None else REFUSED,
    )


def _said(error_reply: ErrorReply | None) -> str:
    """Who sent the ICMP error and what it says, as the end of a sentence."""
    if error_reply is None or error_reply.error is None or error_reply.source is None:
        return ""
    return f"; {format_address(error_reply.source)} says {in_words(*error_reply.error)}"
