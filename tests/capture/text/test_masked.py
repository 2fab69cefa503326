"""Texts whose hosts somebody masked, and what a terminal or a page did to the lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

SYN = "17:46:{second}.5 IP 10.244.0.5.4062 > {host}.80: Flags [S], seq 1, win 64240, length 0\n"


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("<node-ip>", "node-ip"),
        ("[redacted]", "redacted"),
        ("{{ip}}", "ip"),
        ("$NODE_IP", "NODE_IP"),
        ("10.1.*.*", "10.1.x.x"),
        ("<ip>.ec2.internal", "ip.ec2.internal"),
        ("x.x.x.7", "x.x.x.7"),
    ],
)
def test_a_masked_host_is_a_host(host: str, named: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, "".join(SYN.format(second=second, host=host) for second in ("04", "05", "09")))
    assert analysis.headline.startswith(f"10.244.0.5's connection to {named} port 80 gets no answer (asked 3 times)")


@pytest.mark.parametrize("host", ["$(reboot)", "<a>;reboot", "`id`"])
def test_what_a_shell_would_run_is_none(host: str, tmp_path: Path) -> None:
    own = SYN.format(second="03", host="10.244.0.9")
    text = own + "".join(SYN.format(second=second, host=host) for second in ("04", "05", "09"))
    assert not any(character in str(judged(tmp_path, text).to_dict()["diagnoses"]) for character in "$`;")


def test_a_line_behind_an_interrupt_is_read(tmp_path: Path) -> None:
    text = "".join(SYN.format(second=second, host="10.244.0.9") for second in ("04", "05", "09"))
    assert "(asked 3 times)" in judged(tmp_path, f"^C{text}").headline


ROWS = (
    "2 2.249509 10.0.5.57 10.0.20.53 TCP 78 49676 → 53 [SYN] Seq=0 Win=65535 Len=0 MSS=1460\n"
    "3 2.249562 10.0.20.53 10.0.5.57 TCP 74 53 → 49676 [SYN, ACK] Seq=0 Ack=1 Win=7548 Len=0 MSS=1270\n"
    "4 3.250129 10.0.5.57 10.0.20.53 TCP 78 [TCP Retransmission] 49676 → 53 [SYN] Seq=0 Win=65535 Len=0 MSS=1460\n"
    "5 3.250210 10.0.20.53 10.0.5.57 TCP 74 [TCP Retransmission] 53 → 49676 [SYN, ACK] Seq=0 Ack=1 Win=7548 Len=0\n"
    "6 4.251477 10.0.5.57 10.0.20.53 TCP 78 [TCP Retransmission] 49676 → 53 [SYN] Seq=0 Win=65535 Len=0 MSS=1460\n"
    "7 4.251559 10.0.20.53 10.0.5.57 TCP 74 [TCP Retransmission] 53 → 49676 [SYN, ACK] Seq=0 Ack=1 Win=7548 Len=0\n"
    "8 5.251606 10.0.5.57 10.0.20.53 TCP 78 [TCP Retransmission] 49676 → 53 [SYN] Seq=0 Win=65535 Len=0 MSS=1460\n"
)


def test_rows_of_wireshark_with_single_blanks_are_read(tmp_path: Path) -> None:
    said = "10.0.5.57's connection to 10.0.20.53 port 53 is not made: 10.0.20.53 answers"
    assert judged(tmp_path, ROWS).headline.startswith(said)


OUTER = "16:53:02.0562{n} IP 172.31.0.12.38912 > 172.31.0.10.4789: VXLAN, flags [I] (0x08), vni 4096\n"
INNER = "10.244.2.8.8180 > 10.244.1.6.38579: Flags [.], seq {n}:{to}, ack 83, win 219, length 1398\n"


@pytest.mark.parametrize("missing", ["truncated-ip - 104 bytes missing! ", ""])
def test_tunnels_packets_in_fragments_are_too_large(missing: str, tmp_path: Path) -> None:
    text = "".join(
        OUTER.format(n=n) + f"IP {missing}" + INNER.format(n=171 + 1398 * n, to=1569 + 1398 * n) for n in range(2)
    )
    analysis = judged(tmp_path, text)
    assert analysis.captures[0].frames == 2
    said = "2 packets of a tunnel left in fragments: the pods' MTU is too large for the tunnel"
    assert (said in analysis.headline) is bool(missing)


CUT = (
    "IP truncated-ip - 120 bytes missing! 192.0.2.80.80 > 172.17.0.5.41000: Flags [.], seq 1:1361, ack 90, win 220, "
    "length 1360"
)


def test_packets_that_are_shorter_than_their_header_says_are_named(tmp_path: Path) -> None:
    analysis = judged(tmp_path, f"17:46:58.851427 {CUT}\n17:46:59.851427 {CUT}\n")
    assert "but 2 packets are shorter than the header says: an MTU on the way may be too small" in analysis.headline


@pytest.mark.parametrize(
    "line",
    [
        CUT.replace("truncated-ip - 120 bytes missing! ", ""),
        # A tool kept the first bytes of each packet.
        CUT.replace("120", "1300"),
    ],
)
def test_recordings_that_are_cut_are_not_named(line: str, tmp_path: Path) -> None:
    assert "shorter" not in judged(tmp_path, f"17:46:58.851427 {line}\n17:46:59.851427 {line}\n").headline


@pytest.mark.parametrize("between", ["→", "->", ">", " → ", " > "])
def test_rows_of_older_versions_have_no_blanks_around_the_arrow(between: str, tmp_path: Path) -> None:
    rows = "".join(
        f" {n}   {n}.2671 10.1.101.2 -> 10.1.101.9 TCP 76 50244{between}8080 [SYN] Seq=0 Win=28200 Len=0 MSS=1410\n"
        for n in (1, 2, 4)
    )
    assert judged(tmp_path, rows).headline.startswith("10.1.101.2's connection to 10.1.101.9 port 8080 gets no answer")
