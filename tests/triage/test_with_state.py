"""With the node's state the true cause is confirmed by a line of it, and no wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.triage.suspect import RULED_OUT
from tests.support.lab import CAPTURES, EXPECTED, captures
from tests.support.triage import CAUSES, PROVED, PROVED_IN

# Hundreds of analyses: minutes by themselves on a busy machine.
pytestmark = pytest.mark.slow

# Faults that neither node nor pods show: they lie in the network between, in another machine, or are over.
UNSEEN = {
    "gateway-announced-by-pod",
    "late-replies",
    "loss-between-nodes",
    "loss-burst",
    "outside-mtu-error-lost",
    "outside-prohibits",
    "outside-silent",
    "outside-unreachable",
    "pod-addresses-dropped",
    "two-answers",
    "two-nodes-sctp-dropped",
    "vxlan-blocked",
    "vxlan-blocked-one-way",
    # What takes packets past the translation is not in the state.
    "any-egress-not-translated",
    "any-service-untracked",
    "egress-not-translated",
    "ipv6-egress-not-translated",
    "ipv6-service-untracked",
    "vxlan-service-untracked",
    "dns-answer-untracked",
    "service-answer-untracked",
    "udp-answer-untracked",
    # Nor is what a process does with its socket.
    "dns-endpoint-silent",
    "dns-not-listening",
    "dns-server-silent",
    "receiver-hangs-up",
    "udp-not-listening",
    # That it was to be asked, or that one of two ways is broken, the state does not say.
    "dns-other-resolver",
    "one-path-broken",
    # A server's own log would say more.
    "dns-first-lost",
    "dns-ipv6-refuses",
    "dns-server-refuses",
    # Read once, a counter does not say when it grew.
    "listen-queue-full",
    # The lab drops what the offload would break.
    "vxlan-tcp-lost",
}
# With the state nothing fails: it shows why what was not recorded proves nothing.
UNJUDGED = {"ebpf-bypass"}
# No packets were recorded on the other node; its state shows what silenced it. Packets alone do not show the rule.
FURTHER = {"other-node-silent": "node-firewall-drops", "reset-midway": "rule-resets-midway"}
# What is wrong besides the cause, and follows from it or leads to it.
ALSO = {
    "cali-not-configured": {"forwarding-off", "pod-route-missing", "proxy-arp-off"},
    "duplicate-ip": {"address-on-two-links"},
    "route-taken-away": {"block-blackholed"},
    "ipv6-random-mac": {"cali-mac-changed"},
}


def with_state(scenario: str) -> Analysis:
    return analyze(*captures(scenario), node_state=CAPTURES / scenario / "state.txt")


def confirmed(analysis: Analysis) -> set[str]:
    return {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.confirmed}


@pytest.mark.parametrize("scenario", sorted(set(CAUSES) - UNSEEN - UNJUDGED))
def test_the_fault_is_confirmed(scenario: str) -> None:
    analysis = with_state(scenario)
    assert confirmed(analysis) == {FURTHER.get(scenario, CAUSES[scenario])} | ALSO.get(scenario, set())
    for diagnosis in analysis.diagnoses:
        for suspect in diagnosis.confirmed:
            assert suspect.because, suspect.cause.id
            proofs = ("frame", "state.txt:") if suspect.cause.id in {*PROVED, *PROVED_IN.values()} else ("state.txt:",)
            assert all(any(proof in line for proof in proofs) for line in suspect.because)


@pytest.mark.parametrize("scenario", sorted(UNSEEN))
def test_what_the_state_does_not_show_stays_possible(scenario: str) -> None:
    analysis = with_state(scenario)
    assert confirmed(analysis) == set()
    assert CAUSES[scenario] in {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.possible}


# In these a question is left that no rule is about.
@pytest.mark.parametrize(
    "scenario", sorted(set(EXPECTED) - set(CAUSES) - {"outside-tcp-dies", "later-fragments-dropped"})
)
def test_a_healthy_node_has_no_cause(scenario: str) -> None:
    analysis = with_state(scenario)
    assert analysis.diagnoses == []
    assert all("mtu" in remark.text or "recreated" in remark.text for remark in analysis.remarks)


def test_what_is_ruled_out_quotes_the_line_that_does_it() -> None:
    (diagnosis,) = with_state("proxy-arp-off").diagnoses
    out = {suspect.cause.id: suspect.because[0] for suspect in diagnosis.suspects if suspect.status == RULED_OUT}
    assert set(out) >= {"no-route-to-gateway", "gateway-route-leads-back", "pod-route-missing", "forwarding-off"}
    assert "169.254.1.1 via" in out["no-route-to-gateway"]
    assert "10.244.1.10 dev cali14e7d81007d scope link" in out["pod-route-missing"]


def test_the_state_of_another_pod_counts_for_nothing(tmp_path: Path) -> None:
    """The same interface, since the name follows from the pod's name; but another address and MAC."""
    state = (CAPTURES / "missing-own-route" / "state.txt").read_text()
    state = state.replace("10.244.1.10", "10.244.1.77").replace("5a:8a:10:57:e2:03", "5a:8a:10:57:e2:99")
    path = tmp_path / "state.txt"
    path.write_text(state)
    analysis = analyze(*captures("missing-own-route"), node_state=path)
    assert "pod-route-missing" not in {suspect.cause.id for suspect in analysis.diagnoses[0].confirmed}
    (remark,) = [remark for remark in analysis.remarks if "not the same pod instance" in remark.text]
    assert "the capture shows the pod 10.244.1.10 at 5a:8a:10:57:e2:03" in remark.text
    assert "the state describes 10.244.1.77 at 5a:8a:10:57:e2:99" in remark.text


@pytest.mark.parametrize("learned", [True, False])
def test_what_was_taken_before_the_packets_rules_nothing_out(tmp_path: Path, learned: bool) -> None:
    """Another rule dropped then, and the node had not yet the neighbours that it was seen to use."""
    lines = (CAPTURES / "tcp-dropped" / "state.txt").read_text().splitlines(keepends=True)
    lines = [line.replace("dport 5201", "dport 22") for line in lines if learned or " lladdr " not in line]
    path = tmp_path / "state.txt"
    path.write_text("".join(lines))
    analysis = analyze(*captures("tcp-dropped"), node_state=path)
    (diagnosis,) = analysis.diagnoses
    assert ("node-firewall-drops" in {suspect.cause.id for suspect in diagnosis.possible}) is not learned
    earlier = [remark for remark in analysis.remarks if "taken before this was recorded" in remark.text]
    assert len(earlier) == (0 if learned else 1)
    assert all("no neighbour on cali" in line for remark in earlier for line in remark.lines)


def test_ebpf_makes_missing_replies_unprovable(tmp_path: Path) -> None:
    path = tmp_path / "state.txt"
    path.write_text(
        "root@node:~# ip link\n"
        "12: bpfin.cali@bpfout.cali: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
        "    link/ether 6a:34:21:aa:bb:cc brd ff:ff:ff:ff:ff:ff\n"
    )
    capture = captures("missing-host-route")[0]
    by_id = {finding.rule.id: finding for finding in analyze(capture, node_state=path).findings}
    assert by_id["echo-answered"].status == "not-checked"
    assert "eBPF" in by_id["echo-answered"].reason
    # The kernel answers ARP there too.
    silent = analyze(captures("proxy-arp-off")[0], node_state=path)
    assert {finding.rule.id: finding.status for finding in silent.findings}["gateway-arp-answered"] == "fail"


def test_what_passes_by_the_recorder_is_no_fault() -> None:
    """A BPF program of the node hands pod B's replies to pod A's own end of its link."""
    assert analyze(*captures("ebpf-bypass")).verdict == "fail"
    analysis = with_state("ebpf-bypass")
    assert (analysis.verdict, analysis.diagnoses) == ("pass", [])
    assert "not judged: the node runs Calico's eBPF data plane" in analysis.headline


def test_answers_of_other_pods_show_that_ebpf_takes_none_past_a_link(tmp_path: Path) -> None:
    """So those that are missing are lost; what the node itself answers shows nothing."""
    shown = "12: bpfin.cali@bpfout.cali: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
    # Of nodes without a name it is not known that they are one.
    for scenario, name, verdict in (("loss", "node", "fail"), ("loss", "", "pass"), ("ebpf-bypass", "node", "pass")):
        state = (CAPTURES / scenario / "state.txt").read_text().replace("### node node\n", f"### node {name}\n", 1)
        first = next(line for line in state.splitlines(keepends=True) if line.startswith("1: lo: "))
        path = tmp_path / "state.txt"
        path.write_text(state.replace(first, shown + first, 1))
        assert analyze(*captures(scenario), node_state=path).verdict == verdict


def test_where_ebpf_hides_replies_no_recording_is_blamed() -> None:
    by_id = {finding.rule.id: finding for finding in with_state("ebpf-bypass").findings}
    assert by_id["reply-delivered"].status == "not-checked"
    assert "eBPF data plane" in by_id["reply-delivered"].reason
    assert by_id["request-leaves-node"].status == "pass"


def node_says(tmp_path: Path, scenario: str, text: str) -> set[str]:
    path = tmp_path / "pasted.txt"
    path.write_text(text)
    return confirmed(analyze(captures(scenario)[0], node_state=path))


def test_one_command_pasted_back_settles_it(tmp_path: Path) -> None:
    """The captures tell which link it is about; the paste need not."""
    text = "$ ip route get 169.254.1.1\nRTNETLINK answers: Network is unreachable\n"
    assert node_says(tmp_path, "no-default-route", text) == {"no-route-to-gateway"}
    quoted = "> $ sysctl net.ipv4.conf.all.proxy_arp net.ipv4.conf.cali14e7d81007d.proxy_arp\n"
    quoted += "> net.ipv4.conf.all.proxy_arp = 0\n> net.ipv4.conf.cali14e7d81007d.proxy_arp = 0\n"
    assert node_says(tmp_path, "proxy-arp-off", quoted) == {"proxy-arp-off"}


@pytest.mark.parametrize("phase", ["Completed", "Error", "Evicted", "Failed"])
def test_a_pod_that_has_ended_holds_no_address(tmp_path: Path, phase: str) -> None:
    head = "NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\n"
    runs = "d a 1/1 Running 0 1m 10.244.1.10 n1\n"
    listed = f"$ kubectl get pods -A -o wide\n{head}{runs}"
    assert node_says(tmp_path, "proxy-arp-off", f"{listed}d job 0/1 {phase} 0 9m 10.244.1.10 n2\n") == set()
    both = f"{listed}d b 1/1 Running 0 9m 10.244.1.10 n1\n"
    assert node_says(tmp_path, "proxy-arp-off", both) == {"duplicate-address"}
    # A pod of another node does not keep this one from answering.
    assert node_says(tmp_path, "proxy-arp-off", both.replace("9m 10.244.1.10 n1", "9m 10.244.1.10 n2")) == set()


def test_the_state_of_another_node_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text("root@n2:~# ip route\ndefault via 10.0.0.1 dev eth0\n10.244.9.7 dev cali0123456789a scope link\n")
    (remark,) = analyze(captures("proxy-arp-off")[0], node_state=path).remarks
    assert remark.text == (
        "the state shows nothing of cali14e7d81007d, only of cali0123456789a: is it from another node?"
    )


ROUTE = "10.244.1.11 dev calieabe7761b00"


@pytest.mark.parametrize(
    "deleted",
    [
        f"Deleted {ROUTE} scope link ",
        f"[ROUTE]Deleted {ROUTE} scope link",
        f"[2026-11-23T10:11:12.131415] [ROUTE]Deleted {ROUTE} scope link",
    ],
)
def test_a_route_that_was_seen_to_go_shows_that_somebody_took_it(tmp_path: Path, deleted: str) -> None:
    path = tmp_path / "pasted.txt"
    path.write_text(f"root@node:~# ip monitor route\n{deleted}\n")
    (diagnosis,) = analyze(*captures("route-lost-midway"), node_state=path).diagnoses
    (suspect,) = diagnosis.confirmed
    assert suspect.cause.id == "manager-owns-interface"
    assert suspect.because == (f"{path}:2: {deleted.strip()}",)
    # So does the line alone.
    path.write_text(f"{deleted}\n")
    assert confirmed(analyze(*captures("route-lost-midway"), node_state=path)) == {"manager-owns-interface"}


@pytest.mark.parametrize(
    "lines",
    [
        # In another month than the packets.
        f"[2026-08-06T10:11:12.131415] [ROUTE]Deleted {ROUTE} scope link",
        # Of another pod.
        "Deleted 10.244.1.77 dev cali0123456789a scope link",
        # The pod itself went.
        f"Deleted {ROUTE} scope link\nDeleted 332: calieabe7761b00@NONE: <BROADCAST,MULTICAST> mtu 1450 qdisc noop",
        # Nobody manages it.
        f"Deleted {ROUTE} scope link\nroot@node:~# nmcli dev\nDEVICE TYPE STATE\ncalieabe7761b00 veth unmanaged --",
    ],
)
def test_a_route_that_went_for_another_reason_shows_nothing(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "pasted.txt"
    path.write_text(f"root@node:~# ip monitor all\n{lines}\n")
    assert confirmed(analyze(*captures("route-lost-midway"), node_state=path)) == set()


def test_the_routes_of_one_interface_settle_it(tmp_path: Path) -> None:
    """``ip route show dev`` leaves the interface out of its lines; of an empty answer nothing is left but silence."""
    checked = "root@node:~# sysctl net.ipv4.conf.all.rp_filter\nnet.ipv4.conf.all.rp_filter = 1\n"
    command = f"{checked}root@node:~# ip route show dev cali14e7d81007d\n"
    assert node_says(tmp_path, "missing-own-route", f"{command}root@node:~# \n") == {"pod-route-missing"}
    there = node_says(tmp_path, "missing-own-route", f"{command}10.244.1.10 scope link \n")
    assert there == set()
    path = tmp_path / "pasted.txt"
    (diagnosis,) = analyze(captures("missing-own-route")[0], node_state=path).diagnoses
    out = {suspect.cause.id: suspect.because for suspect in diagnosis.suspects if suspect.status == RULED_OUT}
    assert out["pod-route-missing"] == (f"{path}:4: 10.244.1.10 scope link",)
    gone = 'Cannot find device "cali14e7d81007d"\n'
    assert node_says(tmp_path, "missing-own-route", f"{command}{gone}root@node:~# uname -r\n6.1.0-18-amd64\n") == set()


def test_what_the_kernel_answers_tells_a_dead_end_from_no_route(tmp_path: Path) -> None:
    """A blackhole is "Invalid argument" to whoever asks for the way (kernel: net/ipv4/fib_semantics.c, fib_props)."""
    asked = "root@w1:~# ip r g 10.244.1.11\nRTNETLINK answers: {}\n"
    path = tmp_path / "pasted.txt"
    for answers, cause in (("Invalid argument", "route-dead-end"), ("Network is unreachable", "host-route-missing")):
        path.write_text(asked.format(answers))
        assert confirmed(analyze(*captures("route-lost-midway"), node_state=path)) == {cause}


def test_a_firewall_is_convicted_by_what_it_dropped_of_this_pod(tmp_path: Path) -> None:
    """One that hit too seldom, or is about somebody else, did not drop the four packets of the case."""
    asked = "root@w1:~# nft list ruleset | grep drop\n\t\t{}\n"
    path = tmp_path / "pasted.txt"
    for rule, causes in (
        ("ip daddr 10.244.1.11 counter packets 10 bytes 840 drop", {"node-firewall-drops"}),
        ("ip saddr 10.244.1.10/32 icmp type echo-request counter packets 4 bytes 336 drop", {"node-firewall-drops"}),
        ("ip saddr 10.244.1.10/32 icmp type echo-request counter packets 1 bytes 84 drop", set()),
        ("ip daddr 10.244.1.11 drop", set()),
        ("ip saddr 10.244.1.11 ip daddr 10.244.1.10 counter packets 10 bytes 840 drop", set()),
        ("ip daddr 10.244.1.11 tcp dport 22 counter packets 10 bytes 840 drop", set()),
        ("ip daddr 10.244.1.11 counter packets 0 bytes 0 drop", set()),
        ("ip daddr 10.244.1.110 counter packets 10 bytes 840 drop", set()),
        ("ip daddr 10.244.1.0/24 ct state invalid counter packets 10 bytes 840 drop", set()),
    ):
        path.write_text(asked.format(rule))
        assert confirmed(analyze(*captures("route-lost-midway"), node_state=path)) == causes, rule


def test_the_inside_of_a_pod_is_known_by_its_name(tmp_path: Path) -> None:
    """``kubectl exec`` names the pod, and the pod's name gives that of its link."""
    path = tmp_path / "pasted.txt"
    rules = "table inet fw {\n\tchain input {\n\t\ticmp type echo-request counter packets 3 bytes 252 drop\n\t}\n}\n"
    for namespace in ("", "-n default "):
        path.write_text(f"kubectl {namespace}exec pod-b-68c8f9cccd-gr4hw -- nft list ruleset\n{rules}")
        analysis = analyze(*captures("pod-drops-icmp"), node_state=path)
        assert confirmed(analysis) == {"pod-firewall"}
        assert analysis.remarks == []
    path.write_text(f"kubectl -n shop exec pod-b-68c8f9cccd-gr4hw -- nft list ruleset\n{rules}")
    assert confirmed(analyze(*captures("pod-drops-icmp"), node_state=path)) == set()


def test_a_neighbour_entry_of_the_pod_alone_settles_it(tmp_path: Path) -> None:
    text = "kubectl exec pod-a-68c8f9cccd-sgtvg -- ip neigh\n169.254.1.1 dev eth0 lladdr 5e:f9:04:11:22:33 PERMANENT\n"
    assert node_says(tmp_path, "stale-neighbour-pod", text) == {"pod-neighbour-stale"}
    # Frames were sent to another MAC than this.
    other = text.replace("5e:f9:04:11:22:33", "02:00:5e:00:53:01")
    assert node_says(tmp_path, "stale-neighbour-pod", other) == set()


def test_a_setting_that_changes_within_a_paste_is_reported(tmp_path: Path) -> None:
    """Somebody mends it and pastes both: the capture may be from before."""
    name = "net.ipv4.conf.cali14e7d81007d.proxy_arp"
    path = tmp_path / "pasted.txt"
    path.write_text("".join(f"root@n:~# sysctl {name}\n{name} = {value}\n" for value in (0, 1)))
    (remark,) = analyze(captures("proxy-arp-off")[0], node_state=path).remarks
    assert remark.text.startswith(f"{name} is 0 in line 2 and 1 in line 4: the later one counts here")
    path.write_text("".join(f"root@n:~# sysctl {name}\n{name} = 0\n" for _ in range(2)))
    assert analyze(captures("proxy-arp-off")[0], node_state=path).remarks == []
