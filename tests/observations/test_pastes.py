"""A session with packets and a node's state as terminals, mails, tickets and editors hand it on: all of it is used."""

from __future__ import annotations

import html
import random
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.nodestate.read_state import read_state
from tests.support.lab import CAPTURES

CAPTURE = "cali14e7d81007d.pcap"
PROSE = "Hi team,\n\nour pod can’t ping – the “gateway” is silent. Any ideas?\n\n"


@cache
def packets() -> str:
    if not shutil.which("tcpdump"):
        pytest.skip("tcpdump is not here")
    path = CAPTURES / "proxy-arp-off" / CAPTURE
    return subprocess.run(["tcpdump", "-nner", str(path)], capture_output=True, text=True, check=True).stdout


def node_state(scenario: str, prompt: str) -> str:
    """What the commands printed on the node, behind a prompt."""
    text = (CAPTURES / scenario / "state.txt").read_text().split("### network namespace")[0]
    return re.sub(r"^\$ ", lambda _: prompt, text.replace("### node node\n", ""), flags=re.MULTILINE)


def session(prompt: str = "root@worker-1:~# ") -> str:
    listening = "listening on cali14e7d81007d, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
    shown = f"{prompt}tcpdump -nnei cali14e7d81007d -c 3\n{listening}{packets()}3 packets captured\n{prompt}\n"
    return node_state("proxy-arp-off", prompt) + shown


def confirmed(analysis: Analysis) -> set[str]:
    suspects = (suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    return {suspect.cause.id for suspect in suspects if suspect.status == "confirmed"}


PROMPTS = (
    "root@worker-1:~# ",
    "[root@worker-1 ~]# ",
    "worker-1% ",
    "root@worker-1 ~# ",
    "[12:01:02] root@worker-1:~# ",
    "➜  ~ ",
    "sh-5.1# ",
    "# ",
    "$ sudo ",
    "/ # ",
)
BANNERS = {
    "kubectl exec": (
        '$ kubectl exec -it -n kube-system calico-node-x2x4z -- bash\nDefaulted container "calico-node" out of: '
        "calico-node, install-cni (init)\nIf you don't see a command prompt, try pressing enter.\n"
    ),
    "kubectl debug": (
        "$ kubectl debug node/worker-1 -it --image=busybox\nCreating debugging pod node-debugger-worker-1-abcde with "
        "container debugger on node worker-1.\nIf you don't see a command prompt, try pressing enter.\n"
    ),
    "ssh": (
        "$ ssh worker-1\nWelcome to Ubuntu 22.04.3 LTS (GNU/Linux 6.2.0 x86_64)\n\n * Documentation:  "
        "https://help.ubuntu.com\n\nLast login: Mon Nov 30 01:02:03 2026 from 10.0.0.1\n"
    ),
}


def before_each(text: str, mark: str) -> str:
    return textwrap.indent(text, mark, lambda _: True)


def numbered(text: str, form: str) -> str:
    return "".join(form.format(number, line) for number, line in enumerate(text.split("\n"), 1))


def coloured(text: str) -> str:
    return re.sub(r"cali\w+|\d+(?:\.\d+){3}", lambda match: f"\x1b[36m{match[0]}\x1b[0m", text)


def wrapped(text: str, width: int) -> str:
    """As mail programs break lines: at the last blank before the width."""
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > width and (at := line.rfind(" ", 0, width)) > 0:
            lines.append(line[:at])
            line = line[at + 1 :]
        lines.append(line)
    return "\n".join(lines)


FORMS: dict[str, Callable[[str], str | bytes]] = {
    "Markdown": lambda text: f"{PROSE}```bash\n{text}```\nthanks\n",
    "tildes": lambda text: f"{PROSE}~~~\n{text}~~~\n",
    "indented": lambda text: PROSE + before_each(text, "    "),
    "Jira": lambda text: f"{PROSE}{{code:bash}}\n{text}{{code}}\n",
    "details": lambda text: f"<details><summary>output</summary>\n\n```\n{text}```\n</details>\n",
    "entities": lambda text: PROSE + html.escape(text),
    "HTML": lambda text: f"<p>Hi</p>\n<pre><code>{html.escape(text)}</code></pre>\n",
    "quoted": lambda text: before_each(PROSE + text, "> "),
    "quoted twice": lambda text: before_each(PROSE + text, "> > "),
    "barred": lambda text: before_each(PROSE + text, "| "),
    "cat -n": lambda text: numbered(text, "{:6d}\t{}\n"),
    "grep -n": lambda text: numbered(text, "{}:{}\n"),
    "numbers": lambda text: numbered(text, "{:4d}  {}\n"),
    "numbers and bars": lambda text: numbered(text, "{:4d} | {}\n"),
    "colours": coloured,
    "CR LF": lambda text: text.replace("\n", "\r\n"),
    "smart quotes": lambda text: text.replace('"', "“").replace("'", "’"),
    "mail": lambda text: PROSE + wrapped(text, 78),
    "a reply to a mail": lambda text: before_each(PROSE + wrapped(text, 72), "> "),
    "tabs to blanks": lambda text: text.expandtabs(8),
    "one blank for several": lambda text: re.sub(r"[ \t]+", " ", text),
    "hard blanks": lambda text: text.replace("  ", " \u00a0"),
    "what cannot be seen": lambda text: text.replace("\n", "\u200b\n"),
    "blank lines between": lambda text: text.replace("\n", "\n\n"),
    "blanks at the ends": lambda text: text.replace("\n", "   \n"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "PowerShell": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "Windows-1252": lambda text: (PROSE + text).encode("cp1252"),
}


def judged(folder: Path, text: str | bytes) -> Analysis:
    path = folder / "paste.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return analyze(path)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_prompts_of_shells(prompt: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, session(prompt))
    assert (analysis.captures[0].frames, confirmed(analysis)) == (3, {"proxy-arp-off"})
    assert not analysis.not_understood


@pytest.mark.parametrize("banner", BANNERS)
def test_banners_of_shells(banner: str, tmp_path: Path) -> None:
    prompt = "/ # " if banner == "kubectl debug" else "[root@worker-1 /]# "
    analysis = judged(tmp_path, BANNERS[banner] + session(prompt))
    assert (analysis.captures[0].frames, confirmed(analysis)) == (3, {"proxy-arp-off"})
    assert not analysis.not_understood


@pytest.mark.parametrize("form", FORMS)
def test_what_became_of_a_text_on_its_way(form: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, FORMS[form](session()))
    assert (analysis.captures[0].frames, confirmed(analysis)) == (3, {"proxy-arp-off"})


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["healthy", "proxy-arp-off", "missing-host-route", "healthy-dual-stack"])
def test_a_session_that_was_cut_anywhere_proves_nothing_more(scenario: str, tmp_path: Path) -> None:
    path, state = tmp_path / "state.txt", node_state(scenario, "root@worker-1:~# ")

    def found(text: str) -> tuple[set[str], set[str]]:
        path.write_text(text)
        analysis = analyze(CAPTURES / scenario / CAPTURE, node_state=path)
        return confirmed(analysis), {finding.rule.id for finding in analysis.failures}

    causes, failures = found(state)
    chance = random.Random(scenario)
    for at in (chance.randrange(200, len(state)) for _ in range(60)):
        some, failed = found(state[:at])
        assert (some - causes, failed - failures) == (set(), set()), state[at - 100 : at]


def test_a_command_at_the_end_that_did_not_run_answers_nothing(tmp_path: Path) -> None:
    path, text = tmp_path / "state.txt", node_state("healthy", "root@worker-1:~# ")
    for typed in ("ip r", "ip route", "ip rou"):
        path.write_text(f"{text}\nroot@worker-1:~# {typed}")
        assert not analyze(CAPTURES / "healthy" / CAPTURE, node_state=path).failures


def test_numbers_of_links_are_no_line_numbers(tmp_path: Path) -> None:
    """What ip -o prints begins with numbers that count up, too."""
    path = tmp_path / "state.txt"
    link = "{0}: cali0000000000{0}@if4: <UP> mtu 1500 link/ether ee:ee:ee:ee:ee:ee\n"
    path.write_text("".join(link.format(number) for number in range(1, 8)))
    (host,) = read_state([path]).hosts
    assert [link.index for link in host.links.values()] == list(range(1, 8))
