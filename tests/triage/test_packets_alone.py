"""What packets alone tell of the reason: the true cause is always among those named, and healthy traffic has none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.triage.suspect import CONFIRMED
from tests.support.lab import CAPTURES, EXPECTED, captures
from tests.support.triage import CAUSES, PROVED, PROVED_IN
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    PEER_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    reply,
    request,
    write_pcap,
)

# Hundreds of analyses: minutes by themselves on a busy machine.
pytestmark = pytest.mark.slow

# Where the packets themselves say which of the causes it is, or nearly so: it must be named first, or among three.
TOLD = {
    "block-route-missing": 3,
    "default-next-hop-dead": 1,
    "dns-other-resolver": 3,
    "ebpf-reply-not-rewritten": 1,
    "one-path-broken": 1,
    "dns-endpoint-silent": 1,
    "bridged": 1,
    "bridged-gateway": 1,
    "dns-no-endpoints": 1,
    "duplicate-ip-one-link": 1,
    "far-way-back-missing": 1,
    "forwarding-off": 3,
    "frag-needed": 1,
    "gateway-announced-by-pod": 1,
    "hairpin-not-masqueraded": 1,
    "any-egress-not-translated": 1,
    "ipv6-egress-not-translated": 1,
    "ipv6-forwarding-off": 1,
    "ipv6-random-mac": 1,
    "late-replies": 2,
    "link-local-on-cali": 5,
    "listen-queue-full": 2,
    "loss-between-nodes": 1,
    "macs-not-rewritten": 1,
    "missing-host-route": 1,
    "missing-host-route-unreachable": 2,
    "missing-own-route": 3,
    "mtu-mismatch": 2,
    "next-hop-dead": 1,
    # Policy, a firewall rule and a missing route look the same there, and are the reason more often.
    "next-hop-stale": 1,
    "nic-rp-filter": 4,
    "no-default-route": 1,
    "other-node-silent": 1,
    "outside-mtu-error-lost": 1,
    "outside-prohibits": 1,
    "outside-silent": 1,
    "outside-tcp-dies": 2,
    "outside-unreachable": 1,
    "pod-addresses-dropped": 2,
    "pod-arp-ignore-2": 3,
    "pod-drops-icmp": 1,
    "pod-foreign-source": 1,
    "pod-second-interface": 2,
    "prohibited": 3,
    "proxy-arp-off-cached": 3,
    "proxy-delay-80": 1,
    "random-cali-mac": 1,
    "return-rp-filter": 2,
    "route-lost-midway": 3,
    "route-to-wrong-pod": 1,
    "rate-limited": 4,
    "rule-diverts-to-nic": 2,
    "second-node-drops": 3,
    "service-no-endpoints": 1,
    "service-pinged": 1,
    "stale-neighbour-node-known": 1,
    "stale-neighbour-pod": 1,
    "tcp-dropped": 2,
    "ttl-not-decremented": 2,
    "tunnel-device-down": 1,
    "two-nodes-sctp-dropped": 1,
    "tunnel-mtu": 1,
    "two-answers": 1,
    "unreachable": 1,
    "vtep-entry-missing": 1,
    "vxlan-blocked": 1,
    "vxlan-blocked-one-way": 1,
    "vxlan-tcp-lost": 1,
    "vxlan-vni-differs": 1,
    **{f"{form}-questions-dropped": 2 for form in ("any", "ipv6", "vxlan")},
    **{f"{form}-service-untracked": 1 for form in ("any", "ipv6", "vxlan")},
}


# By what name packets alone know a cause that only the state tells from its like: where the route is missing, whether a
# blackhole takes the packets or another route does looks the same; so do an MTU that is too small and one too large.
ALIKE = {
    "missing-host-route": "host-route-missing",
    "route-lost-midway": "host-route-missing",
    "mtu-black-hole": "mtu-too-large",
    "keep-alives-lost": "host-route-missing",
    # That another server is the cluster's only the state shows.
    "dns-other-resolver": "dns-server-silent",
    # Where a device is down, or has another port, the node says port unreachable.
    "vxlan-port-differs": "tunnel-device-down",
}


def diagnoses(scenario: str) -> list[Diagnosis]:
    return analyze(*captures(scenario)).diagnoses


@pytest.mark.parametrize("scenario", sorted(CAUSES))
def test_the_true_cause_is_named(scenario: str) -> None:
    found = diagnoses(scenario)
    named = [suspect.cause.id for diagnosis in found for suspect in diagnosis.suspects]
    assert ALIKE.get(scenario, CAUSES[scenario]) in named
    proved = {suspect.cause.id for diagnosis in found for suspect in diagnosis.suspects if suspect.status == CONFIRMED}
    assert proved == (PROVED | {PROVED_IN.get(scenario)}) & {CAUSES[scenario]}


@pytest.mark.parametrize(("scenario", "place"), sorted(TOLD.items()))
def test_the_true_cause_is_among_the_first(scenario: str, place: int) -> None:
    first = [suspect.cause.id for suspect in diagnoses(scenario)[0].suspects[:place]]
    assert ALIKE.get(scenario, CAUSES[scenario]) in first


def test_ipv6_that_is_lost_alone_may_not_be_forwarded(tmp_path: Path) -> None:
    """Without IPv4 that passes, policy and firewalls are the reason more often, and a missing route to one of two."""
    alone = []
    for path in captures("ipv6-forwarding-off"):
        alone.append(tmp_path / path.name)
        subprocess.run(["tcpdump", "-r", path, "-w", alone[-1], "ip6"], check=True, capture_output=True)
    for diagnosis in analyze(*alone).diagnoses:
        assert "forwarding6-off" in [suspect.cause.id for suspect in diagnosis.suspects[:3]]


# These call for what no other fault shows.
UNMISTAKABLE = {
    "encapsulation-blocked-one-way",
    "far-side-prohibits",
    "far-side-silent",
    "hairpin-not-masqueraded",
    "service-address-pinged",
    "service-without-endpoints",
    "vni-differs",
    "vtep-entry-missing",
}


@pytest.mark.parametrize("scenario", sorted(CAUSES))
def test_what_is_unmistakable_stands_first_nowhere_else(scenario: str) -> None:
    first = {diagnosis.suspects[0].cause.id for diagnosis in diagnoses(scenario)}
    assert first & UNMISTAKABLE <= {ALIKE.get(scenario, CAUSES[scenario])}


@pytest.mark.parametrize("scenario", sorted(set(EXPECTED) - set(CAUSES)))
def test_healthy_traffic_has_no_cause(scenario: str) -> None:
    assert diagnoses(scenario) == []


def test_several_failures_of_one_origin_are_one_diagnosis() -> None:
    """Pod B hears no answer from its gateway, so it cannot reply, so the ping of pod A fails too."""
    (diagnosis,) = diagnoses("forwarding-off-pod-b")
    assert [finding.rule.id for finding in diagnosis.failed] == [
        "gateway-arp-answered",
        "echo-answered",
        "pod-answers-echo",
    ]
    assert diagnosis.headline.startswith("the node does not answer 10.244.1.11's ARP for its gateway")
    assert diagnosis.packet_evidence["interface"] == "calieabe7761b00"


def test_commands_name_the_real_interfaces_and_addresses() -> None:
    (diagnosis,) = diagnoses("route-lost-midway")
    commands = [command for suspect in diagnosis.suspects for command in suspect.confirm]
    assert "ip route get 10.244.1.11" in commands
    assert "ip route get 10.244.1.11 from 10.244.1.10 iif cali14e7d81007d" in commands
    assert not any("{" in command or "None" in command for command in commands)


def test_cases_that_differ_only_in_the_pod_are_reported_once() -> None:
    found = analyze(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap", *captures("no-default-route")[1:])
    assert len(found.diagnoses) == 1


@pytest.mark.parametrize("answered", [True, False])
def test_whom_the_node_answers_for_the_gateway_has_a_route(tmp_path: Path, answered: bool) -> None:
    """Where the reverse path is checked it does not answer a pod whose route is missing or leads to another link."""
    near = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *_requests()])
    peer = "5a:8a:10:57:e2:04"
    talk = [(BEGIN, ask(src=peer, ip=PEER_IP)), (BEGIN + MS, answer(to=peer, to_ip=PEER_IP))] if answered else []
    # Its own announcement, and later another: it is there, and its link is recorded.
    own = ask(PEER_IP, src=peer, ip=PEER_IP)
    far = write_pcap(tmp_path / "calieabe7761b00.pcap", [*talk, (BEGIN + 2 * MS, own), (BEGIN + 9 * SECOND, own)])
    (diagnosis,) = analyze(near, far).diagnoses
    names = [suspect.cause.id for suspect in diagnosis.suspects]
    assert (names.index("host-route-missing") > names.index("policy-drops")) is answered


def test_frames_to_the_proxy_mac_on_a_nic(tmp_path: Path) -> None:
    """An eBPF node that did not rewrite a reply: on the pod's link it is missing, on the NIC it goes to nobody."""
    cali = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *_requests()])
    stray = reply(1, eth=("02:50:56:aa:17:c3", NODE), ttl=62)
    nic = write_pcap(tmp_path / "eth0.pcap", [(BEGIN + 3 * MS, stray)])
    (diagnosis,) = analyze(cali, nic).diagnoses
    assert diagnosis.suspects[0].cause.id == "ebpf-reply-not-rewritten"


def _requests() -> list[Frame]:
    return [(BEGIN + 2 * MS + n * SECOND, request(n)) for n in range(4)]


def _refused(tmp_path: Path, ttl: int, source: str) -> dict[str, object]:
    """Every request of the pod is refused by ``source``, in an error that reaches the pod's link with this TTL."""
    asked = [request(n) for n in range(4)]
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for n, frame in enumerate(asked):
        frames += [(BEGIN + 2 * MS + n * SECOND, frame), (BEGIN + 3 * MS + n * SECOND, error(3, 1, frame, source, ttl))]
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", frames)
    (diagnosis,) = analyze(path).diagnoses
    return {
        "by": diagnosis.packet_evidence["refused.by"],
        "causes": [suspect.cause.id for suspect in diagnosis.suspects],
    }


def test_an_error_that_no_router_passed_on_is_the_nodes_own(tmp_path: Path) -> None:
    """Nothing tells the address of the node's tunnel; but what a router behind the node says has lost a hop."""
    own = _refused(tmp_path, 64, "10.244.1.0")
    assert own["by"] == "node"
    assert "upstream-refuses" not in own["causes"]  # type: ignore[operator]


@pytest.mark.parametrize("ttl", [63, 254, 120])
def test_an_error_that_lost_a_hop_is_somebody_elses(tmp_path: Path, ttl: int) -> None:
    routed = _refused(tmp_path, ttl, "10.9.9.9")
    assert routed["by"] == "other"
    assert "upstream-refuses" in routed["causes"]  # type: ignore[operator]


def test_a_receiver_that_refuses_is_no_router(tmp_path: Path) -> None:
    refused = _refused(tmp_path, 63, PEER_IP)
    assert refused["by"] == "receiver"
    assert "upstream-refuses" not in refused["causes"]  # type: ignore[operator]
