"""What is to be watched, by the names that a caller uses: interfaces, standard input, files."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pcapcheck.errors import CaptureError, UsageError
from pcapcheck.watch.live_stream import LiveStream
from pcapcheck.watch.stream_reading import BARELY_BEHIND
from pcapcheck.watch.tcpdump_process import TcpdumpProcess
from pcapcheck.watch.watched_observation import NamedStream

INTERFACES = Path("/sys/class/net")
ANY = "any"


def open_streams(names: Sequence[str], stack: ExitStack) -> tuple[list[NamedStream], list[TcpdumpProcess | None]]:
    """The streams in the order given, and what records each; ``stack`` ends it all.

    Raises CaptureError for what cannot be watched, UsageError if something is named twice.
    """
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name}: given twice")
    opened = [_open(name, stack) for name in names]
    return [stream for stream, _ in opened], [recorder for _, recorder in opened]


def _open(name: str, stack: ExitStack) -> tuple[NamedStream, TcpdumpProcess | None]:
    if name == "-":
        if sys.stdin is None:
            # Its number belongs to something else by now.
            raise CaptureError("standard input: it is closed; pipe packets in: tcpdump -U -w - | pcapcheck watch -")
        if os.isatty(0):
            raise UsageError("-: standard input is a terminal; pipe packets in: tcpdump -U -w - | pcapcheck watch -")
        return NamedStream(Path(name), LiveStream(0)), None
    if name == ANY or ("/" not in name and (INTERFACES / name).exists()):
        recorder = TcpdumpProcess(name)
        stack.callback(recorder.close)
        stream = LiveStream(recorder.output, why=recorder.why)
        return NamedStream(
            Path(name), stream, None if name == ANY else name, is_prompt=True, behind=BARELY_BEHIND
        ), recorder
    return NamedStream(Path(name), _follow(name, stack)), None


def _follow(name: str, stack: ExitStack) -> LiveStream:
    if not os.path.exists(name):
        raise CaptureError(f"{name}: neither an interface of this machine nor a file; ip -br link lists interfaces")
    try:
        file = Path(name).open("rb", buffering=0)  # noqa: SIM115 (the stack closes it)
        stack.callback(file.close)
    except OSError as error:
        raise CaptureError(f"{name}: {error.strerror}; name a file that can be read") from None
    return LiveStream(file.fileno(), follows=os.path.isfile(name))
