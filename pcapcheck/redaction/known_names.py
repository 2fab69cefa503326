"""The names that inputs show where it is clear what they are; they are replaced wherever else they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pcapcheck.calico import is_interface, kind_of_name
from pcapcheck.nodestate.headings import LONGEST_HEADING, MACHINE, read_heading
from pcapcheck.nodestate.prompts import find_prompt
from pcapcheck.nodestate.state import State
from pcapcheck.redaction.command_names import LABEL, command_names
from pcapcheck.redaction.kept_words import KEPT_WORDS

# Names of pod links are mapped by their digits, cut ones too; other interfaces stay.
_LINK = re.compile(r"cali[0-9a-f]{5,11}")
_LETTER = re.compile(r"[A-Za-z]")
_PART = re.compile(r"[A-Za-z0-9]+")
_LONGEST_PROMPT = 300
_USER = re.compile(r"([\w.-]{1,64})@(?!if\d)")
# Places in texts where a name stands: what iproute2, Calico, kube-proxy, Kubernetes and resolv.conf print before it.
_PLACES = re.compile(
    rf"link-netns (?P<netns>{LABEL})"
    rf"|\b(?:kns|ksa|knp|knp\.default|pri-kns|pro-kns)\.(?P<profile>{LABEL})"
    rf"|(?:^|[\s\"{{,])\"?(?P<key>name|namespace|nodeName|generateName|hostname|hostName|node|nodename|podName|podNamespace|"
    rf"serviceAccount|serviceAccountName|workload|orchestratorWorkload|pod|Node Name|Hostname|Static hostname|"
    rf"Node|Namespace|Name|PodName|PodNamespace|NodeName|metadata\.name)\"?\s*[:=]\s*\"?(?P<field>{LABEL})\"?(?:/[0-9a-f.:]+)?\s*,?\s*$"
    rf"|^(?:search|domain)\s+(?P<search>\S.*)$"
    rf"|\b(?:A|AAAA|PTR|SRV|CNAME|NS|MX|TXT|SOA|HTTPS|ANY|Type\d+)\?? "
    rf"(?P<asked>[A-Za-z0-9_][\w.-]{{0,252}}\.)(?=[ ,(/]|$)"
    rf"|(?:Policy|Profile|policy|profile) (?P<policy>{LABEL}(?:/{LABEL})*)"
    rf"|(?<![\w./-])(?P<service>[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*)"
    rf"(?=:[a-z0-9-]+\b|\s+(?:cluster IP|has no|external|loadb))"
    # Logs: those of systemd and syslog, and what Go programs print.
    rf"|^(?:[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d|\d{{4}}-\S+) (?P<logging>[\w.-]+) [\w./@-]+(?:\[\d+\])?: "
    rf"|\b(?:Namespace|Pod|Node|node|pod|namespace|[Ww]orkload|WorkloadEndpoint|host|hostname|endpoint|K8S_POD_NAME|"
    rf"K8S_POD_NAMESPACE)=\"?(?P<logged>{LABEL}(?:/{LABEL})*)"
    rf"|\"(?:pod|podName|namespace|node|nodeName|host|hostname|container)\"\s?:\s?\"(?P<structured>{LABEL}(?:/{LABEL})?)\""
    # What the kubelet called containers of Docker: k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT.
    rf"|(?<!\w)k8s_(?P<docker>[\w.-]{{3,250}})"
    # Windows, mail and homes.
    rf"|(?:Host Name|Primary Dns Suffix|DNS Suffix)[ .]*: (?P<windows>{LABEL})"
    rf"|(?P<mailbox>[\w.+-]{{2,64}})@(?=[\w-]+\.[A-Za-z])"
    rf"|(?:/home/|/Users/|\\Users\\)(?P<home>[\w.-]+)"
    rf"|SNI=(?P<asked_for>[\w.-]+)"
    rf"|^Linux (?P<uname>{LABEL}) \d"
)
_SEARCHED = ("search",)
# Volumes, ports and variables have names too; those that are a plain word may stand anywhere and mean that word.
_VAGUE = ("name", "Name")
_MARKED = re.compile(r"[\d._-]")


class KnownNames:
    """Names, and pods as namespace and name."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.pods: set[tuple[str, str]] = set()
        self._most_parts = 1

    def add(self, name: str | None) -> None:
        """Note a name; of NAMESPACE/NAME both parts. One that consists of words that say nothing is none."""
        for part in (name or "").strip().split("/"):
            part = part.strip(".:")
            pieces = _PART.findall(part)
            is_kept = all(piece.lower() in KEPT_WORDS for piece in pieces) or not _LETTER.search(part)
            if len(part) < 2 or is_kept or kind_of_name(part) or is_interface(part) or _LINK.fullmatch(part):
                continue
            self.names.add(part.lower())
            self._most_parts = max(self._most_parts, len(pieces))

    def add_pod(self, name: str | None) -> None:
        """Note a pod as NAMESPACE/NAME."""
        namespace, slash, pod = (name or "").partition("/")
        if slash and namespace and pod:
            self.pods.add((namespace, pod))
        self.add(name)

    def add_all(self, names: Iterable[str | None]) -> None:
        """Note several names."""
        for name in names:
            self.add(name)

    def read_line(self, line: str) -> None:
        """Note the names that a line of a text shows."""
        for match in _PLACES.finditer(line):
            found = match[match.lastgroup or 0]
            if match.lastgroup in _SEARCHED:
                self.add_all(found.split())
            elif match["docker"]:
                self.add_all(found.split("_")[:3])
            elif match["key"] not in _VAGUE or _MARKED.search(found):
                self.add(found)
        self.add_all(command_names(line))
        if len(line) < _LONGEST_PROMPT and ("#" in line or "$" in line or "%" in line or ">" in line):
            prompt = find_prompt(line)
            if prompt is not None:
                self.add(prompt.host)
                self.add_all(_USER.findall(line) if "@" in prompt.label else ())

        heading = read_heading(line) if len(line) <= LONGEST_HEADING else None
        if heading is not None and not heading.weak:
            self.add_pod(heading.name)
            self.add(heading.netns)

    def read_path(self, name: str) -> None:
        """Note what looks like a machine's name in the name of a file or folder."""
        for word in re.findall(r"[A-Za-z]+[-_]?\d+", name):
            if MACHINE.search(word):
                self.add(word)

    def read_state(self, state: State) -> None:
        """Note the names of hosts, pods and services that a state shows."""
        for host in state.hosts:
            self.add_pod(host.pod)
            self.add_all((host.name, host.netns, host.place_name))
            self.add_all(note.text for note in host.notes_of("hostname"))
            self.add_all(link.netns for link in host.links.values())
        for pod in state.pods:
            self.add_pod(pod.label)
            self.add(pod.node)
        for link in state.links:
            self.add_pod(link.name)
        self.add_all(service.name for service in state.services.listed)
        self.add_all(endpoints.name for endpoints in state.services.endpoints)

    def replace(self, text: str, image: Callable[[str], str]) -> str:
        """A word with the known names in it replaced, each as far as it reaches over whole parts of the word."""
        parts = list(_PART.finditer(text))
        out, at, number = [], 0, 0
        while number < len(parts):
            for last in range(min(len(parts), number + self._most_parts) - 1, number - 1, -1):
                start, end = parts[number].start(), parts[last].end()
                if text[start:end].lower() in self.names:
                    out += [text[at:start], image(text[start:end])]
                    at, number = end, last
                    break
            number += 1
        return "".join([*out, text[at:]])
