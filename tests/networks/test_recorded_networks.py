"""Recordings of other networks: what works is not convicted, what is broken fails by its own network's rule."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from fixtures.networks.all_cases import CASES
from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.intake import Intake, read_captures
from pcapcheck.report.headline import heading, headline
from tests.support.lab import captures
from tests.support.networks import ANY, BROKEN, ENDPOINT_ARP, HEALTHY, INDEX, POD, RECORDED, A, B, failed, file, files
from tests.support.wire import BEGIN, SECOND, ask, read_frames, write_pcap

TITLES = {
    "aws-vpc-cni": "AWS VPC CNI",
    "azure-cni": "Azure CNI",
    "gke": "GKE",
    "cilium": "Cilium",
}

MAC_OF_A, MAC_OF_NODE = bytes.fromhex("6a0d91c2e417"), bytes.fromhex("8e4b10772ac5")


def link_type_of(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[20:24], "little")


def network_of(case: str) -> str:
    return case.partition("/")[0]


def lost(analysis: Analysis) -> list[str]:
    """The questions that are said to have got no answer."""
    return [question.about for question in analysis.unanswered if not question.doubt]


def said(case: str) -> list[Path]:
    """The captures of a case whose network is known by each alone.

    A pod of AWS that has lost its entry asks for 169.254.1.1 as Calico's pods do: where it is answered, and no name
    says otherwise, it counts as one of them.
    """
    nameless = (POD, ANY) if case == "aws-vpc-cni/entry-missing-proxied" else ()
    return [path for path in files(case) if path.name not in nameless]


def shown(analysis: Analysis) -> set[str | None]:
    return {point.network for point in analysis.points}


def test_every_case_is_recorded_and_has_an_expectation() -> None:
    assert set(INDEX) == set(CASES) == {*HEALTHY, *BROKEN}
    on_disk = {(str(path.parent.relative_to(RECORDED)), path.name) for path in RECORDED.glob("*/*/*.pcap*")}
    assert {(case, name) for case, about in INDEX.items() for name in about["files"]} == on_disk


def test_the_readme_tells_of_every_case() -> None:
    told = re.findall(r"[a-z-]+/[a-z0-9-]+", (RECORDED / "README.md").read_text())
    assert {case for case in INDEX if not case.endswith("/busy")} <= set(told)


@pytest.mark.parametrize("case", HEALTHY)
def test_what_works_is_not_convicted(case: str) -> None:
    """Neither file by file nor all of them together."""
    for given in ([path] for path in said(case)):
        assert failed(analyze(*given), "error") == set(), given
    assert failed(analyze(*files(case)), "error") == set()
    analysis = analyze(*files(case), pack=network_of(case))
    assert (analysis.verdict, failed(analysis, "error")) == ("pass", set())


@pytest.mark.parametrize("case", HEALTHY)
def test_what_works_is_not_convicted_by_its_own_pack(case: str) -> None:
    for path in files(case):
        assert failed(analyze(path, pack=network_of(case)), "error") == set(), path


@pytest.mark.parametrize("case", HEALTHY)
def test_nothing_that_works_is_said_to_be_lost(case: str) -> None:
    """Where a reply may have gone past the interface, silence is said to prove nothing."""
    for path in files(case):
        for pack in (None, network_of(case)):
            assert lost(analyze(path, pack=pack)) == [], (path, pack)
    assert lost(analyze(*files(case))) == []


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_fails(case: str) -> None:
    """On all files together, and on the pod's link at either end, where the call says which network that is."""
    right = BROKEN[case]
    assert failed(analyze(*files(case), pack=network_of(case))) & right.rules
    for which in right.shown_on:
        assert failed(analyze(file(case, which), pack=network_of(case))) & right.rules, which


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_fails_by_nothing_else(case: str) -> None:
    right = BROKEN[case]
    for given in [*([path] for path in said(case)), files(case)]:
        assert failed(analyze(*given), "error") <= right.rules | right.besides, given


@pytest.mark.parametrize("which", [POD, ANY])
def test_a_pod_that_asks_in_vain_at_a_mac_that_is_not_calicos_may_be_anybodys(which: str) -> None:
    analysis = analyze(file("aws-vpc-cni/entry-missing", which))
    assert (analysis.verdict, shown(analysis)) == ("not-checked", {None})
    assert "say which network it is of: --pack aws-vpc-cni or azure-cni" in headline(analysis)
    # It says nothing else than what the wire shows.
    assert any("169.254.1.1" in question.about for question in analysis.unanswered)


@pytest.mark.parametrize("which", [POD, A, ANY])
def test_a_pod_of_cilium_that_is_alone_asks_for_its_gateway(which: str, tmp_path: Path) -> None:
    """The node never sends to it, so nothing is heard but its requests."""
    path = file("cilium/arp-unanswered", which)
    link_type, frames = link_type_of(path), read_frames(path)
    alone = [frame for frame in frames if MAC_OF_A in frame[1] and MAC_OF_NODE not in frame[1]]
    assert 4 <= len(alone) < len(frames)
    given = write_pcap(tmp_path / path.name, alone, link_type)
    analysis = analyze(given, pack="cilium")
    assert failed(analysis) == {ENDPOINT_ARP}
    assert [sorted(point.pod_macs) for point in analysis.points] == [[int.from_bytes(MAC_OF_A)]]


def test_a_node_of_cilium_that_is_alone_is_no_pod(tmp_path: Path) -> None:
    """It asks for a pod that is silent, from an address of its own network."""
    asks = [ask("10.0.1.38", src="8e:4b:10:77:2a:c5", ip="172.31.186.250")] * 4
    path = write_pcap(tmp_path / "lxc6d21a0b4c3f1.pcap", [(BEGIN + n * SECOND, one) for n, one in enumerate(asks)])
    analysis = analyze(path)
    assert (failed(analysis), [point.pod_macs for point in analysis.points]) == (set(), [frozenset()])


@pytest.mark.parametrize("case", BROKEN)
def test_no_pass_where_a_question_got_no_answer(case: str) -> None:
    for path in files(case):
        analysis = analyze(path, pack=network_of(case))
        assert not lost(analysis) or heading(analysis) != "pass", path


@pytest.mark.parametrize("case", ["cilium/reply-dropped", "cilium/request-dropped"])
def test_what_goes_past_a_link_cannot_be_missed_there(case: str) -> None:
    for which in (A, B):
        assert failed(analyze(file(case, which))) == set()


@pytest.mark.parametrize("network", TITLES)
def test_a_link_is_named_by_its_name(network: str) -> None:
    analysis = analyze(file(f"{network}/healthy", A))
    assert shown(analysis) == {network}
    assert any(TITLES[network] in finding.rule.id or finding.status == "pass" for finding in analysis.findings)


@pytest.mark.parametrize("network", ["ptp", "bridge"])
def test_a_veth_is_known_by_who_is_asked_on_it(network: str) -> None:
    assert shown(analyze(file(f"{network}/healthy", A))) == {network}


@pytest.mark.parametrize("network", ["aws-vpc-cni", "gke", "cilium", "ptp", "bridge", "flannel"])
@pytest.mark.parametrize("which", [POD, A])
def test_without_a_name_it_is_unknown(network: str, which: str, tmp_path: Path) -> None:
    """Nothing fails, and the report says that it is not known."""
    path = tmp_path / "capture.pcap"
    copyfile(file(f"{network}/healthy", which), path)
    analysis = analyze(path)
    assert shown(analysis) == {None}
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())
    assert "nothing shows" in headline(analysis)


def test_azure_is_known_by_its_mac(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    copyfile(file("azure-cni/healthy", A), path)
    assert shown(analyze(path)) == {"azure-cni"}


def test_vxlan_of_cilium_is_not_said_to_be_flannels() -> None:
    case = RECORDED / "cilium" / "healthy-tunnel"
    assert "flannel" not in headline(analyze(case / "node-eth0.pcap"))
    assert "flannel" not in shown(analyze(*files("cilium/healthy-tunnel")))


def test_a_folder_of_files_with_names_of_links_is_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What Calico's links are called is known too, and of a name that says nothing the second reading tells."""
    readings = []

    def reading(*given: Any, **more: Any) -> Intake:
        readings.append(given)
        return read_captures(*given, **more)

    monkeypatch.setattr("pcapcheck.pipeline.read_captures", reading)
    assert shown(analyze(RECORDED / "aws-vpc-cni" / "healthy")) >= {"aws-vpc-cni"}
    both = tmp_path / "both"
    both.mkdir()
    for path in (*captures("healthy"), file("gke/healthy", A)):
        copyfile(path, both / path.name)
    assert shown(analyze(both)) == {"calico", "gke"}
    assert len(readings) == 2
    copyfile(file("gke/healthy", A), tmp_path / "gke40a1c8d77e2-before.pcap")
    assert shown(analyze(tmp_path / "gke40a1c8d77e2-before.pcap")) == {"gke"}
    assert len(readings) == 4


@pytest.mark.parametrize("network", ["aws-vpc-cni", "azure-cni", "bridge", "cilium", "flannel", "gke", "ptp"])
def test_a_nic_is_no_pods_link_whatever_the_network(network: str) -> None:
    nic = "node-eth1.pcap" if network == "aws-vpc-cni" else "node-eth0.pcap"
    analysis = analyze(RECORDED / network / "healthy" / nic, pack=network)
    assert [point.kind for point in analysis.points] == ["host-nic"]


def test_a_tunnels_device_is_no_pods_link() -> None:
    analysis = analyze(RECORDED / "cilium" / "healthy-tunnel" / "node-cilium_vxlan.pcap", pack="cilium")
    assert [point.kind for point in analysis.points] == ["tunnel"]


@pytest.mark.parametrize("network", sorted({network_of(case) for case in INDEX}))
def test_calico_next_to_another_network_is_judged_by_its_own_rules(network: str) -> None:
    healthy, lost = captures("healthy"), captures("proxy-arp-off")
    there = [file(f"{network}/healthy", which) for which in (A, B)]
    assert failed(analyze(*healthy, *there)) == set()
    assert failed(analyze(*lost, *there), "error") == failed(analyze(*lost), "error")
