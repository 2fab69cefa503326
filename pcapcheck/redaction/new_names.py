"""New names of files and folders: known names in them are mapped, and so are words that may be somebody's."""

from __future__ import annotations

import re
from pathlib import Path

from pcapcheck.nodestate.bundles.layouts import layout_of
from pcapcheck.redaction.given_files import GivenFile
from pcapcheck.redaction.kept_words import KEPT_WORDS
from pcapcheck.redaction.word_redaction import WordRedaction

_PACKED = re.compile(r"\.(?:gz|zst|lz4|xz|bz2)$", re.IGNORECASE)
_ARCHIVED = re.compile(r"\.(?:tgz|txz|tzst|zip|tar(?:\.(?:gz|zst|xz|bz2|lz4))?)$", re.IGNORECASE)
# What kind of file it is, in a few letters.
_SUFFIX = re.compile(r"(.+?)((?:\.[A-Za-z]{1,6}\d{0,3})?)", re.DOTALL)
_PIECE = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"([^\W\d_]+)\d*")
# Interfaces whose names files carry: eth0, ens192, enp1s0, cali14e7d81007d.
_DEVICE = re.compile(r"(?:eth|ens|eno|enp|enx|em|bond|br|lo|tunl|wg|veth|vlan)\d[\da-z]*")


# What an archive may name a file with, and a terminal that lists the folder would obey; and halves of characters.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class FileNames:
    """Names below the folder of the redacted files; no two are the same."""

    def __init__(self, words: WordRedaction) -> None:
        self._words = words
        self._used: set[Path] = set()

    def of(self, file: GivenFile) -> Path:
        """The new name of a file: of a folder's or an archive's file with that in front."""
        name = Path(*self._mapped_parts(self._parts(file)))
        above = file.path.parent
        while name in self._used and above.name:
            name = Path(self.mapped(above.name), name)
            above = above.parent
        number, first = 2, name
        while name in self._used:
            name = first.with_name(f"{first.stem}-{number}{first.suffix}")
            number += 1
        self._used.add(name)
        return name

    def _mapped_parts(self, parts: tuple[str, ...]) -> list[str]:
        """New names for all parts of a path; those by which the layout of a tool's bundle is known keep its words."""
        names = [self.mapped(part) for part in parts]
        meant = layout_of(str(Path(*parts)))
        if meant is None:
            return names
        layout, file = meant
        redact = self._words.redact
        wanted = layout.title, redact(file.command or ""), redact(file.node or ""), redact(file.netns or "")
        kept = [redact(part) for part in parts]
        for number, name in enumerate(names):
            trial = [*kept[:number], name, *kept[number + 1 :]]
            found = layout_of(str(Path(*trial)))
            if found is not None and wanted == (
                found[0].title,
                found[1].command or "",
                found[1].node or "",
                found[1].netns or "",
            ):
                kept = trial
        return kept

    @staticmethod
    def _parts(file: GivenFile) -> tuple[str, ...]:
        unpacked = _PACKED.sub("", file.path.name) if not _ARCHIVED.search(file.path.name) else file.path.name
        if file.bundle is None:
            return (unpacked,)
        try:
            inside = file.path.relative_to(file.bundle).parts
        except ValueError:
            inside = (unpacked,)
        # Absolute, and such as leads nowhere: only the last parts are used.
        folder = file.bundle.resolve().name if file.bundle.name in ("", ".", "..") else file.bundle.name
        parts = (_ARCHIVED.sub("", folder), *inside[:-1], unpacked)
        return tuple(_UNPRINTABLE.sub("_", part) for part in parts if part not in ("", ".", "..", "/"))

    def mapped(self, part: str) -> str:
        """The new name of a file or folder."""
        stem, suffix = _SUFFIX.fullmatch(part).groups()  # type: ignore[union-attr]
        return self._rest(stem, self._words.redact(stem)) + suffix

    def _rest(self, part: str, said: str) -> str:
        """Words that were not replaced, and that are not known to say nothing, are taken for names."""
        old = {piece.lower() for piece in _PIECE.findall(part)}

        def image(match: re.Match[str]) -> str:
            word = match[0]
            stem = _NUMBERED.fullmatch(word)
            is_known = word.lower() in KEPT_WORDS or (stem and stem[1].lower() in KEPT_WORDS)
            if word.lower() not in old or word.isdigit() or is_known or _DEVICE.fullmatch(word):
                return word
            return self._words.mapping.name(word)

        return _PIECE.sub(image, said)
