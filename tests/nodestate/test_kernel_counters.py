"""What the kernel counts where nstat is missing, whom a pod asks for names, and IPVS without its tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state import State
from pcapcheck.triage.suspect import Suspect
from pcapcheck.values import format_address
from tests.support.captures import ROOT
from tests.support.transcripts import MISSING, printed

SNMP = (
    "$ cat /proc/net/snmp\n"
    "Ip: Forwarding DefaultTTL InReceives\nIp: 1 64 990\n"
    "Tcp: RtoAlgorithm MaxConn InCsumErrors\nTcp: 1 -1 7\n"
)
NETSTAT = "$ cat /proc/net/netstat\nTcpExt: SyncookiesSent ListenDrops\nTcpExt: 0 3\nIpExt: InNoRoutes\nIpExt: 5\n"
SNMP6 = "$ cat /proc/net/snmp6\nIp6InNoRoutes                   \t2\nUdp6InCsumErrors                \t0\n"
RESOLVER = (
    "$ cat /etc/resolv.conf\n# made by kubelet\nsearch default.svc.cluster.local svc.cluster.local\n"
    "nameserver 10.96.0.10\nnameserver 2001:db8::53\noptions ndots:5\n"
)
IPVS = """$ cat /proc/net/ip_vs
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A600001:01BB rr\x20\x20
  -> AC1F0A02:192B      Masq    1      0          0\x20\x20\x20\x20\x20\x20\x20\x20\x20
UDP  [fd00:0096:0000:0000:0000:0000:0000:000a]:0035 rr\x20\x20
"""


def read(tmp_path: Path, text: str) -> State:
    path = tmp_path / "state.txt"
    path.write_text(text)
    return read_state([path])


def only_host(tmp_path: Path, text: str) -> Host:
    state = read(tmp_path, text)
    assert state.problems == []
    (host,) = state.hosts
    return host


@pytest.mark.parametrize("is_announced", [True, False])
def test_counters_have_the_names_that_nstat_gives_them(is_announced: bool, tmp_path: Path) -> None:
    text = SNMP + NETSTAT + SNMP6
    if not is_announced:
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("$"))
    counted = {counter.name: counter.value for counter in only_host(tmp_path, text).counters}
    assert counted == {
        "IpForwarding": 1,
        "IpDefaultTTL": 64,
        "IpInReceives": 990,
        "TcpRtoAlgorithm": 1,
        "TcpInCsumErrors": 7,
        "TcpExtSyncookiesSent": 0,
        "TcpExtListenDrops": 3,
        "IpExtInNoRoutes": 5,
        "Ip6InNoRoutes": 2,
        "Udp6InCsumErrors": 0,
    }


def test_a_long_line_is_quoted_by_its_counter(tmp_path: Path) -> None:
    names, values = (" ".join(["InErrs" + "x" * n for n in range(30)]), " ".join(map(str, range(30))))
    host = only_host(tmp_path, f"$ cat /proc/net/snmp\nTcp: {names}\nTcp: {values}\n")
    assert host.counters[2].line.text == "Tcp: InErrsxx 2"


def test_whom_a_pod_asks_for_names(tmp_path: Path) -> None:
    host = only_host(tmp_path, RESOLVER)
    assert [note.text for note in host.notes_of("nameserver")] == ["10.96.0.10", "2001:db8::53"]
    assert [note.text.split()[0] for note in host.notes_of("resolver")] == ["search", "options"]


def test_services_of_ipvs_in_hexadecimal(tmp_path: Path) -> None:
    first, second = read(tmp_path, IPVS).services.listed
    assert (format_address(first.ip), first.port, first.protocol, first.empty) == ("10.96.0.1", 443, "tcp", False)
    assert [format_address(server) for server in first.servers] == ["172.31.10.2"]
    assert (format_address(second.ip), second.empty) == ("fd00:96::a", True)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize(("counted", "expected"), [(4, ("possible", 1)), (0, None)])
def test_wrong_checksums_that_the_pod_counted(counted: int, expected: tuple[str, int] | None, tmp_path: Path) -> None:
    """Of captures whose text does not show checksums: four SYNs came to the pod, and nothing answered."""
    folder = ROOT / "fixtures/lab/captures/checksum-wrong"
    texts = []
    for path in sorted(folder.glob("*.pcap")):
        texts.append(tmp_path / f"{path.stem}.txt")
        texts[-1].write_text(printed(path, "-nn"))
    said = f"$ nstat -asz\n#kernel\nTcpInCsumErrors                 {counted}                  0.0\n"
    state = tmp_path / "state.txt"
    pod = "### network namespace pod-b\n"
    state.write_text((folder / "state.txt").read_text().replace(pod, f"{pod}\n{said}"))
    suspects: dict[str, Suspect] = {
        suspect.cause.id: suspect
        for diagnosis in analyze(*texts, node_state=state).diagnoses
        for suspect in diagnosis.suspects
    }
    found = suspects.get("checksum-wrong")
    assert (None if found is None else (found.status, found.leaning)) == expected
