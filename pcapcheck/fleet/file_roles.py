"""What a listed file is for: a capture or a bundle by its name, else by what its first bytes say."""

from __future__ import annotations

import re
from pathlib import Path

from pcapcheck.capture.held import Held
from pcapcheck.capture.source import Source
from pcapcheck.errors import CaptureError, IsArchive, NotACapture
from pcapcheck.fleet.stored_file import StoredFile, shown_path
from pcapcheck.set_aside import state_or_pods

# What is judged, what describes nodes and pods, and what is neither.
JUDGED, COMPANION, NEITHER = "judged", "companion", "neither"
CONTAINER = re.compile(r"\.(?:pcapng|pcap|ntar|cap|dmp)\d*(?:\.\w+)?$", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tzst|zip)$|\.tar\.\w+$", re.IGNORECASE)
# The beginning of a text shows what it is (bytes): packets may stand behind a node's state, which is mostly shorter.
ENOUGH, ENOUGH_HERE = 1 << 16, 1 << 18


def is_named_capture(file: StoredFile) -> bool:
    """Whether a file is called like a capture or a bundle."""
    return bool(CONTAINER.search(file.short_name) or _ARCHIVE.search(file.short_name))


def role_of(file: StoredFile) -> str:
    """JUDGED, COMPANION or NEITHER. What cannot be read is judged: its row says why it cannot be."""
    if is_named_capture(file):
        return JUDGED
    try:
        source = _source(file)
    except Exception:
        # Drivers raise what they like; it is raised again, and kept, when the file is judged.
        return JUDGED
    try:
        with source.open(1):
            return JUDGED
    except IsArchive:
        return JUDGED
    except NotACapture as error:
        return COMPANION if state_or_pods(source, error) else NEITHER
    except CaptureError:
        return JUDGED


def _source(file: StoredFile) -> Source:
    """Its beginning: of all files one process says what they are, and some are logs of many gigabytes."""
    if not file.is_remote:
        path = Path(file.name)
        with path.open("rb") as stream:
            return Source(path, held=Held.of(stream.read(ENOUGH_HERE)).named(path))
    from pcapcheck.fleet.remote_files import beginning

    path = shown_path(file)
    return Source(path, held=beginning(file, ENOUGH).named(path))
