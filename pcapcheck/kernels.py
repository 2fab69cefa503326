"""Compiled or plain: the loops that see every byte run from a compiled module or from the Python file itself.

``PCAPCHECK_PLAIN=1`` forces the Python files even if compiled modules are installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

KERNELS = (
    "pcapcheck.capture.scan",
    "pcapcheck.capture.salvage",
    "pcapcheck.decode.frame",
    "pcapcheck.decode.error_frame",
    "pcapcheck.decode.icmp_arp",
    "pcapcheck.decode.datagrams",
    "pcapcheck.decode.error_reading",
    "pcapcheck.decode.headers",
    "pcapcheck.decode.grouping",
    "pcapcheck.decode.dns_names",
    "pcapcheck.decode.dns_messages",
    "pcapcheck.decode.segments",
    "pcapcheck.decode.dns_streams",
    "pcapcheck.decode.events",
    "pcapcheck.decode.arp_messages",
    "pcapcheck.decode.sighting",
    "pcapcheck.decode.checksums",
    "pcapcheck.decode.row_writer",
    "pcapcheck.decode.decode_loop",
    "pcapcheck.exchanges.ending",
    "pcapcheck.exchanges.pairing_arrays",
    "pcapcheck.exchanges.binning",
    "pcapcheck.exchanges.exchange_key",
    "pcapcheck.exchanges.open_exchanges",
    "pcapcheck.exchanges.answered_exchanges",
    "pcapcheck.exchanges.ended_exchanges",
    "pcapcheck.exchanges.repeated_questions",
    "pcapcheck.exchanges.early_answers",
    "pcapcheck.exchanges.pairing",
    "pcapcheck.exchanges.holding",
    "pcapcheck.exchanges.hostless",
    "pcapcheck.exchanges.sampling",
    "pcapcheck.exchanges.pending",
    "pcapcheck.exchanges.pairing_end",
    "pcapcheck.exchanges.printed_askers",
    "pcapcheck.exchanges.kept_answers",
    "pcapcheck.exchanges.resolution_rows",
    "pcapcheck.exchanges.resolving",
    "pcapcheck.exchanges.claiming",
    "pcapcheck.exchanges.tallying",
    "pcapcheck.exchanges.conversing_arrays",
    "pcapcheck.exchanges.tcp_holes",
    "pcapcheck.exchanges.tcp_progress",
    "pcapcheck.exchanges.transfer_rows",
    "pcapcheck.exchanges.ended_conversations",
    "pcapcheck.exchanges.conversing",
    "pcapcheck.paths.gathering",
    "pcapcheck.paths.translating",
    "pcapcheck.paths.summing",
    "pcapcheck.exchanges.spreading",
    "pcapcheck.links.moment_sums",
    "pcapcheck.links.share_sums",
    "pcapcheck.ruleset.field_values",
    "pcapcheck.ruleset.leaf_results",
    "pcapcheck.ruleset.value_spreads",
    "pcapcheck.ruleset.rule_bins",
    "pcapcheck.ruleset.text_numbers",
    "pcapcheck.ruleset.evaluating",
    "pcapcheck.report.tables.line_writing",
)


PACKAGE = Path(__file__).parent


def number_files() -> list[Path]:
    """The files whose numbers are C constants in the compiled kernels."""
    return [*sorted(PACKAGE.rglob("*_layout.py")), PACKAGE / "protocols.py", PACKAGE / "kleene.py"]


# What is written out in several loops.
HELPERS = (
    PACKAGE / "capture" / "octets.pxd",
    PACKAGE / "hash_table.pxd",
    PACKAGE / "linked_list.pxd",
    PACKAGE / "exchanges" / "head_marks.pxd",
    PACKAGE / "copying.pxd",
    PACKAGE / "decode" / "frame.pxd",
    PACKAGE / "exchanges" / "pending.pxd",
    PACKAGE / "exchanges" / "sequence_numbers.pxd",
    PACKAGE / "decode" / "error_frame.pxd",
    PACKAGE / "exchanges" / "pairing_arrays.pxd",
    PACKAGE / "exchanges" / "conversing_arrays.pxd",
    PACKAGE / "exchanges" / "exchange_key.pxd",
)


def digest_of(kernel: str) -> str:
    """A digest of what a kernel is compiled from: its source, its types, and the numbers and helpers that it shares."""
    import hashlib  # Not at every start: OpenSSL comes with it.

    source = PACKAGE.parent / kernel.replace(".", "/")
    files = [source.with_suffix(".py"), source.with_suffix(".pxd"), *number_files(), *HELPERS]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


class PlainFinder:
    """Finds the Python file of a kernel before the import system finds the compiled module next to it."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in KERNELS:
            return None
        return spec_from_file_location(name, PACKAGE.parent / (name.replace(".", "/") + ".py"))


def force_plain() -> None:
    """Let the environment decide; called once, before any kernel is imported."""
    if os.environ.get("PCAPCHECK_PLAIN") and not any(isinstance(finder, PlainFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, PlainFinder())


@cache
def is_compiled() -> bool:
    """Whether every kernel runs compiled; asked once, since the import system looks at each file."""
    specs = [find_spec(name) for name in KERNELS]
    return all(spec is not None and spec.origin is not None and not spec.origin.endswith(".py") for spec in specs)
