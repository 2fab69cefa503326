"""What the rules say of transcripts: what the text lacks is not checked, and the reason says how to print it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.captures import ROOT
from tests.support.lab import CAPTURES, RULES
from tests.support.transcripts import ANSWER, ASK, MISSING, judge, reason, status, transcript

WALKTHROUGH = ROOT.parent / "shared" / "calico-same-node-walkthrough.md"
TICKET = ROOT / "fixtures" / "transcripts" / "same-node.md"
HEALTHY = "PPPPPPPPP"
FIRST_NINE = RULES[:9]


def echo(second: float, src: str, dst: str, kind: str, seq: int = 1) -> str:
    return f"16:23:{second:09.6f} IP {src} > {dst}: ICMP echo {kind}, id 15, seq {seq}, length 64\n"


POD, PEER = "10.244.1.10", "10.244.1.11"
PING = echo(0.1, POD, PEER, "request") + echo(0.2, PEER, POD, "reply")
LATER = "16:23:10.000000 IP 10.244.1.10.4000 > 10.244.1.11.80: Flags [.], ack 1, win 502, length 0\n"


def verbose(second: float, src: str, dst: str, kind: str, ttl: int) -> str:
    head = f"IP (tos 0x0, ttl {ttl}, id 7, offset 0, flags [DF], proto ICMP (1), length 84)"
    return f"16:23:{second:09.6f} {head}\n    {src} > {dst}: ICMP echo {kind}, id 15, seq 1, length 64\n"


@pytest.mark.parametrize(
    "path",
    [
        TICKET,
        pytest.param(
            WALKTHROUGH,
            marks=pytest.mark.skipif(
                not WALKTHROUGH.exists(), reason="the public walkthrough is not here (shared/ beside the checkout)"
            ),
        ),
    ],
    ids=["our ticket", "the public walkthrough"],
)
def test_walkthrough_as_it_stands(path: Path) -> None:
    """Prose, prompts, comments and all."""
    analysis = analyze(path)
    (capture,) = analysis.captures
    (point,) = analysis.points
    assert (analysis.verdict, capture.format, capture.frames) == ("pass", "tcpdump text", 6)
    assert (point.name, point.capture_point.named_by, point.kind) == ("cali14e7d81007d", "capture", "pod-link")
    assert [status(analysis, rule) for rule in FIRST_NINE] == ["pass"] * 9
    assert list(analysis.echo["rtt"].dt.microseconds) == [82, 70]
    assert [problem.kind for problem in capture.problems] == ["other-text", "ping"]
    assert "are read as a node's state" in capture.problems[0].message


def test_plain_text_of_a_healthy_link(tmp_path: Path) -> None:
    analysis = judge(tmp_path, ASK + ANSWER + PING + LATER)
    for rule in ("gateway-arp-answered", "gateway-arp-proxy-mac", "gateway-arp-single-answer", "echo-answered"):
        assert status(analysis, rule) == "pass", rule
    for rule in ("pod-frames-to-proxy-mac", "node-frames-from-proxy-mac", "node-frames-to-pod-mac"):
        assert status(analysis, rule) == "not-checked", rule
        assert "capture again with -e" in reason(analysis, rule)
    assert "printed with -e" in reason(analysis, "gateway-arp-prompt")
    assert analysis.verdict == "pass"


def test_silence_in_plain_text(tmp_path: Path) -> None:
    analysis = judge(tmp_path, ASK + ASK.replace(":59", ":58") + LATER.replace(POD, PEER).replace(PEER, POD, 1))
    assert status(analysis, "gateway-arp-answered") == "fail"


def test_wrong_mac_in_plain_text(tmp_path: Path) -> None:
    analysis = judge(tmp_path, ASK + ANSWER.replace("ee:ee:ee:ee:ee:ee", "5e:ad:be:ef:00:01") + PING)
    assert status(analysis, "gateway-arp-answered") == "pass"
    assert status(analysis, "gateway-arp-proxy-mac") == "fail"


def test_lost_echo_in_plain_text(tmp_path: Path) -> None:
    analysis = judge(tmp_path, ASK + ANSWER + PING + echo(1, POD, PEER, "request", seq=2) + LATER)
    assert status(analysis, "echo-answered") == "fail"
    assert analysis.findings[-1].rule.id


def test_second_answer_may_be_an_announcement(tmp_path: Path) -> None:
    """Without -e nobody can tell; with it an announcement goes to all."""
    other = ANSWER.replace("ee:ee:ee:ee:ee:ee", "5e:ad:be:ef:00:01").replace(".584286", ".584290")
    analysis = judge(tmp_path, ASK + ANSWER + other + PING)
    assert status(analysis, "gateway-arp-single-answer") == "not-checked"
    assert "announcement" in reason(analysis, "gateway-arp-single-answer")


@pytest.mark.parametrize("asked_first", [True, False])
def test_sides_by_ttl(asked_first: bool, tmp_path: Path) -> None:
    """No gateway ARP: who sets TTLs as hosts do is the pod, whom the other's decremented ones came to is the node."""
    asker, other = (64, 63) if asked_first else (63, 64)
    text = "listening on cali14e7d81007d, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
    text += verbose(0.1, POD, PEER, "request", asker) + verbose(0.2, PEER, POD, "reply", other)
    analysis = judge(tmp_path, text)
    (point,) = analysis.points
    assert point.sides.of(next(iter(point.groups.values()))) == ("pod" if asked_first else "node", "ttl")
    assert status(analysis, "echo-answered" if asked_first else "pod-answers-echo") == "pass"


def test_two_askers_at_once_are_folded(tmp_path: Path) -> None:
    text = ""
    for second, pod in ((58, POD), (59, PEER), (58, POD), (59, PEER)):
        text += ASK.replace(POD, pod).replace(":59", f":{second}")
    analysis = judge(tmp_path, text + ANSWER + LATER)
    assert analysis.points[0].sides.folded


def test_another_pods_broadcast_on_a_bridge_proves_nothing(tmp_path: Path) -> None:
    """The pod of this link answers for itself and never asks; the gateway's answer went elsewhere."""
    text = (
        ASK
        + f"16:22:59.700000 ARP, Request who-has {PEER} tell {POD}, length 28\n"
        + f"16:22:59.700010 ARP, Reply {PEER} is-at 7e:1d:0c:42:9b:66, length 28\n"
        + LATER
    )
    assert status(judge(tmp_path, text), "gateway-arp-answered") == "not-checked"


def test_one_direction_is_noticed_without_macs(tmp_path: Path) -> None:
    """The pod goes on although nobody seems to have answered."""
    analysis = judge(tmp_path, ASK + ASK.replace(".584235", ".684235") + echo(0.1, POD, PEER, "request") + LATER)
    assert status(analysis, "gateway-arp-answered") == "not-checked"
    assert "one direction" in reason(analysis, "gateway-arp-answered")


def test_direction_of_the_command_is_believed(tmp_path: Path) -> None:
    text = "$ tcpdump -ni cali14e7d81007d -Q in\n" + ASK + ASK.replace(":59", ":58")
    analysis = judge(tmp_path, text + LATER.replace(POD, PEER))
    assert status(analysis, "gateway-arp-answered") == "not-checked"
    assert "inbound" in reason(analysis, "gateway-arp-answered")


def test_lost_packets_of_the_footer_prove_no_silence(tmp_path: Path) -> None:
    text = ASK + LATER.replace(POD, PEER).replace(PEER, POD, 1) + "7 packets dropped by kernel\n"
    assert status(judge(tmp_path, text), "gateway-arp-answered") == "not-checked"


def test_traceroute_in_plain_text_is_not_taken_for_loss(tmp_path: Path) -> None:
    """Which request an error is about is only printed with -v."""
    error = "16:23:00.300000 IP 172.31.186.250 > 10.244.1.10: ICMP time exceeded in-transit, length 92\n"
    text = ASK + ANSWER + PING + echo(0.25, POD, "10.244.2.20", "request") + error + LATER
    analysis = judge(tmp_path, text)
    assert status(analysis, "echo-answered") == "pass"
    assert "-v" in reason(analysis, "echo-answered")


def test_times_may_be_missing(tmp_path: Path) -> None:
    lines = (ASK + ANSWER + PING).splitlines()
    analysis = judge(tmp_path, "\n".join(line.partition(" ")[2] for line in lines))
    assert status(analysis, "gateway-arp-proxy-mac") == "pass"
    assert status(analysis, "echo-answered") == "pass"
    assert status(analysis, "gateway-arp-answered") == "not-checked"


def test_names_are_shown_as_they_were_printed(tmp_path: Path) -> None:
    text = (ASK + ANSWER + PING).replace(POD, "web-1.default").replace(PEER, "db-0")
    analysis = judge(tmp_path, text)
    assert status(analysis, "echo-answered") == "pass"
    assert list(analysis.echo["src"]) == ["web-1.default"]
    assert analysis.to_dict()["endpoints"][0]["ip"] == "web-1.default"


def test_old_ipv6_echoes_without_identifier_are_paired(tmp_path: Path) -> None:
    text = "listening on cali14e7d81007d, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
    for second, src, dst, kind, hops in (
        (0.1, "fd00::a", "fd00::b", "request", 64),
        (0.2, "fd00::b", "fd00::a", "reply", 63),
    ):
        text += (
            f"16:23:{second:09.6f} IP6 (hlim {hops}, next-header ICMPv6 (58) payload length: 64) {src} > {dst}: "
            f"[icmp6 sum ok] ICMP6, echo {kind}, seq 1\n"
        )
    analysis = judge(tmp_path, text)
    assert status(analysis, "echo-answered") == "pass"
    assert list(analysis.echo["ident"].isna()) == [True]


def both(folder: Path, first: str, second: str) -> list[Path]:
    """Two captures of one ping, one on each pod's link."""
    paths = []
    for name, text in (("cali14e7d81007d.txt", first), ("calieabe7761b00.txt", second)):
        (folder / name).write_text(text)
        paths.append(folder / name)
    return paths


ASK_B = ASK.replace(POD, PEER)


def test_plain_texts_of_two_links_are_followed(tmp_path: Path) -> None:
    second = ASK_B + ANSWER + echo(0.12, POD, PEER, "request") + echo(0.18, PEER, POD, "reply") + LATER
    analysis = analyze(*both(tmp_path, ASK + ANSWER + PING + LATER, second))
    assert status(analysis, "request-leaves-node") == "pass"
    assert status(analysis, "reply-delivered") == "pass"
    assert status(analysis, "hop-ttl-decremented") == "not-checked"
    assert "-v" in reason(analysis, "hop-ttl-decremented")
    assert "-e" in reason(analysis, "hop-macs-rewritten")


def test_loss_between_plain_texts_is_seen(tmp_path: Path) -> None:
    text = ASK_B + ANSWER + echo(0.12, POD, PEER, "request") + echo(0.18, PEER, POD, "reply")
    first = ASK + ANSWER + PING + echo(1, POD, PEER, "request", seq=2) + echo(9, POD, PEER, "request", seq=3)
    analysis = analyze(*both(tmp_path, first, text + echo(9.01, POD, PEER, "request", seq=3)))
    assert status(analysis, "request-leaves-node") == "fail"


def test_plain_text_next_to_a_fuller_one_is_not_followed(tmp_path: Path) -> None:
    """What the one lacks must not look like loss, nor like a hop without a router."""
    first = ASK + ANSWER + verbose(0.1, POD, PEER, "request", 64) + LATER
    second = ASK_B + ANSWER + echo(0.12, POD, PEER, "request") + LATER
    analysis = analyze(*both(tmp_path, first, second))
    for rule in ("request-leaves-node", "hop-ttl-decremented", "hop-macs-rewritten"):
        assert status(analysis, rule) == "not-checked", rule


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("scenario", ["dns-server-silent", "dns-endpoint-silent"])
@pytest.mark.parametrize("printed_too", [False, True])
def test_a_query_is_followed_by_its_identification(scenario: str, printed_too: bool, tmp_path: Path) -> None:
    """Of one link a text or both, with -v: the query is seen last on its way to the server, translated or not."""
    first, second = (CAPTURES / scenario / f"{name}.pcap" for name in ("cali14e7d81007d", "calieabe7761b00"))
    copy = tmp_path / first.name
    copy.write_bytes(first.read_bytes())
    paths = [transcript(first, tmp_path, "-nnev") if printed_too else copy, transcript(second, tmp_path, "-nnev")]
    assert analyze(*filter(None, paths)).headline == analyze(first, second).headline


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("scenario", ["dns-server-silent", "dns-not-listening"])
def test_what_a_text_does_not_identify_is_not_missed_there(scenario: str, tmp_path: Path) -> None:
    """Without -v a query and an error have no identification: they arrive, but nothing shows which they are."""
    first, second = (CAPTURES / scenario / f"{name}.pcap" for name in ("cali14e7d81007d", "calieabe7761b00"))
    copy = tmp_path / first.name
    copy.write_bytes(first.read_bytes())
    analysis = analyze(copy, *filter(None, [transcript(second, tmp_path, "-nn")]))
    said = [analysis.headline, *(remark.text for remark in analysis.remarks)]
    # Nor is it said that the other link shows it last.
    wrong = ("seen nowhere after", "never reached", "last seen on cali14e7d81007d")
    assert not [words for words in said if any(phrase in words for phrase in wrong)]


def test_an_address_whose_claimants_are_not_all_known_is_not_judged(tmp_path: Path) -> None:
    """Who asks shows no MAC: it may be another one than that of the answer, whichever address it is."""
    text = (
        ASK
        + ANSWER
        + f"16:22:59.700000 ARP, Request who-has {POD} tell 172.31.186.250, length 28\n"
        + f"16:22:59.700010 ARP, Reply {POD} is-at 5a:8a:10:57:e2:03, length 28\n"
    )
    (finding,) = [one for one in judge(tmp_path, text).findings if one.rule.id == "address-has-one-mac"]
    assert (finding.status, finding.checked, finding.unknown) == ("not-checked", 0, 2)


def test_interfaces_of_any_are_called_by_their_names(tmp_path: Path) -> None:
    text = ""
    for ifindex, name, pod in ((7, "cali14e7d81007d", POD), (8, "calieabe7761b00", PEER)):
        text += (
            f"16:22:59.584235 {name} B   ifindex {ifindex} 5a:8a:10:57:e2:0{ifindex} "
            f"ethertype ARP (0x0806), length 48: Request who-has 169.254.1.1 tell {pod}, length 28\n"
        )
    capture_points = [point.capture_point for point in judge(tmp_path, text).points]
    assert [
        (capture_point.name, capture_point.named_by, capture_point.kind, capture_point.number)
        for capture_point in capture_points
    ] == [
        # By the machine that printed it, perhaps, which need not be the one that recorded.
        ("cali14e7d81007d", "", "pod-link", 7),
        ("calieabe7761b00", "", "pod-link", 8),
    ]
