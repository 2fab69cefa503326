"""Prompts of shells at the beginning of a line: which host they name, and the command behind them."""

from __future__ import annotations

import re

from msgspec import Struct

# What stands for the prompt of the line before: the second line of a prompt of two.
SAME = "="
# The label of prompts that are a glyph.
GLYPHS = "❯"
LONGEST_PROMPT = 300
PATH = r"[~/][^\s#$%>]{0,120}"
# user@host:dir$, [user@host dir]#, host:dir$ …
AT_HOST = re.compile(
    r"(?:\[?\d\d:\d\d(?::\d\d)?\]?\s+)?\(?[\w.-]*\)?\s?\[?([\w.-]{1,64})@([\w.-]{1,128})"
    rf"(?:[: ]\[?(?:{PATH}|[\w.-]{{1,120}}))?\]?\s?([#$%>❯])(?:\s+(.*))?"
)
HOST_ONLY = re.compile(rf"([A-Za-z][\w.-]{{1,128}}):{PATH}\s?([#$])(?:\s+(.*))?")
SHELL = re.compile(r"((?:ba|da|a|z)?sh)-[\d.]+([#$])(?:\s+(.*))?")
DIRECTORY = re.compile(rf"{PATH}\s([#$])(?:\s+(.*))?")
DOLLAR = re.compile(r"\$(?:\s+(.*))?")
HASH = re.compile(r"#\s+(.*)")
# The first of two lines, which names the host (oh-my-zsh, Kali, starship), and the second.
TOP = re.compile(r"[╭┌]─+[(\[ ]*([\w.-]{1,64})[@㉿]([\w.-]{1,128})\b.*")
TOP_IN_WORDS = re.compile(r"[\w.-]{1,64} (?:in|at) (?:\W{1,3} ?)?([\w.-]{1,128}) in [~/]\S*(?: .*)?")
BOTTOM = re.compile(r"[╰└]─+\s*[#$%>❯➜λ]\s*(.*)")
GLYPH = re.compile(r"[❯➜λ»](?:\s+(?:[~/]\S*|git:\(\S+\)))*\s+(.*)")
# worker-1% ip route: only before a command that is known.
PLAIN_HOST = re.compile(r"[\[(]?([A-Za-z][\w.-]{1,63})[\])]?(?: [~/]\S{0,120})?\s?[#$%>❯]\s+(\S.*)")
POWERLINE = re.compile(r"[\ue0a0-\ue0d7\uf000-\uf2e0]")
# What "# " in front of makes a command of; anything else behind it is a remark or a heading.
AFTER_HASH = (
    *("ip", "ifconfig", "route", "netstat", "arp", "sysctl", "cat", "head", "tail", "grep", "egrep", "kubectl", "oc"),
    *(
        "nsenter",
        "docker",
        "podman",
        "crictl",
        "nerdctl",
        "ctr",
        "ping",
        "tcpdump",
        "uname",
        "hostname",
        "ethtool",
        "nstat",
    ),
    *("iptables", "iptables-save", "ip6tables", "ip6tables-save", "iptables-legacy", "iptables-legacy-save", "ipset"),
    *("arptables", "arptables-save"),
    *("nmcli", "networkctl", "nft", "bpftool", "tc", "sudo", "watch"),
    *("chroot", "busybox", "ssh", "sh", "bash", "exit", "logout", "calicoctl", "conntrack", "for", "env", "printenv"),
    *("ansible", "pdsh", "clush", "pssh", "vagrant", "minikube", "hostnamectl", "bridge", "ss", "ipvsadm"),
)


class Prompt(Struct, frozen=True):
    """A prompt: what it looks like without its directory, the host that it names, and the command behind it."""

    label: str
    host: str | None
    command: str


def find_prompt(text: str) -> Prompt | None:
    """The prompt at the beginning of a line, or None."""
    head = text.lstrip()[:LONGEST_PROMPT]
    if not head or head[0] in "{<|":
        return None
    rest = text.lstrip()
    if match := AT_HOST.fullmatch(rest) if "@" in head else None:
        return Prompt(f"{match[1]}@{match[2]}", match[2], match[4] or "")
    if match := SHELL.fullmatch(rest):
        return Prompt(f"{match[1]}{match[2]}", None, match[3] or "")
    if match := DIRECTORY.fullmatch(rest):
        return Prompt(f"/{match[1]}", None, match[2] or "")
    if match := HOST_ONLY.fullmatch(rest) if ":" in head else None:
        return Prompt(match[1], match[1], match[3] or "")
    if match := TOP.fullmatch(rest):
        return Prompt(f"{match[1]}@{match[2]}", match[2], "")
    if match := TOP_IN_WORDS.fullmatch(rest):
        return Prompt(match[1], match[1], "")
    if match := BOTTOM.fullmatch(rest):
        return Prompt(SAME, None, match[1])
    if POWERLINE.search(head):
        return _powerline(POWERLINE.sub(" ", rest).split())
    if match := GLYPH.fullmatch(rest):
        return Prompt(GLYPHS, None, match[1])
    if (match := PLAIN_HOST.fullmatch(rest)) and match[2].split()[0] in AFTER_HASH and not _is_shell(match[1]):
        return Prompt(match[1], match[1], match[2])
    if match := DOLLAR.fullmatch(rest):
        return Prompt("$", None, match[1] or "")
    match = HASH.fullmatch(rest)
    if match and (match[1].split() or [""])[0] in AFTER_HASH:
        return Prompt("#", None, match[1])
    return Prompt("#", None, "") if rest == "#" else None


def _is_shell(name: str) -> bool:
    return name in ("sh", "bash", "ash", "dash", "zsh", "fish") or name in AFTER_HASH


def _powerline(words: list[str]) -> Prompt:
    """A prompt whose parts stand between glyphs: the host behind an @, the command from the first word that is one."""
    at = next((number for number, word in enumerate(words) if word in AFTER_HASH), len(words))
    whose = next((word for word in words[:at] if "@" in word), "")
    host = whose.rpartition("@")[2] or None
    return Prompt(whose or GLYPHS, host, " ".join(words[at:]))
