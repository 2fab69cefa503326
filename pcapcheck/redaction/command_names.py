"""Names that commands are given, and those that ping, curl and the like print of who they asked.

Sources: iputils ping and traceroute, net-tools arp, curl, netcat, busybox, kubectl.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.prompts import find_prompt

LABEL = r"[A-Za-z0-9][\w.-]{0,252}"
_LONGEST_COMMAND = 2000
# A name right before an address in brackets, and before or behind what says that it was not found.
_ASKED = re.compile(
    rf"(?<![\w.-])(?P<shown>{LABEL}) \((?:(?:\d{{1,3}}\.){{3}}\d{{1,3}}|[0-9a-f]{{0,4}}:[0-9a-f:.]{{1,40}})\)"
    rf"|[Cc]ould not resolve host: (?P<unresolved>{LABEL})"
    rf"|\bconnect to (?P<unreached>{LABEL}) port \d"
    rf"|\bbad address '(?P<bad>{LABEL})'"
    rf"|\b(?:(?i:unknown) host|cannot resolve) (?P<unknown>{LABEL})"
    rf"|\bping6?: (?P<pinged>{LABEL}): (?=[A-Z])"
    rf"|\bcan't (?:find|resolve) '?(?P<sought>{LABEL})"
)
_KUBECTL = re.compile(r"(?<![\w-])(?:kubectl|oc)\s")
# Options of kubectl, those with a value first.
_OPTIONS = r"(?:(?:-[nclLo]|--(?:namespace|container|context|output|tail|since))[ =]\S{1,300}\s+|-\S{1,300}\s+){0,8}"
# No name begins where an option's value does: -o wide.
_ARGUMENT = r"(?<!-o )(?<!-L )(?<!-l )"
_OF_KUBECTL = (
    re.compile(rf"\s(?:-n|--namespace)[ =](?P<namespace>{LABEL})"),
    re.compile(rf"\s(?:-c|--container|--context|--node-name)[ =](?P<part>{LABEL})"),
    re.compile(
        rf"\s(?:exec|logs|attach|port-forward|debug|cp)\s+{_OPTIONS}{_ARGUMENT}(?:[a-z]{{1,40}}/)?(?P<pod>{LABEL})"
    ),
    re.compile(
        rf"\s(?:pods?|po|nodes?|svc|services?|ns|namespaces?|deploy|ep|endpoints)[ /]+"
        rf"{_OPTIONS}{_ARGUMENT}(?P<object>{LABEL})"
    ),
)
_ASKING = re.compile(
    r"(?<![\w/.-])(?:ping6?|nslookup|dig|host|traceroute6?|tracepath6?|arping|mtr|ssh|nc|ncat|telnet|getent hosts)\s+"
    rf"(?:[-+][\w+=-]{{1,60}}(?:\s+[\d.]{{1,20}}[a-z]?)?\s+){{0,10}}(?:[\w.-]{{1,64}}@)?(?P<whom>{LABEL})(?=[\s;|&)]|$)"
)


def command_names(line: str) -> Iterator[str]:
    """The names in a line: of hosts, pods, containers and namespaces."""
    if len(line) > _LONGEST_COMMAND:
        return
    yield from _named(_ASKED, line)
    if _KUBECTL.search(line):
        for pattern in _OF_KUBECTL:
            yield from _named(pattern, line)
    if _ASKING.search(line):
        prompt = find_prompt(line)
        if prompt is not None or _KUBECTL.search(line):
            yield from _named(_ASKING, line)


def _named(pattern: re.Pattern[str], line: str) -> Iterator[str]:
    for match in pattern.finditer(line):
        yield match[match.lastgroup or 0]
