"""The report for people, as a pipe and as a terminal show it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.formats.text import write_text
from tests.support.lab import CAPTURES, EXPECTED, captures
from tests.support.wire import BEGIN, ask, write_pcap, write_pcapng

TOOLS = (
    "tc dmesg tshark sysctl ip tcpdump bridge nft iptables-save calicoctl kubectl nmcli "
    "nstat ethtool ping arping cat conntrack"
)
COMMANDS = tuple(f"{tool} " for tool in TOOLS.split())


def report(*paths: Path) -> str:
    stream = StringIO()
    write_text(analyze(*paths), stream)
    return stream.getvalue()


def on_terminal(
    *arguments: str, columns: int = 80, lines: int = 24, folder: Path | None = None, **environment: str
) -> str:
    """What a terminal of that size receives, in that folder."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    given = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "pcapcheck", *arguments],
        stdout=follower,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**given, "TERM": "xterm", **environment},
    )
    os.close(follower)
    received = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        received += chunk
    process.wait()
    os.close(leader)
    return received.decode()


def test_verdict_first() -> None:
    first, second, third, *_ = report(CAPTURES / "walkthrough" / "cali14e7d81007d.pcap").splitlines()
    assert first == (
        "PASS  the node answers 100.79.126.235's ARP for its gateway, and 2 of 2 echo requests are replied to; "
        "no TCP, no DNS recorded"
    )
    assert second.strip() == "9 of 26 rules checked"
    assert "6 frames" in third
    assert "cali14e7d81007d (pod 100.79.126.235 at aa:64:43:69:fd:8d)" in third


def test_failure() -> None:
    path = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
    lines = report(path).splitlines()
    assert lines[0] == "FAIL  the node does not answer 10.244.1.10's ARP for its gateway 169.254.1.1 within 1s"
    assert lines[4].startswith("Why gateway-arp-answered failed: possible causes, most likely first")
    text = "\n".join(lines)
    assert 'expected an answer to 10.244.1.10\'s "who-has 169.254.1.1" within 1s of the first request' in text
    assert "observed asked 3x; answers: 0" in text
    assert "frame 1: 5a:8a:10:57:e2:03 > ff:ff:ff:ff:ff:ff  who-has 169.254.1.1 tell 10.244.1.10" in text
    assert f"tshark -r {path} -Y 'frame.number in {{1,2,3}}'" in text
    assert "sysctl net.ipv4.conf.all.proxy_arp net.ipv4.conf.cali14e7d81007d.proxy_arp" in text


@pytest.mark.slow
def test_every_rule_is_in_the_report() -> None:
    for scenario in EXPECTED:
        # With the lines that go on with it: what passed is one wrapped paragraph.
        text = report(*captures(scenario))
        if "more rules, for other reasons" in text:
            continue
        named = re.findall(r"^[✗⚠✓–] .*(?:\n    \S.*)*", text, re.M)
        for finding in analyze(*captures(scenario)).findings:
            whole = re.compile(rf"(?<![\w-]){finding.rule.id}(?![\w-])")
            assert any(whole.search(paragraph) for paragraph in named), (scenario, finding.rule.id)


def test_pods_are_summed_up() -> None:
    text = report(*captures("loss"))
    row = next(line for line in text.splitlines() if line.startswith("10.244.1.10 "))
    assert "1 of 1" in row
    # Twelve more are still in flight when the recording ends.
    assert "30 of 48" in row
    assert "37.5 %" in row


def test_not_checked_says_how_to_capture_next_time() -> None:
    text = report(*captures("healthy-cached-arp"))
    assert 'run "ip neigh flush dev eth0" in the pod, then capture again' in text


def test_consequences_are_not_reported_as_news() -> None:
    lines = report(*captures("proxy-arp-off")).splitlines()
    consequence = lines.index("    nothing to check, since gateway-arp-answered failed")
    assert lines[consequence - 1].startswith("– not checked: ")
    assert "echo-answered" in lines[consequence - 1]


def test_nothing_checked(tmp_path: Path) -> None:
    text = report(write_pcap(tmp_path / "ens5.pcap", [(BEGIN, b"\0" * 60)]))
    assert text.startswith("NOT CHECKED  nothing could be checked: ")
    assert "ens5 is a host NIC" in text
    plain = report(write_pcap(tmp_path / "capture.pcap", [(BEGIN, b"\0" * 60)]))
    assert "say with --interface what the node calls it" in plain


def test_pipe_has_no_colour_and_no_cut_lines() -> None:
    text = report(*captures("two-answers"))
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "169.254.1.1 is claimed by 02:50:56:aa:17:c3 and by ee:ee:ee:ee:ee:ee (on cali14e7d81007d)" in text


@pytest.mark.parametrize("scenario", ["walkthrough", "two-answers", "loss", "ipv6"])
def test_eighty_columns(scenario: str) -> None:
    # By their short names: a name is not broken either, and the checkout's folder may be a long one.
    names = [str(path.relative_to(CAPTURES)) for path in captures(scenario)]
    shown = on_terminal("analyze", *names, folder=CAPTURES)
    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    # Commands to copy are never broken, everything else is.
    broken = [line for line in plain.splitlines() if not line.strip().startswith(COMMANDS)]
    assert max(map(len, broken)) <= 80
    for finding in analyze(*captures(scenario)).findings:
        assert finding.rule.id in plain


def test_commands_are_never_broken() -> None:
    shown = on_terminal("analyze", *map(str, captures("proxy-arp-off")))
    whole = f"tshark -r {captures('proxy-arp-off')[0]} -Y 'frame.number in {{1,2,3}}'"
    assert len(whole) > 80
    assert any(line.strip() == whole for line in shown.splitlines())


@pytest.mark.parametrize("scenario", ["recorded-in-pod-proxy-arp-off", "any-proxy-arp-off"])
def test_commands_name_no_interface_that_is_not_known(scenario: str) -> None:
    """Inside the pod it is called eth0, on the node otherwise; an -i any capture has no names."""
    assert "grep . /proc/sys/net/ipv4/conf/*/proxy_arp" in report(*captures(scenario))


def test_names_from_a_capture_get_into_no_command(tmp_path: Path) -> None:
    frames = [(BEGIN + n * 10**9, ask()) for n in range(4)]
    text = report(write_pcapng(tmp_path / "x.pcapng", frames, "$(touch pwned);reboot"))
    assert "grep . /proc/sys/net/ipv4/conf/*/proxy_arp" in text
    assert not any("$(touch" in line for line in text.splitlines() if line.strip().startswith(COMMANDS))


def test_icmp_errors_are_reported() -> None:
    text = report(*captures("prohibited"))
    assert "ICMP error: 172.31.186.250 says administratively prohibited (3/13), 2x" in text
    assert "prohibited by the node 172.31.186.250 (administratively prohibited, 3/13)" in text


def test_traceroute_is_no_loss() -> None:
    text = report(*captures("traceroute"))
    assert "2 of 2 echo requests are replied to" in text.splitlines()[0]
    assert "0 %" in next(line for line in text.splitlines() if line.startswith("10.244.1.10 "))


def test_two_pods_of_one_name_are_distinguished() -> None:
    lines = report(*captures("duplicate-ip")).splitlines()
    assert sum(line.startswith("10.244.1.11 (cali") for line in lines) == 2


def test_no_color() -> None:
    shown = on_terminal("analyze", *map(str, captures("loss")), NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown)


def test_names_from_a_capture_control_no_terminal(tmp_path: Path) -> None:
    evil = write_pcapng(tmp_path / "x.pcapng", [(BEGIN, ask())], "\x1b]0;owned\x07[bold]\x1b[31m")
    text = report(evil)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text


def test_ipv6_pods_do_not_ask_by_arp() -> None:
    first = report(*captures("ipv6")).splitlines()[0]
    assert "neighbour solicitation for its gateway" in first
    assert "ARP" not in first


def test_evidence_of_a_transcript_is_its_own_lines(tmp_path: Path) -> None:
    """Shown without what would control the terminal; sed shows them as they stand there."""
    packet = "IP 10.244.1.10.40000 > 10.244.1.11.6000: UDP, length 10"
    text = (
        "prose\n16:22:58.000000 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28\n"
        "16:22:59.000000 ARP, Request who-has 169.254.1.1\x07\n tell 10.244.1.10, length 28\n"
        f"16:23:09.000000 {packet}\n"
    )
    path = tmp_path / "it's a paste.txt"
    path.write_text(text)
    shown = report(path)
    assert "line 2: 16:22:58.000000 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28" in shown
    assert "lines 3-4: 16:22:59.000000 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28" in shown
    assert "\x07" not in shown
    assert "tshark" not in shown
    (command,) = [line.strip() for line in shown.splitlines() if "sed -n" in line]
    lines = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    assert lines == "".join(text.splitlines(keepends=True)[1:4])
