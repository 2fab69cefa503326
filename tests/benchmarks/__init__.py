"""Speed and size beside those of peers, in one run: ``python -m tests.benchmarks``."""
