"""``python -m pcapcheck``."""

from pcapcheck.cli.entry import run

run()
