"""A pod's name follows its address in sentences, and in nothing that people copy or compare."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.report.pod_names import with_names
from pcapcheck.triage.pods import Pods
from tests.support.states import state_of

TABLE = (
    "NAME  READY  STATUS   RESTARTS  AGE  IP           NODE\nweb   1/1    Running  0         57m  10.244.1.10  node-1\n"
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("10.244.1.10's ping to 10.244.1.11", "10.244.1.10 [default/web]'s ping to 10.244.1.11"),
        ('run "ip route get 10.244.1.10" on the node', 'run "ip route get 10.244.1.10" on the node'),
        ("not understood: 'from 10.244.1.10 icmp'", "not understood: 'from 10.244.1.10 icmp'"),
        ('run "ping 10.244.1.10": 10.244.1.10 answers', 'run "ping 10.244.1.10": 10.244.1.10 [default/web] answers'),
        ("the pod's 10.244.1.10 and the node's", "the pod's 10.244.1.10 [default/web] and the node's"),
    ],
)
def test_names(text: str, named: str, tmp_path: Path) -> None:
    assert with_names(text, Pods.of(state_of(TABLE, tmp_path).pods)) == named
