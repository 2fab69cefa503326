"""Connections to a service whose asker resets a back end's packet that was not translated back, and healthy ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

ASKER, SERVICE, BACK_END = "10.244.3.7.41414", "10.96.40.40.8080", "10.244.4.9.80"
BREAKS_OFF = (
    "10.244.3.7's connection to 10.96.40.40 port 8080 breaks off: 10.244.3.7 resets what comes from the back end "
    "10.244.4.9 itself"
)
ANY = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"


class Text:
    """Lines of tcpdump, a millisecond apart."""

    def __init__(self, devices: bool = False, verbose: bool = False) -> None:
        self.devices, self.verbose = devices, verbose
        self.lines: list[str] = []

    def add(self, device: str, src: str, dst: str, words: str, after: float = 0.001) -> None:
        last = float(self.lines[-1].split()[0].split(":")[2]) if self.lines else 1.0
        stamp = f"12:00:{last + after:09.6f}"
        shown = f"{device} " if self.devices else ""
        if self.verbose:
            header = "(tos 0x0, ttl 63, id 7, offset 0, flags [DF], proto TCP (6), length 60)"
            self.lines.append(f"{stamp} {shown}IP {header}\n    {src} > {dst}: {words}\n")
        else:
            self.lines.append(f"{stamp} {shown}IP {src} > {dst}: {words}\n")

    def handshake(self) -> None:
        syn, answer = "Flags [S], seq 700, win 64240, length 0", "Flags [S.], seq 900, ack 701, win 65160, length 0"
        self.add("veth1a2b3c4d In ", ASKER, SERVICE, syn)
        self.add("eth0  Out", ASKER, BACK_END, syn)
        self.add("eth0  In ", BACK_END, ASKER, answer)
        self.add("veth1a2b3c4d Out", SERVICE, ASKER, answer)
        self.add("veth1a2b3c4d In ", ASKER, SERVICE, "Flags [.], ack 1, win 502, length 0")
        self.add("eth0  Out", ASKER, BACK_END, "Flags [.], ack 1, win 502, length 0")

    @property
    def whole(self) -> str:
        return (ANY if self.devices else "") + "".join(self.lines)


@pytest.mark.parametrize("devices", [False, True])
@pytest.mark.parametrize("verbose", [False, True])
def test_the_asker_resets_what_was_not_translated_back(devices: bool, verbose: bool, tmp_path: Path) -> None:
    text = Text(devices, verbose)
    text.handshake()
    text.add("eth0  In ", BACK_END, ASKER, "Flags [P.], seq 4294867000:4294867040, ack 1, win 213, length 40")
    text.add("veth1a2b3c4d Out", BACK_END, ASKER, "Flags [P.], seq 4294867000:4294867040, ack 1, win 213, length 40")
    text.add("veth1a2b3c4d In ", ASKER, BACK_END, "Flags [R], seq 701, win 0, length 0")
    analysis = judged(tmp_path, text.whole)
    assert analysis.verdict != "pass"
    assert (
        BREAKS_OFF in analysis.headline or "port 80 is broken off (RST from 10.244.3.7's address)" in analysis.headline
    )
    (remark,) = [remark.text for remark in analysis.remarks if BREAKS_OFF in remark.text]
    assert "frame 9" in remark
    assert "nf_conntrack_tcp_be_liberal=1" in remark


@pytest.mark.parametrize(
    "last", ["Flags [R], seq 701, win 0, length 0", "Flags [R.], seq 701, ack 1, win 502, length 0"]
)
def test_an_asker_that_gives_up_resets_the_service(last: str, tmp_path: Path) -> None:
    text = Text()
    text.handshake()
    text.add("", ASKER, SERVICE, last)
    text.add("", ASKER, BACK_END, last)
    analysis = judged(tmp_path, text.whole)
    assert not any("breaks off" in remark.text for remark in analysis.remarks)


def test_a_port_that_asks_another_host_later_is_no_translation(tmp_path: Path) -> None:
    text = Text()
    text.add("", ASKER, SERVICE, "Flags [S], seq 700, win 64240, length 0")
    text.add("", SERVICE, ASKER, "Flags [S.], seq 900, ack 701, win 65160, length 0")
    text.add("", ASKER, BACK_END, "Flags [S], seq 7000, win 64240, length 0", after=3)
    text.add("", BACK_END, ASKER, "Flags [S.], seq 9000, ack 7001, win 65160, length 0")
    text.add("", ASKER, BACK_END, "Flags [R], seq 7001, win 0, length 0")
    assert not any("breaks off" in remark.text for remark in judged(tmp_path, text.whole).remarks)
