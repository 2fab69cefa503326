"""``python -m pcapcheck``."""

from pcapcheck.cli import main

main(prog_name="pcapcheck")
