"""The key of a redaction: the same key gives the same mapping, and nobody finds the way back without it."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from pcapcheck.errors import UsageError, refused

VARIABLE = "PCAPCHECK_REDACT_KEY"
# As many bytes as BLAKE2b takes as its key (RFC 7693, section 2.9).
KEY_BYTES = 64
# Fewer could be guessed.
FEWEST_BYTES = 16


def redaction_key(file: Path | None) -> bytes:
    """The key: from a file, else from the environment, else a new one for this run.

    Raises UsageError if the file cannot be read, or if there are fewer than 16 bytes.
    """
    if file is not None:
        try:
            given, where = file.read_bytes().strip(), str(file)
        except OSError as error:
            raise UsageError(f"--key {file}: {refused(error, 'give a file with a secret in it')}") from None
    elif VARIABLE in os.environ:
        given, where = os.fsencode(os.environ[VARIABLE]).strip(), VARIABLE
    else:
        return secrets.token_bytes(KEY_BYTES)
    if len(given) < FEWEST_BYTES:
        raise UsageError(f"{where}: a key of {len(given)} bytes can be guessed; make one: openssl rand -hex 32")
    return hashlib.blake2b(given).digest()


def keyed_hash(key: bytes, purpose: str, data: bytes, size: int = 32) -> bytes:
    """``size`` bytes that look random to whoever lacks the key; ``purpose`` separates what the key is used for."""
    return hashlib.blake2b(data, digest_size=size, key=key, person=purpose.encode()[:16]).digest()
