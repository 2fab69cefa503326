"""Names that a pcapng holds: of pods in the descriptions of interfaces, of addresses in name resolution blocks."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from fixtures.made.containers import NAME, Packet, enhanced, interface, obsolete, option, section
from pcapcheck import analyze
from pcapcheck.capture.described_pod import described_pod
from pcapcheck.cli.main import main
from pcapcheck.report.formats import FORMATS
from tests.support.lab import CAPTURES

POD, ASKED = "10.244.1.10", "169.254.1.1"
GADGET = "Node: worker-1, Namespace: shop, Pod: web-5c9f"
TRACEE = '{"version":"1.0","kubernetes":{"podName":"web-5c9f","podNamespace":"shop"},"hostName":"web"}'
PTCPDUMP = "PodName: web-5c9f\nPodNamespace: shop\nPodUID: 1"


def frames(path: Path) -> list[bytes]:
    """The frames of a plain pcap."""
    data, found, position = path.read_bytes(), [], 24
    while position < len(data):
        size = struct.unpack_from("<I", data, position + 8)[0]
        found.append(data[position + 16 : position + 16 + size])
        position += 16 + size
    return found


def names(*pairs: tuple[str, str]) -> bytes:
    """A name resolution block."""
    body = b""
    for address, name in pairs:
        value = bytes(map(int, address.split("."))) + name.encode() + b"\0"
        body += struct.pack("<HH", 1, len(value)) + value + bytes(-len(value) % 4)
    size = struct.pack("<I", len(body) + 16)
    return struct.pack("<I", 4) + size + body + bytes(4) + size


def written(path: Path, *, name: str = "web", about: str = "", code: int = 3, resolved: bytes = b"") -> Path:
    """What an asking pod sends, recorded by a tool that gives the interface a name and a description."""
    options = option("<", NAME, name.encode()) + (option("<", code, about.encode()) if about else b"")
    sent = frames(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
    packets = [enhanced(Packet(data, fraction=10**6 * number)) for number, data in enumerate(sent)]
    path.write_bytes(section() + interface(options=options) + resolved + b"".join(packets))
    return path


def printed(path: Path, form: str = "text") -> str:
    return CliRunner().invoke(main, ["analyze", str(path), "--format", form]).stdout


@pytest.mark.parametrize(
    ("about", "code"), [(GADGET, 3), (TRACEE, 3), (PTCPDUMP, 1)], ids=["Inspektor Gadget", "Tracee", "ptcpdump"]
)
def test_a_description_names_the_pod(about: str, code: int, tmp_path: Path) -> None:
    path = written(tmp_path / "a.pcapng", about=about, code=code)
    assert f"FAIL  the node does not answer {POD} [shop/web-5c9f]'s ARP" in printed(path)
    document = json.loads(printed(path, "json"))
    assert document["pods"][POD] == document["endpoints"][0]["pod"] == "shop/web-5c9f"
    (described,) = document["captures"][0]["interfaces"]
    assert described["pod"] == "shop/web-5c9f"
    assert described["description"].startswith(about[:8])


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_it(form: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.pcapng", about=GADGET)
    output = tmp_path / "report"
    CliRunner().invoke(main, ["analyze", str(path), "--format", form, "--output", str(output)])
    assert "web-5c9f" in output.read_text()


def test_a_link_that_is_called_after_a_container_gets_the_name_that_the_node_uses(tmp_path: Path) -> None:
    """Commands need the cali interface; the name of a container is of no use on the node."""
    text = printed(written(tmp_path / "a.pcapng", about=GADGET))
    assert "calia5f850dbc16" in text
    assert "conf.web." not in text


def test_a_description_makes_no_link_calicos(tmp_path: Path) -> None:
    """Only names are taken from it: what kind of link it is, frames and interfaces show."""
    options = option("<", NAME, b"web") + option("<", 3, GADGET.encode())
    sent = frames(CAPTURES / "healthy" / "cali14e7d81007d.pcap")
    # The pod's ping, as another network would deliver it: from and to other MACs.
    moved = [bytes.fromhex("0242ac110002") + data[6:] for data in sent if data[:6] == b"\xee" * 6]
    moved = [data[:6] + bytes.fromhex("0242ac110003") + data[12:] for data in moved]
    path = tmp_path / "b.pcapng"
    path.write_bytes(section() + interface(options=options) + b"".join(enhanced(Packet(data)) for data in moved))
    (point,) = analyze(path).points
    assert (point.kind, point.name) == ("unknown", "web")


@pytest.mark.parametrize(
    "about",
    [
        "Node: a, Namespace: shop, Pod: ../../evil",
        "Node: a, Namespace: <b>, Pod: web",
        "Node: a, Namespace: shop, Pod: " + "a" * 300,
        "Node: a, Namespace: , Pod: ",
        '{"kubernetes": {"podName": ["web"], "podNamespace": 4}}',
        '{"kubernetes": "web"}',
        "[" * 5000,
        '{"kubernetes": ' * 900,
        "ifIndex: 4, netNsInode: 4026531840, netNsPath: /proc/1/ns/net",
        "ifindex=10",
        "x" * 100_000 + GADGET,
    ],
)
def test_what_is_no_name_of_a_pod_names_none(about: str, tmp_path: Path) -> None:
    assert described_pod(about) is None
    if len(about) < 1000:
        assert "[shop/" not in printed(written(tmp_path / "a.pcapng", about=about))


def test_names_of_addresses(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pcapng", resolved=names((POD, "10-244-1-10.shop.pod"), (ASKED, "gateway")))
    assert f"{POD} [10-244-1-10.shop.pod]'s ARP for its gateway {ASKED} [gateway]" in printed(path)
    document = json.loads(printed(path, "json"))
    assert (document["names"], document["pods"]) == ({POD: "10-244-1-10.shop.pod", ASKED: "gateway"}, {})


def test_a_list_of_pods_is_believed_first(tmp_path: Path) -> None:
    listed = tmp_path / "pods.txt"
    listed.write_text(f"NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\nlab front 1/1 Running 0 1d {POD} n1\n")
    path = written(tmp_path / "a.pcapng", about=GADGET, resolved=names((POD, "other")))
    pods = analyze(path, pods=listed).to_dict()["pods"]
    assert pods[POD] == "lab/front"


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_name_block_that_is_damaged_costs_no_frame(cut: int, tmp_path: Path) -> None:
    """Lengths of records that run out of the block, and records without a name."""
    block = bytearray(names((POD, "web"), (ASKED, "gateway")))
    if 8 <= cut < len(block) - 4:
        block[cut] = 0xFF
    path = written(tmp_path / "a.pcapng", resolved=bytes(block))
    assert analyze(path).captures[0].frames == 3


def commented(path: Path, comment: str, order: str = "<", block: Callable[..., bytes] = enhanced) -> Path:
    """What an asking pod sends, with a comment on each packet behind another option."""
    options = option(order, 2, bytes(4)) + option(order, 1, comment.encode())
    sent = frames(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
    packets = [block(Packet(data, fraction=10**6 * number), order, options=options) for number, data in enumerate(sent)]
    path.write_bytes(section(order) + interface(order) + b"".join(packets))
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("block", [enhanced, obsolete])
def test_the_pod_in_the_comment_of_a_packet(order: str, block: Callable[..., bytes], tmp_path: Path) -> None:
    """It is said of the frame; which end it is about is not known, so it is no name of the address."""
    path = commented(tmp_path / "a.pcapng", f"PID: 7\nCmd: /bin/ping\n{PTCPDUMP}", order, block)
    assert "who-has 169.254.1.1 tell 10.244.1.10 (its comment names shop/web-5c9f)" in " ".join(printed(path).split())
    assert analyze(path).to_dict()["pods"] == {}


@pytest.mark.parametrize("comment", ["probe=kprobe:ip_rcv", "PodName: ../evil\nPodNamespace: shop", "x" * 60_000])
def test_other_comments_of_packets_say_nothing(comment: str, tmp_path: Path) -> None:
    path = commented(tmp_path / "a.pcapng", comment)
    assert "its comment names" not in printed(path)
    assert analyze(path).captures[0].frames == 3


def test_the_pod_in_a_comment_is_redacted(tmp_path: Path) -> None:
    path = commented(tmp_path / "a.pcapng", PTCPDUMP)
    assert "web-5c9f" not in CliRunner().invoke(main, ["analyze", str(path), "--redact"]).stdout
