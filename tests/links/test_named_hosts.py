"""Hosts' names instead of addresses, through every rule, table and format: nothing breaks, nothing else is said."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from zlib import crc32

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.capture.record import BAD_CHECKSUM
from pcapcheck.links.scope import Scope
from pcapcheck.report.export import write_parquet, write_text_table
from pcapcheck.report.formats import FORMATS
from pcapcheck.table_names import STATE, TABLES
from tests.support.captures import TEXTS
from tests.support.formats import written
from tests.support.lab import EXPECTED, captures
from tests.support.named import NAMINGS, ODD
from tests.support.transcripts import ANSWER, ASK, MISSING, judge, reason, status, transcript

OPTIONS = ("-nn -e -v", "-nn -e", "-nn")
# Rules about questions for any address but the gateway's, which a name may be; and about how a question was sent, which
# without -e only the address of an IPv6 group shows.
BY_ADDRESS = {"pod-answers-arp", "gateway-arp-prompt"}
# By scenario: what passes on the rest where the gateway has a name, since a node answers for others' names too; and
# which link is a host's is not known then.
UNSEEN = {"gateway-announced-by-pod": {"address-has-one-mac"}, "outside-to-pod-dies": {"request-reaches-pod"}}
# By scenario: what passes with names. Addresses show that a host is outside the cluster; of two links that are joined,
# without MACs, that both pods are on each.
HIDDEN = {
    "egress-not-translated": {"egress-translated"},
    "ipv6-egress-not-translated": {"egress-translated"},
    "macs-not-rewritten": {"echo-answered"},
    # Whose link it is that shows a pod's replies, without MACs and without ARP of the pod.
    "ebpf-reply-not-rewritten": {"pod-answers-echo"},
    "ipv6-questions-dropped": {"pod-answers-echo"},
}
# Of each kind of exchange and failure one, for every day; all of them with the slow tests.
FEW = ("ipv6", "tcp-dropped", "traceroute")
OFTEN = ("like addresses", "the gateway too", "very long")


def _report(analysis: Analysis, folder: Path) -> None:
    """Write whatever can be made of a result."""
    for form in FORMATS:
        written(analysis, form)
    analysis.to_dict()
    analysis.write_evidence(folder / "evidence")
    for table in TABLES:
        if table != STATE:
            write_text_table(analysis, table, "csv", StringIO())
    write_text_table(analysis, "addresses", "jsonl", StringIO())
    write_parquet(analysis, "frames", str(folder / "frames.parquet"))


def _statuses(analysis: Analysis) -> dict[str, str]:
    return {finding.rule.id: finding.status for finding in analysis.findings}


def _compare(texts: list[Path], naming: str, folder: Path, unseen: set[str] | None = None) -> None:
    """The verdict with names is the one with addresses; where the gateway's address has to tell, there may be none."""
    named = []
    rename, loses = NAMINGS[naming]
    for path in texts:
        named.append(folder / f"named-{path.name}")
        named[-1].write_text(rename(path.read_text()))
    was, now = analyze(*texts), analyze(*named)
    for before, after in zip(was.captures, now.captures, strict=True):
        assert after.frames == before.frames
        # Where hosts have names, what a checksum should be is not known.
        kinds = [[one.kind for one in some.problems if one.kind != BAD_CHECKSUM] for some in (before, after)]
        assert kinds[0] == kinds[1]
    changed = {
        rule: (before, _statuses(now)[rule])
        for rule, before in _statuses(was).items()
        if _statuses(now)[rule] != before
    }
    undecided = {finding.rule.id: finding.unknown for finding in was.findings}
    # If nothing shows which end of a link is the pod's, failures are undetermined and the rest passes.
    careful = {finding.rule.id for finding in now.findings if loses and finding.unknown > undecided[finding.rule.id]}
    said = {rule for rule, (_, after) in changed.items() if after == "fail" or rule not in careful}
    assert {rule for rule in said if changed[rule][1] != "not-checked"} <= (unseen or set())
    assert loses or changed.keys() <= BY_ADDRESS | (unseen or set())
    _report(now, folder)


@pytest.mark.parametrize(
    "naming", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in NAMINGS]
)
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_texts(path: Path, naming: str, tmp_path: Path) -> None:
    text = tmp_path / f"{path.stem}.txt"
    text.write_text(path.read_text())
    _compare([text], naming, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("naming", ODD)
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_what_no_tcpdump_prints(path: Path, naming: str, tmp_path: Path) -> None:
    text = tmp_path / f"{path.stem}.txt"
    text.write_text(ODD[naming](path.read_text()))
    analysis = analyze(text)
    assert analysis.captures[0].frames == analyze(path).captures[0].frames
    _report(analysis, tmp_path)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("scenario", FEW)
def test_a_few_recordings(scenario: str, tmp_path: Path) -> None:
    naming = ("domains", "the gateway too", "some")[FEW.index(scenario)]
    _printed(scenario, "-nn -e -v", naming, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_every_recording(scenario: str, tmp_path: Path) -> None:
    """Each with some options and two ways of naming, by its name, so that all of them come often enough."""
    number = crc32(scenario.encode())
    for naming in (number, number + len(NAMINGS) // 2):
        _printed(scenario, OPTIONS[number % len(OPTIONS)], list(NAMINGS)[naming % len(NAMINGS)], tmp_path)


def _printed(scenario: str, options: str, naming: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    texts = [transcript(path, folder, *options.split()) for path in captures(scenario)]
    unseen = HIDDEN.get(scenario, set()) | (UNSEEN.get(scenario, set()) if NAMINGS[naming][1] else set())
    _compare([text for text in texts if text], naming, folder, unseen)


SYN = "16:23:0{}.000000 IP shop-7d4f.41000 > orders.example.https: Flags [S], seq 1, win 64240, length 0\n"
SYNS = "".join(map(SYN.format, (1, 2, 4)))
ON_CALI = "listening on cali14e7d81007d, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
NAMED_ASK = ASK.replace("10.244.1.10", "shop-7d4f")


def test_a_connection_between_names_gets_no_answer(tmp_path: Path) -> None:
    analysis = judge(tmp_path, SYNS)
    assert analysis.verdict == "not-checked"
    first = written(analysis, "text").splitlines()[0]
    assert "shop-7d4f's connection to orders.example port 443 gets no answer" in first


def test_a_pod_with_a_name(tmp_path: Path) -> None:
    text = ON_CALI + NAMED_ASK + ANSWER + SYNS
    analysis = judge(tmp_path, text)
    assert status(analysis, "gateway-arp-answered") == "pass"
    assert status(analysis, "tcp-answered") == "fail"
    assert "shop-7d4f's ARP" in written(analysis, "text")
    (connection,) = analysis.connections.to_dict("records")
    assert (connection["src"], connection["dst"], connection["dst_port"]) == ("shop-7d4f", "orders.example", 443)
    assert (connection["pod.ip"], connection["attempts"]) == ("shop-7d4f", 3)
    chosen = analyze(tmp_path / "paste.txt", scope=Scope(pods=("SHOP-7d4f.",)))
    assert status(chosen, "gateway-arp-answered") == "pass"


def test_commands_look_a_name_up(tmp_path: Path) -> None:
    """``ip`` takes addresses only, tcpdump's filter takes names."""
    analysis = judge(tmp_path, ON_CALI + NAMED_ASK + ANSWER + SYNS)
    commands = {one for diagnosis in analysis.diagnoses for cause in diagnosis.suspects for one in cause.confirm}
    commands |= {one for finding in analysis.findings for row in finding.evidence for one in row.next}
    looked_up = "$(getent ahostsv4 orders.example | awk 'NR==1{print $1}')"
    assert f"ip route get {looked_up}" in commands
    assert any("'host orders.example and tcp port 443'" in one for one in commands)
    assert not any("route get orders.example" in one for one in commands)


def test_a_name_is_neither_of_the_internet_nor_private(tmp_path: Path) -> None:
    analysis = judge(tmp_path, ON_CALI + NAMED_ASK + ANSWER + SYNS)
    (diagnosis,) = analysis.diagnoses
    assert diagnosis.packet_evidence["dst.public"] is None
    assert "source-not-translated" not in {one.cause.id for one in diagnosis.suspects}


def test_a_gateway_with_a_name_is_not_known_to_be_it(tmp_path: Path) -> None:
    ask = NAMED_ASK.replace("169.254.1.1", "link-local-gw")
    analysis = judge(tmp_path, ON_CALI + "".join(ask.replace(":59.", f":5{n}.") for n in (5, 6, 7)) + SYNS)
    assert status(analysis, "gateway-arp-answered") == "not-checked"
    assert "the text names link-local-gw instead of its address" in reason(analysis, "gateway-arp-answered")


def test_an_answer_of_a_machine_with_a_name_was_recorded(tmp_path: Path) -> None:
    """Whoever is asked may be the gateway, but not if the answer stands there: both directions were recorded."""
    ask = "16:23:00.000000 ARP, Request who-has node-1 tell router, length 28\n"
    answer = "16:23:00.000100 ARP, Reply node-1 is-at 0a:58:ac:1f:ba:fa, length 28\n"
    echo = "16:23:0{}.000200 IP router > shop-7d4f: ICMP echo request, id 7, seq {}, length 64\n"
    begin = ON_CALI.replace("cali14e7d81007d", "eth0")
    for lines, told in ((ask, True), (ask + answer, False)):
        analysis = judge(tmp_path, begin + lines + "".join(echo.format(n, n) for n in range(4)), f"{told}.txt")
        (point,) = analysis.facts.points.values()
        assert ("only one direction was recorded" in str(point.silence)) == told


RULE = """
id: towards-the-pods
title: Packets go to pods
why: for the test
severity: error
select: {table: frames, ip.src: {exists: true}}
expect: {ip.dst: {%s}}
"""


@pytest.mark.parametrize("condition", ["cidr: 240.0.0.0/4", "cidr: 10.0.0.0/8", "ne: 10.244.1.10", "eq: 10.244.1.10"])
def test_a_rule_does_not_go_by_what_stands_for_a_name(condition: str, tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE % condition)
    (tmp_path / "paste.txt").write_text(SYNS)
    analysis = analyze(tmp_path / "paste.txt", rules=[tmp_path / "rule.yml"])
    assert [(finding.status, finding.unknown) for finding in analysis.findings] == [("not-checked", 3)]
    assert "orders.example" in analysis.findings[0].reason


def test_names_compare_among_each_other(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE % "same_as: ip.src")
    (tmp_path / "paste.txt").write_text(SYNS.replace("orders.example", "Shop-7D4F"))
    assert analyze(tmp_path / "paste.txt", rules=[tmp_path / "rule.yml"]).verdict == "pass"


def test_a_port_with_a_name_that_is_not_known(tmp_path: Path) -> None:
    analysis = judge(tmp_path, SYNS.replace("https", "no-such-service"))
    assert "shop-7d4f's connection to orders.example gets no answer" in written(analysis, "text")
    assert analysis.connections["dst_port"].isna().all()


def test_groups_by_name_are_groups(tmp_path: Path) -> None:
    """By their well-known names, or by the MAC that they are sent to."""
    known = "16:23:01.000000 IP6 host-a > ip6-allrouters: ICMP6, router solicitation, length 16\n"
    by_mac = (
        "16:23:02.000000 52:54:00:12:34:56 (oui Unknown) > 01:00:5e:00:00:fb (oui Unknown), ethertype IPv4 (0x0800), "
        "length 85: host-a.mdns > all-hosts.example.mdns: 0 PTR (QM)? _x._tcp.local. (43)\n"
    )
    frames = judge(tmp_path, known + by_mac + SYNS).frames
    assert list(frames["carries"]) == ["nd", "ip-multicast", *["ip-unicast"] * 3]


def test_one_name_of_both_families(tmp_path: Path) -> None:
    """localhost and many a pod have an address of each."""
    text = "".join(
        f"16:23:0{n}.000000 {name} twin > twin-b: {echo} echo {kind}, id 7, seq 1, length 64\n"
        for n, (name, echo, kind) in enumerate(
            [("IP", "ICMP", "request"), ("IP6", "ICMP6,", "request"), ("IP", "ICMP", "reply")]
        )
    )
    echoes = judge(tmp_path, text).echo
    assert list(echoes["family"]) == [4, 6]
    assert set(echoes["src"]) == {"twin"}


def test_errors_name_hosts_too(tmp_path: Path) -> None:
    """Which of two requests an error is about, it says by name."""
    ping = "16:23:0{}.000000 IP shop > {}: ICMP echo request, id 7, seq 1, length 64\n"
    error = "16:23:03.000000 IP node-1 > shop: ICMP host orders.example. unreachable, length 92\n"
    echoes = judge(tmp_path, ping.format(1, "other.example") + ping.format(2, "orders.example") + error).echo
    assert dict(zip(echoes["dst"], echoes["error"].fillna("none"), strict=True)) == {
        "other.example": "none",
        "orders.example": "unreachable",
    }
