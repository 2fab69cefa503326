"""One address on two pod links at one time, of one node or of two: a fault; the same at another time is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import Finding
from tests.support.lab import captures
from tests.support.snaplen import cut
from tests.support.wire import BEGIN, NODE, NODE_IP, SECOND, Frame, answer, arp, ask, echo, reply, request, write_pcap

ONE, OTHER, THIRD = "0e:61:00:00:00:01", "0e:61:00:00:00:02", "0e:61:00:00:00:03"
IP, PEER = "10.61.8.21", "10.61.8.90"
LEFT, RIGHT = "cali2b8f04a6d19", "cali9c0e53b77fa"


def visit(mac: str, at: int, ip: str = IP, count: int = 4) -> list[Frame]:
    """A pod asks for its gateway, and pings another once a second from second ``at`` on."""
    frames = [ask(src=mac, ip=ip), answer(to=mac, to_ip=ip)]
    for n in range(1, count + 1):
        frames += [
            request(n, src=ip, dst=PEER, eth=(mac, NODE), ident=at),
            reply(n, src=PEER, dst=ip, eth=(NODE, mac), ident=at),
        ]
    return [(BEGIN + at * SECOND + number * SECOND // 2, frame) for number, frame in enumerate(frames)]


def node_asks(mac: str, at: int, node_ip: str, ip: str = IP) -> list[Frame]:
    asks = arp(1, (NODE, node_ip), ("00:00:00:00:00:00", ip), "ff:ff:ff:ff:ff:ff")
    return [(BEGIN + at * SECOND + 1, asks), (BEGIN + at * SECOND + 2, answer(ip, mac, NODE, node_ip))]


def judged(analysis: Analysis) -> Finding:
    return next(finding for finding in analysis.findings if finding.rule.id == "address-has-one-mac")


def judge(folder: Path, left: list[Frame], right: list[Frame], names: tuple[str, str] = (LEFT, RIGHT)) -> Analysis:
    paths = []
    for name, frames in zip(names, (left, right), strict=True):
        path = folder / f"{name}.pcap"
        path.parent.mkdir(exist_ok=True)
        paths.append(write_pcap(path, frames))
    return analyze(*paths)


def test_two_pods_with_one_address_fail_on_both_links(tmp_path: Path) -> None:
    analysis = judge(tmp_path, visit(ONE, 0), visit(OTHER, 2))
    finding = judged(analysis)
    assert (finding.status, finding.failed) == ("fail", 2)
    assert f"{IP} is claimed by {ONE} and by {OTHER} on {RIGHT} at the same time" in [
        evidence.headline for evidence in finding.evidence
    ]
    first = analysis.diagnoses[0].suspects[0]
    assert first.title.startswith(f"two pods on one node have the address {IP}, on ")


def test_the_labs_duplicate_fails_and_its_cause_stands_first() -> None:
    """One pod is heard right after the other, and the node's route leads to the first: it refuses the second."""
    analysis = analyze(*captures("duplicate-ip"))
    assert judged(analysis).status == "fail"
    assert [diagnosis.suspects[0].cause.id for diagnosis in analysis.diagnoses] == ["address-on-two-links"]


def test_a_pod_that_only_sends_counts_too(tmp_path: Path) -> None:
    assert judged(judge(tmp_path, visit(ONE, 0), visit(OTHER, 2)[2:])).status == "fail"


def test_a_pod_recreated_under_another_name_is_no_fault(tmp_path: Path) -> None:
    assert judged(judge(tmp_path, visit(ONE, 0), visit(OTHER, 6))).status == "pass"


def test_one_pod_recorded_at_both_ends_is_no_fault(tmp_path: Path) -> None:
    assert judged(judge(tmp_path, visit(ONE, 0), visit(ONE, 0), (LEFT, "eth0"))).status == "pass"


def test_other_addresses_are_no_fault(tmp_path: Path) -> None:
    assert judged(judge(tmp_path, visit(ONE, 0), visit(OTHER, 1, "10.61.8.22"))).status == "pass"


NODES = [
    (f"n1-{LEFT}", f"n2-{RIGHT}", f"n2's {RIGHT}"),
    (f"n1/{LEFT}", f"n2/{RIGHT}", f"n2's {RIGHT}"),
]


@pytest.mark.parametrize(("one", "other", "place"), NODES, ids=["by the files' names", "by their folders"])
def test_two_pods_of_two_nodes_have_one_address(one: str, other: str, place: str, tmp_path: Path) -> None:
    analysis = judge(tmp_path, visit(ONE, 0), visit(OTHER, 2), (one, other))
    assert analysis.headline.startswith(f"{IP} is claimed by {ONE} and by {OTHER} behind {place} at the same time")
    assert "two machines have the address" in analysis.headline
    (diagnosis,) = analysis.diagnoses
    assert [(some.cause.id, some.status) for some in diagnosis.suspects][:1] == [("duplicate-address", "confirmed")]


def test_nodes_are_distinguished_by_their_addresses(tmp_path: Path) -> None:
    left, right = visit(ONE, 0), visit(OTHER, 1)
    told = judge(tmp_path, left + node_asks(ONE, 8, NODE_IP), right + node_asks(OTHER, 8, "172.31.186.9"))
    assert judged(told).status == "fail"
    assert [some.cause.id for some in told.diagnoses[0].suspects][:1] == ["duplicate-address"]


@pytest.mark.parametrize(("one", "other", "place"), NODES)
def test_a_pod_that_moved_to_another_node_is_no_fault(one: str, other: str, place: str, tmp_path: Path) -> None:
    """It was heard last on the one before it was heard on the other; or it took its MAC along, as a machine does."""
    assert judged(judge(tmp_path, visit(ONE, 0), visit(OTHER, 5), (one, other))).status == "pass"
    assert judged(judge(tmp_path, visit(ONE, 0), visit(ONE, 2), (one, other))).status == "pass"


def test_one_node_by_its_own_address_outweighs_the_files_names(tmp_path: Path) -> None:
    left, right = visit(ONE, 0) + node_asks(ONE, 8, NODE_IP), visit(OTHER, 1) + node_asks(OTHER, 8, NODE_IP)
    assert judged(judge(tmp_path, left, right, (f"n1-{LEFT}", f"n2-{RIGHT}"))).status == "fail"


def test_an_address_that_moves_between_pods_is_no_fault(tmp_path: Path) -> None:
    """VRRP: the backup takes the address over; whoever had it goes on with its own."""
    shared = "10.61.8.200"

    def holds(mac: str, at: int) -> Frame:
        return BEGIN + at * SECOND + 7, arp(1, (mac, shared), ("00:00:00:00:00:00", shared), "ff:ff:ff:ff:ff:ff")

    left = sorted([*visit(ONE, 0), holds(ONE, 1)])
    right = sorted([*visit(OTHER, 0, "10.61.8.22"), holds(OTHER, 3)])
    assert judged(judge(tmp_path, left, right)).status == "pass"


def test_what_a_pod_forwards_for_another_is_not_its_own(tmp_path: Path) -> None:
    """A gateway pod sends on what another sent, one TTL less."""
    forwarded = [
        (BEGIN + n * SECOND, echo(8, n, src=IP, dst="192.0.2.9", eth=(OTHER, NODE), ttl=63, ident=77)) for n in (1, 2)
    ]
    right = sorted([*visit(OTHER, 0, "10.61.8.22"), *forwarded])
    assert judged(judge(tmp_path, visit(ONE, 0), right)).status == "pass"


@pytest.mark.parametrize("scenario", ["healthy", "ipv6", "healthy-dual-stack", "any", "bridged", "own-address-probe"])
def test_healthy_links_share_no_address(scenario: str) -> None:
    """The gateway of IPv6 has the same address on each cali; a bridge carries each pod's claims to both links."""
    assert judged(analyze(*captures(scenario))).status == "pass"


def test_which_end_of_the_other_link_claims_it_is_unknown(tmp_path: Path) -> None:
    """Cut before what it asks for, a pod that asks for its gateway might be the node."""
    analysis = analyze(*(cut(one, tmp_path / one.name, 34) for one in captures("duplicate-ip")))
    finding = next(one for one in analysis.findings if one.rule.id == "address-has-one-mac")
    assert (finding.failed, finding.unknown) == (0, 2)
    assert "which end of another link claims the address too" in finding.reason
