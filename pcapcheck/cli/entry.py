"""Where the program begins: a Ctrl-C is one line from here on, also while the rest is still being imported.

So this imports nothing that takes time.
"""

from __future__ import annotations

import sys

# As after a Ctrl-C while a command works: no verdict.
INTERRUPTED = 2


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
        from pcapcheck.cli.main import main

        main(prog_name=name)
