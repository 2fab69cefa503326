"""Agents that took the address that every guest of VirtualBox or QEMU has for their node's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged_state

TAKEN = "took 10.0.2.15 for its node's address"


@pytest.mark.parametrize(
    "line",
    [
        "I0612 10:40:01.131    1 main.go:488] Using interface with name enp0s3 and address {}",
        "Using interface with name eth0 and address {}",
        "2024-05-01 10:00:00.123 [INFO][9] startup/autodetection_methods.go 103: Using autodetected IPv4 address on "
        "interface eth0: {}/24",
        "                    projectcalico.org/IPv4Address: {}/24",
        "    flannel.alpha.coreos.com/public-ip: {}",
    ],
)
def test_an_agent_that_took_the_address_of_every_guest(line: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, f"{line.format('10.0.2.15')}\n")
    assert TAKEN in analysis.headline
    (said,) = (remark for remark in analysis.remarks if TAKEN in remark.text)
    assert line.split()[0] in said.lines[0]
    for other in ("192.168.56.11", "10.0.2.150"):
        routes = "default via 192.168.56.1 dev eth0\n"
        assert TAKEN not in judged_state(tmp_path, f"{routes}{line.format(other)}\n").headline
