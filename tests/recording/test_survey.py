"""What is found of a network before anything is recorded there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.errors import RecordingError
from pcapcheck.recording.command_place import CommandPlace
from pcapcheck.recording.network_survey import survey


def test_a_place_without_ip_is_said_to_be_one(tmp_path: Path) -> None:
    """Not one that has no interface of the name that was given."""
    far_end = tmp_path / "far-end"
    far_end.write_text("#!/bin/sh\nprintf '%s\\n' 'host node-1' 'kernel 6.18.44' 'tool tcpdump' 'tool ping'\n")
    far_end.chmod(0o755)
    with pytest.raises(RecordingError, match="node-1: ip is not there; install iproute2"):
        survey(CommandPlace("node-1", "node-1", (str(far_end),)))
