"""``python -m pcapcheck``."""

from pcapcheck.cli import main

main()
