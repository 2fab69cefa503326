"""Speed and size compared with peers, in one run: ``python -m tests.benchmarks``."""
