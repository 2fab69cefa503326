"""Segments of a service's back end that come under its own address in the middle of a connection with the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

CLIENT, SERVICE, BACK_END = "10.244.1.24.40685", "10.96.13.2.9000", "10.244.1.23.9000"


def line(second: str, src: str, dst: str, words: str) -> str:
    return f"10:00:{second} IP {src} > {dst}: Flags {words}\n"


def handshake(dst: str, second: str) -> str:
    return (
        line(f"{second}.1", CLIENT, dst, "[S], seq 100, win 500, options [mss 1360], length 0")
        + line(f"{second}.2", dst, CLIENT, "[S.], seq 900, ack 101, win 500, options [mss 1360], length 0")
        + line(f"{second}.3", CLIENT, dst, "[.], ack 1, win 500, length 0")
        + line(f"{second}.4", CLIENT, dst, "[P.], seq 1:101, ack 1, win 500, length 100")
        + line(f"{second}.5", dst, CLIENT, "[.], ack 101, win 500, length 0")
    )


RESET = line("02.6", BACK_END, CLIENT, "[.], seq 1900:3248, ack 201, win 500, length 1348") + line(
    "02.7", CLIENT, BACK_END, "[R], seq 201, win 0, length 0"
)


@pytest.mark.parametrize("nic", ["eth0", "ens3"])
def test_a_client_that_resets_a_back_end_that_it_never_asked(nic: str, tmp_path: Path) -> None:
    text = f"listening on {nic}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
    analysis = judged(tmp_path, text + handshake(SERVICE, "01") + RESET)
    said = (
        "10.244.1.24 resets what comes from 10.244.1.23 port 9000, while from the same port it talks to 10.96.13.2 "
        "port 9000"
    )
    assert said in analysis.headline
    assert any("nf_conntrack_tcp_be_liberal" in remark.text for remark in analysis.remarks)


@pytest.mark.parametrize(
    "before",
    [
        # Both sides of the translation: the RST was sent to the service, and translated.
        handshake(SERVICE, "01") + handshake(BACK_END, "02"),
        # Nothing shows a service.
        handshake(BACK_END, "01"),
    ],
)
def test_a_client_that_resets_its_own_connection_is_not_said_to(before: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, before + RESET.replace("1900:3248", "1:1349").replace("seq 201", "seq 101"))
    assert "resets what comes from" not in analysis.headline
    assert not any("not translated back" in remark.text for remark in analysis.remarks)
