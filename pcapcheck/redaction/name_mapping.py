"""The mapping of names, label by label and word by word: each keeps its length, so that DNS messages keep theirs."""

from __future__ import annotations

import re
from functools import lru_cache

from pcapcheck.calico import cali_name
from pcapcheck.redaction.kept_words import KEPT_WORDS
from pcapcheck.redaction.permutations import PrefixPermutation, RangePermutation

_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_LETTERS = 26
_WORD = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]+")
_NUMBERED = re.compile(r"([A-Za-z]+)(\d+)")
_ENDS_LABEL = re.compile(r"[./:@\s]")
# The most hex digits in the names of pod links, as bits.
_WIDTH = 48


class NameMapping:
    """Maps names of pods, namespaces, hosts and domains, and those that Calico makes of them."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._ranges: dict[tuple[int, int], RangePermutation] = {}
        self._hashes = PrefixPermutation(key, "cali", _WIDTH)
        # Names of interfaces whose pods are known, by the hash.
        self._of_pods: dict[str, str] = {}
        self.name = lru_cache(maxsize=1 << 16)(self._name)

    def learn_pod(self, namespace: str, pod: str) -> None:
        """Note a pod: the interface that is named after it will be named after what the pod becomes."""
        self._of_pods[cali_name(namespace, pod, "")] = cali_name(self.name(namespace), self.name(pod), "")

    def link_hash(self, digits: str) -> str:
        """What the hex digits in the name of a pod link become; some may have been cut off."""
        known = next((image for whole, image in self._of_pods.items() if whole.startswith(digits)), None)
        if known is not None:
            return known[: len(digits)]
        image = self._hashes.image(int(digits, 16) << (_WIDTH - 4 * len(digits)))
        return f"{image:012x}"[: len(digits)]

    def _name(self, text: str) -> str:
        parts: list[str] = []
        first = True
        for match in _WORD.finditer(text):
            word = match[0]
            if not word[0].isascii() or not word[0].isalnum():
                parts.append(word if word.isascii() else "".join(c if c.isascii() else "x" for c in word))
                first = first or bool(_ENDS_LABEL.search(word))
                continue
            parts.append(self._word(word, first))
            first = False
        return "".join(parts)

    def _word(self, word: str, first: bool) -> str:
        if word.lower() in KEPT_WORDS:
            return word
        numbered = _NUMBERED.fullmatch(word)
        if numbered and numbered[1].lower() in KEPT_WORDS:
            return numbered[1] + self._shuffled(numbered[2], False)
        return self._shuffled(word, first)

    def _shuffled(self, word: str, first: bool) -> str:
        """Another word of the same length; at the beginning of a label a letter stays a letter."""
        numbers = [_CHARACTERS.index(character) for character in word.lower()]
        if not first:
            least, of = 0, len(_CHARACTERS)
        elif numbers[0] < _LETTERS:
            least, of = 0, _LETTERS
        else:
            least, of = _LETTERS, len(_CHARACTERS) - _LETTERS
        value = numbers[0] - least
        for number in numbers[1:]:
            value = value * len(_CHARACTERS) + number
        rest = len(_CHARACTERS) ** (len(numbers) - 1)
        value = self._range(of, rest).image(value)
        image = [value // rest + least]
        for _ in numbers[1:]:
            rest //= len(_CHARACTERS)
            image.append(value // rest % len(_CHARACTERS))
        text = "".join(_CHARACTERS[number] for number in image)
        return "".join(new.upper() if old.isupper() else new for old, new in zip(word, text, strict=True))

    def _range(self, of: int, rest: int) -> RangePermutation:
        kind = of, rest
        if kind not in self._ranges:
            self._ranges[kind] = RangePermutation(self._key, "name", of * rest, str(of))
        return self._ranges[kind]
