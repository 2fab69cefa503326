"""Pod links of other networks: said to be what they look like, held to what their own networks do, not to Calico's."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

import pytest

from fixtures.made.index import FOLDER
from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.errors import UsageError
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.networks import CALICO, id_of, network_of
from pcapcheck.report.headline import heading, headline
from tests.support.lab import FIXTURES, captures
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    answer,
    arp,
    ask,
    cooked2,
    request,
    write_pcap,
)

HERE = ["aws-eni3f0a91c7d52", "aws-lost-eni3f0a91c7d53", "aws-asks-eni3f0a91c7d54", "azure-azv61c0d9e2f4a"]
THERE = ["cilium-lxc6d21a0b4c3f1", "gke-gke40a1c8d77e2", "bridge-veth8a3f01c2", "ptp-lost-vethc07e19d4"]
WITHOUT_NAME = ["network-azure", "network-azure-old"]
VETH = "8a:40:6f:11:d2:b3"
CALI = "cali2b8f04a6d19"


def made(name: str) -> Path:
    return FOLDER / f"{name}.pcap"


def failed(analysis: Analysis) -> set[str]:
    return {finding.rule.id for finding in analysis.findings if finding.status == "fail"}


def remarks(analysis: Analysis) -> str:
    return "\n".join(remark.text for remark in analysis.remarks)


@pytest.mark.parametrize("name", [*HERE, *THERE, *WITHOUT_NAME])
def test_other_networks_are_not_held_to_calicos_rules(name: str) -> None:
    analysis = analyze(made(name), rules=CALICO)
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())


def test_other_rules_say_how_a_link_is_judged() -> None:
    assert headline(analyze(made(HERE[0]), rules=CALICO)).endswith(
        "; to have it judged, say which network it is of: --pack aws-vpc-cni"
    )


@pytest.mark.parametrize(
    ("name", "network", "verdict", "failing"),
    [
        (HERE[0], "aws-vpc-cni", "pass", set()),
        (HERE[1], "aws-vpc-cni", "fail", {"echo-answered"}),
        (HERE[2], "aws-vpc-cni", "fail", {"gateway-entry-kept", "gateway-entry-or-answer"}),
        (HERE[3], "azure-cni", "pass", set()),
        (THERE[0], "cilium", "pass", set()),
        (THERE[1], "gke", "pass", set()),
        (THERE[2], "bridge", "pass", set()),
        (WITHOUT_NAME[0], "azure-cni", "pass", set()),
    ],
)
def test_they_are_judged_by_the_packs_for_their_networks(
    name: str, network: str, verdict: str, failing: set[str]
) -> None:
    analysis = analyze(made(name))
    assert (analysis.verdict, failed(analysis)) == (verdict, failing)
    (point,) = analysis.points
    assert (point.kind, point.network, point.capture_point.calico) == ("pod-link", network, None)
    assert {network} == {name for finding in analysis.findings for name in finding.rule.networks}
    assert f"judged by the pack {network}" in remarks(analysis)
    assert analysis.to_dict()["captures"][0]["interfaces"][0]["network"] == network


def test_a_pack_decides_where_nothing_shows_the_network() -> None:
    silent = analyze(made(THERE[3]))
    assert (silent.verdict, {point.network for point in silent.points}) == ("not-checked", {None})
    assert headline(silent).endswith("say which network it is of: --pack ptp, bridge or flannel")
    analysis = analyze(made(THERE[3]), pack="kindnet")
    assert (analysis.verdict, failed(analysis)) == ("fail", {"echo-answered"})
    assert "vethc07e19d4 looks like a ptp plugin pod link (by --pack)" in remarks(analysis)


@pytest.mark.parametrize(
    ("shown", "network"),
    [
        ("10.61.3.17 dev vethc07e19d4 scope host\n", "ptp"),
        ("10.61.3.0/24 dev cni0 proto kernel scope link\n", "bridge"),
        ("10.61.4.0/24 via 10.61.4.0 dev flannel.1 onlink\n", "flannel"),
    ],
)
def test_the_state_tells_links_with_one_name_apart(shown: str, network: str, tmp_path: Path) -> None:
    state = tmp_path / "state.txt"
    device = {"bridge": "cni0", "flannel": "flannel.1"}.get(network)
    links = "".join(
        f"{number}: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
        f"    link/ether {VETH} brd ff:ff:ff:ff:ff:ff\n"
        for number, name in enumerate(("vethc07e19d4@if2", *([device] if device else [])), 7)
    )
    state.write_text(f"root@node-7:~# ip -d addr\n{links}root@node-7:~# ip route\n{shown}")
    analysis = analyze(made(THERE[3]), node_state=state)
    assert {point.network for point in analysis.points} == {network}
    assert failed(analysis) == {"echo-answered"}


def test_a_pack_decides_where_the_name_is_wrong(tmp_path: Path) -> None:
    """The name of a file is AWS's, the MAC that answers is Calico's."""
    path = tmp_path / "eni3f0a91c7d52.pcap"
    copyfile(captures("healthy")[0], path)
    assert (analyze(path, pack=CALICO).verdict, analyze(path, pack="aws").points[0].network) == ("pass", "aws-vpc-cni")


WRONG = [
    # By the name alone, by the MAC of the node's end, by the gateway that answers and hands on.
    ("gke/gateway-missing/gke40a1c8d77e2", ["aws", "azure", "calico", "cilium", "flannel", "bridge", "kindnet"]),
    ("cilium/healthy-tunnel/lxc6d21a0b4c3f1", ["aws", "azure", "calico", "gke", "flannel", "bridge", "kindnet"]),
    ("azure-cni/entry-missing/pod-a-eth0", ["aws", "calico", "cilium", "gke", "flannel", "bridge", "kindnet"]),
    ("ptp/healthy/veth8a3f01c2", ["aws", "calico", "flannel", "bridge"]),
    ("ptp/healthy/pod-a-eth0", ["aws", "calico"]),
    ("aws-vpc-cni/entry-missing/pod-a-eth0", ["cilium", "gke", "flannel", "bridge", "kindnet"]),
]


@pytest.mark.parametrize(("name", "pack"), [(name, pack) for name, packs in WRONG for pack in packs])
def test_a_pack_whose_network_nothing_shows_convicts_nobody(name: str, pack: str) -> None:
    analysis = analyze(FIXTURES / "networks" / f"{name}.pcap", pack=pack)
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())
    (point,) = analysis.points
    title = "Calico" if pack == CALICO else network_of(id_of(pack)).title
    assert f"nothing on {point.name} looks like {title}, which --pack names: no rule of that pack is applied there" in (
        remarks(analysis)
    )
    assert point.capture_point.likeness is not None or f"nothing on {point.name} looks like {title}" in headline(
        analysis
    )


@pytest.mark.parametrize("pack", ["aws", "azure", "cilium", "gke", "flannel", "bridge", "kindnet"])
def test_no_other_pack_convicts_calicos_links(pack: str) -> None:
    analysis = analyze(captures("proxy-arp-off")[0], pack=pack)
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())
    assert "nothing on cali14e7d81007d looks like" in remarks(analysis)


def test_a_pack_that_is_right_for_one_link_passes_with_a_warning_for_the_other() -> None:
    networks = FIXTURES / "networks"
    right, wrong = networks / "aws-vpc-cni/healthy/eni3f0a91c7d52.pcap", networks / "gke/healthy/gke40a1c8d77e2.pcap"
    analysis = analyze(right, wrong, pack="aws")
    assert (analysis.verdict, heading(analysis)) == ("pass", "warn")
    assert headline(analysis).startswith("nothing on gke40a1c8d77e2 looks like AWS VPC CNI; ")


def test_a_pack_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(UsageError, match="--pack flanel: there is no such pack; did you mean 'flannel'"):
        analyze(made(HERE[0]), pack="flanel")


def test_two_networks_in_one_call_are_judged_apart() -> None:
    """A rule that both packs have judges both; each of the others its own."""
    analysis = analyze(made(HERE[0]), *captures("healthy"))
    assert {point.network for point in analysis.points} == {"aws-vpc-cni", CALICO}
    assert (analysis.verdict, failed(analysis)) == ("pass", set())
    networks = {finding.rule.id: finding.rule.networks for finding in analysis.findings}
    assert networks["echo-answered"] == (CALICO, "aws-vpc-cni")
    assert networks["gateway-arp-proxy-mac"] == (CALICO,)
    assert networks["gateway-entry-kept"] == ("aws-vpc-cni",)
    alone = {finding.rule.id: finding.checked for finding in analyze(*captures("healthy")).findings}
    assert {id_: alone[id_] for id_ in alone if networks[id_] == (CALICO,)} == {
        finding.rule.id: finding.checked for finding in analysis.findings if finding.rule.networks == (CALICO,)
    }


def test_no_cause_of_calicos_own_is_named_for_them() -> None:
    analysis = analyze(made(HERE[1]))
    named = [suspect.cause for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    assert named
    assert not [cause.id for cause in named if "alico" in cause.why or cause.id == "policy-drops"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (HERE[0], "eni3f0a91c7d52 looks like an AWS VPC CNI pod link (by its name)"),
        (HERE[3], "azv61c0d9e2f4a looks like an Azure CNI pod link (by its name)"),
        (WITHOUT_NAME[0], "network-azure.pcap looks like an Azure CNI pod link (by the MAC aa:aa:aa:aa:aa:aa)"),
        (WITHOUT_NAME[1], "pods ask for their gateway here, whose MAC is not Calico's, as pods of AWS and Azure do"),
        (THERE[0], "lxc6d21a0b4c3f1 looks like a Cilium pod link (by its name)"),
        (THERE[1], "gke40a1c8d77e2 looks like a GKE pod link (by its name)"),
        (THERE[2], "veth8a3f01c2 looks like a bridge plugin pod link (by more than two machines on it)"),
        (THERE[3], "vethc07e19d4 looks like a veth pair of another plugin (by its name)"),
    ],
)
def test_the_report_says_what_it_looks_like(name: str, said: str) -> None:
    analysis = analyze(made(name), rules=CALICO)
    assert said in headline(analysis)
    assert all(said in finding.reason for finding in analysis.findings if finding.rule.id == "gateway-arp-answered")


def test_two_links_are_reported_in_one_line() -> None:
    analysis = analyze(made(HERE[0]), made(HERE[1]))
    assert "eni3f0a91c7d52 and eni3f0a91c7d53 look like AWS VPC CNI pod links (by their names)" in remarks(analysis)


@pytest.mark.parametrize("name", [HERE[1], THERE[3]])
def test_loss_on_them_is_reported(name: str) -> None:
    analysis = analyze(made(name), rules=CALICO)
    assert "10.61.3.17's ping to 10.61.3.40 gets no answer" in headline(analysis)
    assert "10.61.3.17's ping to 10.61.3.40 gets no answer on" in remarks(analysis)


def test_cilium_may_take_replies_past_the_link() -> None:
    assert "replies may bypass" in remarks(analyze(made(THERE[0])))


@pytest.mark.parametrize(("name", "prefix"), [(HERE[0], "eni"), (HERE[2], "eni"), (HERE[3], "azv"), (THERE[1], "gke")])
def test_calico_policy_on_them_does_not_make_them_calico(name: str, prefix: str) -> None:
    analysis = analyze(made(name), rules=CALICO, variables={"interface_prefix": prefix})
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())


def test_a_name_of_another_network_gives_way_to_the_proxy_mac(tmp_path: Path) -> None:
    frames = [ask(), answer(), *(request(n, eth=(POD, VETH)) for n in (1, 2))]
    path = write_pcap(tmp_path / "eni3f0a91c7d52.pcap", [(BEGIN + n * SECOND, one) for n, one in enumerate(frames)])
    assert "pod-frames-to-proxy-mac" in failed(analyze(path))


def test_a_virtual_machine_on_calico_is_judged_and_healthy() -> None:
    analysis = analyze(made("vm-cali2b8f04a6d19"))
    assert (analysis.verdict, failed(analysis)) == ("pass", set())
    (point,) = analysis.points
    assert point.capture_point.calico == "name"


@pytest.mark.parametrize(
    ("name", "options", "shown"),
    [
        ("capture.pcap", {}, "gateway"),
        ("tap4e7d8100d7a.pcap", {"variables": {"interface_prefix": "tap"}}, "name"),
        ("cali4e7d8100d7a.pcap", {}, "name"),
        ("eth0.pcap", {}, "gateway"),
    ],
)
def test_silence_of_the_gateway_still_fails(
    name: str, options: dict[str, dict[str, str]], shown: str, tmp_path: Path
) -> None:
    path = write_pcap(tmp_path / name, [(BEGIN + n * SECOND, ask()) for n in range(4)])
    analysis = analyze(path, **options)  # type: ignore[arg-type]
    assert failed(analysis) == {"gateway-arp-answered"}
    (point,) = analysis.points
    assert point.capture_point.calico == shown


def test_a_random_mac_on_an_unnamed_cali_still_fails(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    copyfile(captures("random-cali-mac")[0], path)
    assert "gateway-arp-proxy-mac" in failed(analyze(path))


def test_frames_to_the_proxy_mac_alone_still_show_calico(tmp_path: Path) -> None:
    frames = [(BEGIN + n * 200 * MS, request(n)) for n in range(1, 9)]
    analysis = analyze(write_pcap(tmp_path / "capture.pcap", frames))
    (point,) = analysis.points
    assert (point.kind, point.capture_point.calico) == ("pod-link", "proxy-mac")


def test_a_nic_is_never_called_a_cali(tmp_path: Path) -> None:
    """Somebody on the LAN asks for 169.254.1.1; a NIC that the node has is no pod's link for that."""
    asks = [ask(src="0a:58:00:00:00:09", ip="192.168.40.9")] * 4
    pings = [request(n, eth=("0a:58:00:00:00:01", "0a:58:00:00:00:02")) for n in range(1, 9)]
    path = write_pcap(tmp_path / "ens160.pcap", [(BEGIN + n * 200 * MS, one) for n, one in enumerate(asks + pings)])
    analysis = analyze(path)
    assert analysis.verdict == "not-checked"
    assert "ens160 is a host NIC" in headline(analysis)
    assert "--interface" not in headline(analysis)
    assert "gets no answer" in headline(analysis)
    assert "to check a pod's link, record its cali interface on the node" in headline(analysis)


PRINTED = """\
10:17:03.000110 wlan0 In  ifindex 7 5a:8a:10:57:e2:03 ethertype IPv4 (0x0800), length 104: 10.61.3.17 > 10.61.3.40: ICMP echo request, id 31, seq 1, length 64
10:17:03.000140 eth0  Out ifindex 9 ee:ee:ee:ee:ee:ee ethertype IPv4 (0x0800), length 104: 10.61.3.17 > 10.61.3.40: ICMP echo request, id 31, seq 1, length 64
10:17:03.000170 eth0  In  ifindex 9 7e:1d:0c:42:9b:66 ethertype IPv4 (0x0800), length 104: 10.61.3.40 > 10.61.3.17: ICMP echo reply, id 31, seq 1, length 64
10:17:03.000190 wlan0 Out ifindex 7 ee:ee:ee:ee:ee:ee ethertype IPv4 (0x0800), length 104: 10.61.3.40 > 10.61.3.17: ICMP echo reply, id 31, seq 1, length 64
"""  # noqa: E501


@pytest.mark.parametrize("lines", [slice(None), slice(1, 3), slice(1, 4), slice(0, 2)])
def test_names_of_the_printing_machine_prove_nothing(lines: slice, tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text("".join(PRINTED.splitlines(True)[lines]))
    analysis = analyze(path)
    assert failed(analysis) == set()
    assert {point.name for point in analysis.points} <= {"ifindex 7", "ifindex 9"}


def test_names_that_the_recording_machine_printed_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    banner = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
    path.write_text(banner + PRINTED.replace("wlan0", CALI))
    assert [point.name for point in analyze(path).points] == [CALI, "eth0"]


def test_without_numbers_names_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(f"10:17:03.000110 {CALI} In  ARP, Request who-has 169.254.1.1 tell 10.61.3.17, length 28\n" * 2)
    (point,) = analyze(path).points
    assert (point.name, point.capture_point.calico) == (CALI, "name")


STATE = f"""\
root@node-7:~# ip -d addr
331: {CALI}@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP
    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff
root@node-7:~# ip route
10.244.1.10 dev {CALI} scope link
root@node-7:~# kubectl exec -n shop web-0 -- ip addr
4: eth0@if331: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP
    link/ether {POD} brd ff:ff:ff:ff:ff:ff
    inet 10.244.1.10/32 scope global eth0
"""


def test_the_state_shows_whose_link_an_unnamed_capture_is_of(tmp_path: Path) -> None:
    """A pod with a wrong entry for its gateway: no frame of its link shows Calico, the node's state does."""
    state = tmp_path / "state.txt"
    state.write_text(STATE)
    frames = [(BEGIN + n * SECOND, request(n, eth=(POD, VETH))) for n in range(1, 5)]
    path = write_pcap(tmp_path / "capture.pcap", frames)
    assert analyze(path).verdict == "not-checked"
    analysis = analyze(path, node_state=state)
    (point,) = analysis.points
    assert (point.name, point.capture_point.calico, point.node_interface) == (CALI, "state", CALI)


def test_the_state_of_another_network_outweighs_a_request_for_the_gateway(tmp_path: Path) -> None:
    state = tmp_path / "state.txt"
    state.write_text(STATE.replace(CALI, "eni3f0a91c7d52").replace("ee:ee:ee:ee:ee:ee", VETH))
    path = write_pcap(tmp_path / "capture.pcap", [(BEGIN + n * SECOND, ask()) for n in range(4)])
    assert failed(analyze(path)) == {"gateway-arp-answered"}
    analysis = analyze(path, node_state=state)
    assert failed(analysis) == {"gateway-entry-kept", "gateway-entry-or-answer"}
    assert "node-7 looks like AWS VPC CNI, not Calico (by eni3f0a91c7d52)" in remarks(analysis)


def test_paths_over_other_networks_pass_nothing(tmp_path: Path) -> None:
    one = [(BEGIN + n * SECOND, request(n, eth=(POD, VETH))) for n in range(1, 4)]
    other = [(time + MS, request(n, eth=(VETH, "0a:00:00:00:00:07"), ttl=63)) for n, (time, _) in enumerate(one, 1)]
    paths = [write_pcap(tmp_path / f"eni{number}f0a91c7d52.pcap", frames) for number, frames in ((1, one), (2, other))]
    assert analyze(*paths, rules=CALICO).verdict == "not-checked"


def test_interfaces_of_a_cooked_capture_keep_their_numbers(tmp_path: Path) -> None:
    frames = [cooked2(ask(), False, 5), cooked2(arp(2, (NODE, "169.254.1.1"), (POD, "10.244.1.10"), POD), True, 5)]
    path = write_pcap(tmp_path / "any.pcap", [(BEGIN + n * MS, one) for n, one in enumerate(frames)], 276)
    (point,) = analyze(path).points
    assert point.capture_point.calico == "proxy-mac"


def test_the_router_of_azures_machines_makes_no_pod_link(tmp_path: Path) -> None:
    """Every machine there has it besides its NIC, also with Calico."""
    frames = [(BEGIN + n * SECOND, request(n, eth=("00:0d:3a:00:00:05", "12:34:56:78:9a:bc"))) for n in range(3)]
    (point,) = analyze(write_pcap(tmp_path / "eth0.pcap", frames)).points
    assert (point.kind, point.capture_point.likeness) == ("host-nic", None)


def test_azures_mac_tells_in_a_text_without_macs(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(
        "10:17:03.000110 ARP, Request who-has 169.254.1.1 tell 10.61.3.17, length 28\n"
        "10:17:03.000140 ARP, Reply 169.254.1.1 is-at aa:aa:aa:aa:aa:aa, length 28\n"
    )
    analysis = analyze(path)
    assert (analysis.verdict, failed(analysis)) == ("pass", set())
    assert "an Azure CNI pod link" in remarks(analysis)


@pytest.mark.parametrize(
    ("file", "shown"), [("node1-br0.pcap", "br0"), ("tap3.pcap", "tap3"), ("run1.pcap", "run1.pcap")]
)
def test_interfaces_are_shown_by_their_best_name(file: str, shown: str, tmp_path: Path) -> None:
    (point,) = analyze(write_pcap(tmp_path / file, [(BEGIN, ask()), (BEGIN + 2 * SECOND, ask())])).points
    assert (point.name, point.kind) == (shown, "pod-link")
    assert point.node_interface == UNNAMED
