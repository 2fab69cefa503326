"""The options of a redaction, and the inputs of an analysis that is to show nothing else than redacted values."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pcapcheck.cli.output import FILE, complain
from pcapcheck.errors import UsageError

if TYPE_CHECKING:
    from pcapcheck.redaction.redacted_inputs import RedactedInputs

KEY = click.option(
    "--key",
    "key_file",
    metavar="FILE",
    type=FILE,
    help="With the secret in this file, or in PCAPCHECK_REDACT_KEY, runs agree on the mapping [default: a new one].",
)
REDACT = click.option(
    "--redact",
    is_flag=True,
    help="Judge what pcapcheck redact makes of the inputs: reports and evidence show no address, MAC or name of yours.",
)


def redacted_inputs(groups: list[Iterable[Path]], key_file: Path | None, unpack_limit: int | None) -> RedactedInputs:
    """All inputs, redacted. Raises PcapcheckError if that is not possible."""
    from pcapcheck.redaction.redacted_inputs import RedactedInputs
    from pcapcheck.redaction.redaction_key import redaction_key

    inputs = RedactedInputs.of([list(group) for group in groups], redaction_key(key_file), unpack_limit)
    for line in inputs.left_out:
        complain(f"left out: {line}")
    return inputs


def redacted_scope(inputs: RedactedInputs, scope: dict[str, Any]) -> dict[str, Any]:
    """The options that describe captures, with what is redacted in them."""
    redact = inputs.redaction.redact
    return {
        **scope,
        "interfaces": tuple(map(inputs.interface, scope["interfaces"])),
        "pods": tuple(map(redact, scope["pods"])),
        "filter_used": scope["filter_used"] and redact(scope["filter_used"]),
        "assignments": tuple(map(redact, scope["assignments"])),
    }


def need_redaction(redact: bool, key_file: Path | None) -> None:
    """Raise UsageError if there is a key and nothing to use it for."""
    if key_file is not None and not redact:
        raise UsageError(f"--key {key_file}: only --redact uses a key; add it")
