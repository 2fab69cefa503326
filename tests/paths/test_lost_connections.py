"""Connections that are lost whole, or one port of several, are distinguished from packets lost by chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.document import document
from pcapcheck.report.headline import headline
from tests.support.wire import BEGIN, MS, NODE, POD, POD_IP, SECOND, Frame, answer, ask, tcp, write_pcap

SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10
PEER, FAR, FAR_POD = "10.244.2.20", "0a:58:ac:1f:ba:fa", "0a:58:0a:f4:02:14"
LINK, NIC = "n1-cali5b1e77a0c3d.pcap", "n1-eth0.pcap"
SCATTERED = (1, 2, 5, 8, 9, 12)
# What Linux waits before it sends a SYN again.
AGAIN = 1020 * MS


def connections(
    count: int,
    dead: Callable[[int], bool],
    tries: int = 3,
    port: Callable[[int], int] = lambda _: 80,
    late: int = -1,
    peer: Callable[[int], str] = lambda _: PEER,
) -> list[Frame]:
    """Connections of a pod, one after the other; of ``late`` the first SYN is lost as well."""
    frames = [(BEGIN, ask()), (BEGIN + 1000, answer())]
    for number in range(count):
        at, ports, seq = BEGIN + MS * (10 + 200 * number), (40000 + number, port(number)), 1000 * (number + 1)
        lost, to = dead(number), peer(number)
        sent = tries if lost else 2 if number == late else 1
        frames += [(at + n * AGAIN, tcp(SYN, ports, POD_IP, to, (POD, NODE), 64, seq)) for n in range(sent)]
        if not lost:
            back = tcp(SYN_ACK, ports[::-1], to, POD_IP, (NODE, POD), 62, 7, seq + 1)
            frames.append((at + (sent - 1) * AGAIN + MS, back))
    return sorted([*frames, (BEGIN + 40 * SECOND, ask()), (BEGIN + 40 * SECOND + 1000, answer())])


def judged(folder: Path, frames: list[Frame]) -> Analysis:
    return analyze(write_pcap(folder / LINK, frames))


def follows(analysis: Analysis) -> str:
    (entry,) = document(analysis)["summary"]["losses"]
    return str(entry["pattern"])


def causes(analysis: Analysis) -> list[str]:
    return [one.cause.id for one in analysis.diagnoses[0].possible]


def test_connections_that_lose_every_repeat_while_others_lose_nothing(tmp_path: Path) -> None:
    analysis = judged(tmp_path, connections(14, lambda n: n in SCATTERED))
    assert headline(analysis).startswith(
        f"42.9 % of 14 TCP connections from {POD_IP} to {PEER} get no answer (6), each lost whole, "
        "while the others lose nothing"
    )
    assert follows(analysis) == "connection"
    assert not {"random-loss", "queue-overflows", "netem-drops", "frames-damaged"} & set(causes(analysis))


@pytest.mark.parametrize("more", [{"tries": 1}, {"late": 3}])
def test_without_repeats_or_if_an_answered_connection_lost_some_chance_may_be_it(
    more: dict[str, int], tmp_path: Path
) -> None:
    analysis = judged(tmp_path, connections(14, lambda n: n in SCATTERED, **more))  # type: ignore[arg-type]
    assert follows(analysis) == "nothing"
    assert "random-loss" in causes(analysis)


def test_several_peers_have_one_reason(tmp_path: Path) -> None:
    """Of one of them all three connections happen to be lost."""
    analysis = judged(tmp_path, connections(24, lambda n: n % 8 in (0, 3, 5), peer=lambda n: f"10.244.2.{20 + n % 6}"))
    assert "of 24 TCP connections get no answer (9), each lost whole, while the others lose nothing" in headline(
        analysis
    )
    assert len(analysis.diagnoses) == 1


def test_a_peer_that_answers_nobody_loses_no_single_connections(tmp_path: Path) -> None:
    analysis = judged(tmp_path, connections(40, lambda n: n % 5 == 0, peer=lambda n: f"10.244.2.{20 + n % 5}"))
    assert "each lost whole" not in headline(analysis)


def test_a_port_that_nobody_may_ask_is_no_even_loss(tmp_path: Path) -> None:
    analysis = judged(tmp_path, connections(20, lambda n: n % 2 == 1, port=lambda n: 8080 if n % 2 else 80))
    assert headline(analysis).startswith(f"{POD_IP}'s connection to {PEER} port 8080 gets no answer (10 of 10)")
    assert follows(analysis) == "port"
    assert "policy-drops" in causes(analysis)
    assert not {"random-loss", "rate-limited"} & set(causes(analysis))


def test_a_port_that_loses_a_part_stands_out(tmp_path: Path) -> None:
    analysis = judged(tmp_path, connections(80, lambda n: n % 4 == 1, 1, port=lambda n: 8080 if n % 2 else 80))
    assert "get no answer (20), all of them to port 8080, where 50 % of 40 do" in headline(analysis)
    assert "rate-limited" in causes(analysis)


def test_what_the_others_send_arrives_so_one_of_several_paths_is_broken(tmp_path: Path) -> None:
    """Each SYN is sent once; but of eight connections that were made 32 segments arrive, and none is lost."""
    pod, nics = (POD, NODE), ("0a:58:ac:1f:ba:fb", FAR)
    shown: dict[str, list[Frame]] = {LINK: [], NIC: [], "n2-eth0.pcap": [], "n2-cali14e7d81007d.pcap": []}
    for number in range(14):
        at, ports, seq = BEGIN + MS * (10 + 200 * number), (40000 + number, 3306), 1000 * (number + 1)
        lost = number in SCATTERED
        for n in range(1 if lost else 5):
            sent = (POD_IP, PEER)
            flags, data = (ACK, b"x" * n) if n else (SYN, b"")
            more = {"seq": seq + n, "ack": 8 if n else 0, "data": data}
            when = at + n * 4 * MS
            shown[LINK].append((when, tcp(flags, ports, *sent, pod, 64, **more)))  # type: ignore[arg-type]
            shown[NIC].append((when + 9000, tcp(flags, ports, *sent, nics, 63, **more)))  # type: ignore[arg-type]
            if not lost:
                far = tcp(flags, ports, *sent, (NODE, FAR_POD), 62, **more)  # type: ignore[arg-type]
                shown["n2-cali14e7d81007d.pcap"].append((when + 60_000, far))
                shown["n2-eth0.pcap"].append((when + 50_000, tcp(flags, ports, *sent, nics, 63, **more)))  # type: ignore[arg-type]
        if not lost:
            back = (SYN_ACK, ports[::-1], PEER, POD_IP)
            shown["n2-cali14e7d81007d.pcap"].append((at + 100_000, tcp(*back, (FAR_POD, NODE), 64, 7, seq + 1)))
            shown[LINK].append((at + 150_000, tcp(*back, (NODE, POD), 62, 7, seq + 1)))
    for name, frames in shown.items():
        asks = ask() if name == LINK else ask(src=FAR_POD, ip=PEER)
        frames += [(BEGIN + 30 * SECOND, asks)] if "cali" in name else []
    analysis = analyze(*(write_pcap(tmp_path / name, sorted(frames)) for name, frames in shown.items()))
    assert "each lost whole, while the others lose nothing" in headline(analysis)
    assert causes(analysis)[0] == "one-path-broken"
    assert "random-loss" not in causes(analysis)
