"""What lies behind the node: causes there, and how they are distinguished from those of the node."""

from __future__ import annotations

import shutil
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import headline
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.triage.suspect import CONFIRMED, POSSIBLE, RULED_OUT
from tests.support.lab import CAPTURES, captures
from tests.support.wire import (
    BEGIN,
    MS,
    NODE_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    ethernet,
    request,
    tcp,
    write_pcap,
)

FAR = "192.168.77.7"
VXLAN_PORT = (4789).to_bytes(2, "big")
NIC, ROUTER, ROUTER_IP = "0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:01", "172.31.186.1"
# Behind 20 bytes of IPv4 and 8 of UDP: the flag that the identifier counts, the identifier, a byte that is reserved.
VXLAN_4096, VXLAN_4097 = bytes.fromhex("0800000000100000"), bytes.fromhex("0800000000100100")


def named(analysis: Analysis, status: str = CONFIRMED) -> set[str]:
    return {suspect.cause.id for found in analysis.diagnoses for suspect in found.suspects if suspect.status == status}


def state_of(scenario: str, tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The lab's state of a scenario with some of its text replaced."""
    text = (CAPTURES / scenario / "state.txt").read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = tmp_path / "state.txt"
    path.write_text(text)
    return path


def first(diagnosis: Diagnosis) -> str:
    return diagnosis.suspects[0].cause.id


def test_the_node_did_its_part_is_said() -> None:
    analysis = analyze(*captures("outside-silent"))
    assert headline(analysis) == (
        "10.244.1.10's echo requests to 192.168.77.7 get no reply, last seen on eth0, leaving the node (3 of 3); "
        "the node did its part"
    )
    (diagnosis,) = analysis.diagnoses
    assert diagnosis.suspects[0].title == (
        "the node did its part (the packets left its NIC as they should), and the host 192.168.77.7 or the network "
        "beyond that NIC is silent"
    )
    assert diagnosis.suspects[0].confirm[0].endswith("where 192.168.77.7 is, or as near to it as you can get")


def connection(tmp_path: Path, *on_nic: Frame) -> Diagnosis:
    """Pod A's SYNs, on its cali and with the node's address on the NIC, and what else the NIC shows."""
    seen, sent = [(BEGIN, ask()), (BEGIN + MS, answer())], []
    for number in range(3):
        time = BEGIN + number * SECOND
        ports, seq = (40000 + number, 80), 0x5EED0000 + number
        seen.append((time + 2 * MS, tcp(2, ports, dst=FAR, seq=seq)))
        sent.append((time + 3 * MS, tcp(2, ports, dst=FAR, src=NODE_IP, eth=(NIC, ROUTER), ttl=63, seq=seq)))
    cali = write_pcap(tmp_path / "cali14e7d81007d.pcap", [*seen, (BEGIN + 9 * SECOND, ask())])
    nic = write_pcap(tmp_path / "eth0.pcap", sorted([*sent, *on_nic]))
    (diagnosis,) = analyze(cali, nic).diagnoses
    return diagnosis


def test_a_connection_whose_syn_leaves_and_is_not_answered(tmp_path: Path) -> None:
    assert first(connection(tmp_path)) == "far-side-silent"


def test_an_answer_on_the_nic_is_no_silence(tmp_path: Path) -> None:
    """It reached the node, which did not bring it to the pod."""
    back = tcp(0x12, (80, 40000), src=FAR, dst=NODE_IP, eth=(ROUTER, NIC), ttl=60, seq=7, ack=0x5EED0001)
    diagnosis = connection(tmp_path, (BEGIN + 4 * MS, back))
    assert "far-side-silent" not in {suspect.cause.id for suspect in diagnosis.suspects}


def test_without_the_nic_nobody_knows(tmp_path: Path) -> None:
    (diagnosis,) = analyze(captures("outside-silent")[0]).diagnoses
    assert "far-side-silent" not in {suspect.cause.id for suspect in diagnosis.suspects}


@pytest.mark.parametrize("code", [9, 10, 13])
@pytest.mark.parametrize(("source", "ttl", "cause"), [(ROUTER_IP, 63, "far-side-prohibits"), (NODE_IP, 64, None)])
def test_who_prohibits(tmp_path: Path, code: int, source: str, ttl: int, cause: str | None) -> None:
    """Behind the node it is the far side's, from the node itself it is the node's firewall."""
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(3):
        asked = request(number, dst=FAR)
        frames += [
            (BEGIN + number * SECOND + 2 * MS, asked),
            (BEGIN + number * SECOND + 3 * MS, error(3, code, asked, source, ttl)),
        ]
    (diagnosis,) = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames)).diagnoses
    assert first(diagnosis) == (cause or "firewall-rejects")
    assert ("far-side-prohibits" in {suspect.cause.id for suspect in diagnosis.suspects}) == (cause is not None)


SERVED = """
root@node:~# kubectl get svc,ep -A
NAMESPACE  NAME         TYPE       CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE
default    service/web  ClusterIP  10.96.0.20  <none>       80/TCP   2d

NAMESPACE  NAME           ENDPOINTS  AGE
default    endpoints/web  {}         2d
"""
SAVED = """
root@node:~# iptables-save -c
[{}:60] -A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment "default/web:http has no endpoints" -m tcp \
--dport {} -j REJECT --reject-with icmp-port-unreachable
"""
IPVS = "\nroot@node:~# ipvsadm -Ln\nTCP  10.96.0.20:80 rr\n{}\nroot@node:~# hostname\nnode\n"
SERVER = "  -> 10.244.1.11:8080             Masq    1      0          0"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (SERVED.format("<none>"), CONFIRMED),
        (SERVED.format("10.244.1.11:8080"), RULED_OUT),
        (SAVED.format(1, 80), CONFIRMED),
        # It refused nothing; it is about another port.
        (SAVED.format(0, 80), None),
        (SAVED.format(1, 443), None),
        (IPVS.format(""), CONFIRMED),
        (IPVS.format(SERVER), RULED_OUT),
    ],
)
def test_a_service_without_endpoints(tmp_path: Path, said: str, status: str | None) -> None:
    path = tmp_path / "state.txt"
    path.write_text(f"root@node:~# ip route\ndefault via 172.31.186.1 dev eth0\n{said}")
    analysis = analyze(*captures("service-no-endpoints"), node_state=path)
    for outcome in (CONFIRMED, RULED_OUT):
        assert ("service-without-endpoints" in named(analysis, outcome)) == (outcome == status), outcome


LISTED = """\
NAMESPACE  NAME  TYPE       CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE
default    web   ClusterIP  {}          <none>       80/TCP   2d
"""


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (f"root@node:~# kubectl get svc -A\n{LISTED.format('10.96.0.20')}", CONFIRMED),
        (f"root@node:~# kubectl get svc -A\n{LISTED.format('10.96.0.99')}", RULED_OUT),
        # Of one namespace only.
        (f"root@node:~# kubectl get svc -n shop\n{LISTED.format('10.96.0.99')}", None),
        (
            f"root@node:~# kubectl get svc -A\n{LISTED.format('10.96.0.20')}root@node:~# ip addr\n"
            "5: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN\n"
            "    inet 10.96.0.20/32 scope global kube-ipvs0\n",
            RULED_OUT,
        ),
    ],
)
def test_a_service_that_is_pinged(tmp_path: Path, said: str, status: str | None) -> None:
    path = tmp_path / "state.txt"
    path.write_text(f"root@node:~# ip route\ndefault via 172.31.186.1 dev eth0\n{said}")
    analysis = analyze(*captures("service-pinged"), node_state=path)
    for outcome in (CONFIRMED, RULED_OUT):
        assert ("service-address-pinged" in named(analysis, outcome)) == (outcome == status), outcome


def test_the_device_of_the_other_node_takes_another_identifier(tmp_path: Path) -> None:
    """Packets have 4096; by the address in the outer header it is known whose device counts."""
    scenario = "other-node-silent"
    text = (CAPTURES / scenario / "state.txt").read_text()
    # The lab's silence is made by a rule, which is none of this test's.
    text = "".join(line for line in text.splitlines(keepends=True) if not line.rstrip().endswith("drop"))
    second = text.rpartition("vxlan id 4096 local 172.31.186.251")
    assert second[1]
    path = tmp_path / "state.txt"
    path.write_text(f"{second[0]}vxlan id 4097 local 172.31.186.251{second[2]}")
    analysis = analyze(*captures(scenario), node_state=path)
    assert named(analysis) == {"vni-differs"}
    (suspect,) = analysis.diagnoses[0].confirmed
    assert ["vxlan id 4096" in suspect.because[0], "vxlan id 4097" in suspect.because[1]] == [True, True]
    # Where both say the same it is ruled out.
    assert "vni-differs" in named(analyze(*captures(scenario), node_state=CAPTURES / scenario / "state.txt"), RULED_OUT)


def test_both_directions_tell_their_identifiers(tmp_path: Path) -> None:
    """Whatever the second node sends has 4097: packets alone prove it."""
    for path in captures("vxlan-blocked"):
        data = bytearray(path.read_bytes())
        at = data.find(VXLAN_4096)
        while at >= 0:
            if data[at - 16 : at - 12] == socket.inet_aton("172.31.186.251"):
                data[at : at + len(VXLAN_4097)] = VXLAN_4097
            at = data.find(VXLAN_4096, at + 1)
        (tmp_path / path.name).write_bytes(data)
    analysis = analyze(*sorted(tmp_path.iterdir()))
    assert named(analysis) == {"vni-differs"}
    (suspect,) = analysis.diagnoses[0].confirmed
    assert [line.partition("VXLAN ")[2].partition(" (frame")[0] for line in suspect.because] == [
        "172.31.186.250 > 172.31.186.251 has vni 4096",
        "172.31.186.251 > 172.31.186.250 has vni 4097",
    ]


def test_a_capture_that_is_gone_by_then_tells_no_identifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pcapcheck.errors import CaptureError
    from pcapcheck.triage import beyond

    def gone(*_: object) -> list[object]:
        raise CaptureError("gone")

    monkeypatch.setattr(beyond, "rows_of", gone)
    (diagnosis,) = analyze(*captures("other-node-silent")).diagnoses
    assert diagnosis.packet_evidence["vni"] is None
    assert first(diagnosis) == "far-side-silent"


@pytest.mark.parametrize(
    ("change", "confirmed"),
    [
        # The neighbour entry has a MAC that is not the other's.
        (("lladdr 66:2d:bf:44:a6:8b PERMANENT", "lladdr 66:2d:bf:44:a6:99 PERMANENT"), True),
        # There is no neighbour entry.
        (("10.244.2.0 dev vxlan.calico lladdr 66:2d:bf:44:a6:8b PERMANENT", ""), True),
        # All is as it should be.
        (
            (
                "$ bridge fdb show dev vxlan.calico\n\n",
                "$ bridge fdb show dev vxlan.calico\n66:2d:bf:44:a6:8b dst 172.31.186.251 self permanent\n\n",
            ),
            False,
        ),
        # It has it behind a third node.
        (
            (
                "$ bridge fdb show dev vxlan.calico\n\n",
                "$ bridge fdb show dev vxlan.calico\n66:2d:bf:44:a6:8b dst 172.31.186.99 self permanent\n\n",
            ),
            True,
        ),
    ],
)
def test_what_the_node_knows_of_the_other_end(tmp_path: Path, change: tuple[str, str], confirmed: bool) -> None:
    path = state_of("vtep-entry-missing", tmp_path, change)
    analysis = analyze(*captures("vtep-entry-missing"), node_state=path)
    assert ("vtep-entry-missing" in named(analysis)) == confirmed
    assert ("vtep-entry-missing" in named(analysis, RULED_OUT)) != confirmed


@pytest.mark.parametrize("protocol", ["proto 80", "proto bird"])
def test_the_blackhole_of_the_other_nodes_block(tmp_path: Path, protocol: str) -> None:
    path = state_of(
        "second-node-drops",
        tmp_path,
        ("blackhole 10.244.2.20 \n", ""),
        ("blackhole 10.244.2.0/26 proto 80", f"blackhole 10.244.2.0/26 {protocol}"),
    )
    analysis = analyze(*captures("second-node-drops"), node_state=path)
    assert named(analysis) == {"block-blackholed"}
    # Somebody else's blackhole is not that of a block.
    path = state_of("second-node-drops", tmp_path, ("blackhole 10.244.2.20 \n", ""), ("2.0/26 proto 80", "2.0/26"))
    assert named(analyze(*captures("second-node-drops"), node_state=path)) == {"receiving-node-has-no-route"}


def test_one_direction_is_not_named_if_only_one_node_was_recorded(tmp_path: Path) -> None:
    scenario = "vxlan-blocked-one-way"
    shutil.copy(CAPTURES / scenario / "node.pcapng", tmp_path)
    (diagnosis,) = analyze(tmp_path / "node.pcapng").diagnoses
    assert "encapsulation-blocked-one-way" not in {suspect.cause.id for suspect in diagnosis.suspects}
    assert first(diagnosis) == "far-side-silent"


def filtered(source: Path, target: Path, kept: Callable[[bytes], bool]) -> None:
    """What a recorder with a filter would have written of a pcapng (enhanced packet blocks: type 6)."""
    data, position, written = source.read_bytes(), 0, b""
    while position < len(data):
        kind, size = struct.unpack_from("<II", data, position)
        block = data[position : position + size]
        position += size
        if kind != 6 or kept(block[28 : 28 + struct.unpack_from("<I", block, 20)[0]]):
            written += block
    target.write_bytes(written)


@pytest.mark.parametrize(
    ("kept", "by_a_node"),
    [
        (lambda frame: True, False),
        # tcpdump -Q out: nothing that comes in to the NIC.
        (lambda frame: frame[:6] != bytes.fromhex(NIC.replace(":", "")), True),
        # tcpdump icmp: no tunnel.
        (lambda frame: frame[36:38] != VXLAN_PORT, True),
    ],
)
def test_what_vanished_between_two_nics_no_node_dropped(
    tmp_path: Path, kept: Callable[[bytes], bool], by_a_node: bool
) -> None:
    scenario = CAPTURES / "vxlan-blocked-one-way"
    filtered(scenario / "node.pcapng", tmp_path / "node.pcapng", kept)
    shutil.copy(scenario / "node2.pcapng", tmp_path)
    (diagnosis,) = analyze(tmp_path / "node.pcapng", tmp_path / "node2.pcapng").diagnoses
    assert first(diagnosis) == "encapsulation-blocked-one-way"
    possible = {suspect.cause.id for suspect in diagnosis.suspects if suspect.status == POSSIBLE}
    assert ({"policy-drops", "node-firewall-drops", "source-check-on-return"} <= possible) == by_a_node
    if not by_a_node:
        assert possible == {"encapsulation-blocked-one-way", "card-resets"}


def in_ipip(frame: bytes, eth: tuple[str, str]) -> bytes:
    """An IPv4 packet as one node sends it to the other inside IP in IP (protocol 4)."""
    ends = socket.inet_aton("172.31.186.250") + socket.inet_aton("172.31.186.251")
    return ethernet(*eth, 0x0800, struct.pack(">BBHHHBBH", 0x45, 0, len(frame) + 6, 1, 0, 64, 4, 0) + ends + frame[14:])


@pytest.mark.parametrize(("heard", "first_named"), [(True, "encapsulation-blocked"), (False, "policy-drops")])
def test_the_nic_that_they_were_sent_to_shows_none(tmp_path: Path, heard: bool, first_named: str) -> None:
    """Whatever node 2 would do with them: they do not come to its NIC, which hears node 1 otherwise."""
    far, there = "10.244.2.20", "0a:58:ac:1f:ba:fb"
    link: list[Frame] = [(BEGIN, ask()), (BEGIN + MS, answer())]
    resolved = [
        (BEGIN + 2 * MS, ask("172.31.186.251", NIC, "172.31.186.250")),
        (BEGIN + 3 * MS, answer("172.31.186.251", there, NIC, "172.31.186.250")),
    ]
    wire = list(resolved)
    for n in range(1, 5):
        link.append((BEGIN + n * SECOND, request(n, dst=far)))
        wire.append((BEGIN + n * SECOND + MS, in_ipip(request(n, dst=far, ttl=63), (NIC, there))))
    end = (BEGIN + 9 * SECOND, ask("172.31.186.9", "0a:58:ac:1f:ba:09", "172.31.186.8"))
    own = tcp(0x10, (22, 51000), "172.31.186.251", "172.31.186.9", (there, ROUTER))
    paths = [
        write_pcap(tmp_path / "cali14e7d81007d.pcap", [*link, (BEGIN + 9 * SECOND, ask())]),
        write_pcap(tmp_path / "n1-eth0.pcap", [*wire, end]),
        write_pcap(tmp_path / "n2-eth0.pcap", [(BEGIN, own), *(resolved if heard else []), (end[0] + MS, own)]),
    ]
    (diagnosis,) = analyze(*paths).diagnoses
    assert first(diagnosis) == first_named


def test_packets_that_come_to_a_third_machine(tmp_path: Path) -> None:
    """The pod has moved to n3; the route of n1 still leads to n2."""
    far, mac, card, elsewhere = "10.244.2.20", "3a:91:7f:0c:d4:58", NIC, "0a:58:ac:1f:ba:fb"
    link: list[Frame] = [(BEGIN, ask()), (BEGIN + MS, answer())]
    wire: list[Frame] = []
    for n in range(1, 4):
        at = BEGIN + n * SECOND
        link.append((at, request(n, dst=far)))
        wire.append((at + MS, request(n, dst=far, eth=(card, elsewhere), ttl=63)))
    link.append((BEGIN + 8 * SECOND, ask()))
    home = [(BEGIN, ask(src=mac, ip=far)), (BEGIN + MS, answer(to=mac, to_ip=far))]
    home.append((BEGIN + 8 * SECOND, ask(src=mac, ip=far)))
    later = [(BEGIN + 8 * SECOND, tcp(0x10, (22, 51000), "172.31.186.251", "172.31.186.9", (elsewhere, ROUTER)))]
    paths = [
        write_pcap(tmp_path / "n1-cali14e7d81007d.pcap", link),
        write_pcap(tmp_path / "n1-eth0.pcap", wire),
        write_pcap(tmp_path / "n2-eth0.pcap", [(time + MS // 10, frame) for time, frame in wire] + later),
        write_pcap(tmp_path / "n3-calia1bbc4f6b22.pcap", home),
    ]
    (diagnosis,) = analyze(*paths).diagnoses
    assert first(diagnosis) == "node-route-missing"
    state = tmp_path / "routes.txt"
    state.write_text(
        "root@n1:~# ip route\ndefault via 172.31.186.1 dev eth0\n"
        "172.31.186.0/24 dev eth0 proto kernel scope link src 172.31.186.250\n"
        "10.244.1.10 dev cali14e7d81007d scope link\n10.244.2.20 via 172.31.186.251 dev eth0 proto bird\n"
        "root@n3:~# ip route\ndefault via 172.31.186.1 dev eth0\n10.244.2.20 dev calia1bbc4f6b22 scope link\n"
    )
    (diagnosis,) = analyze(*paths, node_state=state).diagnoses
    assert first(diagnosis) == "node-route-missing"
    assert {"node-route-missing"}.isdisjoint(
        suspect.cause.id for suspect in diagnosis.suspects if suspect.status == RULED_OUT
    )


def test_the_node_says_that_it_cannot_reach_the_other_ends_address(tmp_path: Path) -> None:
    """Calico writes the neighbour entry of the other node's VXLAN device; without it, ARP for it is asked in vain."""
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for n in range(1, 5):
        frames += [
            (BEGIN + n * SECOND, request(n, dst="10.244.2.20")),
            (BEGIN + (n + 3) * SECOND + n * MS, error(3, 1, request(n, dst="10.244.2.20", ttl=63))),
        ]
    state = tmp_path / "node.txt"
    state.write_text(
        "root@n1:~# ip route\ndefault via 172.31.186.1 dev eth0\n10.244.1.10 dev cali14e7d81007d scope link\n"
        "10.244.2.0/24 via 10.244.2.0 dev vxlan.calico proto 80 onlink\n"
        "root@n1:~# ip neigh\n10.244.2.0 dev vxlan.calico FAILED\nroot@n1:~# \n"
    )
    (diagnosis,) = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", sorted(frames)), node_state=state).diagnoses
    assert first(diagnosis) == "vtep-entry-missing"
