"""What counts its drops: confirmed by a counter that could have lost these packets, ruled out by zeros, else open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.triage.suspect import Suspect
from tests.support.lab import CAPTURES, captures

# Pod A's link, and pod B's; 23 or so echo requests are lost between them in the node.
A, B = "cali14e7d81007d", "calieabe7761b00"
LOSSY = "qdisc-drops"


def suspects(tmp_path: Path, *texts: str, scenario: str = LOSSY) -> dict[str, Suspect]:
    """The causes of the only case, given pasted outputs of the node."""
    path = tmp_path / "pasted.txt"
    path.write_text("".join(f"root@node:~# {text}\n" for text in (ROUTES, *texts)))
    (diagnosis,) = analyze(*captures(scenario), node_state=path).diagnoses
    return {suspect.cause.id: suspect for suspect in diagnosis.suspects}


ROUTES = f"ip route\ndefault via 172.31.186.1 dev eth0\n10.244.1.10 dev {A} scope link\n10.244.1.11 dev {B} scope link"


def queue(dropped: int, *, passed: int = 10**6, dev: str = B, kind: str = "tbf 8001:") -> str:
    root = "root refcnt 2" if not kind.startswith("clsact") else "parent ffff:fff1"
    return (
        f"tc -s qdisc\nqdisc {kind} dev {dev} {root} limit 1000\n"
        f" Sent 1 bytes {passed} pkt (dropped {dropped}, overlimits 0 requeues 0)"
    )


def status(suspect: Suspect | None) -> str:
    return (
        "none" if suspect is None else f"{suspect.status} {suspect.leaning:+d}" if suspect.leaning else suspect.status
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # As many as were lost or more: since boot, in two readings, or of hardly more packets than were recorded.
        ([queue(500)], "possible +1"),
        ([queue(500), queue(540, passed=10**6 + 60)], "confirmed"),
        ([queue(500), queue(500)], "possible +1"),
        # It grew, but by so small a share that it lost something else.
        ([queue(500), queue(503, passed=11 * 10**5)], "possible +1"),
        ([queue(500), queue(506, passed=10**6 + 14)], "confirmed"),
        ([queue(30, passed=60)], "confirmed"),
        # Fewer than were lost, or none.
        ([queue(3, passed=60)], "possible"),
        ([queue(0)], "possible"),
        # Another link, and another direction.
        ([queue(500, dev="cali00000000000"), queue(540, dev="cali00000000000")], "possible"),
        ([queue(500, dev=A), queue(540, dev=A)], "possible"),
    ],
)
def test_a_queue_on_the_way(tmp_path: Path, texts: list[str], expected: str) -> None:
    assert status(suspects(tmp_path, *texts)["queue-overflows"]) == expected


ZEROS = "00007c0f 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"


@pytest.mark.parametrize("dropped", [0, 3])
def test_what_counted_none_or_fewer_did_not_do_it(tmp_path: Path, dropped: int) -> None:
    softnet = f"cat /proc/net/softnet_stat\n{ZEROS}"
    suspect = suspects(tmp_path, queue(dropped), softnet)["queue-overflows"]
    assert status(suspect) == "ruled-out"
    if dropped:
        assert "dropped 3, fewer than the" in suspect.because[0]


def test_that_a_counter_is_of_all_time_is_said(tmp_path: Path) -> None:
    assert (
        "since it was set up; read it twice to see it grow"
        in suspects(tmp_path, queue(500))["queue-overflows"].because[0]
    )
    grown = suspects(tmp_path, queue(500), queue(540))["queue-overflows"].because[0]
    assert re.search(r"dropped 540, 40 of them since line \d+", grown)


def test_netem(tmp_path: Path) -> None:
    loss = queue(30, passed=60, kind="netem 8001:")
    found = suspects(tmp_path, loss)
    assert status(found["netem-drops"]) == "confirmed"
    assert "netem 8001:" in found["netem-drops"].because[0]
    assert "queue-overflows" not in found or found["queue-overflows"].status == "ruled-out"
    # It is there, and what it dropped was not asked.
    bare = f"tc qdisc\nqdisc netem 8001: dev {B} root refcnt 2 limit 1000 loss 20%"
    assert status(suspects(tmp_path, bare)["netem-drops"]) == "possible +1"
    assert status(suspects(tmp_path, queue(30, passed=60))["netem-drops"]) == "ruled-out"


def test_a_policer_where_the_packets_came_in(tmp_path: Path) -> None:
    police = (
        f"tc -s filter show dev {A} ingress\n\taction order 1:  police 0x1 rate 8Kbit burst 1Kb mtu 2Kb action drop\n"
        "\tSent 840 bytes 70 pkt (dropped 30, overlimits 30 requeues 0)"
    )
    assert status(suspects(tmp_path, police)["rate-limited"]) == "confirmed"
    elsewhere = police.replace(A, B)
    assert status(suspects(tmp_path, elsewhere)["rate-limited"]) == "possible"


FULL = "[24953.987806] nf_conntrack: nf_conntrack: table full, dropping packet"


def cpus(drop: int) -> str:
    return f"conntrack -S\ncpu=0   \tfound=0 invalid=0 insert=9 insert_failed=0 drop={drop} early_drop={drop} error=0"


def kernel_log(at: int) -> str:
    """The kernel logged it ``at`` seconds after it started; it started at 0."""
    return f"grep btime /proc/stat\nbtime 1000000000\nroot@node:~# dmesg\n[{at:5}.000000] {FULL.partition('] ')[2]}"


def began(scenario: str) -> int:
    first = min(point.capture_point.first or 0 for point in analyze(*captures(scenario)).points)
    return first // 10**9


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([cpus(12)], "possible +1"),
        ([cpus(900), cpus(990)], "confirmed"),
        ([cpus(0)], "ruled-out"),
        ([f"dmesg\n{FULL}"], "possible +1"),
        ([f"dmesg\n{FULL}", cpus(0)], "possible +1"),
    ],
)
def test_connection_tracking(tmp_path: Path, texts: list[str], expected: str) -> None:
    assert status(suspects(tmp_path, *texts, scenario="conntrack-full")["conntrack-drops"]) == expected


def test_a_log_of_that_time_is_proof_and_of_another_is_not(tmp_path: Path) -> None:
    at = began("conntrack-full") - 10**9
    for seconds, expected in ((at + 3, "confirmed"), (at - 3600, "possible +1")):
        found = suspects(tmp_path, kernel_log(seconds), scenario="conntrack-full")
        assert status(found["conntrack-drops"]) == expected


def test_connection_tracking_drops_no_packet_of_a_conversation_that_got_through(tmp_path: Path) -> None:
    """All pings of one process are one conversation, and most were answered."""
    assert "conntrack-drops" not in suspects(tmp_path, cpus(900), cpus(990), scenario="loss")


def test_a_table_of_neighbours_that_is_full(tmp_path: Path) -> None:
    log = "dmesg\n[24954.000001] neighbour: arp_cache: neighbor table overflow!"
    assert status(suspects(tmp_path, log)["neighbour-table-full"]) == "possible +1"
    # Who has an entry needs no room.
    entry = f"ip neigh\n10.244.1.11 dev {B} lladdr 7e:1d:0c:42:9b:66 REACHABLE"
    assert status(suspects(tmp_path, log, entry)["neighbour-table-full"]) == "ruled-out"


def test_a_state_after_an_outage_rules_out_nothing_that_it_could_have_been(tmp_path: Path) -> None:
    """The route is there again; what counts would have counted."""
    analysis = analyze(*captures("loss-burst"), node_state=CAPTURES / "loss-burst" / "state.txt")
    (diagnosis,) = analysis.diagnoses
    found = {suspect.cause.id: suspect for suspect in diagnosis.suspects}
    assert status(found["host-route-missing"]) == "possible -1"
    assert found["host-route-missing"].because
    assert status(found["conntrack-drops"]) == "ruled-out"
