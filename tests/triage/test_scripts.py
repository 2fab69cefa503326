"""The script for the node and the plan of a capture: what they say, in which shells, and that they change nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.lab.bench import Bench, bench
from fixtures.lab.pod import POD_A, POD_B
from fixtures.lab.state import SCRIPT, state_of
from fixtures.lab.traffic import ping
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.pipeline import analyze_state
from pcapcheck.triage.scripts import capture_plan, node_script
from tests.support.nodes import require_nodes
from tests.support.states import HEALTHY, statuses

SHELLS = ("dash", "bash", "busybox sh")
# Words that change something, each where a command begins or as the verb of ip, nft, iptables or sysctl.
WRITING = re.compile(
    r"(?:^|[;&|(] *|\bthen |\bdo |\brun |\bENTER )"
    r"(?:rm|mv|cp|touch|mkdir|mkfifo|tee|dd|kill|insmod|modprobe|mount|umount|chmod|ln)\b"
    r"|\b(?:add|del|delete|replace|flush|append|change|insert|create|destroy|restart|stop)\b"
    r"|sysctl +-w|\b(?:iptables|nft) +-[ADIRFXZN]|\bset [^-]",
    re.M,
)


def commands() -> str:
    """The script without its remarks."""
    return re.sub(r"^\s*#.*$|(?<=\s)# .*$", "", node_script(), flags=re.M)


def test_it_changes_nothing() -> None:
    assert not WRITING.search(commands())
    # Output goes nowhere but to where the script's own goes.
    assert set(re.findall(r">+ *[^ )'\"\n]+", re.sub(r"'[^']*'", "", commands()))) <= {">/dev/null", ">&1", ">&2"}
    # nstat would write a history file.
    assert re.findall(r"run nstat (\S+)", commands()) == ["-asz"]


def test_the_words_that_the_other_test_looks_for_are_found() -> None:
    for line in (
        "rm -f x",
        "run ip route add default",
        "if true; then mkdir x; fi",
        "sysctl -w a=1",
        "ip link set eth0 up",
    ):
        assert WRITING.search(line), line


def test_it_is_the_packaged_file() -> None:
    assert node_script() == SCRIPT.read_text()
    assert node_script().startswith("#!/bin/sh\n")


def test_shellcheck() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not here")
    done = subprocess.run(["shellcheck", "-s", "sh", str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    require_nodes()
    with bench(tmp_path_factory.mktemp("node"), pods=(POD_A, POD_B)) as made:
        ping(made.in_a, made.b.address, count=1)
        yield made


@pytest.mark.live
@pytest.mark.xdist_group("bench")
@pytest.mark.parametrize("shell", SHELLS)
def test_what_it_prints_is_read_back_without_loss(shell: str, lab: Bench, tmp_path: Path) -> None:
    if shutil.which(shell.split()[0]) is None:
        pytest.skip(f"{shell} is not here")
    path = tmp_path / "node.txt"
    path.write_text(state_of(lab.node, shell))
    analysis = analyze_state(path)
    assert statuses(analysis) == HEALTHY
    assert analysis.not_understood == []
    assert analysis.described == ["node node: 2 pod links", "pod pod-a", "pod pod-b"]


@pytest.mark.live
@pytest.mark.xdist_group("bench")
def test_pods_are_found_by_their_processes(lab: Bench, tmp_path: Path) -> None:
    """Each namespace that a process is in, as on a node where pods run."""
    sleeper = subprocess.Popen([*lab.in_b.argv("sleep", "60")])
    try:
        path = tmp_path / "node.txt"
        path.write_text(lab.host.run("sh", str(SCRIPT), str(sleeper.pid)))
        assert Path("/etc/resolv.conf").read_text() in path.read_text().partition("$ cat /etc/resolv.conf\n")[2]
    finally:
        sleeper.kill()
        sleeper.wait()
    assert f"### network namespace {sleeper.pid}\n" in path.read_text()
    assert POD_B.address in path.read_text().partition("### network namespace")[2]


@pytest.mark.live
@pytest.mark.xdist_group("bench")
def test_tables_that_iptables_keeps_by_itself_are_shown(lab: Bench) -> None:
    """Their names stand in a file that has no size."""
    if shutil.which("iptables-legacy-save") is None:
        pytest.skip("iptables-legacy is not here")
    drop = ("FORWARD", "-s", "192.0.2.9", "-j", "DROP")
    lab.host.run("iptables-legacy", "-A", *drop)
    try:
        said = state_of(lab.node)
    finally:
        lab.host.run("iptables-legacy", "-D", *drop)
    assert "-A FORWARD -s 192.0.2.9/32 -j DROP" in said.partition("$ iptables-legacy-save -c")[2]


@pytest.mark.live
@pytest.mark.xdist_group("bench")
def test_counters_are_read_twice(lab: Bench, tmp_path: Path) -> None:
    path = tmp_path / "node.txt"
    path.write_text(state_of(lab.node))
    host = next(host for host in read_state([path]).hosts if host.role == "node")
    for source in ("link", "backlog", "queue"):
        keys = [counter.key for counter in host.counters if counter.source == source]
        assert keys
        assert all(keys.count(key) == 2 for key in keys), source
    assert host.booted is not None


def test_without_tools_it_says_what_it_can(tmp_path: Path) -> None:
    """A node without iproute2: net-tools or /proc are asked instead, and nothing breaks."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "uname", "grep", "sed", "tr", "head", "cat", "readlink", "ls", "test"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    script = tmp_path / "script.sh"
    script.write_text(node_script().replace(":/usr/sbin:/sbin:/usr/local/sbin", ""))
    done = subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, env={"PATH": str(tools)})
    assert done.stderr == ""
    for file in ("arp", "dev", "snmp", "netstat"):
        assert f"$ cat /proc/net/{file}\n" in done.stdout
    assert "Tcp: RtoAlgorithm " in done.stdout
    assert "/proc/sys/net/ipv4/conf/all/proxy_arp:" in done.stdout


def test_capture_plan_for_two_pods() -> None:
    lines = capture_plan([("default", POD_A.name), ("default", POD_B.name)], "cali")
    text = "\n".join(lines)
    assert f"kubectl exec -n default {POD_A.name} -- ip neigh flush dev eth0" in lines
    assert f"tcpdump -i {POD_A.cali} -nn -w {POD_A.cali}.pcap" in text
    assert f"dumpcap -i {POD_A.cali} -i {POD_B.cali} -w node.pcapng" in lines
    assert text.index("flush") < text.index("tcpdump") < text.index("ping") < text.index("analyze")


def test_capture_plan_for_one_pod() -> None:
    text = "\n".join(capture_plan([("shop", "web-0")], "cali"))
    assert "dumpcap" not in text
    assert "kubectl exec -n shop web-0 -- ping" in text


@pytest.mark.parametrize("pods", [[("a", "b")] * 2, [("a", "b"), ("a", "c"), ("a", "d")]])
def test_capture_plan_refuses(pods: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="pod"):
        capture_plan(pods, "cali")
