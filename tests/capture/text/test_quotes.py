"""ICMP errors that a text prints without what they quote belong to the request that they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import heading

POD, PEER, ROUTER = "10.244.1.10", "10.244.1.11", "172.31.186.250"
ARP = (
    "tcpdump -nn -i cali14e7d81007d\n"
    "12:00:00.000001 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28\n"
    "12:00:00.000021 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
)


def request(second: int, to: str = PEER) -> str:
    return f"12:00:{second:02}.000000 IP {POD} > {to}: ICMP echo request, id 9, seq {second}, length 64\n"


def reply(second: int, by: str = PEER) -> str:
    return f"12:00:{second:02}.000900 IP {by} > {POD}: ICMP echo reply, id 9, seq {second}, length 64\n"


def refused(second: int, words: str) -> str:
    return f"12:00:{second:02}.000600 IP {ROUTER} > {POD}: ICMP {words}, length 92\n"


def judge(tmp_path: Path, text: str) -> Analysis:
    path = tmp_path / "ticket.txt"
    path.write_text(ARP + text)
    return analyze(path)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (f"host {PEER} unreachable", 3, 1),
        (f"net {PEER} unreachable", 3, 0),
        (f"{PEER} unreachable - need to frag (mtu 1450)", 3, 4),
        (f"host {PEER} unreachable - admin prohibited filter", 3, 13),
        (f"{PEER} protocol 1 port 12288 unreachable", 3, 3),
    ],
)
def test_an_error_ends_the_request_that_it_is_about(tmp_path: Path, words: str, kind: int, code: int) -> None:
    echo = judge(tmp_path, request(1) + reply(1) + request(2) + refused(2, words) + request(9)).echo
    assert list(echo["outcome"]) == ["replied", "error", "in-flight"]
    (row,) = echo[echo["outcome"] == "error"].itertuples()
    assert (row.error_type, row.error_code, row.error_from) == (kind, code, ROUTER)


def test_an_error_about_udp_is_not_about_an_echo_request(tmp_path: Path) -> None:
    echo = judge(tmp_path, request(1) + refused(1, f"{PEER} udp port 33434 unreachable") + request(9)).echo
    assert set(echo["outcome"]) == {"unanswered", "in-flight"}


LATER = f"12:01:30.000000 IP {POD} > 10.0.0.1: ICMP echo request, id 8, seq 1, length 64\n" + (
    f"12:01:30.000100 IP 10.0.0.1 > {POD}: ICMP echo reply, id 8, seq 1, length 64\n"
)


def asked(second: int, what: str) -> str:
    return f"12:00:{second:02}.000000 IP {POD}.40000 > {PEER}.{what}\n"


SYN = "80: Flags [S], seq 3047520612, win 64860, options [mss 1410], length 0"


@pytest.mark.parametrize(
    ("what", "words", "said"),
    [
        (
            SYN,
            f"host {PEER} unreachable",
            "connection to 10.244.1.11 port 80 fails: 172.31.186.250 says host",
        ),
        (SYN, f"{PEER} tcp port 80 unreachable", "connection to 10.244.1.11 port 80 is refused by 172.31.186.250"),
        (SYN, f"host {PEER} unreachable - admin prohibited filter", "port 80 is prohibited by 172.31.186.250"),
        (
            SYN,
            "time exceeded in-transit",
            "connection to 10.244.1.11 port 80 fails: 172.31.186.250 says TTL",
        ),
        (
            "9125: UDP, length 64",
            f"{PEER} udp port 9125 unreachable",
            "port 9125 are refused by 172.31.186.250 (port unreachable, 3/3)",
        ),
        ("9125: UDP, length 64", f"host {PEER} unreachable", "port 9125 fail: 172.31.186.250 says host"),
        ("9125: UDP, length 64", "time exceeded in-transit", "port 9125 fail: 172.31.186.250 says TTL exceeded"),
        (
            "53: 9+ A? a.example. (27)",
            "time exceeded in-transit",
            "DNS queries to 10.244.1.11 fail: 172.31.186.250 says TTL",
        ),
        (
            "53: 9+ A? a.example. (27)",
            f"host {PEER} unreachable - admin prohibited",
            "are prohibited by 172.31.186.250",
        ),
    ],
)
def test_what_was_asked_by_tcp_and_udp_ends_by_the_error_too(tmp_path: Path, what: str, words: str, said: str) -> None:
    analysis = judge(tmp_path, "".join(asked(n, what) + refused(n, words) for n in (1, 2, 4)) + LATER)
    assert heading(analysis) in ("fail", "warn")
    assert said in analysis.headline


def test_a_ping_that_expires_each_time_is_not_replied_to(tmp_path: Path) -> None:
    """A loop of routers: the same router reports it for every request, at a ping's pace."""
    analysis = judge(tmp_path, "".join(request(n) + refused(n, "time exceeded in-transit") for n in (1, 2, 3)) + LATER)
    assert analysis.verdict == "fail"
    assert analysis.headline.startswith(f"{POD}'s echo requests to {PEER} fail: {ROUTER} says TTL exceeded")
    assert "routing-loop" in [suspect.cause.id for suspect in analysis.diagnoses[0].suspects]


def test_no_pass_over_a_single_request_that_expired(tmp_path: Path) -> None:
    """It may be a traceroute's: no rule fails, and yet nobody answered."""
    analysis = judge(tmp_path, request(1) + refused(1, "time exceeded in-transit") + LATER)
    assert (analysis.verdict, heading(analysis)) == ("pass", "warn")
    assert f"ping to {PEER} fails: {ROUTER} says TTL exceeded" in analysis.headline


def test_a_traceroute_that_arrives_is_no_loss(tmp_path: Path) -> None:
    """Six probes at once, as traceroute -I sends them: two routers report three each, and the target answers."""
    probes = "".join(
        f"12:00:01.{n:06} IP {POD} > {PEER}: ICMP echo request, id 9, seq {n}, length 40\n" for n in range(9)
    )
    hops = "".join(
        f"12:00:01.{1000 * hop + n:06} IP 172.31.186.{hop} > {POD}: ICMP time exceeded in-transit, length 68\n"
        for hop in (1, 2)
        for n in range(3)
    )
    arrived = "".join(
        f"12:00:01.{5000 + n:06} IP {PEER} > {POD}: ICMP echo reply, id 9, seq {n}, length 40\n" for n in (6, 7, 8)
    )
    assert heading(judge(tmp_path, probes + hops + arrived + LATER)) == "pass"


def test_a_traceroute_by_udp_tells_nothing_of_a_ping(tmp_path: Path) -> None:
    probes = "".join(
        asked(5, f"{33434 + n}: UDP, length 32") + refused(5, "time exceeded in-transit") for n in range(3)
    )
    analysis = judge(tmp_path, request(1) + request(2) + request(3) + probes + LATER)
    assert analysis.headline.startswith(f"{POD}'s echo requests to {PEER} get no reply")


def test_only_arp_shows_who_sent_an_error_without_ttl(tmp_path: Path) -> None:
    """Without -v the node's own error looks like a router's; the node is who asks for the pod on its link."""
    error = "".join(request(n) + refused(n, f"host {PEER} unreachable") for n in (1, 2, 3))
    assert f" fail: {ROUTER} says host unreachable" in judge(tmp_path, error + LATER).headline
    node = f"12:00:20.000000 ARP, Request who-has {POD} tell {ROUTER}, length 28\n"
    assert f" fail: the node {ROUTER} says host unreachable" in judge(tmp_path, error + node + LATER).headline


def test_a_silent_pods_link_is_recognized_by_who_asks_there(tmp_path: Path) -> None:
    """No MACs, no TTLs, and the pod says nothing but its MAC: the requests went to it."""
    (tmp_path / "cali14e7d81007d.txt").write_text(ARP + "".join(map(request, (1, 2, 3))) + LATER)
    there = f"12:00:00.000400 ARP, Request who-has {PEER} tell {ROUTER}, length 28\n"
    said = f"12:00:00.000500 ARP, Reply {PEER} is-at 7e:1d:0c:42:9b:66, length 28\n"
    passed = "".join(map(request, (1, 2, 3))).replace(".000000", ".000040")
    (tmp_path / "calieabe7761b00.txt").write_text(there + said + passed)
    analysis = analyze(tmp_path / "cali14e7d81007d.txt", tmp_path / "calieabe7761b00.txt")
    assert "last seen on calieabe7761b00, going to the pod" in analysis.headline
    assert analysis.diagnoses[0].suspects[0].cause.id == "pod-firewall"


def test_errors_come_in_the_order_of_the_requests(tmp_path: Path) -> None:
    """The node asks for the pod for three seconds, and then refuses all that waited for it."""
    text = request(1) + request(2) + request(3) + refused(4, f"host {PEER} unreachable") * 2 + request(9)
    echo = judge(tmp_path, text).echo.sort_values("seq")
    assert list(echo["outcome"]) == ["error", "error", "unanswered", "in-flight"]


def test_an_error_about_another_is_nobodys(tmp_path: Path) -> None:
    echo = judge(tmp_path, request(1) + refused(1, "host 10.244.1.99 unreachable") + request(9)).echo.sort_values("seq")
    assert list(echo["outcome"]) == ["unanswered", "in-flight"]


def test_an_error_that_names_nobody_needs_but_one_to_be_about(tmp_path: Path) -> None:
    """IPv6 routers say that a packet was too big, not for whom."""
    pod, peer, router = "fd00::a", "fd00::b", "fd00::1"
    asked = f"12:00:01.000000 IP6 {pod} > {peer}: ICMP6, echo request, id 9, seq 1, length 1480\n"
    big = f"12:00:01.000600 IP6 {router} > {pod}: ICMP6, packet too big, mtu 1400, length 1240\n"
    later = f"12:00:09.000000 IP6 {pod} > {peer}: ICMP6, echo request, id 9, seq 2, length 64\n"
    echo = judge(tmp_path, asked + big + later).echo.sort_values("seq")
    assert list(echo["outcome"]) == ["error", "in-flight"]
    assert (echo["error_type"].iloc[0], echo["error_code"].iloc[0], echo["error_mtu"].iloc[0]) == (2, 0, 1400)
    other = asked.replace(peer, "fd00::c")
    echo = judge(tmp_path, asked + other + big + later).echo
    assert "error" not in set(echo["outcome"])


def test_the_cause_is_the_one_that_the_error_tells(tmp_path: Path) -> None:
    text = "".join(request(n) + refused(n, f"{PEER} unreachable - need to frag (mtu 1450)") for n in (1, 2))
    (diagnosis,) = judge(tmp_path, text + request(9)).diagnoses
    assert diagnosis.suspects[0].cause.id == "mtu-too-large"


@pytest.mark.parametrize(
    "cut",
    [
        f"12:00:02.000900 IP {PEER} > {POD}: ICMP echo reply, id 9, se",
        f"12:00:02.000900 IP {PEER} > {POD}: ICMP echo reply, id 9,",
        f"12:00:02.000900 IP {PEER} > {POD}: ICMP echo reply, i",
    ],
)
def test_a_line_that_was_cut_is_reported_and_may_have_been_the_answer(tmp_path: Path, cut: str) -> None:
    analysis = judge(tmp_path, request(1) + reply(1) + request(2) + cut + "\n" + request(9) + reply(9))
    assert [problem.kind for problem in analysis.captures[0].problems] == ["not-understood"]
    assert "line 7" in analysis.captures[0].problems[0].message
    found = {finding.rule.id: finding for finding in analysis.findings}["echo-answered"]
    assert (found.status, found.checked, found.unknown) == ("pass", 2, 1)


def test_a_request_that_was_cut_is_reported(tmp_path: Path) -> None:
    analysis = judge(tmp_path, "12:00:05.000000 ARP, Request who-has 169.254.1.1 te\n")
    assert "line 4" in analysis.captures[0].problems[0].message
