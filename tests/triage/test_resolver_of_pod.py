"""Whom a pod asks for names, by its resolv.conf, and what conntrack's settings say of invalid packets."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.triage.suspect import POSSIBLE, RULED_OUT, Suspect
from tests.support.lab import CAPTURES, captures

SERVICES = """\
$ kubectl get svc -A
NAMESPACE     NAME       TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)         AGE
kube-system   kube-dns   ClusterIP   {}   <none>        53/UDP,53/TCP   9d
"""
ASKED = "$ cat /etc/resolv.conf\n"
INSIDE = ASKED + "nameserver {}\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
CAUSE, INVALID = "other-resolver", "conntrack-invalid-reset"


def suspects(scenario: str, path: Path, server: str, text: str) -> dict[str, Suspect]:
    """With a server in pod A's resolv.conf, as the script of ``node-script`` shows it."""
    state = (CAPTURES / scenario / "state.txt").read_text()
    assert state.count(ASKED) > 1
    path.write_text(state.replace(ASKED, INSIDE.format(server), 1) + text)
    analysis = analyze(*captures(scenario), node_state=path)
    return {suspect.cause.id: suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects}


@pytest.mark.parametrize("scenario", ["dns-server-silent", "dns-not-listening"])
def test_a_server_that_is_not_the_clusters(scenario: str, tmp_path: Path) -> None:
    suspect = suspects(scenario, tmp_path / "state.txt", "10.244.1.11", SERVICES.format("10.96.0.10"))[CAUSE]
    assert (suspect.status, suspect.leaning) == (POSSIBLE, 1)
    assert [word in "\n".join(suspect.because) for word in ("nameserver 10.244.1.11", "10.96.0.10")] == [True, True]


@pytest.mark.parametrize(
    ("server", "service"),
    [("10.244.1.11", "10.244.1.11"), ("10.96.0.10", "10.96.0.10"), ("10.244.1.11", "")],
    ids=["the service itself", "another server is named", "no service is known"],
)
def test_what_does_not_show_that(server: str, service: str, tmp_path: Path) -> None:
    listed = SERVICES.format(service) if service else ""
    found = suspects("dns-server-silent", tmp_path / "state.txt", server, listed).get(CAUSE)
    assert found is None or found.status == RULED_OUT


def test_conntrack_that_is_liberal_speaks_against_its_having_found_segments_invalid(tmp_path: Path) -> None:
    name = "net.netfilter.nf_conntrack_tcp_be_liberal"
    text = f"root@node:~# sysctl {name}\n{name} = 1\nroot@node:~# conntrack -S\ncpu=0 found=0 invalid=7 insert=0\n"
    suspect = suspects("receiver-hangs-up", tmp_path / "state.txt", "10.96.0.10", text)[INVALID]
    assert (suspect.status, suspect.leaning) == (POSSIBLE, -1)
    assert f"{name} = 1" in "\n".join(suspect.because)
