"""Completion, asked for as a shell asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "pcapcheck"
PATH = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


def ask(shell: str, script: str) -> list[str]:
    done = subprocess.run(
        [shell, "-c", script], env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split("\n")


def in_bash(*words: str) -> list[str]:
    typed = " ".join(f"'{word}'" for word in words)
    return ask(
        "bash",
        f'eval "$(pcapcheck completion bash)"; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; '
        # compopt works only while bash completes.
        'compopt() { echo "files"; }; _pcapcheck_completion pcapcheck; printf "%s\\n" "${COMPREPLY[@]}"',
    )


@needs("bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("pcapcheck", "ana"), "analyze"),
        (("pcapcheck", "analyze", "--ver"), "--verbose"),
        (("pcapcheck", "analyze", "--format", "sa"), "sarif"),
        (("pcapcheck", "analyze", "--require", "gateway-arp-p"), "gateway-arp-prompt"),
        (("pcapcheck", "rules", "show", "host-"), "host-route-to-pod"),
        (("pcapcheck", "export", "--table", "ar"), "arp"),
        (("pcapcheck", "analyze", ""), "files"),
        (("pcapcheck", "help", "ana"), "analyze"),
        (("pcapcheck", "analyze", "--pack", "a"), "aws-vpc-cni"),
        (("pcapcheck", "record", "--pack", "kind"), "kindnet"),
        (("pcapcheck", "rules", "list", "--pack", "any"), "any-network"),
        (("pcapcheck", "rules", "pa"), "packs"),
        (("pcapcheck", "analyze", "--set", "arp_w"), "arp_wait="),
        (("pcapcheck", "help", "rules", "sh"), "show"),
    ],
)
def test_bash(words: tuple[str, ...], offered: str) -> None:
    assert offered in in_bash(*words)


@needs("fish")
def test_fish_shows_what_a_rule_is_about() -> None:
    offered = ask("fish", 'pcapcheck completion fish | source; complete -C "pcapcheck rules show gateway-arp-pro"')
    assert any(line.startswith("gateway-arp-prompt\t") for line in offered)


@needs("zsh")
def test_zsh_takes_what_is_printed() -> None:
    assert "_pcapcheck_completion" in ask(
        "zsh", 'autoload -U compinit; compinit -D; eval "$(pcapcheck completion zsh)"; print $_comps[pcapcheck]'
    )
