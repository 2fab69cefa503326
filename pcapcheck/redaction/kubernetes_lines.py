"""Lines of Kubernetes objects as YAML and JSON: what is not known to say nothing is taken for a name."""

from __future__ import annotations

import re
from collections.abc import Callable

# Fields whose values are words of Kubernetes and Calico, not of those who use them.
_PLAIN = (
    "apiVersion kind type phase protocol status reason restartPolicy dnsPolicy imagePullPolicy qosClass operator "
    "effect ipipMode vxlanMode encapsulation natOutgoing blockSize nodeSelector allowedUses disableBGPExport "
    "bpfEnabled sessionAffinity ipFamilyPolicy internalTrafficPolicy externalTrafficPolicy addressType "
    "preemptionPolicy schedulerName terminationMessagePolicy terminationMessagePath resourceVersion "
    "creationTimestamp startTime lastTransitionTime lastProbeTime startedAt finishedAt generation "
    "observedGeneration action state interfaceName enableServiceLinks fieldType manager operation fieldsType time "
    "hostNetwork ready started restartCount"
)
_PLAIN_FIELDS = frozenset(_PLAIN.split())
_FIELD = re.compile(r"(?P<head>\s*(?:- )*)(?P<key>\"?[\w./-]+\"?)(?P<sep>:[ \t]+)")
# kubectl describe: keys may be of several words.
_DESCRIBES = re.compile(r"Name: {3,}\S+\s*")
_DESCRIBED = re.compile(r"(?P<head>\s*)(?P<key>[A-Z][\w ()/-]{0,60}?)(?P<sep>:[ \t]+)(?=\S)")
_IN_DESCRIPTION = re.compile(r"\s.*|[A-Z][\w ()-]{0,60}:(?:\s.*)?|")
_ITEM = re.compile(r"\s*- +")
_STRINGS = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"(?P<colon>\s*:)?')
_BEGINS = re.compile(r"(?:- )?apiVersion: \S+\s*|kind: \S+\s*|items:\s*")
_IN_YAML = re.compile(r"(?:[\s-].*|[\w./-]+:(?:\s.*)?|---|)")
_HEAD_ONLY = re.compile(r"(?:---|\s*(?:- )*(?:\"[^\"]*\"|'[^']*'|[\w./-]+|\?.*|[fkv]:.*):|)\s*")
_BLOCK = re.compile(r"[|>][+-]?\d?")
_IN_JSON = re.compile(r'[\s{}\[\]",]|$')
_PLAIN_VALUE = re.compile(r"[\d.:TZ+-]*|true|false|null|~|\{\}|\[\]|[|>][+-]?|\d+[a-zA-Z]{0,2}|<none>")


class KubernetesLines:
    """Follows the lines of a text, and redacts those of Kubernetes objects. ``name`` maps a value taken for a name."""

    def __init__(self, redact: Callable[[str], str], name: Callable[[str], str]) -> None:
        self._redact = redact
        self._name = name
        self._in_yaml = False
        self._in_json = False
        self._in_description = False
        self._key = ""
        # How far the line is indented whose value is the lines below it that are indented further.
        self._above: int | None = None

    def take(self, line: str) -> str | None:
        """The next line, redacted; None if it is of no Kubernetes object."""
        if _BEGINS.fullmatch(line):
            self._in_yaml = True
        elif self._in_yaml and not (_IN_YAML.fullmatch(line) and not line.startswith("# ")):
            self._in_yaml = False
        if self._in_yaml:
            return self._yaml(line)
        self._above = None
        goes_on = self._in_description and _IN_DESCRIPTION.fullmatch(line) is not None
        self._in_description = goes_on or _DESCRIBES.fullmatch(line) is not None
        if self._in_description:
            return self._describe(line)
        self._in_json = '"apiVersion"' in line or (self._in_json and _IN_JSON.match(line) is not None)
        return self.json(line) if self._in_json else None

    def json(self, line: str) -> str:
        """A line of JSON of an object."""
        return _STRINGS.sub(self._string, line)

    def _string(self, match: re.Match[str]) -> str:
        if match["colon"]:
            self._key = match["text"]
            return f'"{self._key_image(match["text"])}"{match["colon"]}'
        return f'"{self._value(self._key, match["text"])}"'

    def _yaml(self, line: str) -> str:
        depth = len(line) - len(line.lstrip())
        if self._above is not None and line.strip():
            if depth > self._above:
                return self._told(line)
            self._above = None
        end = line[len(line.rstrip(", \t")) :]
        match = _FIELD.match(line)
        if match is not None:
            self._key = match["key"].strip('"')
            value = line[match.end() : len(line) - len(end)]
            if _BLOCK.fullmatch(value):
                self._above = depth
            quote = value[0] if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1 else ""
            bare = value.strip(quote) if quote else value
            head = f"{match['head']}{self._key_image(match['key'])}{match['sep']}"
            return f"{head}{quote}{self._value(self._key, bare)}{quote}{end}"
        item = _ITEM.match(line)
        if item is not None and not line.rstrip().endswith(":"):
            return f"{item[0]}{self._value(self._key, line[item.end() : len(line) - len(end)])}{end}"
        return self._key_image(line) if _HEAD_ONLY.fullmatch(line) else self._told(line)

    def _describe(self, line: str) -> str:
        match = _DESCRIBED.match(line)
        if match is None:
            return line if line.rstrip().endswith(":") and line[:1] != " " else self._name(line)
        words = match["key"].replace(" ", "")
        self._key = words[:1].lower() + words[1:]
        return line[: match.end()] + self._value(self._key, line[match.end() :])

    def _told(self, line: str) -> str:
        """A line of a value of several lines: an object as JSON, as kubectl apply keeps it, or anything else."""
        return self.json(line) if '"apiVersion"' in line else self._name(line)

    def _key_image(self, key: str) -> str:
        """Keys of labels and annotations begin with somebody's domain."""
        return self._redact(key)

    def _value(self, key: str, value: str) -> str:
        if key in _PLAIN_FIELDS or _PLAIN_VALUE.fullmatch(value):
            return self._redact(value)
        said = self._redact(value)
        return said if said != value and _has_address(value) else self._name(value)


def _has_address(value: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f.:/]+", value) is not None
