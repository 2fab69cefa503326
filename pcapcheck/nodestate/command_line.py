"""Command lines as people type them: which program runs, in whose network namespace, whether its output is whole."""

from __future__ import annotations

import re
import shlex

from msgspec import Struct, field

MOST_WORDS = 500
MOST_NAMES = 2000
# Pipes that neither remove nor change lines.
HARMLESS_PIPES = ("cat", "less", "more", "tee")
# Programs whose first words are not the command yet, with the options that take a value.
WRAPPERS = {
    "sudo": "ugCDhprtT",
    "doas": "u",
    "time": "",
    "watch": "n",
    "nice": "n",
    "env": "u",
    "timeout": "ks",
    "stdbuf": "ioe",
    "command": "",
    "exec": "",
}
SHELLS = ("sh", "bash", "ash", "dash", "zsh", "/bin/sh", "/bin/bash", "/bin/ash")
KUBECTL = ("kubectl", "oc", "k", "kubectl.exe", "microk8s.kubectl", "k3s")
CONTAINERS = ("docker", "podman", "crictl", "nerdctl")
KUBECTL_VALUES = (
    "-n",
    "--namespace",
    "-c",
    "--container",
    "--context",
    "--kubeconfig",
    "-l",
    "--selector",
    "-o",
    "--as",
    "--image",
    "--profile",
    "--target",
)
# Containers on their node's network, whatever their pod's name.
ON_NODE = ("calico-node", "kube-proxy")
CONTAINER_VALUES = ("-u", "--user", "-w", "--workdir", "-e", "--env")
# Programs that run one command on several hosts.
ON_EACH = ("ansible", "pdsh", "clush", "pssh", "parallel-ssh")
SSH_VALUES = ("-p", "-i", "-o", "-l", "-J", "-F")


class Command(Struct):
    """What a command line runs, and where.

    ``tool`` is the program's bare name, empty if it opens a shell (``opens_shell``) or is not understood. ``space`` is
    the network namespace that it looks into, if the line says so: ``pod:NAME``, ``netns:NAME``,
    ``node:NAME`` or ``host:NAME``. ``on_node``: that pod's container, or the way in, is one on the node's network.
    ``filtered``: a pipe removes lines. ``on_each`` is what a tool runs on each of several hosts.
    """

    text: str
    tool: str = ""
    words: list[str] = field(default_factory=list)
    space: str = ""
    namespace: str | None = None
    on_node: bool = False
    filtered: bool = False
    opens_shell: bool = False
    follows: list[Command] = field(default_factory=list)
    on_each: Command | None = None

    @property
    def ends_shell(self) -> bool:
        return self.tool in ("exit", "logout")

    def has(self, *words: str) -> bool:
        return any(word in self.words for word in words)


def parse_command(text: str) -> Command:
    """Understand one line; chained commands (``;``, ``&&``) stand in ``follows``."""
    parts = _split(text)
    first = _parse_pipeline(parts[0], text)
    first.follows = [_parse_pipeline(part, text) for part in parts[1:] if part.strip()]
    return first


def _split(text: str) -> list[str]:
    """The commands of a line, cut at ``;``, ``&&`` and ``||`` outside of quotes and of ``$(…)``."""
    return [part for part in _cut(text, (";", "&&", "||")) if part.strip()] or [""]


def _cut(text: str, marks: tuple[str, ...]) -> list[str]:
    parts, start, at, quote, depth = [], 0, 0, "", 0
    while at < len(text):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif text.startswith("$(", at) or (depth and char == ")"):
            depth += 1 if char == "$" else -1
        elif not depth:
            mark = next((begin for begin in marks if text.startswith(begin, at)), "")
            if mark:
                parts.append(text[start:at])
                at += len(mark)
                start = at
                continue
        at += 1
    parts.append(text[start:])
    return parts


def _parse_pipeline(text: str, whole: str) -> Command:
    stages = _cut(text, ("|",))
    command = Command(whole.strip())
    words = _words(stages[0])
    command.filtered = any((_words(stage) or [""])[0] not in HARMLESS_PIPES for stage in stages[1:])
    _unwrap(words, command)
    return command


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text, comments=False)
    except ValueError:
        words = text.split()
    # A redirection says nothing about the output.
    return [word for word in _joined(words) if not re.match(r"\d?>+|&>|2>&1|<", word)][:MOST_WORDS]


def _joined(words: list[str]) -> list[str]:
    """The words; a command substitution (``$(crictl ps -q)``) is one word."""
    done: list[str] = []
    for word in words:
        if done and done[-1].startswith("$(") and done[-1].count("(") > done[-1].count(")"):
            done[-1] += f" {word}"
        else:
            done.append(word)
    return done


def _unwrap(words: list[str], command: Command, depth: int = 0) -> None:
    """Remove the words that only run the command elsewhere or as another user."""
    while words and depth < 10:
        depth += 1
        if re.fullmatch(r"\w+=\S*", words[0]):
            words = words[1:]
            continue
        tool = words[0].rsplit("/", 1)[-1]
        if tool in WRAPPERS:
            words = _skip_options(words[1:], tuple(f"-{letter}" for letter in WRAPPERS[tool]))
            if tool == "timeout" and words:
                words = words[1:]
        elif tool == "busybox" and len(words) > 1:
            words = words[1:]
        elif tool == "chroot" and len(words) > 1:
            words = words[2:]
            command.opens_shell = not words
        elif tool in SHELLS or words[0] in SHELLS:
            if "-c" not in words[:-1]:
                command.opens_shell = len(words) == 1 or words[1] in ("-l", "-i", "--login")
                command.tool, command.words = ("", []) if command.opens_shell else ("sh", words)
                return
            inner = parse_command(words[words.index("-c") + 1])
            command.follows += inner.follows
            command.filtered = command.filtered or inner.filtered
            command.tool, command.words = inner.tool, inner.words
            return
        elif tool in KUBECTL and len(words) > 1 and any(word in ("exec", "rsh") for word in words):
            words = _kubectl_exec(words[1:], command)
        elif tool in KUBECTL and _verb(words[1:]) == "debug":
            words = _kubectl_debug(words[words.index("debug") + 1 :], command)
        elif tool in ON_EACH and len(words) > 1:
            command.on_each = _on_each(tool, words[1:])
            command.tool, command.words = tool, words
            return
        elif tool in CONTAINERS and "exec" in words:
            rest = _skip_options(words[words.index("exec") + 1 :], CONTAINER_VALUES)
            command.on_node = bool(rest) and _is_on_node(rest[0])
            if rest and not command.on_node:
                command.space = f"netns:{rest[0]}"
            words = rest[1:]
            command.opens_shell = not words
        elif tool == "ip" and len(words) > 2 and words[1].startswith("n") and words[2] == "exec":
            command.space = f"netns:{words[3]}" if len(words) > 3 else ""
            words = words[4:]
        elif tool == "ip" and len(words) > 2 and words[1] in ("-n", "-netns"):
            command.space = f"netns:{words[2]}"
            words = ["ip", *words[3:]]
        elif tool == "nsenter":
            words = _nsenter(words[1:], command)
        elif tool == "ssh":
            rest = _skip_options(words[1:], SSH_VALUES)
            command.space = f"host:{rest[0].rpartition('@')[2]}" if rest else ""
            words = _words(" ".join(rest[1:]))
            command.opens_shell = not words
        else:
            command.tool, command.words = tool, words
            return
    command.tool, command.words = "", []


def _skip_options(words: list[str], with_value: tuple[str, ...]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--":
            return words[at + 1 :]
        at += 2 if words[at] in with_value else 1
    return words[at:]


def _kubectl_exec(words: list[str], command: Command) -> list[str]:
    """``kubectl exec [-it] POD [-n NS] [-c C] -- COMMAND``; returns COMMAND."""
    rest, inside = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    plain: list[str] = []
    at = 0
    while at < len(rest):
        word = rest[at]
        if word.startswith("-"):
            name, equals, value = word.partition("=")
            value = value if equals else rest[at + 1] if at + 1 < len(rest) else ""
            if name in ("-n", "--namespace"):
                command.namespace = value or None
            elif name in ("-c", "--container"):
                command.on_node = value in ON_NODE
            at += 2 if name in KUBECTL_VALUES and not equals else 1
        else:
            plain.append(word)
            at += 1
    plain = [word for word in plain if word not in ("exec", "rsh", "kubectl")]
    if not plain:
        return []
    command.space = f"pod:{plain[0].removeprefix('pod/').removeprefix('pods/')}"
    if plain[0].startswith("$("):
        command.on_node = command.on_node or _is_on_node(plain[0])
        if command.on_node and (match := re.search(r"spec\.nodeName=([\w.-]+)", plain[0])):
            command.space = f"node:{match[1]}"
    inside = inside or plain[1:]
    command.opens_shell = not inside
    return inside


def _verb(words: list[str]) -> str:
    """The verb of kubectl: after its options, and after ``kubectl`` itself for k3s and microk8s."""
    return next((word for word in _skip_options(words, KUBECTL_VALUES) if word != "kubectl"), "")


def _kubectl_debug(words: list[str], command: Command) -> list[str]:
    """``kubectl debug node/NODE … -- COMMAND`` looks into the node, ``kubectl debug POD`` into the pod."""
    rest, inside = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    target = next((word for word in rest if word.startswith(("node/", "nodes/"))), None)
    if target is not None:
        command.space = f"node:{target.partition('/')[2]}"
        command.opens_shell = not inside
        return inside
    return _kubectl_exec(words, command)


def _is_on_node(container: str) -> bool:
    """Whether a docker container, by name or by the filter of its lookup, is on the node's network.

    The kubelet called it k8s_CONTAINER_POD_NAMESPACE_… (kubernetes/pkg/kubelet/dockershim/naming.go).
    """
    if container.startswith("$("):
        return any(re.search(rf"(?<![\w-]){name}(?![\w])", container) for name in ON_NODE)
    return (container.split("_")[1] if container.startswith("k8s_") else container) in ON_NODE


def _on_each(tool: str, words: list[str]) -> Command | None:
    """The command of ansible's ``-a``, or the words after the options of pdsh and clush."""
    if tool == "ansible":
        at = next((at for at, word in enumerate(words[:-1]) if word in ("-a", "--args")), None)
        return None if at is None else parse_command(words[at + 1])
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if re.fullmatch(r"-[a-zA-Z]*[wgxluftH]", words[at]) else 1
    return parse_command(" ".join(words[at:])) if at < len(words) else None


def _nsenter(words: list[str], command: Command) -> list[str]:
    """``nsenter -t PID -n COMMAND``; without -n (or --all) it stays in its network namespace."""
    target, network, at = "", False, 0
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        if word == "--":
            at += 1
            break
        if word.startswith("--net=") or (word.startswith("-n") and len(word) > 2 and "/" in word):
            network, target = True, word.partition("=")[2] or word[2:]
        elif word.startswith("--target="):
            target = word.partition("=")[2]
        elif word in ("-t", "--target"):
            at += 1
            target = words[at] if at < len(words) else ""
        elif word in ("-n", "--net", "-a", "--all") or re.fullmatch(r"-[a-zA-Z]*n[a-zA-Z]*", word):
            network = True
        elif word.startswith("-t"):
            target = word[2:]
        at += 1
    if network and target == "1":
        # The first process is the node's, also for a pod that sees it.
        command.on_node = True
        command.space = "" if command.space.startswith("netns:") else command.space
    elif network:
        command.space = f"netns:{target.rsplit('/', 1)[-1]}"
    rest = words[at:]
    command.opens_shell = not rest
    return rest


def expand_braces(word: str) -> list[str]:
    """A shell's brace expansion, ``{a,b}``, in its order; bounded."""
    done: list[str] = []
    waiting = [word]
    while waiting and len(done) < MOST_NAMES:
        text = waiting.pop(0)
        match = re.search(r"\{([^{}]*,[^{}]*)\}", text)
        if match is None:
            done.append(text)
            continue
        waiting[:0] = [text[: match.start()] + part + text[match.end() :] for part in match[1].split(",")]
        if len(waiting) > MOST_NAMES:
            return []
    return done
