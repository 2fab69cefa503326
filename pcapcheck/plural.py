"""Verbs that agree with their subject: headlines are about one packet or several."""

from __future__ import annotations

# The singular of verbs, by their plural.
OF_ONE = {
    "are": "is",
    "arrive": "arrives",
    "come": "comes",
    "do": "does",
    "enter": "enters",
    "fail": "fails",
    "get": "gets",
    "go": "goes",
    "reach": "reaches",
}


def does(verb: str, several: bool) -> str:
    """A verb in the present tense, in the plural for several packets."""
    return verb if several else OF_ONE[verb]
