"""Verbs in the number of their subject: headlines speak of several packets or of one."""

from __future__ import annotations

# Verbs about one packet, by what they are about several.
OF_ONE = {
    "are": "is",
    "arrive": "arrives",
    "come": "comes",
    "enter": "enters",
    "fail": "fails",
    "get": "gets",
    "go": "goes",
    "reach": "reaches",
}


def does(verb: str, several: bool) -> str:
    """A verb in the present, of several packets or of one."""
    return verb if several else OF_ONE[verb]
