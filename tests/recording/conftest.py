"""A node with two pods to record on, made of network namespaces; and the stand-ins for kubectl and ssh."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from tests.support.nodes import node_of_two_pods
from tests.support.standins import Standins, process_of_pod

UIDS = {POD_A.name: "1f0c7e52-0b1e-4c43-9d0f-5b8a2d3c4e01", POD_B.name: "1f0c7e52-0b1e-4c43-9d0f-5b8a2d3c4e02"}


@pytest.fixture
def lab() -> Iterator[Node]:
    with node_of_two_pods() as node:
        yield node


@pytest.fixture
def standins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Standins:
    there = Standins(tmp_path / "cluster")
    monkeypatch.setenv("PATH", there.path)
    return there


@pytest.fixture
def cluster(lab: Node, standins: Standins) -> Iterator[Standins]:
    """The lab's node as node-1 of a cluster that kubectl and ssh reach, with both pods running."""
    standins.node("node-1", lab.host.name)
    with ExitStack() as stack:
        for pod in (POD_A, POD_B):
            standins.pod(pod.name, UIDS[pod.name], podIP=pod.address)
            if stack.enter_context(process_of_pod(lab.space(pod.role).name, UIDS[pod.name])) is None:
                pytest.skip("no cgroup can be made here, by which a pod's process is known")
        yield standins
