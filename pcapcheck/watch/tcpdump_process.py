"""tcpdump as the recorder of a stream: started, asked for its drops, and ended whatever happens.

A shell stands guard over it and reads a pipe whose other end only this process has. When that end is closed, by
``stop`` or because this process is no more (kill -9 too), the shell ends tcpdump, which writes out what it holds.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress

from pcapcheck.errors import MISSING, CaptureError
from pcapcheck.recording.recording_point import BUFFER

# $1 and so on are the command. SIGINT is ignored in the background of a shell; SIGTERM has tcpdump write what it holds.
GUARD = '"$@" </dev/null & pid=$!; echo "$pid" >&2; exec >/dev/null 2>&1; read -r _; kill -TERM "$pid"; wait "$pid"'
DROPPED = re.compile(r"(\d+) packets? dropped by (?:kernel|interface)")
# What it prints when every packet from now on is recorded; and what although nothing is wrong.
LISTENING = "listening on"
USUAL = re.compile(rf"{LISTENING}|data link type|verbose output|dropped privs|packets? (?:captured|received|dropped)")
RIGHT = "run it as root, or give tcpdump the right: setcap cap_net_raw+ep $(command -v tcpdump)"
# Seconds between two questions for drops, and from the wish to end to the end. What is lost must be known before a
# missing answer is called lost.
ASK = 1.0
GRACE = 3.0


class TcpdumpProcess:
    """tcpdump on an interface of this machine; ``output`` is the descriptor of what it writes.

    ``command`` is what it is started with, for example in a namespace: ``ip netns exec NAME tcpdump``. Raises
    CaptureError if it is not installed.
    """

    def __init__(self, interface: str, command: tuple[str, ...] = ("tcpdump",)) -> None:
        if shutil.which(command[0]) is None:
            raise CaptureError(
                f"{interface}: {command[0]} is not installed here; install it, or pipe packets in: pcapcheck watch -",
                MISSING,
            )
        self.interface = interface
        arguments = [*command, "-i", interface, "-n", "-U", "--immediate-mode", "-B", BUFFER, "-w", "-"]
        self._process = subprocess.Popen(
            ["sh", "-c", GUARD, "sh", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is for this process, which then ends tcpdump and reads what it still writes.
            start_new_session=True,
        )
        self.pid: int | None = None
        self.is_listening = False
        self._said = ""
        self._drops = 0
        # Of the report that is being read: by the kernel and by the interface.
        self._counted: list[int] = []
        self._asked = time.monotonic()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def output(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def why(self) -> str:
        """What it complained about last; empty if it did not."""
        self._listener.join(GRACE)
        return f"{self._said}; {RIGHT}" if "permission" in self._said else self._said

    def drops(self) -> int:
        """How many packets it lost as far as it said. It is asked again every few seconds, and answers later."""
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            # It says its last when it has been stopped.
            self._listener.join(GRACE)
        now = time.monotonic()
        if self.pid is not None and now - self._asked >= ASK and self._listener.is_alive():
            self._asked = now
            with suppress(ProcessLookupError, PermissionError):
                # It answers with its counters on standard error.
                os.kill(self.pid, signal.SIGUSR1)
        return self._drops

    def stop(self) -> None:
        """Let it write what it holds, and end."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def close(self) -> None:
        """End it, and wait for that."""
        self.stop()
        assert self._process.stdout is not None
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            if self.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            # The shell waits for it, and ends then.
            self._process.wait()
        self._listener.join(GRACE)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for raw in self._process.stderr:
            line = raw.decode(errors="replace").strip()
            if self.pid is None and line.isdecimal():
                self.pid = int(line)
                continue
            if LISTENING in line:
                self.is_listening = True
            if "captured" in line:
                self._counted = []
            for dropped in DROPPED.findall(line):
                self._counted.append(int(dropped))
                self._drops = max(self._drops, sum(self._counted))
            if line and not USUAL.search(line):
                # What failed may follow in brackets, on a line of its own.
                self._said = f"{self._said} {line}" if line.startswith("(") else line
        self._process.stderr.close()
