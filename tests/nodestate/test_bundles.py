"""Files of a node's diagnostics, as ``tail -n +1`` prints them one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state import State

FOLDER = "calico-diagnostics-20260301_0912/nodes/{node}"
ROUTES = """default via 172.18.0.1 dev eth0
blackhole 10.244.1.0/26 proto bird
10.244.1.10 dev cali14e7d81007d scope link
"""
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"


def bundle(tmp_path: Path, files: dict[str, str], node: str = "worker-1") -> State:
    folder = FOLDER.format(node=node)
    path = tmp_path / f"{node}.txt"
    path.write_text("\n".join(f"==> {folder}/{name} <==\n{text}" for name, text in files.items()))
    return read_state([path])


@pytest.mark.parametrize("name", ["ip-route.txt", "iproute.txt"])
def test_a_file_names_its_node_and_is_whole(tmp_path: Path, name: str) -> None:
    (node,) = bundle(tmp_path, {name: ROUTES, "ip-rule.txt": RULES}).nodes
    assert node.name == "worker-1"
    assert not node.assumed
    assert {"routes4", "local4", "rules4"} <= node.whole
    lacking = node.lacks("routes4", "no route to 10.244.1.11")
    assert lacking is not None
    assert name in lacking.text


def test_files_of_two_nodes_are_two(tmp_path: Path) -> None:
    text = "".join(f"==> {FOLDER.format(node=node)}/ip-route.txt <==\n{ROUTES}\n" for node in ("worker-1", "worker-2"))
    path = tmp_path / "both.txt"
    path.write_text(text)
    assert [node.name for node in read_state([path]).nodes] == ["worker-1", "worker-2"]


def test_what_head_prints_is_not_whole(tmp_path: Path) -> None:
    cut = ROUTES + "".join(f"10.244.1.{number} dev cali14e7d8100{number} scope link\n" for number in range(11, 18))
    names = ("ip-route.txt", "ip-route-v6.txt", "iproute.txt")
    (node,) = bundle(tmp_path, dict.fromkeys(names, cut)).nodes
    assert "routes4" not in node.whole


def test_a_prompt_below_ends_the_bundle(tmp_path: Path) -> None:
    path = tmp_path / "mixed.txt"
    path.write_text(
        f"==> {FOLDER.format(node='worker-1')}/ip-rule.txt <==\n{RULES}\nroot@worker-2:~# ip route\n{ROUTES}"
    )
    names = {node.name: bool(node.routes) for node in read_state([path]).nodes}
    assert names["worker-2"]
    assert not names.get("worker-1", False)
