"""Where commands run: on this machine, in a network namespace, on a node over ssh or kubectl, in a pod's network."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.errors import RecordingError
from pcapcheck.values import clean

# Asking for a password would wait for ever where nobody sits at the terminal.
SSH = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5")
# Root as such, or by sudo if that asks for nothing.
AS_ROOT = ("sh", "-c", '[ "$(id -u)" = 0 ] && exec "$@"; exec sudo -n "$@"', "as-root")
PATIENCE = 60.0


class CommandPlace(Struct, frozen=True):
    """A place where commands run.

    ``title`` is what messages call it, ``host`` the machine's name in the bundle. ``reach`` are the words in front of a
    command that lead there; if it ``is_shell``, the shell at the other end makes words of what follows again.
    ``inside`` are words that lead on from there.
    """

    title: str
    host: str
    reach: tuple[str, ...] = ()
    is_shell: bool = False
    inside: tuple[str, ...] = ()

    def argv(self, *command: str) -> list[str]:
        """The words that run a command there, from here."""
        words = (*self.inside, *command)
        return [*self.reach, shlex.join(words)] if self.is_shell else [*self.reach, *words]

    def entered(self, title: str, *words: str) -> CommandPlace:
        """A place that ``words`` in front of a command lead to from here."""
        return replace(self, title=title, inside=(*self.inside, *words))

    def start(self, command: Sequence[str], **streams: int) -> subprocess.Popen[bytes]:
        """Start a command there. A Ctrl-C at the terminal does not reach it: it is for this program alone."""
        return start(self.argv(*command), **streams)

    def run(self, command: Sequence[str], given: str | None = None, patience: float = PATIENCE) -> tuple[int, str, str]:
        """Run a command there to its end: its exit code, and what it printed on either stream."""
        return run(self.argv(*command), given, patience)


def start(argv: Sequence[str], **streams: int) -> subprocess.Popen[bytes]:
    """Start a program. Raises RecordingError if it is not there."""
    try:
        return subprocess.Popen(argv, start_new_session=True, **streams)  # type: ignore[call-overload, no-any-return]
    except FileNotFoundError:
        raise RecordingError(f"{argv[0]}: not installed here, or not on the PATH; install it") from None
    except OSError as error:
        raise RecordingError(f"{argv[0]}: {error.strerror or error}") from None


def run(argv: Sequence[str], given: str | None = None, patience: float = PATIENCE) -> tuple[int, str, str]:
    """Run a program to its end. Raises RecordingError if it is not there, or takes longer than ``patience`` seconds."""
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    process = start(argv, stdin=null if given is None else pipe, stdout=pipe, stderr=pipe)
    try:
        printed, complained = process.communicate(None if given is None else given.encode(), patience)
    except subprocess.TimeoutExpired:
        raise RecordingError(f"{clean(shlex.join(argv)[:200])}: no end after {patience:g} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, printed.decode("utf-8", "replace"), complained.decode("utf-8", "replace")


def here(name: str) -> CommandPlace:
    """This machine, called ``name``."""
    return CommandPlace("this machine", name)


def network_namespace(name: str, host: str | None = None) -> CommandPlace:
    """A named network namespace of this machine."""
    return CommandPlace(f"network namespace {name}", host or name, inside=("ip", "netns", "exec", name))


def over_ssh(node: str) -> CommandPlace:
    """A node that ssh reaches by its name, without a password."""
    return CommandPlace(f"node {node}", node, (*SSH, node), True, AS_ROOT)


def last_line(text: str) -> str:
    """The last line that says something, safe to print."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return clean(lines[-1]) if lines else "it said nothing"
