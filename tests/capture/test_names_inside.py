"""Names that a pcapng holds: of pods in the descriptions of interfaces, of addresses in name resolution blocks."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from fixtures.made.containers import NAME, Packet, block, enhanced, interface, obsolete, option, section
from pcapcheck import analyze
from pcapcheck.calico import kind_of_name
from pcapcheck.capture.described_pod import described_pod
from pcapcheck.cli.main import main
from pcapcheck.report.formats import FORMATS
from tests.support import wire
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


def retis(path: Path, interface_name: str) -> Path:
    """As retis pcap writes them (retis: src/process/cli/pcap.rs): the namespace's number is part of the name."""
    options = option("<", NAME, f"{interface_name} (4026532001)".encode()) + option("<", 3, b"ifindex=10")
    probe = option("<", 1, b"probe=kprobe:arp_rcv")
    sent = frames(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
    packets = [enhanced(Packet(data, fraction=10**6 * number), options=probe) for number, data in enumerate(sent)]
    path.write_bytes(section() + interface(options=options) + b"".join(packets))
    return path


def test_interfaces_of_retis_are_those_of_the_node(tmp_path: Path) -> None:
    text = printed(retis(tmp_path / "a.pcapng", "cali14e7d81007d"))
    assert "pod link cali14e7d81007d (pod 10.244.1.10" in text
    assert "4026532001" not in text
    assert kind_of_name("eth0 (4026532001)") == "host-nic"


def test_a_capture_of_tracee_names_the_pod_of_its_interface(tmp_path: Path) -> None:
    """Packets without Ethernet, behind the address family (tracee: pkg/pcaps/interface.go, LinkTypeNull)."""
    sent = frames(CAPTURES / "healthy" / "cali14e7d81007d.pcap")
    asked = [data[14:] for data in sent if data[12:14] == b"\x08\x00" and data[34] == 8]
    options = (
        option("<", NAME, b"tracee")
        + option("<", 1, b"tracee packet capture")
        + option("<", 3, TRACEE.encode())
        + option("<", 9, b"\x09")
    )
    packets = [enhanced(Packet(struct.pack("<I", 2) + data)) for data in asked]
    path = tmp_path / "web.pcap"
    path.write_bytes(section() + interface(link=0, options=options) + b"".join(packets))
    assert "tracee of shop/web-5c9f" in printed(path)
    assert len(analyze(path).echo) == len(asked)


# Blocks that hold no packet: custom ones, secrets of TLS, the journal, statistics, and one that nobody knows.
OTHERS = (
    (0xBAD, struct.pack("<I", 32473) + b"quasarblock!"),
    (0x40000BAD, struct.pack("<I", 32473) + b"quasarcopied"),
    (10, struct.pack("<II", 0x544C534B, 12) + b"quasarsecret"),
    (9, struct.pack("<I", 12) + b"quasarjourna"),
    (5, struct.pack("<III", 0, 0, 0) + option("<", 1, b"quasarstatis")),
    (0x0BADF00D, b"quasarunknow"),
)


def with_everything(path: Path) -> Path:
    """A pcapng with a name in each place that can hold one."""
    about = option("<", 1, b"quasarsection") + option("<", 2, b"quasarhw") + option("<", 3, b"quasaros")
    options = (
        option("<", NAME, b"cali14e7d81007d")
        + option("<", 3, b"Node: quasarnode, Namespace: quasarns, Pod: quasarpod-5c9f")
        + option("<", 1, b"quasarcomment")
        + option("<", 4, bytes([10, 244, 1, 10, 255, 255, 255, 255]))
        + option("<", 6, bytes.fromhex("5a8a1057e203"))
        + option("<", 11, b"\0host quasarhost and not src host 10.244.1.10")
        + option("<", 12, b"quasarifos")
    )
    said = option("<", 1, b"PID: 7\nCmd: quasarcmd\nArgs: quasararg")
    said += option("<", 1, b"PodName: quasarpod-5c9f\nPodNamespace: quasarns") + option("<", 2988, b"abcdquasaropt")
    name = b"\x09quasardns\x07initech\x03com\0"
    sent = [
        *frames(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"),
        wire.udp((40000, 53), struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + name + b"\0\1\0\1"),
        wire.udp((40000, 9999), b"GET /quasarpath HTTP/1.1\r\nHost: quasarhost\r\nCookie: quasarcookie\r\n\r\n"),
    ]
    packets = [enhanced(Packet(data, fraction=10**6 * at), options=said) for at, data in enumerate(sent)]
    others = [block("<", kind, body) for kind, body in OTHERS]
    resolved = names((POD, "quasarresolved"), (ASKED, "gateway"))
    path.write_bytes(section(options=about) + b"".join([interface(options=options), resolved, *others, *packets]))
    return path


def test_blocks_without_packets_cost_nothing(tmp_path: Path) -> None:
    analysis = analyze(with_everything(tmp_path / "a.pcapng"))
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (5, [])
    assert analysis.to_dict()["pods"][POD] == "quasarns/quasarpod-5c9f"


def test_of_all_that_a_pcapng_can_name_nothing_is_left_redacted(tmp_path: Path) -> None:
    path = with_everything(tmp_path / "a.pcapng")
    original = [b"quasar", b"initech", b"10.244.1.", bytes([10, 244, 1, 10]), bytes.fromhex("5a8a1057e203"), b"14e7d8"]
    CliRunner().invoke(main, ["redact", str(path), "--output", str(tmp_path / "out")])
    (new,) = (tmp_path / "out").iterdir()
    assert analyze(new).captures[0].frames == 5
    assert [word for word in original if word in new.read_bytes()] == []
    for form in FORMATS:
        output = tmp_path / form
        evidence = tmp_path / f"evidence-{form}"
        options = ["--format", form, "--output", str(output), "--evidence", str(evidence), "-v"]
        CliRunner().invoke(main, ["analyze", "--redact", str(path), *options])
        for file in (output, *evidence.iterdir()):
            assert [word for word in original if word in file.read_bytes()] == [], file
