"""Bundles as tools and people make them: the same causes as from the whole state, and no node taken for another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis
from pcapcheck.capture.inputs import gather_states
from pcapcheck.cli.main import main
from pcapcheck.errors import CaptureError
from pcapcheck.nodestate.read_state import read_state
from tests.support import bundles
from tests.support.bundles import Files, by_hand, packed, packets_of, zipped
from tests.support.lab import CAPTURES

PROXY, BLOCK = "proxy-arp-off", "missing-host-route"
WORKER = {"node": "worker-1"}


def confirmed(analysis: Analysis) -> set[str]:
    return {
        suspect.cause.id
        for diagnosis in analysis.diagnoses
        for suspect in diagnosis.suspects
        if suspect.status == "confirmed"
    }


def named(analysis: Analysis) -> list[str]:
    return [host.split(":")[0] for host in analysis.described if host.startswith("node ")]


def run(*arguments: str | Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)


def whole(scenario: str) -> Analysis:
    folder = CAPTURES / scenario
    return analyze(*sorted(folder.glob("*.pcap")), node_state=folder / "state.txt")


def retina(scenario: str) -> tuple[str, bytes]:
    name, files = bundles.retina(scenario, "worker-1")
    return name, packed({**files, **packets_of(scenario)})


# What each makes of a scenario: the bundle's name and its bytes.
MAKERS: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "cluster diags": lambda name: ("d.tar.gz", packed({**bundles.cluster_diags(name, WORKER), **packets_of(name)})),
    "node diags": lambda name: ("d.tar.gz", packed({**bundles.node_diags(name), **packets_of(name)})),
    "Retina": retina,
    "Retina, several": lambda name: ("all.zip", zipped(dict([retina(name)]))),
    "sosreport": lambda name: (
        "sos.tar.xz",
        packed({**bundles.sosreport(name, "worker-1"), **packets_of(name)}, "xz"),
    ),
    "folders": lambda name: ("a.zip", zipped({**by_hand(name, "case/NODE/WHAT.txt", WORKER), **packets_of(name)})),
    "prefixes": lambda name: ("a.zip", zipped({**by_hand(name, "NODE-WHAT.txt", WORKER), **packets_of(name)})),
}
NO_SETTINGS = ("cluster diags", "node diags")


@pytest.mark.parametrize("maker", MAKERS)
def test_the_same_causes_as_from_the_whole_state(maker: str, tmp_path: Path) -> None:
    for scenario in (PROXY, BLOCK):
        if scenario == PROXY and maker in NO_SETTINGS:
            continue
        name, data = MAKERS[maker](scenario)
        (tmp_path / name).write_bytes(data)
        analysis = analyze(tmp_path / name)
        assert confirmed(analysis) == confirmed(whole(scenario)) != set(), scenario
        assert named(analysis) == ["node worker-7" if maker == "node diags" else "node worker-1"]
        assert not analysis.not_understood


@pytest.mark.parametrize("maker", NO_SETTINGS)
def test_what_a_tool_does_not_collect_is_named_with_the_command(maker: str, tmp_path: Path) -> None:
    name, data = MAKERS[maker](PROXY)
    (tmp_path / name).write_bytes(data)
    for command in ("analyze", "state"):
        told = run(command, tmp_path / name).stdout
        assert f"calicoctl {maker} does not collect some of what is asked here" in told
        assert "sysctl -a" in told
    assert confirmed(analyze(tmp_path / name)) == set()


def test_what_another_file_shows_is_not_missing(tmp_path: Path) -> None:
    files = bundles.cluster_diags(PROXY, {"node": "node"})
    (tmp_path / "d.tar.gz").write_bytes(packed(files))
    both = analyze_state(tmp_path / "d.tar.gz", CAPTURES / PROXY / "state.txt")
    assert not any("does not collect" in remark.text for remark in both.remarks)


def test_a_folder_is_as_good_as_an_archive(tmp_path: Path) -> None:
    files = {**by_hand(PROXY, "NODE/WHAT.txt", WORKER), **packets_of(PROXY)}
    (tmp_path / "a.zip").write_bytes(zipped(files))
    folder = bundles.folder(files, tmp_path / "case")
    assert confirmed(analyze(folder)) == confirmed(analyze(tmp_path / "a.zip")) == {"proxy-arp-off"}


@pytest.mark.parametrize("form", ["NODE/WHAT.txt", "NODE-WHAT.txt", "state/NODE/WHAT.txt"])
def test_two_nodes_never_become_one(form: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(by_hand("two-nodes-vxlan", form, {"node": "left", "node2": "right"})))
    analysis = analyze_state(tmp_path / "a.zip")
    assert named(analysis) == ["node left", "node right"]
    assert not analysis.not_understood


@pytest.mark.parametrize("form", ["NODE/WHAT.txt", "NODE-WHAT.txt"])
def test_what_only_another_host_shows_is_not_this_ones(form: str, tmp_path: Path) -> None:
    """Nothing in these settings says whose they are, but where they stand."""
    own, others = (form.replace("NODE", node).replace("WHAT", "sysctl") for node in ("left", "right"))
    files = by_hand("healthy", form, {"node": "left"})
    files[others] = files.pop(own)
    # Without the names of pod links.
    files[others] = b"net.ipv4.ip_forward = 0\n"
    for name, known in ((others, False), (own, True)):
        (tmp_path / "a.zip").write_bytes(zipped({**files, name: files[others]}))
        inputs = gather_states([tmp_path / "a.zip"])
        (left,) = read_state(inputs.states, found=inputs.found).nodes
        assert (left.name, bool(left.sysctls)) == ("left", known)


def test_a_file_that_holds_something_else_than_its_name_says_lists_nothing_completely(tmp_path: Path) -> None:
    """Its addresses count; that there is no route in it does not."""
    files = bundles.cluster_diags("healthy", WORKER)
    route, addr = (next(name for name in files if name.endswith(f"/{what}.txt")) for what in ("ip-route", "ip-addr"))
    files[route] = files[addr]
    (tmp_path / "d.tar.gz").write_bytes(packed({**files, **packets_of("healthy")}))
    analysis = analyze(tmp_path / "d.tar.gz")
    assert not analysis.failures
    assert confirmed(analysis) == set()


def test_files_of_two_nodes_that_were_swapped_go_where_they_belong(tmp_path: Path) -> None:
    """Routes name the addresses and pod links of their node; a host is called after most of its files."""
    files = by_hand("two-nodes-vxlan", "NODE/WHAT.txt", {"node": "left", "node2": "right"})
    left, right = "left/ip-route.txt", "right/ip-route.txt"
    files[left], files[right] = files[right], files[left]
    (tmp_path / "a.zip").write_bytes(zipped(files))
    analysis = analyze_state(tmp_path / "a.zip")
    right_ones = analyze_state(CAPTURES / "two-nodes-vxlan" / "state.txt")
    assert named(analysis) == ["node left", "node right"]
    statuses = {finding.rule.id: finding.status for finding in right_ones.findings}
    assert not [
        finding.rule.id
        for finding in analysis.findings
        if finding.status == "fail" and statuses[finding.rule.id] != "fail"
    ]


def test_a_file_of_another_node_proves_nothing(tmp_path: Path) -> None:
    """As by a copy into the wrong folder of a bundle whose layout says whose a file is."""
    files = bundles.cluster_diags("two-nodes-vxlan", {"node": "left", "node2": "right"})
    left, right = (next(name for name in files if f"/{node}/ip-route.txt" in name) for node in ("left", "right"))
    files[left] = files[right]
    (tmp_path / "d.tar.gz").write_bytes(packed(files))
    analysis = analyze_state(tmp_path / "d.tar.gz")
    assert any("two hosts or two times in one" in line for line in analysis.not_understood)
    assert not analysis.failures


def test_two_recordings_of_must_gather_are_of_two_nodes(tmp_path: Path) -> None:
    """Both folders of images are called alike, and both files."""
    packets = packets_of("two-nodes-vxlan")
    image = "quay-io-tools-sha256-0123456789abcdef"
    files = {
        f"must-gather.local.1/{node}/{image}/eth0.pcap": packets[name]
        for node, name in (("left-example-com", "node-eth0.pcap"), ("right-example-com", "node2-eth0.pcap"))
    }
    (tmp_path / "m.tar.gz").write_bytes(packed(files))
    analysis = analyze(tmp_path / "m.tar.gz")
    keys = [point.key for point in analysis.points]
    assert [analysis.followed.hosts.name(key) for key in keys] == ["left-example-com", "right-example-com"]
    assert analysis.followed.hosts.same(*keys) is False


BAD: Files = {
    "worker-1/blank.txt": b" \n",
    "worker-1/empty.pcap": b"",
    "worker-1/cut.pcap": packets_of(PROXY)["cali14e7d81007d.pcap"][:10],
    "worker-1/picture.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "worker-1/noise.bin": bytes(range(255, 0, -1)),
    "worker-1/core.tar.gz": b"\x1f\x8b" + bytes(40),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_costs_a_line(bad: str, tmp_path: Path) -> None:
    files = {**by_hand(PROXY, "NODE/WHAT.txt", WORKER), **packets_of(PROXY)}
    (tmp_path / "a.zip").write_bytes(zipped({**files, bad: BAD[bad]}))
    document = json.loads(run("analyze", tmp_path / "a.zip", "--format", "json").stdout)
    assert [skipped["path"] for skipped in document["skipped"]].count(str(tmp_path / "a.zip" / bad)) == 1
    assert confirmed(analyze(tmp_path / "a.zip")) == {"proxy-arp-off"}


@pytest.mark.parametrize("lost", ["ip-addr", "ip-route", "ip-neigh", "ip-rule"])
@pytest.mark.parametrize("content", [None, b"", b"\n"], ids=["missing", "empty", "blank"])
def test_a_file_that_is_missing_or_blank_confirms_nothing_new(lost: str, content: bytes | None, tmp_path: Path) -> None:
    """A node has addresses, routes and rules: a blank file of them was not written."""
    files = bundles.cluster_diags("healthy", WORKER)
    name = next(name for name in files if name.endswith(f"/{lost}.txt"))
    if content is None:
        del files[name]
    else:
        files[name] = content
    (tmp_path / "d.tar.gz").write_bytes(packed({**files, **packets_of("healthy")}))
    analysis = analyze(tmp_path / "d.tar.gz")
    assert not analysis.failures
    assert confirmed(analysis) == set()


def test_captures_of_an_archive_are_judged_as_files_are(tmp_path: Path) -> None:
    """Rotated sets, compressed files, evidence and tables too: all are read a second time."""
    names = ["cali14e7d81007d.pcap", "calieabe7761b00.pcap"]
    (tmp_path / "a.tar.gz").write_bytes(packed({name: packets_of("healthy")[name] for name in names}))
    inside, beside = analyze(tmp_path / "a.tar.gz"), analyze(*(CAPTURES / "healthy" / name for name in names))
    assert [finding.status for finding in inside.findings] == [finding.status for finding in beside.findings]
    assert list(inside.echo["rtt"]) == list(beside.echo["rtt"])
    assert [capture.path.name for capture in inside.captures] == names


def test_evidence_from_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed(packets_of(PROXY)))
    run("analyze", tmp_path / "a.tar.gz", "--evidence", tmp_path / "evidence")
    assert analyze(tmp_path / "evidence" / "gateway-arp-answered.pcapng").captures[0].frames == 3


def test_an_archive_on_standard_input() -> None:
    data = packed({**by_hand(PROXY, "NODE/WHAT.txt", WORKER), **packets_of(PROXY)})
    for command, arguments in (("analyze", ["--format", "json"]), ("state", ["--format", "json"])):
        done = subprocess.run(
            [sys.executable, "-m", "pcapcheck", command, "-", *arguments],
            input=data,
            capture_output=True,
            check=False,
        )
        document = json.loads(done.stdout)
        causes = {cause["id"] for cause in document["causes"] if cause["status"] == "confirmed"}
        assert causes == {"proxy-arp-off"}, command


def test_an_archive_as_node_state(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(by_hand(PROXY, "NODE/WHAT.txt", WORKER)))
    analysis = analyze(CAPTURES / PROXY / "cali14e7d81007d.pcap", node_state=tmp_path / "a.zip")
    assert confirmed(analysis) == {"proxy-arp-off"}


def test_an_archive_of_nothing_is_an_error(tmp_path: Path) -> None:
    nothing: dict[str, Files] = {
        "none": {},
        "foreign": {"a.png": b"\x89PNG"},
        "garbled": {"nodes/worker-1/ip-route.txt": b"garbage\n"},
        "blank": {"nodes/worker-1/ip-route.txt": b""},
    }
    bundled = {f"{name}.zip": zipped(files) for name, files in nothing.items()}
    for name, data in {**bundled, "a.tar": packed({}, "")}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CaptureError):
            analyze(tmp_path / name)
        assert run("analyze", tmp_path / name).exit_code == 2
        assert run("state", tmp_path / name).exit_code == 2


def test_hostile_names_cost_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed({"../../evil": b"x", "\x1b[31m/x": b"y", **packets_of(PROXY)}))
    told = run("analyze", tmp_path / "a.tar.gz").stdout
    assert "../../evil: its name leads out of the archive" in told
    assert "\x1b" not in told
    assert told.startswith("FAIL  the node does not answer")
    assert run("analyze", tmp_path / "a.tar.gz", "--strict").exit_code == 1


def test_what_retina_makes_of_a_real_host(tmp_path: Path) -> None:
    """Its file lists the commands, then shows each with what it printed, some in JSON."""
    if not shutil.which("ip"):
        pytest.skip("ip is not here")
    commands = ("-d -j addr show", "-d -j neighbor show", "rule list", "route show table all")
    ran = "".join(
        f"/usr/sbin/ip {words}\n\n{subprocess.run(['ip', *words.split()], capture_output=True, text=True).stdout}"
        for words in commands
    )
    listed = "".join(f"/usr/sbin/ip {words}(what it shows)\n" for words in commands)
    files = {
        "ip-resources.txt": f"Summary:\n\n{listed}\nExecute:\n\n{ran}".encode(),
        "proc-net/arp": Path("/proc/net/arp").read_bytes(),
        "proc-net/snmp": Path("/proc/net/snmp").read_bytes(),
    }
    path = tmp_path / f"retina-capture-worker-1-{bundles.TIME}.tar.gz"
    path.write_bytes(packed(files))
    inputs = gather_states([path])
    (host,) = read_state(inputs.states, found=inputs.found, skip=lambda *_: None).hosts
    assert (host.name, "lo" in host.links, bool(host.rules)) == ("worker-1", True, True)
    assert {"links", "addresses4", "neighbours4", "rules4", "local4"} <= host.whole


def test_a_link_that_came_while_settings_were_copied_contradicts_nothing(tmp_path: Path) -> None:
    """Retina copies /proc/sys after it has listed the links: a file of its own for each setting."""
    name, files = bundles.retina(PROXY, "worker-1")
    files["proc-sys-net/ipv4/conf/cali00000000001/rp_filter"] = b"0\n"
    (tmp_path / name).write_bytes(packed({**files, **packets_of(PROXY)}))
    analysis = analyze(tmp_path / name)
    assert not analysis.not_understood
    assert confirmed(analysis) == {"proxy-arp-off"}


def test_texts_of_windows(tmp_path: Path) -> None:
    """PowerShell writes UTF-16 and CR LF, kubectl exec -it CR LF."""
    files = by_hand(PROXY, "NODE/WHAT.txt", WORKER)
    for encoding in ("utf-8", "utf-16"):
        texts = {name: data.decode().replace("\n", "\r\n").encode(encoding) for name, data in files.items()}
        (tmp_path / "a.zip").write_bytes(zipped({**texts, **packets_of(PROXY)}))
        assert confirmed(analyze(tmp_path / "a.zip")) == {"proxy-arp-off"}, encoding


def test_a_pod_list_in_a_bundle_names_pods(tmp_path: Path) -> None:
    listed = (
        "NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE   IP            NODE\n"
        "shop        web    1/1     Running   0          3d    10.244.1.10   worker-1\n"
    )
    (tmp_path / "a.zip").write_bytes(zipped({"pods.txt": listed.encode(), **packets_of(PROXY)}))
    assert "10.244.1.10 [shop/web]" in run("analyze", tmp_path / "a.zip").stdout


def test_routes_of_one_version_of_ip_say_nothing_of_the_other(tmp_path: Path) -> None:
    """The files of a node's IPv4 and IPv6 routes have each other's content."""
    files = bundles.cluster_diags("healthy-dual-stack", WORKER)
    four, six = (next(name for name in files if name.endswith(f"/{what}.txt")) for what in ("ip-route", "ip-route-v6"))
    files[four], files[six] = files[six], files[four]
    (tmp_path / "d.tar.gz").write_bytes(packed({**files, **packets_of("healthy-dual-stack")}))
    analysis = analyze(tmp_path / "d.tar.gz")
    assert confirmed(analysis) == set()
    assert not analysis.failures
