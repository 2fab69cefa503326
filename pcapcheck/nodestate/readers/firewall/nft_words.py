"""The words of a line of nft, and walking along them."""

from __future__ import annotations

import re

# A quoted string, a brace, a comma, or anything else up to a space.
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{},;()]|[^\s{},;()"]+')


def split(text: str) -> list[str]:
    """The words of a rule; a remark at the end (``# handle 5``) is left out."""
    found = []
    for word in WORD.findall(text):
        if word == "#" or word.startswith("#"):
            break
        found.append(word)
    return found


class Words:
    """The words of one rule, and how far they have been read."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.words)

    def peek(self, ahead: int = 0) -> str:
        """The next word, or one behind it; empty at the end."""
        at = self.at + ahead
        return self.words[at] if at < len(self.words) else ""

    def take(self) -> str:
        word = self.peek()
        self.at += 1
        return word

    def took(self, *words: str) -> bool:
        """Take these words if they come next."""
        if tuple(self.words[self.at : self.at + len(words)]) != words:
            return False
        self.at += len(words)
        return True

    def since(self, at: int) -> str:
        """The words from one on to where it has been read, as they were written."""
        text = " ".join(self.words[at : self.at])
        return re.sub(r" (,)", r"\1", text)

    def group(self) -> list[list[str]]:
        """What stands in braces, which are next, by the commas in it."""
        self.took("{")
        parts: list[list[str]] = [[]]
        depth = 0
        while self:
            word = self.take()
            if word == "{":
                depth += 1
            elif word == "}":
                if depth == 0:
                    break
                depth -= 1
            if word == "," and depth == 0:
                parts.append([])
            else:
                parts[-1].append(word)
        return [part for part in parts if part]
