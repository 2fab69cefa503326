"""TCP as tcpdump prints it: data sent in vain, one direction, and packets known again behind address translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze

POD, PEER, NODE, FAR = "10.42.38.201", "10.42.38.214", "172.18.40.7", "151.101.65.69"
GATEWAY = [
    f"00.100000 ARP, Request who-has 169.254.1.1 tell {POD}, length 28",
    "00.100030 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28",
]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"08:27:{line}\n" for line in lines))
    return path


def segment(time: str, src: str, dst: str, flags: str, rest: str) -> str:
    return f"{time} IP {src} > {dst}: Flags [{flags}], {rest}"


def connection(src: str, dst: str, first: int, second: int) -> list[str]:
    return [
        segment("01.000000", src, dst, "S", f"seq {first}, win 64240, options [mss 1460], length 0"),
        segment("01.000100", dst, src, "S.", f"seq {second}, ack {first + 1}, win 65160, options [mss 1460], length 0"),
        segment("01.000200", src, dst, ".", "ack 1, win 63, length 0"),
    ]


def stuck(src: str, dst: str, seq: str) -> list[str]:
    times = ("01.010000", "01.220000", "01.640000", "02.480000", "04.100000", "07.400000")
    return [
        segment(time, src, dst, "P.", f"seq {seq}, ack 1, win 63, length 33: HTTP: POST / HTTP/1.1") for time in times
    ]


def test_data_repeated_in_vain_is_reported(tmp_path: Path) -> None:
    asker, asked = f"{POD}.47122", f"{PEER}.8080"
    lines = GATEWAY + connection(asker, asked, 3232758583, 3867683506) + stuck(asker, asked, "1:34")
    analysis = analyze(write(tmp_path / "cali23a93484ee2.txt", lines))
    assert "TCP data to 10.42.38.214 port 8080 gets no answer (sent 6 times" in analysis.headline


def test_data_acknowledged_in_the_end_is_no_question(tmp_path: Path) -> None:
    asker, asked = f"{POD}.47122", f"{PEER}.8080"
    late = [segment("07.500000", asked, asker, ".", "ack 34, win 63, length 0")]
    lines = GATEWAY + connection(asker, asked, 3232758583, 3867683506) + stuck(asker, asked, "1:34") + late
    assert "gets no answer" not in analyze(write(tmp_path / "cali23a93484ee2.txt", lines)).headline


@pytest.mark.parametrize("seq", ["3232758584:3232758617", "1:34"])
def test_whole_numbers_and_numbers_whose_beginning_is_missing(seq: str, tmp_path: Path) -> None:
    """With -S, and where only the end of a recording was pasted."""
    asker, asked = f"{POD}.47122", f"{PEER}.8080"
    begun = connection(asker, asked, 3232758583, 3867683506)[:2] if len(seq) > 9 else []
    lines = GATEWAY + begun + stuck(asker, asked, seq)
    if begun:
        lines = [line.replace("ack 1, win 63", "ack 3867683507, win 63") for line in lines]
    assert "gets no answer (sent 6 times" in analyze(write(tmp_path / "cali23a93484ee2.txt", lines)).headline


def test_a_text_with_the_answer_to_a_syn_has_both_directions(tmp_path: Path) -> None:
    asker, asked = f"{POD}.46058", f"{PEER}.6379"
    pings = [f"0{n}.500000 IP {POD} > {PEER}: ICMP echo request, id 4414, seq {n}, length 64" for n in range(2, 8)]
    lines = connection(asker, asked, 1320393725, 3216480168) + pings
    for name in ("cali23a93484ee2", "calidd5f3fa995f"):
        write(tmp_path / f"{name}.txt", lines)
    analysis = analyze(*sorted(tmp_path.glob("*.txt")))
    assert "10.42.38.201's ping to 10.42.38.214 gets no answer" in analysis.headline


def test_what_left_translated_is_not_blamed_on_the_node(tmp_path: Path) -> None:
    times = ("01.000000", "02.020000", "04.060000", "08.100000")
    sent = "seq 492299188, win 64240, options [mss 1460], length 0"
    pod = GATEWAY + [segment(time, f"{POD}.47446", f"{FAR}.8443", "S", sent) for time in times]
    nic = [segment(time[:-2] + "40", f"{NODE}.53167", f"{FAR}.8443", "S", sent) for time in times]
    write(tmp_path / "cali23a93484ee2.txt", pod)
    write(tmp_path / "enp6s0.txt", nic)
    analysis = analyze(*sorted(tmp_path.glob("*.txt")))
    assert "last seen on enp6s0, leaving the node" in analysis.headline


def test_a_connection_that_one_text_shows_from_its_middle_is_not_followed(tmp_path: Path) -> None:
    """Its numbers cannot be compared, so what the other text shows is not missing there."""
    asker, asked = f"{POD}.47122", f"{FAR}.8443"
    data = [segment("01.010000", asker, asked, "P.", "seq 1:34, ack 1, win 63, length 33")]
    done = [segment("01.011000", asked, asker, ".", "ack 34, win 63, length 0")]
    write(tmp_path / "cali23a93484ee2.txt", GATEWAY + connection(asker, asked, 3232758583, 3867683506) + data + done)
    write(tmp_path / "enp6s0.txt", [line.replace("ack 34", "ack 3232758617") for line in done] + data)
    analysis = analyze(*sorted(tmp_path.glob("*.txt")))
    assert analysis.paths.empty or not (analysis.paths["packet"] == "tcp").any()


def test_the_error_of_who_asks_on_the_nic_and_tells_nobody_there_is_the_nodes(tmp_path: Path) -> None:
    pings = [
        f"0{n}.500000 IP {POD} > 10.42.155.71: ICMP echo request, id 4414, seq {n}, length 64" for n in range(1, 5)
    ]
    errors = [f"0{n}.600000 IP {NODE} > {POD}: ICMP host 10.42.155.71 unreachable, length 92" for n in range(4, 8)]
    write(tmp_path / "cali23a93484ee2.txt", GATEWAY + pings + errors)
    write(
        tmp_path / "enp6s0.txt",
        [f"0{n}.500040 ARP, Request who-has 172.18.40.8 tell {NODE}, length 28" for n in range(1, 8)],
    )
    assert f"the node {NODE} says host unreachable" in analyze(*sorted(tmp_path.glob("*.txt"))).headline
