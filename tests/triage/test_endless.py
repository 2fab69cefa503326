"""Loops, endpoints that are gone, sizes that do not pass, and who sent an error: what a user reads of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import CAPTURES, captures
from tests.support.wire import BEGIN, MS, SECOND, answer, ask, reply, request, tcp, tcp_back, write_pcap

ACK, PUSHED = 0x10, 0x18


def with_state(scenario: str, text: str | None = None, folder: Path | None = None) -> Analysis:
    state = CAPTURES / scenario / "state.txt"
    if text is not None and folder is not None:
        state = folder / "state.txt"
        state.write_text(text)
    return analyze(*captures(scenario), node_state=state)


def confirmed(analysis: Analysis) -> dict[str, str]:
    """Titles and lines of the confirmed causes, by id."""
    found = [suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.confirmed]
    return {suspect.cause.id: f"{suspect.title}\n" + "\n".join(suspect.because) for suspect in found}


def possible(analysis: Analysis) -> list[str]:
    return [suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.possible]


def test_a_loop_is_proved_by_the_packets_alone() -> None:
    analysis = analyze(*captures("routing-loop"))
    said = confirmed(analysis)["routing-loop"]
    assert "between the node 172.31.186.250 and" in said
    assert "eth0.pcap: the same packets pass eth0 with 63 TTLs, from 63 down to 1" in said
    assert "the router 172.31.186.1 says TTL exceeded (11/0)" in analysis.headline


def test_a_loop_whose_errors_are_filtered_is_a_loop() -> None:
    analysis = analyze(*captures("two-nodes-loop"))
    assert list(confirmed(analysis)) == ["routing-loop"]
    assert "get no reply" in analysis.headline
    said = confirmed(with_state("two-nodes-loop"))["routing-loop"]
    assert "10.244.7.0/26 via 172.31.186.251" in said
    assert "10.244.7.0/26 via 172.31.186.250" in said


def test_where_only_the_pods_link_was_recorded_a_loop_is_possible() -> None:
    analysis = analyze(CAPTURES / "routing-loop" / "cali14e7d81007d.pcap")
    assert possible(analysis)[0] == "routing-loop"


@pytest.mark.parametrize("scenario", ["traceroute", "snat", "two-nodes-plain", "outside-silent"])
def test_traceroutes_and_plain_ways_are_no_loops(scenario: str) -> None:
    analysis = analyze(*captures(scenario))
    assert "routing-loop" not in {*confirmed(analysis), *possible(analysis)}


@pytest.mark.parametrize(
    ("scenario", "lines"),
    [
        ("service-endpoint-gone", ("dnat to 10.244.1.40:5201", "blackhole 10.244.1.0/26")),
        ("dns-endpoint-gone", ("dnat to 10.244.1.40:53", "10.244.1.40 dev calieabe7761b00 FAILED")),
    ],
)
def test_an_endpoint_that_is_gone_is_named_by_the_lines(scenario: str, lines: tuple[str, str]) -> None:
    said = confirmed(with_state(scenario))["service-endpoint-gone"]
    assert "no pod is at 10.244.1.40" in said
    assert all(line in said for line in lines)
    alone = analyze(*captures(scenario))
    assert not confirmed(alone)
    assert "service-endpoint-gone" in possible(alone)[:3]


def test_an_endpoint_that_lives_is_not_gone(tmp_path: Path) -> None:
    """The same rule, but to pod B, for which there is a route and a neighbour."""
    text = (CAPTURES / "service-endpoint-gone" / "state.txt").read_text()
    analysis = with_state("service-endpoint-gone", text.replace("10.244.1.40:5201", "10.244.1.11:5201"), tmp_path)
    assert "service-endpoint-gone" not in {*confirmed(analysis), *possible(analysis)}


@pytest.mark.parametrize(
    "rules",
    [
        # kube-proxy's iptables mode, IPVS, and a listing of endpoints without any rule.
        "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
        "-A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-AAAA\n"
        "-A KUBE-SVC-AAAA -m statistic --mode random --probability 0.5 -j KUBE-SEP-ONE\n"
        "-A KUBE-SVC-AAAA -j KUBE-SEP-TWO\n"
        "-A KUBE-SEP-ONE -p tcp -j DNAT --to-destination 10.244.1.40:5201\n"
        "-A KUBE-SEP-TWO -p tcp -j DNAT --to-destination 10.244.1.41:5201\nCOMMIT\n",
        "$ ipvsadm -Ln\nIP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
        "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
        "TCP  10.96.0.20:80 rr\n  -> 10.244.1.40:5201             Masq    1      0          0\n",
        "$ kubectl get services,endpoints -A\n"
        "NAMESPACE   NAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
        "default     service/web   ClusterIP   10.96.0.20   <none>        80/TCP    1d\n\n"
        "NAMESPACE   NAME            ENDPOINTS          AGE\ndefault     endpoints/web   10.244.1.40:5201   1d\n",
    ],
    ids=["iptables", "ipvs", "listed"],
)
def test_endpoints_are_known_however_the_service_is_made(rules: str, tmp_path: Path) -> None:
    state = "$ hostname\nnode\n$ ip route\ndefault via 172.31.186.1 dev eth0\nblackhole 10.244.1.0/26 proto 80\n"
    state += "10.244.1.10 dev cali14e7d81007d scope link\n$ iptables-save -c\n" * rules.startswith("*") + (
        "" if rules.startswith("*") else "10.244.1.10 dev cali14e7d81007d scope link\n"
    )
    analysis = with_state("service-endpoint-gone", state + rules, tmp_path)
    assert "10.244.1.40" in confirmed(analysis)["service-endpoint-gone"]


def test_one_of_two_endpoints_does_not_explain_a_total_loss(tmp_path: Path) -> None:
    state = (
        "$ hostname\nnode\n$ ip route\ndefault via 172.31.186.1 dev eth0\nblackhole 10.244.1.0/26 proto 80\n"
        "10.244.1.10 dev cali14e7d81007d scope link\n10.244.1.11 dev calieabe7761b00 scope link\n"
        "$ ip neigh\n10.244.1.11 dev calieabe7761b00 lladdr 7e:1d:0c:42:9b:66 REACHABLE\n$ ipvsadm -Ln\n"
        "TCP  10.96.0.20:80 rr\n  -> 10.244.1.40:5201             Masq    1      0          0\n"
        "  -> 10.244.1.11:5201             Masq    1      0          0\n"
    )
    assert "service-endpoint-gone" not in confirmed(with_state("service-endpoint-gone", state, tmp_path))


def test_replies_lost_for_their_size_are_reported_by_size() -> None:
    (limit,) = analyze(*captures("frag-needed-filtered")).to_dict()["summary"]["paths"]["size_limits"]
    assert (limit["smallest_lost"], limit["largest_arrived"], limit["packet"], limit["replies_lost"]) == (
        1478,
        84,
        "request",
        False,
    )


def test_an_mtu_that_a_packet_as_large_passed_is_not_it(tmp_path: Path) -> None:
    """Pod B's link of 80 bytes would not have let the small pings pass either."""
    text = (CAPTURES / "frag-needed-filtered" / "state.txt").read_text()
    assert "mtu-too-large" in confirmed(with_state("frag-needed-filtered"))
    smaller = text.replace("mtu 1400", "mtu 80")
    assert "mtu-too-large" not in confirmed(with_state("frag-needed-filtered", smaller, tmp_path))


def test_a_connection_on_two_links_is_one() -> None:
    analysis = analyze(*captures("tcp-two-links"))
    assert "3 of 3 TCP connections are answered" in analysis.headline
    (finding,) = [finding for finding in analysis.findings if finding.rule.id == "tcp-answered"]
    assert finding.checked == 3
    # The table has a row per link, as that of pings.
    assert len(analysis.connections) == 6


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("prohibited", "prohibited by the node 172.31.186.250 ("),
        ("outside-prohibits", "prohibited by the router 172.31.186.1 ("),
        ("frag-needed", "the node 172.31.186.250 says fragmentation needed"),
    ],
)
def test_headlines_say_who_sent_an_error(scenario: str, said: str) -> None:
    assert said in analyze(*captures(scenario)).headline


STALL_RULES = {
    "tcp dport 5201 counter packets 6 bytes 9000 drop": True,
    # Possible: conntrack may have lost track of it, and then it is no established one.
    "ct state established tcp dport 5201 counter packets 6 bytes 9000 drop": False,
    "ct state new tcp dport 5201 counter packets 6 bytes 360 drop": False,
    "tcp flags & (fin | syn | rst | ack) == syn tcp dport 5201 counter packets 6 bytes 360 drop": False,
}


@pytest.mark.parametrize(("rule", "fits"), STALL_RULES.items(), ids=["plain", "established", "new", "syn"])
def test_data_that_stalls_is_no_syn(rule: str, fits: bool, tmp_path: Path) -> None:
    """The recording begins in the middle of the connection; the same bytes six times, and nothing comes back."""
    cali = tmp_path / "cali14e7d81007d.pcap"
    sent = tcp(PUSHED, (40000, 5201), seq=101, ack=701, data=bytes(1448))
    write_pcap(
        cali,
        [
            (BEGIN, ask()),
            (BEGIN + MS, answer()),
            (BEGIN + 2 * MS, tcp_back(ACK, (5201, 40000), seq=701, ack=101)),
            *((BEGIN + int(when * SECOND), sent) for when in (1.0, 1.4, 2.2, 3.8, 7.0, 13.4)),
            (BEGIN + 20 * SECOND, request()),
            (BEGIN + 20 * SECOND + MS, reply()),
        ],
    )
    state = tmp_path / "state.txt"
    state.write_text(
        "$ hostname\nnode\n$ ip route\ndefault via 172.31.186.1 dev eth0\n10.244.1.10 dev cali14e7d81007d scope link\n"
        "10.244.1.11 dev calieabe7761b00 scope link\n$ nft list ruleset\ntable ip lab {\n  chain forward {\n"
        f"    type filter hook forward priority 0; policy accept;\n    {rule}\n  }}\n}}\n"
    )
    analysis = analyze(cali, node_state=state)
    assert "TCP data to 10.244.1.11 port 5201 gets no answer" in analysis.headline
    assert ("node-firewall-drops" in confirmed(analysis)) == fits


def test_a_service_that_fails_now_and_then_may_lack_an_endpoint(tmp_path: Path) -> None:
    """Of several endpoints one is gone: the others answer all the while."""
    service, frames = "10.96.7.7", [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(12):
        time, ports = BEGIN + (number + 1) * SECOND, (40000 + number, 80)
        frames.append((time, tcp(0x02, ports=ports, dst=service)))
        if number % 3:
            frames.append((time + MS, tcp_back(0x12, ports=ports[::-1], src=service)))
    frames += [(BEGIN + 20 * SECOND, ask()), (BEGIN + 20 * SECOND + MS, answer())]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert possible(analysis)[0] == "service-endpoint-gone"
    assert "no pod is at its address" in analysis.diagnoses[0].suspects[0].title
