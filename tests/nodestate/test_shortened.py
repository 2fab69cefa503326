"""Names of cali interfaces that were cut short in pasting."""

from __future__ import annotations

from pathlib import Path

from pcapcheck import analyze
from pcapcheck.nodestate.state_rows import state_rows
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import parse_address
from tests.support.lab import CAPTURES, captures
from tests.support.states import state_of

CALI = "cali14e7d81007d"
LINK = f"root@n:~# ip link\n331: {CALI}@if3: <UP> mtu 1450\n    link/ether ee:ee:ee:ee:ee:ee\n"
SHORT = "root@n:~# ip route\n10.244.1.10 dev cali14e7d8 scope link\nroot@n:~# sysctl net.ipv4.conf\n"
SHORT += "net.ipv4.conf.all.proxy_arp = 0\nnet.ipv4.conf.cali14e7d8.proxy_arp = 0\n"


def test_a_short_name_is_that_of_the_only_interface_that_begins_so(tmp_path: Path) -> None:
    state = state_of(LINK + SHORT, tmp_path)
    (row,) = state_rows(state, parse_address("169.254.1.1"), "cali")
    assert (row.interface, row.host_route, row.proxy_arp) == (CALI, True, False)
    assert row.source_lines["proxy_arp"][0].endswith("net.ipv4.conf.cali14e7d8.proxy_arp = 0")
    assert state.problems == []


def test_a_name_with_two_completions_is_reported(tmp_path: Path) -> None:
    other = LINK + "332: cali14e7d8aaaaa@if3: <UP> mtu 1450\n    link/ether ee:ee:ee:ee:ee:ee\n"
    state = state_of(other + SHORT, tmp_path)
    assert [(line.number, message.partition(";")[0]) for line, message in state.problems] == [
        (7, f"the interface cali14e7d8 is cut short: could be {CALI} or cali14e7d8aaaaa")
    ]


def test_a_name_without_a_completion_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(SHORT)
    reported = analyze_state(path).not_understood
    assert reported == [
        f"{path}:2: the interface cali14e7d8 is cut short: nothing here shows its whole name; add ip link"
    ]


def test_the_list_of_pods_completes_a_name(tmp_path: Path) -> None:
    pods = "NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\n"
    pods += "default pod-a-68c8f9cccd-sgtvg 1/1 Running 0 1m 10.244.1.10 n\n"
    state = state_of(f"{SHORT}root@n:~# kubectl get pods -A -o wide\n{pods}", tmp_path)
    assert [link.cali_name for link in state.links] == [CALI]
    assert state.problems == []


def test_the_capture_completes_a_name(tmp_path: Path) -> None:
    """All of a paste may be cut short; the commands still name the interface as it is."""
    text = (CAPTURES / "proxy-arp-off" / "state.txt").read_text()
    path = tmp_path / "cut.txt"
    path.write_text(text.replace(CALI, CALI[:11]).replace("calieabe7761b00", "calieabe776"))
    (diagnosis,) = analyze(*captures("proxy-arp-off"), node_state=path).diagnoses
    assert [suspect.cause.id for suspect in diagnosis.confirmed] == ["proxy-arp-off"]
    assert any(CALI in command for command in diagnosis.confirmed[0].fix)


def test_what_is_not_hexadecimal_is_no_cali(tmp_path: Path) -> None:
    state = state_of(
        "root@n:~# ip route\n10.244.1.10 dev calico0 scope link\n10.244.1.11 dev cali14e scope link\n", tmp_path
    )
    assert (state.links, state.problems) == ([], [])
