"""``python -m pcapcheck``."""

from pcapcheck.cli.main import main

main(prog_name="pcapcheck")
