"""Next hops that do not say their MAC: what the routes send there never leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged_state

SAID = "does not say its MAC"


def _headline(folder: Path, route: str, *entries: str) -> str:
    lines = ["root@db2:~# ip route", route, "198.51.100.0/24 dev eth1 proto kernel scope link src 198.51.100.9"]
    return judged_state(folder, "\n".join([*lines, "root@db2:~# ip neigh", *entries]) + "\n").headline


@pytest.mark.parametrize("state", ["FAILED", "INCOMPLETE", " INCOMPLETE"])
def test_a_gateway_that_nobody_answers_for(state: str, tmp_path: Path) -> None:
    told = _headline(tmp_path, "default via 198.51.100.254 dev eth1", f"198.51.100.254 dev eth1 {state}")
    assert f"198.51.100.254, the default gateway of db2, {SAID}" in told
    told = _headline(tmp_path, "10.7.0.0/16 via 198.51.100.3 dev eth1", f"198.51.100.3 dev eth1 {state}")
    assert f"198.51.100.3, the next hop of db2, {SAID}" in told


@pytest.mark.parametrize(
    "entries",
    [
        ("198.51.100.254 dev eth1 lladdr 02:00:00:00:00:fe REACHABLE", "198.51.100.77 dev eth1 FAILED"),
        ("198.51.100.254 dev eth1 lladdr 02:00:00:00:00:fe STALE",),
        ("198.51.100.254 dev eth2 FAILED",),
        (),
    ],
)
def test_gateways_that_answer_or_are_not_known(entries: tuple[str, ...], tmp_path: Path) -> None:
    assert SAID not in _headline(tmp_path, "default via 198.51.100.254 dev eth1", *entries)
    unused = "default via 198.51.100.254 dev eth1 dead linkdown"
    assert SAID not in _headline(tmp_path, unused, "198.51.100.254 dev eth1 FAILED")
