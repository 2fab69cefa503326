"""Where the program begins: a Ctrl-C is one line from here on, also while the rest is still being imported.

So this imports nothing that takes time.
"""

from __future__ import annotations

import sys

# As after a Ctrl-C while a command works: no verdict.
INTERRUPTED = 2
# As where a report cannot be written.
NOT_WRITTEN = 2


class OneLineIfInterrupted:
    """A context that turns a Ctrl-C into one line and an exit code, whatever was begun."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is not KeyboardInterrupt:
            return
        import os
        import signal

        # A second one would end the program with a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.write(2, b"pcapcheck: interrupted; nothing was judged\n")
        sys.exit(INTERRUPTED)


def run() -> None:
    """Run ``pcapcheck``."""
    _run("pcapcheck")


def run_kubectl_plugin() -> None:
    """The same, as kubectl calls what is called kubectl-pcapcheck: ``kubectl pcapcheck``."""
    _run("kubectl pcapcheck")


def _run(name: str) -> None:
    with OneLineIfInterrupted():
        _open_closed_streams()
        from pcapcheck.cli.main import main

        try:
            main(prog_name=name)
        except OSError as error:
            # Of help, a version and the like: what judges reports its own.
            from pcapcheck.cli.output import complain, drop_output

            complain(f"error: cannot write the result: {error.strerror or error}")
            drop_output()
            sys.exit(NOT_WRITTEN)


def _open_closed_streams() -> None:
    """Let an output that the caller closed lead nowhere: the exit code still says the verdict.

    Else the first file to be opened would get the number of the stream, and what is printed would go into that file. A
    closed standard input stays one, and whoever names it is asked for another.
    """
    if sys.stdin is not None and sys.stdout is not None and sys.stderr is not None:
        return
    import os

    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # It gets the lowest number that is free.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
