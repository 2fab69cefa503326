"""Lines of IPv6 packets from which somebody took the time and the protocol's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import CaptureError, analyze

ASKED = "2001:db8:7::5 > ff02::1:ff00:9: ICMP6, neighbor solicitation, who has 2001:db8:7::9, length 32"
ADVERTISED = "2001:db8:7::9 > 2001:db8:7::5: ICMP6, neighbor advertisement, tgt is 2001:db8:7::9, length 32"
SYN = "2001:db8:7::5.40000 > 2001:db8:7::9.443: Flags [S], seq 1, win 64800, length 0"
QUERY = "2001:db8:7::5.40001 > 2001:db8:7::a.53: 7+ A? shop.example.org. (33)"


@pytest.mark.parametrize("before", ["", "# ", "    ", "> "])
@pytest.mark.parametrize("lines", [[ASKED], [ASKED, ADVERTISED], [SYN, SYN], [QUERY], [ADVERTISED, SYN, QUERY]])
def test_they_are_packets(lines: list[str], before: str, tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text("The node does not answer:\n" + "".join(f"{before}{line}\n" for line in lines))
    frames = analyze(path).frames
    assert list(frames["ip.version"]) == [6] * len(lines)
    assert set(frames["ip.src"]) <= {"2001:db8:7::5", "2001:db8:7::9"}


@pytest.mark.parametrize(
    "line",
    [
        "2001:db8:7::5 > 2001:db8:7::9: connection refused, length 5",
        "12:30:45 > 13:00:00: Flags of the ships",
        "std::map > std::set: UDP, length",
    ],
)
def test_what_only_looks_so_is_none(line: str, tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(line + "\n")
    with pytest.raises(CaptureError):
        analyze(path)
