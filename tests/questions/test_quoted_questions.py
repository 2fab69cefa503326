"""ICMP errors about questions that were not recorded: somebody asked in vain, and the report says who and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis
from pcapcheck.report.headline import headline
from tests.support.transcripts import judge

NODE, POD = "172.31.186.10", "10.244.1.10"
ANY = "tcpdump: listening on any, link-type LINUX_SLL (Linux cooked v1), snapshot length 262144 bytes\n"
ANY2 = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"


def turned_away(second: int, said: str, sender: str = NODE, quoted: str | None = None) -> str:
    """An error to the node, with the packet that it quotes, as tcpdump -v prints both."""
    quoted = quoted or f"{NODE} > {POD}: ICMP echo request, id 41, seq {second}, length 64"
    protocol = "ICMP (1)" if "ICMP" in quoted else "TCP (6)" if "Flags" in quoted else "UDP (17)"
    return (
        f"07:11:{second:02}.300120 IP (tos 0xc0, ttl 64, id {900 + second}, offset 0, flags [none], proto ICMP (1), "
        "length 112)\n"
        f"    {sender} > {NODE}: ICMP {said}, length 92\n"
        f"\tIP (tos 0x0, ttl 64, id {100 + second}, offset 0, flags [DF], proto {protocol}, length 84)\n"
        f"    {quoted}\n"
    )


def causes(analysis: Analysis) -> list[str]:
    return [suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]


def test_a_node_that_tells_itself_has_asked_for_the_pod_in_vain(tmp_path: Path) -> None:
    """As after ``tcpdump -i any | grep -i icmp``: the requests themselves went out by another line."""
    text = ANY + "".join(turned_away(second, f"host {POD} unreachable") for second in (1, 4, 7))
    analysis = judge(tmp_path, text)
    (question,) = analysis.unanswered
    assert question.sentence == f"{NODE}'s ping to {POD} fails: {NODE} says host unreachable (3/1)"
    assert headline(analysis).startswith(question.sentence)
    assert {"pod-second-interface", "pod-without-address"} <= set(causes(analysis)[:3])
    assert "pod-gone" in causes(analysis)
    # Without a route its own programs would hear of that without any packet, and nothing is rejected there.
    assert not {"firewall-rejects", "node-route-missing", "host-route-missing"} & set(causes(analysis))
    assert not [remark for remark in analysis.remarks if "which ended no echo request" in remark.text]


@pytest.mark.parametrize(
    ("quoted", "about"),
    [
        (f"{NODE}.40112 > {POD}.8080: Flags [S], seq 7, win 64240, length 0", f"connection to {POD} port 8080"),
        (f"{NODE}.40112 > {POD}.53: 4711+ A? shop.example. (30)", f"DNS query to {POD} port 53"),
        (f"{NODE}.40112 > {POD}.8125: UDP, length 30", f"UDP request to {POD} port 8125"),
    ],
)
def test_what_the_error_quotes_is_what_was_asked(quoted: str, about: str, tmp_path: Path) -> None:
    said = f"host {POD} unreachable - admin prohibited"
    analysis = judge(tmp_path, ANY + turned_away(1, said, sender="172.31.186.1", quoted=quoted))
    (question,) = analysis.unanswered
    assert question.sentence.startswith(f"{NODE}'s {about} is prohibited by 172.31.186.1")


def test_a_question_on_another_interface_is_found_by_its_addresses(tmp_path: Path) -> None:
    """Without -v an error names only the address; the SYN came in elsewhere."""
    text = (
        ANY2
        + "07:11:01.100000 ens4  In  IP 10.7.0.9.40112 > 10.9.0.4.443: Flags [S], seq 7, win 64240, length 0\n"
        + "07:11:01.100090 ens5  Out IP 10.7.0.1 > 10.7.0.9: "
        + "ICMP host 10.9.0.4 unreachable - admin prohibited, length 68\n"
    )
    (question,) = judge(tmp_path, text).unanswered
    assert question.sentence.startswith("10.7.0.9's connection to 10.9.0.4 port 443 is prohibited by 10.7.0.1")
    assert "not recorded" not in question.meaning


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        (f"{POD} udp port 40112 unreachable", f"{NODE}.40112 > {POD}.33434: UDP, length 30"),
        (f"{POD} unreachable - need to frag (mtu 1450)", f"{NODE}.40112 > {POD}.8080: Flags [.], ack 1, length 0"),
        ("time exceeded in-transit", f"{NODE} > {POD}: ICMP echo request, id 41, seq 1, length 64"),
        # An answer, from a port to the one that asked.
        (f"host {POD} unreachable", f"{NODE}.443 > {POD}.40112: Flags [.], ack 1, win 64240, length 0"),
    ],
)  # fmt: skip
def test_what_healthy_traffic_causes_is_no_question(said: str, quoted: str, tmp_path: Path) -> None:
    assert judge(tmp_path, ANY + turned_away(1, said, sender="172.31.186.1", quoted=quoted)).unanswered == []


def test_an_error_that_ended_a_question_is_not_said_twice(tmp_path: Path) -> None:
    request = (
        "07:11:01.200000 IP (tos 0x0, ttl 64, id 101, offset 0, flags [DF], proto ICMP (1), length 84)\n"
        f"    {NODE} > {POD}: ICMP echo request, id 41, seq 1, length 64\n"
    )
    analysis = judge(tmp_path, ANY + request + turned_away(1, f"host {POD} unreachable"))
    (question,) = analysis.unanswered
    assert question.verb == "asked"
