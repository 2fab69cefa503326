"""The kernel's log about UDP packets with a wrong checksum: over VXLAN, a sender's card that does not fill it in."""

from __future__ import annotations

from pathlib import Path

from pcapcheck import Analysis, analyze
from pcapcheck.pipeline import analyze_state

LINE = "[ 1423.03572{n}] UDP: bad checksum. From 10.0.0.11:2750{n} to 10.0.0.12:{port} ulen 75\n"
TUNNEL = (
    "07:11:0{second}.100000 IP 10.0.0.11.40029 > 10.0.0.12.4789: VXLAN, flags [I] (0x08), vni 4096\n"
    "IP 10.244.1.10.40112 > 10.244.2.9.80: Flags [S], seq 1, win 64240, length 0\n"
)
PACKETS = "$ tcpdump -nn -i ens3 udp port 4789\n" + "".join(TUNNEL.format(second=second) for second in (1, 2, 4, 8))


def judged(folder: Path, log: str, nodes: tuple[str, ...] = ("w1", "w2")) -> Analysis:
    for node in nodes:
        (folder / f"{node}-ens3.txt").write_text(PACKETS)
    state = folder / "dmesg.txt"
    state.write_text(log)
    return analyze(*(folder / f"{node}-ens3.txt" for node in nodes), node_state=state)


def status(analysis: Analysis, cause: str) -> str:
    suspects = [suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    return next((suspect.status for suspect in suspects if suspect.cause.id == cause), "not named")


def test_a_log_of_this_tunnel_confirms_the_cause(tmp_path: Path) -> None:
    log = "".join(LINE.format(n=n, port=4789) for n in range(3))
    assert status(judged(tmp_path, log), "vxlan-checksum-offload") == "confirmed"


def test_a_log_of_another_tunnel_or_port_confirms_nothing(tmp_path: Path) -> None:
    for line in (LINE.format(n=1, port=53), LINE.format(n=1, port=4789).replace("10.0.0.12", "10.0.0.13")):
        assert status(judged(tmp_path, line), "vxlan-checksum-offload") != "confirmed"


def test_one_node_is_enough_if_its_card_shows_the_tunnel(tmp_path: Path) -> None:
    analysis = judged(tmp_path, LINE.format(n=1, port=4789), nodes=("w2",))
    first = next(suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    assert (first.cause.id, first.status) == ("vxlan-checksum-offload", "confirmed")
    assert any("bad checksum" in line for line in first.because)


def test_a_log_alone_says_what_is_dropped_where() -> None:
    analysis = analyze_state("".join(LINE.format(n=n, port=8472) for n in range(4)).encode())
    (remark,) = analysis.remarks
    assert remark.text.startswith("10.0.0.11's VXLAN packets reach 10.0.0.12 with a wrong UDP checksum")
    assert "4x in the log" in remark.text
