"""Which lines are of a YAML document that ``kubectl`` or ``calicoctl`` printed."""

from __future__ import annotations

import re

_BEGINS = re.compile(r"(?:- )?(?:apiVersion: [\w./-]+|kind: [A-Z]\w+)")
# The keys of an object; other words with a colon may be a heading with the name of a host.
_KEYS = (
    "apiVersion|kind|metadata|items|spec|status|data|stringData|binaryData|immutable|type|secrets|subsets|endpoints|ports"
    "|addressType|rules|roleRef|subjects|webhooks|parameters|provisioner"
)
_GOES_ON = re.compile(rf"\s.*|(?:{_KEYS}):(?:\s.*)?|- .*|---|\.\.\.|")


def begins_yaml(text: str) -> bool:
    """Whether a line, without blanks at its end, begins an object of the cluster."""
    return _BEGINS.fullmatch(text) is not None


def goes_on_in_yaml(text: str) -> bool:
    """Whether a line may stand in such an object, or between two of them."""
    return _GOES_ON.fullmatch(text) is not None
