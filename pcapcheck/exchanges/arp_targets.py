"""Open resolutions, found by an answer that does not name whom it answers.

tcpdump prints who has the address, not who asked: with -e the destination of the frame is the asker's MAC, without it
the reply may be for any asker. It counts for the asker that has waited longest, or else for the last one answered.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
# (capture point, family, address asked for)
Target = tuple[object, ...]


class Askers(Generic[Key]):
    """Open resolutions, by their keys, under the target and under target and MAC."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Target, int | None], dict[Key, None]] = {}
        self._answered: dict[tuple[Target, int | None], Key] = {}

    def add(self, key: Key, target: Target, mac: int | None) -> None:
        """A resolution was opened."""
        for place in self._places(target, mac):
            self._waiting.setdefault(place, {})[key] = None

    def find(self, target: Target, mac: int | None) -> Key | None:
        """The resolution that an answer is for; with a MAC, of an asker with that MAC or with none known."""
        places = [(target, None)] if mac is None else [(target, mac), (target, -1)]
        for place in places:
            if self._waiting.get(place):
                return next(iter(self._waiting[place]))
        return next((self._answered[place] for place in places if place in self._answered), None)

    def settle(self, key: Key, target: Target, mac: int | None) -> None:
        """A resolution was answered: others that wait come first from now on."""
        self._remove(key, target, mac)
        for place in self._places(target, mac):
            self._answered[place] = key

    def forget(self, key: Key, target: Target, mac: int | None) -> None:
        """A resolution is closed."""
        self._remove(key, target, mac)
        for place in self._places(target, mac):
            if self._answered.get(place) == key:
                del self._answered[place]

    def _remove(self, key: Key, target: Target, mac: int | None) -> None:
        for place in self._places(target, mac):
            waiting = self._waiting.get(place, {})
            waiting.pop(key, None)
            if not waiting:
                self._waiting.pop(place, None)

    @staticmethod
    def _places(target: Target, mac: int | None) -> tuple[tuple[Target, int | None], ...]:
        """Under None all askers of a target, under -1 those without a MAC."""
        return (target, None), (target, -1 if mac is None else mac)
