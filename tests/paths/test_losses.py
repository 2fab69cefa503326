"""Where packets were lost: what comes to a node by its NIC and dies there, and what a headline says of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.headline import headline
from tests.support.lab import captures
from tests.support.wire import BROADCAST, MS, ask, ethernet, read_frames, write_pcap

A, D = "10.244.1.10", "10.244.2.20"
LINK_A, ROUTER = "cali14e7d81007d", "172.31.186.1"
INSIDE = "are last seen on node2's eth0 inside VXLAN, and never on its vxlan.calico"
BACK = f"{ROUTER} replies to {A}, but the replies come back to eth0 and never reach {LINK_A} (4 of 7)"


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ("outside-to-pod-dies", f"{ROUTER}'s echo requests to {A} arrive at eth0 and never reach {LINK_A} (4 of 7)"),
        ("reply-dies-on-node", BACK),
        ("reply-dies-on-node-snat", BACK),
        ("vxlan-vni-differs", f"{A}'s echo requests to {D} {INSIDE} (4 of 4)"),
        (
            "answer-dies-on-node-snat",
            f"{A}'s connection to {ROUTER} port 5201 is answered, "
            f"but the answer comes back to eth0 and never reaches {LINK_A}",
        ),
        (
            "outside-tcp-dies",
            f"{ROUTER}'s connection to {A} port 5201 gets no answer: its SYNs arrive at eth0 and never reach {LINK_A}",
        ),
        ("vxlan-tcp-lost", f"{A}'s connection to {D} port 5201 gets no answer: its SYNs {INSIDE}"),
    ],
)
def test_the_headline_says_where(scenario: str, told: str) -> None:
    assert headline(analyze(*captures(scenario))).startswith(told)


def test_the_second_nodes_files_alone_tell() -> None:
    analysis = analyze(*[path for path in captures("vxlan-vni-differs") if path.name.startswith("node2-")])
    assert headline(analysis).startswith(f"{A}'s echo requests to {D} {INSIDE} (4 of 4)")


def test_where_it_was_lost_is_data() -> None:
    told = analyze(*captures("vxlan-vni-differs")).to_dict()
    (rule,) = [one for one in told["rules"] if one["id"] == "request-reaches-pod"]
    last = rule["evidence"][0]["last_seen"]
    assert Path(last.pop("capture")).name == "node2-eth0.pcap"
    assert last.pop("frame") > 0
    assert last == {
        "direction": "request",
        "host": "node2",
        "interface": "eth0",
        "kind": "host-nic",
        "encap": "vxlan",
        "at_receiver_node": True,
        "lost_at": "decapsulation",
        "not_seen_at": ["vxlan.calico"],
    }


def test_no_reply_is_not_said_if_a_reply_came_back() -> None:
    told = analyze(*captures("reply-dies-on-node-snat")).to_dict()
    (rule,) = [one for one in told["rules"] if one["id"] == "echo-answered"]
    assert all("no reply to" not in one["observed"] for one in rule["evidence"])
    assert {one["last_seen"]["direction"] for one in rule["evidence"]} == {"reply"}


@pytest.mark.parametrize("scenario", ["outside-to-pod-dies", "reply-dies-on-node-snat", "vxlan-vni-differs"])
def test_causes_know_the_place(scenario: str) -> None:
    place = {"vxlan-vni-differs": "decapsulation"}.get(scenario, "to-pod-link")
    packet_evidence = analyze(*captures(scenario)).diagnoses[0].packet_evidence
    assert packet_evidence["lost.place"] == place
    assert packet_evidence["lost.direction"] == ("reply" if scenario.startswith("reply") else "request")
    assert (packet_evidence["last_seen.kind"], packet_evidence["last_seen.interface"]) == ("host-nic", "eth0")


def test_folders_show_which_files_are_of_one_node(tmp_path: Path) -> None:
    """As by the beginning of their names."""
    paths = []
    for path in captures("vxlan-vni-differs"):
        node, _, name = path.name.partition("-")
        (tmp_path / node).mkdir(exist_ok=True)
        paths.append(Path(shutil.copyfile(path, tmp_path / node / name)))
    assert headline(analyze(*paths)).startswith(f"{A}'s echo requests to {D} {INSIDE} (4 of 4)")


def test_a_tunnel_of_another_node_had_nothing_to_show(tmp_path: Path) -> None:
    """Whose the device is must be known: here its file bears another node's name."""
    paths = []
    for path in captures("vxlan-vni-differs"):
        if path.name in ("node2-eth0.pcap", "node2-vxlan.calico.pcap"):
            name = path.name.replace("node2-vxlan", "node3-vxlan")
            paths.append(Path(shutil.copyfile(path, tmp_path / name)))
    assert analyze(*paths).verdict == "not-checked"


def test_a_nic_that_hears_others_judges_no_tunnel_of_its_own(tmp_path: Path) -> None:
    """Packets between two other nodes come by, as on a hub; the node itself is heard as well."""
    own = "0a:58:ac:1f:ba:77"
    paths = []
    for path in captures("two-nodes-vxlan"):
        if path.name == "node2-eth0.pcap":
            frames = read_frames(path)
            frames += [(frames[0][0] + MS, ask("172.31.186.1", own, "172.31.186.252"))]
            paths.append(write_pcap(tmp_path / "node3-eth0.pcap", frames))
        if path.name == "node-vxlan.calico.pcap":
            quiet = [(time + 5 * MS, ethernet(own, BROADCAST, 0x88CC, bytes(40))) for time, _ in read_frames(path)]
            paths.append(write_pcap(tmp_path / "node3-vxlan.calico.pcap", quiet))
    assert analyze(*paths).verdict == "not-checked"
