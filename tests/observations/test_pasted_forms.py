"""What people paste, in forms that say less or otherwise than usual: read, or said to be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.headline import heading, headline
from tests.support.transcripts import ANSWER, ASK, judge, reason, rows, status

ON_CALI = "listening on cali14e7d81007d, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
SYN = "IP 10.244.3.1.42470 > 10.244.1.10.80: Flags [S], seq 30, win 28800, length 0\n"


@pytest.mark.parametrize("before", ["$ ", "tunl0:  ", "root@w1:~# "])
def test_deltas_are_known_by_the_command(before: str, tmp_path: Path) -> None:
    """The paste begins amid the output, so that the first delta is long, and the others are not times of the day."""
    text = f"{before}tcpdump -nn -ttt -i tunl0 tcp\n" + "".join(
        f" 00:00:{delta}.000000 {SYN}" for delta in ("41", "01", "02", "04", "03")
    )
    analysis = judge(tmp_path, text)
    (question,) = analysis.unanswered
    assert (question.attempts, question.about) == (5, "connection to 10.244.1.10 port 80")


def test_options_for_times_alone_are_counted(tmp_path: Path) -> None:
    """-tttt prints dates, and -i has no times in it."""
    text = "$ tcpdump -nn -tttt -i team0 icmp\n" + "".join(
        f"2026-11-03 07:11:0{second}.000000 IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq {second}, length 64\n"
        for second in (1, 2, 3)
    )
    (capture,) = judge(tmp_path, text).captures
    assert capture.frames == 3
    assert rows(text, "eth_type") == [(2048,)] * 3


OTV = (
    "07:11:01.808752 IP (tos 0x0, ttl 64, id 21091, offset 0, flags [none], proto UDP (17), length 110)\n"
    "    10.0.0.11.40029 > 10.0.0.12.{port}: {sum}OTV, flags [I] (0x08), overlay 0, instance 1\n"
    "IP (tos 0x0, ttl 63, id 9731, offset 0, flags [DF], proto TCP (6), length 60)\n"
    "    10.42.0.7.40112 > 10.42.1.9.80: Flags [S], seq 1, win 64240, options [mss 1410], length 0\n"
)


@pytest.mark.parametrize("port", ["8472", "otv"])
def test_flannels_tunnel_is_vxlan(port: str) -> None:
    """tcpdump takes the kernel's old port of VXLAN for OTV's."""
    (row,) = rows(OTV.format(port=port, sum=""), "encap", "vxlan_vni", "tcp_dstport")
    assert row == ("vxlan", 1, 80)


def test_flannels_wrong_checksum_is_a_cause(tmp_path: Path) -> None:
    text = "# tcpdump -nn -vv -i ens3 udp port 8472\n" + "".join(
        OTV.format(port="8472", sum="[bad udp cksum 0xa7b8 -> 0x1f23!] ").replace(":01.", f":0{second}.")
        for second in (1, 2, 4, 8)
    )
    analysis = judge(tmp_path, text)
    first = next(suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    assert first == "vxlan-checksum-offload"


HEAD = "  1.0000{n}  10.244.1.10 → 10.244.1.11  TCP "


@pytest.mark.parametrize("extra", ["53270 5201 ", "53270 5201 74 ", "74 ", ""])
def test_columns_of_ports_in_front_of_the_words(extra: str) -> None:
    info = "53270 → 5201 [SYN] Seq=0 Win=64240 Len=0 MSS=1460\n"
    assert rows(HEAD.format(n=1) + extra + info, "tcp_dstport") == [(5201,)]


def test_a_segment_that_is_not_understood_is_not_passed_over(tmp_path: Path) -> None:
    here, there = "10.244.1.10", "10.0.0.9"
    ping = "".join(
        f"{number} {number}.1 {src} → {dst} ICMP 98 Echo (ping) {kind} id=0x1, seq=1/256, ttl=64\n"
        for number, src, dst, kind in ((3, here, there, "request"), (4, there, here, "reply"))
    )
    analysis = judge(tmp_path, ping + "5 5.1 10.244.1.10 → 10.0.0.9 TCP 74 what another program says of it\n")
    (capture,) = analysis.captures
    assert any("not understood" in problem.message for problem in capture.problems)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_fields_in_quotes_below_a_header_without(quote: str) -> None:
    text = "frame.number,frame.time_epoch,ip.src,ip.dst,eth.src,_ws.col.Protocol,_ws.col.Info\n" + ",".join(
        f"{quote}{cell}{quote}"
        for cell in (
            *("1", "1795430102.77", "10.244.1.10", "10.244.1.11", "5a:8a:10:57:e2:03", "TCP"),
            "53270 → 5201 [SYN] Seq=0 Win=64240 Len=0, of this port",
        )
    )
    assert rows(text + "\n", "ip_src", "tcp_dstport") == [("10.244.1.10", 5201)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("    [NEW] tcp      6 120 SYN_SENT src=10.8.6.7 dst=10.9.4.8 sport=461 dport=80 [UNREPLIED] src=10.8.6.9 "
         "dst=10.8.6.7 sport=80 dport=461\n", "connections that the kernel tracks"),
        ("udp      17 29 src=172.18.0.7 dst=10.9.4.8 sport=600 dport=53 src=10.9.4.8 dst=172.18.0.7 "
         "sport=53 dport=600 mark=0 use=1\n", "connections that the kernel tracks"),
        ("IPv4 BGP status\n| 172.16.0.5   | node-to-node mesh | up    | 07:58:54 | Established |\n", "BGP sessions"),
        ("BIRD v0.3.3+birdv1.6.8 ready.\nMesh_10_0_0_12 BGP      master   up     09:12    "
         "Established\n", "BGP sessions"),
        ("  ksoftirqd/0-11  [000] d.s. 88027.5: bpf_trace_printk: cali9136-E: CT: SNAT\n", "eBPF programs"),
        ("Actual changes:\ntx-checksumming: off\n", "ethtool -K"),
        ("| GROUPING |     CIDR      |\n| Block    | 10.244.1.0/26 |\n", "addresses that Calico gave out"),
    ],
)  # fmt: skip
def test_a_known_output_alone_is_read_and_said_to_hold_nothing_to_judge(text: str, form: str, tmp_path: Path) -> None:
    analysis = judge(tmp_path, f"This is what we see there:\n```\n{text}```\nAny idea?\n")
    assert analysis.verdict == "not-checked"
    assert any(form in remark.text for remark in analysis.remarks)


def test_a_bold_line_of_a_list_is_a_line_of_it(tmp_path: Path) -> None:
    text = (
        "$ kubectl get pods -o wide\nNAME   READY   STATUS    RESTARTS   AGE   IP            NODE\n"
        "**shop   1/1     Running   0          57m   10.244.1.10   w1**\n"
    )
    state = tmp_path / "pods.txt"
    state.write_text(text)
    analysis = analyze(_packets(tmp_path), pods=state)
    assert "[default/shop]" in headline(analysis) or "shop" in str(analysis.to_dict()["pods"])


def _packets(folder: Path) -> Path:
    path = folder / "packets.txt"
    path.write_text(ON_CALI + ASK + ASK.replace("22:59", "23:01"))
    return path


REQUEST = "07:1{minute}:{second}.196136 IP 10.3.0.87.36457 > 10.3.9.2.30001: UDP, length 61\n"
QUERY = (
    "07:10:01.100000 IP 10.3.9.2.3734 > 10.3.23.54.53: 8166+ A? shop.example. (30)\n"
    "07:10:01.101000 IP 10.3.23.54.53 > 10.3.9.2.3734: 8166 NXDomain 0/0/1 (47)\n"
)


def test_a_datagram_sent_again_and_again_where_others_are_answered(tmp_path: Path) -> None:
    sent = "".join(REQUEST.format(minute=0, second=second) for second in ("14", "19", "24"))
    analysis = judge(tmp_path, QUERY + sent + REQUEST.format(minute=1, second="30").replace("36457", "36990"))
    assert any(question.about == "UDP request to 10.3.9.2 port 30001" for question in analysis.unanswered)
    # Nothing says that an answer would have been recorded.
    assert judge(tmp_path, sent).unanswered == []


def test_without_macs_it_is_not_known_how_many_claim_an_address(tmp_path: Path) -> None:
    """Who asks shows no MAC without -e, so a second machine with the pod's address would not show."""
    analysis = judge(tmp_path, ON_CALI + ASK + ANSWER)
    assert status(analysis, "gateway-arp-answered") == "pass"
    assert status(analysis, "address-has-one-mac") == "not-checked"
    assert "printed with -e" in reason(analysis, "address-has-one-mac")


def test_what_is_for_others_comes_from_the_pod_whatever_its_source(tmp_path: Path) -> None:
    """The node has no reason to send it to this pod: the pod uses an address that is not its own."""
    ping = "16:23:0{n}.000000 IP 10.66.66.1 > 10.244.1.11: ICMP echo request, id 15, seq {n}, length 64\n"
    answered = "".join(
        f"16:23:08.00000{n} IP {src} > {dst}: ICMP echo {kind}, id 16, seq 1, length 64\n"
        for n, src, dst, kind in (
            (1, "10.244.1.10", "10.244.1.11", "request"),
            (2, "10.244.1.11", "10.244.1.10", "reply"),
        )
    )
    analysis = judge(tmp_path, ON_CALI + ASK + ANSWER + "".join(ping.format(n=n) for n in (1, 2, 3)) + answered)
    assert (heading(analysis), status(analysis, "echo-answered")) == ("fail", "fail")
    assert "destination" in set(analysis.echo["side_evidence"])


ON_TUNNEL = (
    "root@w2:~# ip route\n"
    "default via 172.31.186.1 dev ens3\n"
    "10.244.7.0/26 via 172.31.186.12 dev {back} proto bird\n"
    "10.244.1.10 dev cali14e7d81007d scope link\n"
    "root@w2:~# tcpdump -nn -i tunl0\n"
    "listening on tunl0, link-type RAW (Raw IP), snapshot length 262144 bytes\n"
    "22:21:54.234300 IP 10.244.7.0 > 10.244.1.10: ICMP echo request, id 87, seq 1, length 64\n"
    "22:21:55.233300 IP 10.244.7.0 > 10.244.1.10: ICMP echo request, id 87, seq 2, length 64\n"
    "22:21:56.233300 IP 10.244.7.0 > 10.244.1.10: ICMP echo request, id 87, seq 3, length 64\n"
)


@pytest.mark.parametrize(("back", "named_first"), [("ens3", True), ("tunl0", False)])
def test_a_way_back_by_another_interface_speaks_for_the_reverse_path_check(
    back: str, named_first: bool, tmp_path: Path
) -> None:
    analysis = judge(tmp_path, ON_TUNNEL.format(back=back))
    first = next(suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    assert (first == "source-check-on-arrival") is named_first


TUNNEL = {
    "ipip": (
        "IP 10.57.4.20 > 10.57.4.21: IP {src} > {dst}: ICMP echo request, id 32, seq {n}, length 64 (ipip-proto-4)\n"
    ),
    "vxlan": (
        "IP 10.57.4.20.43983 > 10.57.4.21.4789: VXLAN, flags [I] (0x08), vni 4096\n"
        "IP {src} > {dst}: ICMP echo request, id 32, seq {n}, length 64\n"
    ),
}


def first_causes(text: str, folder: Path) -> list[str]:
    analysis = judge(folder, "$ tcpdump -nn -i eth0\n" + text)
    return [suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects][:3]


@pytest.mark.parametrize("kind", TUNNEL)
def test_what_is_in_a_tunnel_on_a_card_may_be_blocked_on_the_way(kind: str, tmp_path: Path) -> None:
    sent = "".join(
        f"18:03:3{n}.048106 " + TUNNEL[kind].format(src="192.168.10.10", dst="192.168.11.10", n=n) for n in range(1, 6)
    )
    assert "encapsulation-blocked" in first_causes(sent, tmp_path)


def test_a_tunnel_that_comes_from_elsewhere_than_it_goes_to_is_translated(tmp_path: Path) -> None:
    there = TUNNEL["vxlan"].format(src="192.168.10.10", dst="192.168.11.10", n=1)
    here = TUNNEL["vxlan"].replace("10.57.4.20.", "10.99.0.7.").replace("10.57.4.21.", "10.57.4.20.")
    back = here.format(src="192.168.11.10", dst="192.168.10.10", n=7)
    text = "".join(
        f"18:03:{n}0.048106 {there}18:03:{n}3.100000 {back}".replace("seq 1,", f"seq {n},").replace(
            "seq 7", f"seq {n + 20}"
        )
        for n in range(1, 5)
    )
    assert first_causes(text, tmp_path)[0] == "tunnel-source-unknown"
    untouched = text.replace("10.99.0.7.", "10.57.4.21.")
    assert first_causes(untouched, tmp_path)[0] != "tunnel-source-unknown"


def test_without_flags_it_is_not_said_that_there_was_no_tcp(tmp_path: Path) -> None:
    """As after tcpdump -q."""
    text = ON_CALI + ASK + ANSWER + "16:23:01.000000 IP 10.244.1.10.36670 > 10.9.0.4.443: tcp 0\n" * 2
    analysis = judge(tmp_path, text)
    assert "no TCP" not in headline(analysis)
    (capture,) = analysis.captures
    assert [problem.kind for problem in capture.problems] == ["flags-not-printed"]
