"""Texts without TTLs: a ping that the node translates is followed from the pod's link to the NIC by its times."""

from __future__ import annotations

from pathlib import Path

from pcapcheck import Analysis, analyze

POD, NODE = "192.168.71.70", "172.16.8.11"
FINE, SILENT = "203.0.113.80", "203.0.113.81"
ARP = (
    f"04:43:13.344322 ARP, Request who-has 169.254.1.1 tell {POD}, length 28\n"
    "04:43:13.344343 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
)


def echo(second: int, after: int, src: str, dst: str, ident: int, kind: str = "request") -> str:
    return f"04:43:{second}.3440{after} IP {src} > {dst}: ICMP echo {kind}, id {ident}, seq {second - 13}, length 64\n"


def observed(folder: Path, lag: int = 10) -> Analysis:
    """The pod pings two hosts, a silent one and another; the NIC sees each ping some tens of microseconds later."""
    cali, nic = ARP, ""
    for n in range(14, 19):
        cali += echo(n, 30, POD, FINE, 7) + echo(n, 70, FINE, POD, 7, "reply")
        nic += echo(n, 30 + lag, NODE, FINE, 4242) + echo(n, 60, FINE, NODE, 4242, "reply")
    for n in range(24, 29):
        cali += echo(n, 30, POD, SILENT, 8)
        nic += echo(n, 30 + lag, NODE, SILENT, 4343)
    cali += f"04:43:50.000000 ARP, Request who-has 169.254.1.1 tell {POD}, length 28\n"
    (folder / "calib8a252c62ed.txt").write_text(cali)
    (folder / "eth0.txt").write_text(nic)
    return analyze(folder / "calib8a252c62ed.txt", folder / "eth0.txt")


def test_what_left_the_node_translated_is_not_lost_in_it(tmp_path: Path) -> None:
    analysis = observed(tmp_path)
    assert analysis.headline == (
        f"{POD}'s echo requests to {SILENT} get no reply, last seen on eth0, leaving the node (5 of 5); "
        "the node did its part"
    )
    assert analysis.diagnoses[0].suspects[0].cause.id == "far-side-silent"


def test_another_ping_by_the_node_is_not_the_pods(tmp_path: Path) -> None:
    """What the NIC sends before the pod does is not what the pod sends."""
    (tmp_path / "calib8a252c62ed.txt").write_text(ARP + "".join(echo(n, 90, POD, SILENT, 8) for n in range(24, 29)))
    later = "".join(
        f"04:43:{n}.944000 IP {NODE} > {SILENT}: ICMP echo request, id 5, seq {n - 13}, length 64\n"
        for n in range(24, 29)
    )
    (tmp_path / "eth0.txt").write_text(later)
    analysis = analyze(tmp_path / "calib8a252c62ed.txt", tmp_path / "eth0.txt")
    assert "leaving the node" not in analysis.headline
