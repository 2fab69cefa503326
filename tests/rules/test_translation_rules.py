"""Services' answers that are not translated back, and pods' packets that leave with their own address."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from tests.support.lab import CAPTURES
from tests.support.wire import BEGIN, MS, NODE, RESOLVER, SECOND, answer, ask, query, response, write_pcap

REPLY, EGRESS = "service-reply-translated", "egress-translated"
BANNER = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes"
ASKER, BACK_END = "cali5b1e77a0c3d", "cali7d9c13e0b2f"
# Pod, service, back end.
ADDRESSES = {4: ("10.244.1.10", "10.96.0.20", "10.244.1.11"), 6: ("fd00:1::10", "fd00:96::20", "fd00:1::11")}
SYN, SYN_ACK = "Flags [S], seq 100, win 64240, length 0", "Flags [S.], seq 900, ack 101, win 64240, length 0"
SERVER, SERVER_IP = "7e:1d:0c:42:9b:66", "10.244.1.11"


def any_text(folder: Path, *lines: str) -> Analysis:
    """Lines with the interface, direction and packet as ``tcpdump -i any`` prints them, 20 µs apart."""
    path = folder / "any.txt"
    stamped = (f"03:22:{41 + n // 4}.{110000 + 20 * n:06} {line}" for n, line in enumerate(lines))
    path.write_text("\n".join((BANNER, *stamped)) + "\n")
    return analyze(path)


def status(analysis: Analysis, rule: str) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == rule)


def connection(family: int, translated: bool) -> list[str]:
    """A connection to a service and its answer, on the links of the asker and of the back end."""
    pod, service, back_end = ADDRESSES[family]
    ip = "IP" if family == 4 else "IP6"
    source = f"{service}.80" if translated else f"{back_end}.8080"
    return [
        f"{ASKER} In  {ip} {pod}.40000 > {service}.80: {SYN}",
        f"{BACK_END} Out {ip} {pod}.40000 > {back_end}.8080: {SYN}",
        f"{BACK_END} In  {ip} {back_end}.8080 > {pod}.40000: {SYN_ACK}",
        f"{ASKER} Out {ip} {source} > {pod}.40000: {SYN_ACK}",
    ]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("translated", "expected"), [(True, "pass"), (False, "fail")])
def test_an_answer_comes_from_the_address_that_was_asked(
    family: int, translated: bool, expected: str, tmp_path: Path
) -> None:
    analysis = any_text(tmp_path, *connection(family, translated))
    assert status(analysis, REPLY) == expected
    named = [one.cause.id for diagnosis in analysis.diagnoses for one in diagnosis.suspects]
    assert named[:1] == ([] if translated else ["reply-not-translated"])


@pytest.mark.parametrize(("source", "expected"), [(RESOLVER, "pass"), (SERVER_IP, "fail")])
def test_dns_too(source: str, expected: str, tmp_path: Path) -> None:
    at_pod, at_server = [(BEGIN, ask()), (BEGIN + MS, answer())], []
    for n in range(3):
        time, port = BEGIN + n * SECOND + 2 * MS, 40311 + n
        at_pod.append((time, query(ip_id=n + 1, port=port)))
        at_server.append((time + 1000, query(dst=SERVER_IP, eth=(NODE, SERVER), ttl=63, ip_id=n + 1, port=port)))
        back = response(src=SERVER_IP, eth=(SERVER, NODE), ttl=64, ip_id=n + 90, port=port)
        at_server.append((time + MS, back))
        at_pod.append((time + MS + 1000, response(src=source, ip_id=n + 90, port=port)))
    links = ((ASKER, at_pod), (BACK_END, at_server))
    analysis = analyze(*(write_pcap(tmp_path / f"{name}.pcap", frames) for name, frames in links))
    assert status(analysis, REPLY) == expected


@pytest.mark.parametrize(
    ("interface", "src", "dst"),
    [
        (f"{ASKER} In ", "10.244.1.10.41000", "10.244.1.11.80"),
        (f"{BACK_END} In ", "10.244.1.11.41000", "10.244.1.10.80"),
    ],
)
def test_a_back_end_that_is_asked_itself_or_asks_proves_nothing(
    interface: str, src: str, dst: str, tmp_path: Path
) -> None:
    other = f"{interface} IP {src} > {dst}: Flags [S], seq 5000, win 64240, length 0"
    analysis = any_text(tmp_path, other, *connection(4, False))
    assert status(analysis, REPLY) == "not-checked"


def egress(receiver: str, answered: bool = False) -> list[str]:
    """A ping that leaves with the node's address and is answered, and one that leaves with the pod's own."""
    node, pod = "172.31.186.250", "10.244.1.10"
    first, second = ("ICMP echo {}, id 3, seq 1, length 64", "ICMP echo {}, id 4, seq 1, length 64")
    back = [
        f"eth0 In  IP {receiver} > {pod}: {second.format('reply')}",
        f"{ASKER} Out IP {receiver} > {pod}: {second.format('reply')}",
    ]
    return [
        f"{ASKER} In  IP {pod} > 203.0.113.7: {first.format('request')}",
        f"eth0 Out IP {node} > 203.0.113.7: {first.format('request')}",
        f"eth0 In  IP 203.0.113.7 > {node}: {first.format('reply')}",
        f"{ASKER} Out IP 203.0.113.7 > {pod}: {first.format('reply')}",
        f"{ASKER} In  IP {pod} > {receiver}: {second.format('request')}",
        f"eth0 Out IP {pod} > {receiver}: {second.format('request')}",
        *(back if answered else ()),
    ]


@pytest.mark.parametrize(
    ("receiver", "answered", "expected"),
    [
        ("198.51.100.9", False, "fail"),
        # Who answers the pod has a route to it.
        ("198.51.100.9", True, "pass"),
        # A pod of this pool, or of another.
        ("10.244.2.9", False, "pass"),
        ("10.245.0.9", False, "pass"),
    ],
)
def test_what_leaves_untranslated_is_a_fault_only_if_it_had_to_be(
    receiver: str, answered: bool, expected: str, tmp_path: Path
) -> None:
    assert status(any_text(tmp_path, *egress(receiver, answered)), EGRESS) == expected


def test_no_pod_that_is_translated_shows_nothing(tmp_path: Path) -> None:
    assert status(any_text(tmp_path, *egress("198.51.100.9")[4:]), EGRESS) == "not-checked"


@pytest.mark.parametrize(
    ("scenario", "rule", "expected"),
    [
        ("service-answers", REPLY, "pass"),
        ("service-answer-untracked", REPLY, "fail"),
        ("dns-answer-untracked", REPLY, "fail"),
        ("udp-answer-untracked", REPLY, "fail"),
        ("outside-answers", EGRESS, "pass"),
        ("egress-not-translated", EGRESS, "fail"),
        ("node-port", REPLY, "pass"),
        ("snat", EGRESS, "pass"),
    ],
)
def test_the_lab(scenario: str, rule: str, expected: str) -> None:
    captures = [path for path in (CAPTURES / scenario).iterdir() if path.suffix.startswith(".pcap")]
    assert status(analyze(*sorted(captures)), rule) == expected
