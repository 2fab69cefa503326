"""The fleet that most tests judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fleet import BROKEN, HEALTHY, fleet_of


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Two nodes, a healthy one and a broken one, with a capture each."""
    return fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN)
