"""Remember rules and causes that were read, by their place and the values of the variables."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from pcapcheck.ruleset.variables import Settings

# Bound on what is remembered: some twenty times what ships with the package.
MOST = 2000

More = ParamSpec("More")
Given = TypeVar("Given")
Read = TypeVar("Read")
Reader = Callable[Concatenate[Given, Settings, More], Read]


def remembered(read: Reader[Given, More, Read]) -> Reader[Given, More, Read]:
    """A reader of YAML that reads a node once for the same variables, since the result never changes.

    The node, or what was kept of it, is held, so that no other can get its address. What cannot be read is read again:
    the error belongs to the caller.
    """
    known: dict[Hashable, tuple[Given, frozenset[str], Read]] = {}

    @wraps(read)
    def remembering(node: Given, settings: Settings, /, *args: More.args, **kwargs: More.kwargs) -> Read:
        key = id(node), settings.key, args, tuple(kwargs.items())
        found = known.get(key)
        if found is None:
            before, settings.used = settings.used, set()
            try:
                value = read(node, settings, *args, **kwargs)
                found = node, frozenset(settings.used), value
            finally:
                settings.used |= before
            if len(known) >= MOST:
                known.clear()
            known[key] = found
        settings.used |= found[1]
        return found[2]

    return cast("Reader[Given, More, Read]", remembering)
