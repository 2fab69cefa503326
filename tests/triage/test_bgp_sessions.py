"""BGP sessions in the state of two nodes: which of them is why packets from one node's pod to the other's are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from tests.support.lab import CAPTURES
from tests.support.pastes import judged_state

# The first node has only its default route to the second one's block.
FOLDER = CAPTURES / "block-route-missing"
NODE, NODE2, OTHER = "172.31.186.250", "172.31.186.251", "172.31.186.77"
CALICOCTL = """\
$ calicoctl node status
Calico process is running.

{version} BGP status
+----------------+-------------------+-------+----------+--------------------------------+
|  PEER ADDRESS  |     PEER TYPE     | STATE |  SINCE   |              INFO              |
+----------------+-------------------+-------+----------+--------------------------------+
| {peer} | node-to-node mesh | {state} | 07:58:54 | {info} |
+----------------+-------------------+-------+----------+--------------------------------+
"""
BIRD1 = """\
$ birdcl show protocols
BIRD v0.3.3+birdv1.6.8 ready.
name     proto    table    state  since       info
static1  Static   master   up     09:11:58
kernel1  Kernel   master   up     09:11:58
device1  Device   master   up     09:11:58
direct1  Direct   master   up     09:11:58
Mesh_{name} BGP      master   {state}  09:12:01    {info}
"""
BIRD2 = """\
$ birdcl show protocols
BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     2026-11-30
Mesh_{name} BGP        ---        {state}  2026-11-30    {info}
"""
DOWN = [
    ("start", "Connect"),
    ("start", "Active        Socket: Connection refused"),
    ("start", "OpenSent"),
    ("start", "Passive"),
    ("start", "Idle          BGP Error: Hold timer expired"),
    ("down", "Idle"),
]


def shown(form: str, state: str, info: str, peer: str = NODE2) -> str:
    version = "IPv6" if ":" in peer else "IPv4"
    name = peer.replace(".", "_").replace(":", "_")
    return form.format(peer=peer, name=name, state=state, info=info, version=version)


def with_sessions(folder: Path, sessions: str, on: str = "node") -> Analysis:
    """The lab's captures and state, and on one of the nodes these sessions."""
    state = folder / "state.txt"
    state.write_text((FOLDER / "state.txt").read_text() + f"\n### node {on}\n\n{sessions}")
    return analyze(*sorted(FOLDER.glob("*.pcap")), node_state=[state])


def standing(analysis: Analysis) -> list[tuple[str, str]]:
    (diagnosis,) = analysis.diagnoses
    return [(suspect.cause.id, suspect.status) for suspect in diagnosis.suspects]


CONFIRMED = [("bgp-session-down", "confirmed"), ("node-route-missing", "confirmed")]


@pytest.mark.parametrize("form", [CALICOCTL, BIRD1, BIRD2], ids=["calicoctl", "bird 1", "bird 2"])
@pytest.mark.parametrize(("state", "info"), DOWN)
def test_a_session_between_the_nodes_that_is_down_is_why_the_route_is_missing(
    form: str, state: str, info: str, tmp_path: Path
) -> None:
    assert standing(with_sessions(tmp_path, shown(form, state, info)))[:2] == CONFIRMED


def test_the_other_end_of_the_session_says_it_too(tmp_path: Path) -> None:
    analysis = with_sessions(tmp_path, shown(BIRD1, "start", "Active", NODE), on="node2")
    assert standing(analysis)[:2] == CONFIRMED


@pytest.mark.parametrize(
    "sessions",
    [
        shown(CALICOCTL, "up   ", "Established"),
        shown(BIRD1, "up   ", "Established"),
        # Established, and its routes are being sent.
        shown(BIRD1, "feed ", "Established"),
        shown(BIRD2, "start", "Connect", OTHER),
        shown(CALICOCTL, "start", "Passive", OTHER),
        # BIRD6's sessions bring routes of IPv6.
        shown(BIRD1, "start", "Connect", "fd00:172:31:186::fb"),
        "$ calicoctl node status\nCalico process is running.\n\nIPv4 BGP status\nNo IPv4 peers found.\n",
    ],
    ids=["established", "in BIRD", "feeding", "another node", "another node, passive", "IPv6", "none"],
)
def test_other_sessions_are_not_why(sessions: str, tmp_path: Path) -> None:
    names = [name for name, _ in standing(with_sessions(tmp_path, sessions))]
    assert "node-route-missing" in names
    assert "bgp-session-down" not in names


@pytest.mark.parametrize("form", [CALICOCTL, BIRD1])
@pytest.mark.parametrize(("family", "named"), [("IPv6", True), ("IPv4", False)])
def test_ipv6_has_sessions_of_its_own(form: str, family: str, named: bool, tmp_path: Path) -> None:
    """Two IPv6 pods of different nodes, whose nodes' addresses of IPv6 the state shows."""
    peer = "fd00:172:31:186::fb" if family == "IPv6" else NODE2
    pings = "".join(
        f"09:44:2{n}.1 IP6 fd00:10:244:1::a > fd00:10:244:2::14: ICMP6, echo request, id 13, seq {n}, length 64\n"
        for n in range(4)
    )
    text = f"### node worker-1\n\n{shown(form, 'start', 'Connect', peer)}\n$ tcpdump -ni cali14e7d81007d\n{pings}"
    path = tmp_path / "report.txt"
    path.write_text(text)
    found = [suspect.cause.id for diagnosis in analyze(path).diagnoses for suspect in diagnosis.suspects]
    assert "policy-drops" in found
    assert ("bgp-session-down" in found) is named


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("Mesh_172_31_186_251", NODE2),
        ("Node_172_31_186_251_port_1790", NODE2),
        ("Global_fd00_172_31_186__fb", "fd00:172:31:186::fb"),
        ("uplink1", "uplink1"),
    ],
)
def test_a_session_is_called_by_its_peers_address(name: str, peer: str, tmp_path: Path) -> None:
    line = f"bird> show protocols\n{name} BGP      master   start  09:12:01    Connect\n"
    (remark,) = [each for each in judged_state(tmp_path, line).remarks if "not established" in each.text]
    assert remark.text.startswith(f"BGP with {peer} is not established")
