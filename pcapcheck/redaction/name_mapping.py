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
        self._ranges: dict[tuple[tuple[int, int], int], RangePermutation] = {}
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
        word_class = _class_of(word, first)
        value = self._range(word_class, len(word)).image(_number(word, word_class))
        rest = len(_CHARACTERS) ** (len(word) - 1)
        least, _ = word_class
        text = _CHARACTERS[value // rest + least]
        for _ in word[1:]:
            value, rest = value % rest, rest // len(_CHARACTERS)
            text += _CHARACTERS[value // rest]
        return "".join(new.upper() if old.isupper() else new for old, new in zip(word, text, strict=True))

    def _range(self, word_class: tuple[int, int], length: int) -> RangePermutation:
        kind = word_class, length
        if kind not in self._ranges:
            # Words that stay are nobody's new name.
            anywhere = word_class[1] == len(_CHARACTERS)
            fixed = [
                _number(word, word_class)
                for word in KEPT_WORDS
                if len(word) == length and word.isalnum() and (anywhere or _class_of(word, True) == word_class)
            ]
            size = word_class[1] * len(_CHARACTERS) ** (length - 1)
            self._ranges[kind] = RangePermutation(self._key, "name", size, str(word_class), fixed)
        return self._ranges[kind]


def _class_of(word: str, first: bool) -> tuple[int, int]:
    """The first of the characters that a word may begin with afterwards, and how many they are."""
    if not first:
        return 0, len(_CHARACTERS)
    begins = _CHARACTERS.index(word[0].lower())
    return (0, _LETTERS) if begins < _LETTERS else (_LETTERS, len(_CHARACTERS) - _LETTERS)


def _number(word: str, word_class: tuple[int, int]) -> int:
    """A word as a number among those of its class."""
    value = _CHARACTERS.index(word[0].lower()) - word_class[0]
    for character in word[1:].lower():
        value = value * len(_CHARACTERS) + _CHARACTERS.index(character)
    return value
