"""The loops as plain Python beside the compiled ones, in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pcapcheck
from pcapcheck.capture import scan
from pcapcheck.decode import details, frame, sighting
from pcapcheck.flows import gathering, pairing, spreading

PACKAGE = Path(pcapcheck.__file__).parent
NOT_COMPILED = (
    ""
    if not any(
        str(kernel.__file__).endswith(".py")
        for kernel in (scan, details, sighting, frame, pairing, gathering, spreading)
    )
    else ("the loops are not compiled here, so there is only one of each")
)


def load_plain(path: Path, name: str) -> ModuleType:
    """The Python file of a kernel as a module of another name."""
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLAIN_SCAN = load_plain(PACKAGE / "capture" / "scan.py", "plain_scan")
PLAIN_SIGHTING = load_plain(PACKAGE / "decode" / "sighting.py", "plain_sighting")
PLAIN_DETAILS = load_plain(PACKAGE / "decode" / "details.py", "plain_details")
# The decoding loop imports from the other two.
with patch.dict(sys.modules, {"pcapcheck.decode.details": PLAIN_DETAILS, "pcapcheck.decode.sighting": PLAIN_SIGHTING}):
    PLAIN_FRAME = load_plain(PACKAGE / "decode" / "frame.py", "plain_frame")
PLAIN_PAIRING = load_plain(PACKAGE / "flows" / "pairing.py", "plain_pairing")
PLAIN_GATHERING = load_plain(PACKAGE / "flows" / "gathering.py", "plain_gathering")


@contextmanager
def plain_loops() -> Iterator[None]:
    """Within it everything runs the plain loops."""
    with (
        patch("pcapcheck.capture.pcap.scan", PLAIN_SCAN),
        patch("pcapcheck.capture.pcapng.scan", PLAIN_SCAN),
        patch("pcapcheck.decode.frames.frame", PLAIN_FRAME),
        patch("pcapcheck.flows.echo.pairing", PLAIN_PAIRING),
        patch("pcapcheck.flows.joining.gathering", PLAIN_GATHERING),
    ):
        yield
