"""The loops as plain Python beside the compiled ones, in one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pcapcheck
from pcapcheck.capture import scan
from pcapcheck.decode import frame

PACKAGE = Path(pcapcheck.__file__).parent
NOT_COMPILED = (
    ""
    if not str(scan.__file__).endswith(".py") and not str(frame.__file__).endswith(".py")
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
PLAIN_FRAME = load_plain(PACKAGE / "decode" / "frame.py", "plain_frame")


@contextmanager
def plain_loops() -> Iterator[None]:
    """Within it readers and decoders run the plain loops."""
    with (
        patch("pcapcheck.capture.pcap.scan", PLAIN_SCAN),
        patch("pcapcheck.capture.pcapng.scan", PLAIN_SCAN),
        patch("pcapcheck.decode.frames.frame", PLAIN_FRAME),
    ):
        yield
