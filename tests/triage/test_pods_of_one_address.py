"""Addresses that several pods hold at once, by the list of pods and by the node's neighbour entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged_state

LIST = "$ kubectl get pods -A -o wide\nNAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\n"
POD = "{} {} 1/1 {} 0 20h {} {}\n"
ENTRY = "10.244.1.33 dev {} lladdr {} PERMANENT\n"
ONE, TWO = "cali14e7d81007d", "cali5d1c0ffee12"


def pods(*rows: tuple[str, str, str, str]) -> str:
    return LIST + "".join(POD.format("shop", name, phase, ip, node) for name, phase, ip, node in rows)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (pods(("web-0", "Running", "10.244.1.33", "w1"), ("cart-0", "Running", "10.244.1.33", "w2")), "2 pods"),
        (ENTRY.format(ONE, "9e:83:2f:5d:c5:1e") + ENTRY.format(TWO, "4e:14:1c:51:f1:80"), "2 pod links"),
        (
            pods(("web-0", "Running", "10.244.1.33", "w1"), ("cart-0", "Running", "10.244.1.33", "w1"))
            + "$ ip neigh\n"
            + ENTRY.format(ONE, "9e:83:2f:5d:c5:1e")
            + ENTRY.format(TWO, "4e:14:1c:51:f1:80"),
            "2 pods",
        ),
        # Those of one node may be on its network.
        (pods(("web-0", "Running", "10.0.0.1", "w1"), ("cart-0", "Running", "10.0.0.1", "w1")), ""),
        (pods(("web-0", "Succeeded", "10.244.1.33", "w1"), ("cart-0", "Running", "10.244.1.33", "w2")), ""),
        (pods(("web-0", "Running", "10.244.1.33", "w1"), ("cart-0", "Running", "10.244.1.34", "w2")), ""),
        (ENTRY.format(ONE, "9e:83:2f:5d:c5:1e") + ENTRY.format("eth0", "4e:14:1c:51:f1:80"), ""),
        (ENTRY.format(ONE, "9e:83:2f:5d:c5:1e") + f"10.244.1.33 dev {TWO} FAILED\n", ""),
    ],
)
def test_pods_of_one_address(text: str, told: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, text)
    said = [remark.short for remark in analysis.remarks if "have the address" in remark.text]
    assert len(said) == bool(told)
    if told:
        assert said[0].startswith(f"{told} have the address 10.244.1.33: ")
        assert said[0] in analysis.headline
