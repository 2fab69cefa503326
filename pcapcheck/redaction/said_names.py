"""Names in what programs print: name servers, logs, prompts of switches, and lists of names below a command.

Sources: bind9 (nslookup, dig, host), OpenSSH, Kubernetes' events and errors, lldpd, net-tools arp, Calico's names of
workload endpoints (libcalico-go/lib/names/workloadendpoint.go), Cisco IOS and Junos prompts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.prompts import find_prompt
from pcapcheck.redaction.command_names import LABEL

_LONGEST = 2000
# A name that prose cannot be taken for: it has a digit, a dash or a dot in it.
_MARKED = r"(?=[\w.]*[\d-])[A-Za-z][\w.-]*\w"
_KINDS = (
    "pod node namespace container service serviceaccount host hostname machine server user deployment replicaset "
    "daemonset statefulset endpoint endpoints endpointslice configmap secret ingress job workload"
).replace(" ", "|")
_OBJECTS = (
    "pod pods po node nodes service services svc deployment deploy replicaset rs daemonset ds statefulset sts "
    "endpoints ep endpointslice namespace ns job cronjob ingress configmap secret"
).replace(" ", "|")
# What is typed to switches and routers, behind a prompt without a blank.
_TYPED = (
    "show|sh|configure|conf|enable|en|disable|exit|end|no|interface|int|ping|traceroute|terminal|term|copy|write|wr|dir|"
    "display|request|debug|undebug|monitor|clear|do|vlan|ip|ipv6|switchport|description"
)
_SAID = re.compile(
    rf"\bnetns exec (?P<space>{LABEL})|/netns/(?P<mounted>{LABEL})|\bip -n(?:etns)? (?P<inside>{LABEL})"
    # Name servers.
    rf"|^(?P<alias>{LABEL})\s+canonical name = (?P<canonical>{LABEL})"
    rf"|^(?P<hosted>{LABEL}) (?:has (?:IPv6 )?address|is an alias for) (?P<aliased>{LABEL})"
    rf"|\bdomain name pointer (?P<pointed>{LABEL})|^Host (?P<nobody>{LABEL}) not found"
    rf"|^;?(?P<record>{LABEL}\.)\s+(?:\d+\s+)?IN\s+[A-Z]+(?:\s+(?P<data>[A-Za-z][\w.-]*\.)$|\s|$)"
    # Shells and switches.
    rf"|^(?P<switch>[A-Za-z][\w.-]{{1,62}})(?:\([\w-]{{1,40}}\))?(?:#\s*$|[#>]\s?(?:{_TYPED})\b)"
    rf"|^(?P<mac>[A-Za-z][\w.-]{{1,62}}):[~/]\S{{0,120}} (?P<owner>[\w.-]{{1,64}})[$#] "
    rf"|(?<![\w.@-])(?P<login>[A-Za-z][\w.-]{{0,63}})[@㉿](?P<machine>(?!if\d|sha256|NONE)[A-Za-z][\w.-]{{1,127}})"
    rf"(?=[)\]]|:[~/]|:\s?$| ~| /)"
    # Logs, errors and events.
    rf"|\b(?i:{_KINDS})s? [\"'](?P<quoted>{LABEL}(?:/{LABEL})?)[\"']"
    rf"|\b(?i:{_KINDS}) (?P<marked>{_MARKED}(?:/{LABEL})?|{LABEL}/{LABEL})(?![\w/=:])"
    rf"|(?<![\w./-])(?:{_OBJECTS})/(?P<object>{LABEL})"
    rf"|\bassigned (?P<assigned>{LABEL}/{LABEL}) to (?P<to>{LABEL})|^.*\bNode (?P<state>{LABEL}) status is now"
    rf"|\b(?:Created|Started|Stopping|Killing) container:? (?P<started>{LABEL})"
    rf"|(?<![\w.-])(?P<on>{LABEL}?)-k8s-(?P<workload>{LABEL}?)-eth0(?![\w-])"
    rf"|\b(?:SysName|System Name):\s+(?P<neighbour>{LABEL})"
    rf"|^(?P<resolved>[A-Za-z][\w.-]+)\s+ether\s+(?:[0-9a-f]{{2}}:){{5}}[0-9a-f]{{2}}\s"
    rf"|\b(?:[A-Z]+_)*(?:NODE_?NAME|HOSTNAME|POD_?NAME(?:SPACE)?|NAMESPACE)\s?[:=]\s?\"?(?P<variable>{LABEL})"
    # Users, and machines that they go to.
    rf"|\b(?:uid|gid|groups)=\d+\((?P<account>{LABEL})\)|^(?P<logged>{LABEL})\s+(?:pts/\d+|tty\d+)\s.*?(?:\((?P<off>{LABEL})\))?$"
    rf"|\b(?:ssh|scp|sftp|rsync)\s(?:\S+ )*?(?P<as>[\w.-]+)@(?P<there>{LABEL})"
    rf"|Permanently added '(?P<added>{LABEL})|Connection to (?P<left>{LABEL}) closed|of host '(?P<doubted>{LABEL})"
    rf"|connect to host (?P<unreached>{LABEL}) port|resolve hostname (?P<unresolved>{LABEL})"
    rf"|\b(?:tcpdump|tshark|dumpcap)\s.*?\b(?:host|net|gateway) (?P<filtered>[A-Za-z][\w.-]*)"
    rf"|://(?:[^\s/@]{{1,200}}@)?(?P<page>[A-Za-z][\w-]*)(?=[:/\s\"']|$)"
)
# Commands below which nothing but names stand.
_LISTING = re.compile(
    r"(?:sudo )?(?:ip netns(?: list| ls| show)?|hostname(?: -[a-zA-Z])?|whoami|logname|id -un"
    r"|ls (?:-1 )?/(?:var/)?run/netns/?)\s*"
)
_NAMES = re.compile(rf"{LABEL}(?:\s+{LABEL})*(?:\s+\(id: \d+\))?")
_TITLES = ("NAME", "NAMES", "NODE", "HOST")
_ANSWER, _ADDRESS = re.compile(rf"Name:\s+({LABEL})\s*"), re.compile(r"Address(?:es)?:\s+\S+\s*")


class SaidNames:
    """Follows the lines of a text."""

    def __init__(self) -> None:
        self._in_list = False
        self._answer: str | None = None

    def take(self, line: str) -> Iterator[str]:
        """The names in the next line; of pods and the like with their namespace."""
        if len(line) > _LONGEST:
            self._in_list = False
            return
        for match in _SAID.finditer(line):
            yield from (name for name in match.groupdict().values() if name)
        if self._answer and _ADDRESS.fullmatch(line):
            yield self._answer
        answer = _ANSWER.fullmatch(line)
        self._answer = answer[1] if answer else None
        prompt = find_prompt(line)
        if prompt is not None or not line.strip():
            self._in_list = prompt is not None and _LISTING.fullmatch(prompt.command) is not None
        elif line.strip() in _TITLES or _LISTING.fullmatch(line.strip().lstrip("#$% ")):
            self._in_list = True
        elif self._in_list and _NAMES.fullmatch(line.strip()):
            yield from (word for word in line.split() if word[0] != "(" and not word.endswith(")"))
        else:
            self._in_list = False
