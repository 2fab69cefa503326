"""Nodes that are built from this machine's network namespaces, where it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.lab.node import Node, missing_tools
from fixtures.lab.pod import POD_A, POD_B


def require_nodes() -> None:
    """Skips the test where no node can be built."""
    missing = missing_tools()
    if missing:
        pytest.skip(f"building a node needs {', '.join(missing)}")


@contextmanager
def node_of_two_pods() -> Iterator[Node]:
    """A node with pods A and B."""
    require_nodes()
    with Node() as node:
        node.attach(POD_A)
        node.attach(POD_B)
        yield node
