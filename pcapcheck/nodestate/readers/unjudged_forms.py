"""Outputs that are known and in which nothing is judged: they are counted, so that nobody misses them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.command_line import Command
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.opening_sockets import MOST_KEPT, opening_socket
from pcapcheck.nodestate.readers.bgp_sessions import FORM as BGP
from pcapcheck.nodestate.readers.bgp_sessions import STOPPED
from pcapcheck.nodestate.readers.complaints import LONGEST
from pcapcheck.nodestate.readers.node_objects import FORM as NODE
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.readers.tracked_flows import FORM as TRACKED
from pcapcheck.nodestate.readers.ufw import FORM as UFW
from pcapcheck.nodestate.readers.ufw import UFW_OFF
from pcapcheck.nodestate.readers.wireguard_peers import FORM as WIREGUARD
from pcapcheck.nodestate.readers.wireguard_peers import UNANSWERED
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

NAME = "unjudged"
NAMESPACES = "names of network namespaces (ip netns)"
UNCOUNTED = "queues without counters (tc qdisc without -s)"
# A word in the name of a file that holds nothing but names -> what these are.
NAMES = {"hostname": "the host's name (hostname)", "netns": NAMESPACES}
_BARE = re.compile(r"[A-Za-z0-9][\w.-]{0,252}")
_SOCKET = (
    r"(?:LISTEN|ESTAB(?:LISHED)?|UNCONN|TIME[-_]WAIT|SYN[-_](?:SENT|RECV)|CLOSE[-_]WAIT|CLOSED?|FIN[-_]WAIT[-_]?[12])"
)
_HEX_END = r"[0-9A-F]{8}(?:[0-9A-F]{24})?:[0-9A-F]{4}"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){3}"
_FLAGS = r"[UGHSCLWBDMRIcdgilmrYb1-3]{1,16}"
# Outputs that show by their lines that they report nothing which loses packets.
KERNEL_LOG, LOGGED_TROUBLE = "the kernel's log (dmesg)", "lines of the kernel's log that may be about a trouble (dmesg)"
SOUND = (BGP, TRACKED, UFW_OFF, WIREGUARD, KERNEL_LOG)
# What else a line of the kernel's log may report: whether packets suffer from that is not known.
_TROUBLE = r"(?i:error|fail|drop|warn|oom|out of memory|hung|stall|block|panic|oops|bug|call trace|segfault|overflow)"
_STAMP = r"(?:<\d+>)?\[(?:\w{3} \w{3} [ \d]?\d \d\d:\d\d:\d\d \d{4}| *\d{1,10}\.\d{6})\] "
# What an output is -> how its lines look. Sources: the programs' own (conntrack-tools, iproute2, net-tools, ethtool),
# the kernel's (net/ipv4/proc.c, net/ipv4/tcp_ipv4.c, net/ipv4/fib_trie.c), netstat of FreeBSD and macOS, Windows.
SHAPES = {
    TRACKED: re.compile(r"conntrack v[\d.]+ \(conntrack-tools\): .*"),
    LOGGED_TROUBLE: re.compile(rf"{_STAMP}(?=.*{_TROUBLE})\S.*"),
    KERNEL_LOG: re.compile(rf"{_STAMP}\S.*"),
    "sockets (ss, netstat)": re.compile(
        rf"(?:tcp6?|udp6?|raw6?|sctp|icmp6?|nl|p_raw|p_dgr|u_\w+) +(?:{_SOCKET} +)?\d+ +\d+ +\S+[:.]\S+ +\S+.*"
        rf"|(?:Netid +)?State +Recv-Q +Send-Q .*|Proto +Recv-Q +Send-Q .*|Active (?:Internet|UNIX) .*"
        r"|Total: +\d+(?: \(kernel \d+\))?|TCP: +\d+ \(estab .*|Transport +Total +IP +IPv6"
        r"|(?:TCP|UDP|RAW|FRAG|UDPLITE)6?: +inuse \d+.*|sockets: used \d+"
        rf"|sl +local_address .*|\d+: {_HEX_END} {_HEX_END} .*"
    ),
    "counters of interfaces (netstat -i)": re.compile(
        r"Kernel Interface table|Iface +MTU +RX-OK .*|[\w.@-]{1,15} +\d+(?: +\d+){4,9} [A-Z]{2,6}"
    ),
    "a card's driver and counters (ethtool)": re.compile(
        r"NIC statistics:|No data available|(?:Settings|(?:Ring|Channel|Coalesce|Pause) parameters) for \S+:"
        r"|(?:driver|firmware-version|expansion-rom-version|bus-info|supports-(?:statistics|test|eeprom-access|"
        r"register-dump|priv-flags)): ?.*"
    ),
    "VLANs of a bridge (bridge vlan)": re.compile(r"port +vlan-id.*"),
    "the kernel's route trie (/proc/net/fib_trie)": re.compile(r"\+-- \S+/\d+ \d+ \d+ \d+|\|-- \S+|/\d+ \w+ [A-Z]+"),
    "routes of BSD or macOS (netstat -rn)": re.compile(
        r"Routing tables|Internet6?:|Destination +Gateway +Flags +(?:Refs +Use +)?Netif.*"
        rf"|\S+ +(?:link#\d+|[\da-f:.]+(?:%\w+)?) +{_FLAGS} +(?:\d+ +\d+ +)?[a-z]+\d+(?: +(?:\d+|!))?"
    ),
    "addresses, routes or neighbours of Windows": re.compile(
        r"Windows IP Configuration|.{1,100}(?: \.){3,}(?: :.*)?"
        r"|(?:Ethernet|Wireless LAN|Tunnel|PPP|Unknown) adapter .*:"
        r"|IPv[46] Route Table|(?:Active|Persistent) Routes:|Interface List|Network Destination +Netmask .*"
        r"|If Metric Network Destination .*|\d+ +\d+ \S+/\d+ .*|\d+\.{3}(?:[0-9a-f]{2} ){6}\.+.*|\d+\.{10,}.*"
        rf"|{_DOTTED} +{_DOTTED} +(?:On-link|{_DOTTED}) +{_DOTTED} +\d+|Interface: \S+ --- 0x[0-9a-f]+"
        r"|Internet Address +Physical Address +Type"
        rf"|{_DOTTED} +[0-9a-f]{{2}}(?:-[0-9a-f]{{2}}){{5}} +(?:dynamic|static)"
        r"|ifIndex +(?:DestinationPrefix|IPAddress) .*"
        r"|(?:IPAddress|Interface(?:Alias|Index)|PrefixLength|NextHop|DestinationPrefix|LinkLayerAddress) +: .*"
    ),
    "routes of BIRD (birdc show route)": re.compile(
        r"[\da-f.:]+/\d+ +(?:via \S+ on|dev|blackhole|unreachable) .*\[\w+ [\d:-]+.*"
    ),
    "addresses that Calico gave out (calicoctl ipam)": re.compile(
        r"\| +GROUPING +\|.*|\| (?:IP Pool|Block) +\|.*|Checking IPAM for inconsistencies\.\.\."
    ),
    "multicast groups (ip maddr, /proc/net/igmp)": re.compile(
        r"\d+:\s+[\w.@-]{1,15}|inet6? +(?:22[4-9]|23\d|ff)[\da-f.:]+(?: users \d+)?"
        r"|link +[\da-f:]{17}(?: users \d+)?(?: static)?|Idx\s+Device\s+: Count Querier.*"
        r"|\d+\s+\S{1,15}\s*:\s+\d+\s+V[1-3]|[0-9A-F]{8}\s+\d+ \d:[0-9A-F]{8}\s+\d"
    ),
    "tokens and labels of addresses (ip token, ip addrlabel)": re.compile(
        r"token \S+ dev \S+|prefix \S+/\d+(?: dev \S+)? label \d+"
    ),
    NAMESPACES: re.compile(r"[\w.-]{1,100} \(id: \d{1,9}\)|cni-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "names of sets (ipset list -n)": re.compile(r"cali[46]0[\w:.-]{3,40}|KUBE-(?:[A-Z0-9]{1,12}-?){1,5}"),
    "an empty table of neighbours": re.compile(r"IP address +HW type +Flags .*"),
    "the machine (uptime, free, df, mount, ps, lsmod, lscpu, os-release)": re.compile(
        r"\d\d:\d\d:\d\d up .*load average: .*|total +used +free .*|(?:Mem|Swap): +\d+.*|Filesystem +\S+ +Used .*"
        r"|\S+ +\d\S* +\d\S* +\d\S* +\d{1,3}% /.*|\S+ on /\S* type \S+ \(.*\)|USER +PID +%CPU .*"
        r"|(?:F +S +)?(?:UID +)?PID +(?:PPID +)?.*\bCMD|\S+ +\d+ +\d+\.\d +\d+\.\d +\d+ +\d+ .*|Module +Size +Used by.*"
        r"|Architecture: .*|CPU op-mode\(s\): .*|(?:PRETTY_NAME|VERSION_ID|VERSION_CODENAME|ID_LIKE|HOME_URL)=.*"
        r"|(?:127\.\d+\.\d+\.\d+|::1)\s+\S*localhost.*"
        r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .{0,10}\d\d:\d\d:\d\d .{0,12}\d{4}"
    ),
    "versions of programs": re.compile(
        r"(?:ip utility, iproute2-|iptables v|ip6tables v|ipset v|nftables v|tcpdump version |libpcap version "
        r"|(?:Client|Server|Kustomize|Cluster) Version: |Cluster Type: ).*"
    ),
    "logs of Calico": re.compile(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[(?:DEBUG|INFO|WARNING|ERROR|FATAL|PANIC)\]\[\d+\] .*"
        r"|bird: .*|(?:bird|confd|felix)\S{0,20}: .*"
    ),
    "what Calico's eBPF programs log (bpftool prog tracelog)": re.compile(
        r"\S.{0,40}\[\d{3}\] \S{1,10} +\d+\.\d+: bpf_trace_printk: .*"
    ),
    "what ethtool -K changed": re.compile(r"Actual changes:"),
    "objects of the cluster": re.compile(
        r"NAME +STATUS +ROLES +AGE +VERSION.*|LAST SEEN +TYPE +REASON +OBJECT.*|NAME +ASN +IPV4 .*|NAME +PEERIP .*"
        r"|(?:NAMESPACE +)?NAME +(?:POD-SELECTOR|ORDER) .*"
        r"|(?:NAMESPACE +)?(?:NAME +)?WORKLOAD +NODE +NETWORKS +INTERFACE.*"
    ),
}
# What any text may hold a line of: it does not show that a text is a node's.
ANYBODYS = (
    "the machine (uptime, free, df, mount, ps, lsmod, lscpu, os-release)",
    "versions of programs",
    "logs of Calico",
    NAMESPACES,
    "names of sets (ipset list -n)",
)
# Programs whose output is of no other kind than these, where no other reader takes it.
TOOLS = (
    "conntrack",
    "ss",
    "netstat",
    "ethtool",
    "bridge",
    "tc",
    "nstat",
    "calicoctl",
    "kubectl",
    "oc",
    "ipconfig",
    "arp",
)
IP_OBJECTS = ("maddress", "nexthop", "token", "tunnel", "xfrm", "netns", "vrf", "mroute", "addrlabel", "fou")
PROC = ("/proc/net/", "/proc/sys/")


def is_telling(form: str) -> bool:
    """Whether a text is shown to be a node's by such an output alone; of objects of Kubernetes only a node itself."""
    return (
        form in SHAPES or form in (BGP, STOPPED, NODE, UFW, UFW_OFF, WIREGUARD, UNANSWERED)
    ) and form not in ANYBODYS


def form_of(text: str) -> str | None:
    """What an output is, by one of its lines without the blanks around it; None if it is not known."""
    if len(text) > LONGEST:
        return None
    return next((form for form, shape in SHAPES.items() if shape.fullmatch(text)), None)


def form_of_names(file: str, texts: Iterable[str]) -> str | None:
    """What a file is that holds nothing but names, by what it is called; None if it is no such file."""
    form = next((NAMES[word] for word in re.split(r"[-_. ]+", file.lower()) if word in NAMES), None)
    return form if form and all(_BARE.fullmatch(text.strip()) for text in texts if text.strip()) else None


def form_of_command(command: Command) -> str | None:
    """What a command prints, where it is known to hold nothing that is judged."""
    words = [word for word in command.words[1:] if not word.startswith("-")]
    if command.tool == "ip":
        known = words and any(name.startswith(words[0]) for name in IP_OBJECTS)
    elif command.tool in ("kubectl", "oc", "calicoctl"):
        known = "get" in words or "status" in words or "ipam" in words
    elif command.tool in ("cat", "head", "tail"):
        known = any(word.startswith(PROC) for word in words)
    else:
        known = command.tool in TOOLS
    return " ".join([command.tool, *words[:3]]) if known else None


def read_unjudged(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count lines of such outputs, and keep the sockets among them whose connections are not made."""
    form = None
    for line in lines:
        form = form_of(line.text.strip()) or form
        if form is not None and line.text.strip():
            into.leave_unjudged(form, line)
            if "SYN" in line.text and len(into.opening) < MOST_KEPT and (socket := opening_socket(line)) is not None:
                into.opening.append(socket)
    return []


UNJUDGED_READER = StateReader(
    name=NAME, looks_like=lambda text, _: form_of(text) is not None, read_cluster=read_unjudged
)
