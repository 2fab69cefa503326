"""Pods of a cluster: kubectl and ssh are stand-ins that check their words and run the real commands in namespaces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from tests.support.standins import Standins

PODS = f"default/{POD_A.name}", f"default/{POD_B.name}"


def record(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pcapcheck", "record", *map(str, words)]
    environment = dict(os.environ)
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=180, env=environment)


@pytest.mark.live
@pytest.mark.xdist_group("lab")
@pytest.mark.parametrize("via", ["kubectl", "ssh"])
def test_two_pods(via: str, lab: Node, cluster: Standins, tmp_path: Path) -> None:
    done = record(*PODS, "--via", via, "--output", "case", "--require", "echo-answered", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13 of 13 echo requests are replied to" in done.stdout
    assert f"pod {PODS[0]}" in done.stdout
    assert "cali-named-after-pod (2)" in done.stdout
    assert {path.name for path in (tmp_path / "case" / "node-1").iterdir()} == {
        f"{POD_A.cali}.pcap",
        f"{POD_B.cali}.pcap",
        "state.txt",
    }
    assert cluster.jobs == []
    asked = [call.split()[1] for call in cluster.calls if call.startswith("kubectl ")]
    assert ("create" in asked) == ("delete" in asked) == (via == "kubectl")


@pytest.mark.live
@pytest.mark.xdist_group("lab")
def test_a_broken_cluster(lab: Node, cluster: Standins, tmp_path: Path) -> None:
    lab.host.sysctl(**{f"ipv4/conf/{POD_A.cali}/proxy_arp": 0})
    done = record(*PODS, "--output", "case", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"  confirmed proxy ARP is off on {POD_A.cali}" in done.stdout


@pytest.mark.live
@pytest.mark.xdist_group("lab")
def test_another_name_of_the_interface_is_found_by_the_route(lab: Node, cluster: Standins, tmp_path: Path) -> None:
    lab.host.ip("link", "set", POD_A.cali, "down")
    lab.host.ip("link", "set", POD_A.cali, "name", "cali0a1b2c3d4e5")
    lab.host.ip("link", "set", "cali0a1b2c3d4e5", "up")
    lab.host.ip("route", "replace", f"{POD_A.address}/32", "dev", "cali0a1b2c3d4e5", "scope", "link")
    done = record(*PODS, "--output", "case", cwd=tmp_path)
    assert "recording cali0a1b2c3d4e5 on node node-1" in done.stderr
    assert "echo-answered (13)" in done.stdout, done.stdout + done.stderr


def unscheduled(there: Standins) -> None:
    there.pod("a", nodeName="", phase="Pending", podIP=None)


def without_address(there: Standins) -> None:
    there.pod("a", phase="Pending", podIP=None)


def host_network(there: Standins) -> None:
    there.pod("a", hostNetwork=True)


def ended(there: Standins) -> None:
    there.pod("a", phase="Succeeded")


def no_pod(there: Standins) -> None:
    there.pod("b")


def down(there: Standins) -> None:
    (there.folder / "down").touch()


def forbidden(there: Standins) -> None:
    there.pod("a")
    (there.folder / "forbidden").touch()


def without_kubectl(there: Standins) -> None:
    (there.folder / "bin" / "kubectl").unlink()


SAID: dict[Callable[[Standins], None], str] = {
    unscheduled: "default/a: is on no node yet (Pending); see kubectl describe pod -n default a",
    without_address: "default/a: has no address yet (Pending); see kubectl describe pod -n default a",
    host_network: "default/a: is on its node's own network (hostNetwork) and has no cali interface; name another",
    ended: "default/a: has ended (Succeeded) and has no network any more; name one that runs",
    no_pod: 'kubectl get: Error from server (NotFound): pods "a" not found; see kubectl get pods -A',
    down: "kubectl get: The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or "
    "port?; see kubectl cluster-info, or name a --context",
    forbidden: "kubectl create: Error from server (Forbidden): jobs.batch is forbidden: User cannot create resource "
    "jobs; log in, or ask for the right to get pods, create jobs and exec into pods",
    without_kubectl: "kubectl: not installed here, or not on the PATH; install it",
}


@pytest.mark.parametrize("trouble", SAID, ids=lambda trouble: trouble.__name__)
def test_what_is_wrong_is_one_line(
    trouble: Callable[[Standins], None], standins: Standins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble(standins)
    if trouble is without_kubectl:
        monkeypatch.setenv("PATH", str(standins.folder / "bin"))
    done = record("default/a", "--output", "case", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"pcapcheck: error: {SAID[trouble]}")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "case").exists()
    assert standins.jobs == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["default/a", "default/a"], "default/a: twice the same; name two ends, or one to ping its node"),
        (["a", "b", "c"], "3 ends: name the one that asks and, if it asks another, that one"),
        (["Default/a"], "'Default/a': write NAMESPACE/POD"),
        (["default/a", "--context", "elsewhere"], 'error: context "elsewhere" does not exist; see kubectl config'),
        (["no-such-interface"], "no-such-interface: this machine has no interface of that name"),
        (["lo", "--probe", "ping"], "lo: only pods and network namespaces can be asked to ping"),
        (["netns:no-such-netns"], "network namespace no-such-netns: no command can be run there"),
        (["default/a", "--probe", "ping=x"], "--probe ping=x: write ping, dns=NAME[@SERVER], tcp=HOST:PORT or none"),
        (["default/a", "--probe", "tcp=x;reboot:80"], "--probe tcp=x;reboot:80: write ping"),
        (["default/a", "--probe", "dns=$(reboot)"], "--probe dns=$(reboot): write ping"),
        (["default/a", "--count", "0"], "--count 0: ping at least once"),
        (["default/a", "--for", "soon"], "--for soon: "),
        (["lo", "--for", "1s", "--output", "/proc/case"], "--output /proc/case: "),
    ],
)
def test_what_cannot_be_meant(words: list[str], said: str, standins: Standins, tmp_path: Path) -> None:
    standins.pod("a")
    done = record(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert standins.jobs == []


def test_ssh_never_asks(standins: Standins, tmp_path: Path) -> None:
    """It is made to fail instead of asking for a password, and its own words say why it failed."""
    standins.pod("a")
    standins.node("node-1", "nowhere")
    (standins.folder / "no-key").touch()
    done = record("default/a", "--via", "ssh", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        "node node-1: no command can be run there: root@node-1: Permission denied (publickey,password)." in done.stderr
    )
    assert any("BatchMode=yes" in call for call in standins.calls)


def test_dry_run_makes_no_job(standins: Standins, tmp_path: Path) -> None:
    standins.pod("a")
    standins.pod("b", podIP="10.244.1.11")
    done = record("default/a", "default/b", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert " -- tcpdump -i cali" in done.stdout
    assert "pcapcheck node-script | kubectl exec -i -n default job/" in done.stdout
    assert {call.split()[1] for call in standins.calls} == {"get"}
    assert standins.jobs == []


def test_an_output_that_is_there_is_not_written_over(standins: Standins, tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    done = record("lo", "--for", "1s", "--output", "case", cwd=tmp_path)
    assert done.returncode == 2
    assert "--output case: is there already; name another, or remove it" in done.stderr
