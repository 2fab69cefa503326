"""Recordings with ``-i any``: nothing counts twice, and two of them are of two nodes where their interfaces say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.headline import heading, headline
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    NODE_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    cooked2,
    reply,
    request,
    write_pcap,
)

FAR_IP, FAR = "10.244.2.20", "0a:58:0a:f4:02:14"
NIC, FAR_NIC = "0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:fb"
COUNT = 5


def there(number: int, hop: int, eth: tuple[str, str]) -> bytes:
    return request(number + 1, dst=FAR_IP, eth=eth, ttl=64 - hop)


def back(number: int, hop: int, eth: tuple[str, str]) -> bytes:
    return reply(number + 1, src=FAR_IP, eth=eth, ttl=64 - hop)


def near(answered: bool) -> Iterator[Frame]:
    """The asker's node: its pod on ifindex 3, its NIC on ifindex 2."""
    yield BEGIN, cooked2(ask(), False, 3)
    yield BEGIN + 1000, cooked2(answer(), True, 3)
    for number in range(COUNT):
        at = BEGIN + MS * (10 + 200 * number)
        yield at, cooked2(there(number, 0, (POD, NODE)), False, 3)
        yield at + 9000, cooked2(there(number, 1, (NIC, FAR_NIC)), True, 2)
        if answered:
            yield at + 300_000, cooked2(back(number, 1, (FAR_NIC, NIC)), False, 2)
            yield at + 310_000, cooked2(back(number, 2, (NODE, POD)), True, 3)
    yield BEGIN + 3 * SECOND, cooked2(ask(), False, 3)


def far(answered: bool) -> Iterator[Frame]:
    """The other's node: its pod on ifindex 3 as well."""
    yield BEGIN, cooked2(ask(src=FAR, ip=FAR_IP), False, 3)
    yield BEGIN + 1000, cooked2(answer(to=FAR, to_ip=FAR_IP), True, 3)
    for number in range(COUNT):
        at = BEGIN + MS * (10 + 200 * number)
        yield at + 100_000, cooked2(there(number, 1, (NIC, FAR_NIC)), False, 2)
        if answered:
            yield at + 110_000, cooked2(there(number, 2, (NODE, FAR)), True, 3)
            yield at + 150_000, cooked2(back(number, 0, (FAR, NODE)), False, 3)
            yield at + 160_000, cooked2(back(number, 1, (FAR_NIC, NIC)), True, 2)
    yield BEGIN + 3 * SECOND, cooked2(ask(src=FAR, ip=FAR_IP), False, 3)


def recorded(folder: Path, answered: bool, names: tuple[str, str] = ("a.pcap", "b.pcap")) -> Analysis:
    return analyze(
        write_pcap(folder / names[0], near(answered), link_type=276),
        write_pcap(folder / names[1], far(answered), link_type=276),
    )


def test_what_two_nodes_show_of_a_ping_is_one_ping(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, answered=True)
    assert heading(analysis) == "pass"
    assert analysis.to_dict()["summary"]["echo"]["requests"] == COUNT
    assert sum(path.count for path in analysis.followed.found if path.packet == "request") == COUNT
    # The wire between the two NICs counts once.
    assert [len(path.steps) for path in analysis.followed.found if path.packet == "request"] == [3]


@pytest.mark.parametrize(
    ("names", "node"), [(("a.pcap", "b.pcap"), "the receiver's node"), (("wk-a-any.pcap", "wk-b-any.pcap"), "wk-b")]
)
def test_what_comes_to_the_second_node_arrives_there(names: tuple[str, str], node: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, answered=False, names=names)
    assert headline(analysis).startswith(
        f"{POD_IP}'s echo requests to {FAR_IP} arrive at {node} on ifindex 2 and never reach ifindex 3 ({COUNT} of"
    )


def test_no_command_names_an_interface_by_its_number(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, answered=False)
    commands = [one for suspect in analysis.diagnoses[0].possible for one in suspect.confirm]
    assert commands
    assert not [one for one in commands if "ifindex" in one]


def test_two_recordings_of_one_node_are_of_one(tmp_path: Path) -> None:
    """The same pod on the same number: what leaves by the NIC of the one has not arrived at another node."""
    first, second = list(near(answered=False)), [(time + 10 * SECOND, frame) for time, frame in near(answered=False)]
    analysis = analyze(
        write_pcap(tmp_path / "a.pcap", first, link_type=276), write_pcap(tmp_path / "b.pcap", second, link_type=276)
    )
    assert "arrive" not in headline(analysis)
    assert NODE_IP not in headline(analysis)
