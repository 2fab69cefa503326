"""Conditions that the host answers: whether a way leads back, whose a socket is, what type an address is of."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Route
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.triage.firewall.answer import DROPS, RATES, Answers
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.lost_packet import FORWARDED, SENT, TAKEN_IN, LostPacket
from pcapcheck.triage.firewall.stage import Stage
from pcapcheck.values import parse_address
from tests.triage.firewall.test_kernel import firewall_of

LINE = Line("state.txt", 1, "")
POD, PEER = parse_address("10.244.1.10"), parse_address("10.244.1.11")
A, B = "cali14e7d81007d", "calieabe7761b00"
LOSS = LostPackets("request", POD, PEER, 3, 3, None, None, False, False, frozenset(), frozenset())
PING = LostPacket(4, 1, POD, PEER, icmp_type=8, states=frozenset(("new",)), iif=A, oif=B)


def said(
    rule: str,
    packet: LostPacket = PING,
    hook: str = "forward",
    back: str | None = A,
    kind: str = DROPS,
    loss: LostPackets = LOSS,
) -> str | None:
    """What is said of a rule that counted as many packets as were lost; ``back`` is where the pod's route leads."""
    if rule.startswith("-"):
        chain, table = {"prerouting": ("PREROUTING", "raw")}.get(hook, (hook.upper(), "filter"))
        text = f"*{table}\n:{chain} ACCEPT [0:0]\n[3:252] -A {chain} {rule} -j DROP\nCOMMIT\n"
        firewall = firewall_of("iptables-save -c", text)
    else:
        head = f"type filter hook {hook} priority 0; policy accept;"
        text = f"table inet t {{\n\tchain c {{\n\t\t{head}\n\t\t{rule} counter packets 3 bytes 252 drop\n\t}}\n}}\n"
        firewall = firewall_of("nft list ruleset", text)
    host = Host("n1", role="node", firewall=firewall, whole={"routes4", "ruleset", "legacy"})
    host.routes = [Route(PEER, 32, 4, LINE, dev=B, scope="link")]
    if back is not None:
        host.routes.append(Route(POD, 32, 4, LINE, dev=back, scope="link"))
    found = Answers(loss, [Stage(host, packet)]).of(kind)
    return str(found[0]) if found else None


@pytest.mark.parametrize(
    "rule", ["fib saddr . iif oif missing", "fib saddr . mark . iif oif 0", "-m rpfilter --invert"]
)
@pytest.mark.parametrize(("back", "wanted"), [(B, "fits"), (None, "fits"), (A, "none-fits")])
def test_a_reverse_path_rule_follows_the_routes(rule: str, back: str | None, wanted: str) -> None:
    assert said(rule, hook="prerouting", back=back) == wanted


@pytest.mark.parametrize("rule", ["fib saddr oif missing", "-m rpfilter --loose --invert"])
@pytest.mark.parametrize(("back", "wanted"), [(B, "none-fits"), (None, "fits"), (A, "none-fits")])
def test_a_loose_one_wants_any_way_back(rule: str, back: str | None, wanted: str) -> None:
    assert said(rule, hook="prerouting", back=back) == wanted


def test_what_passes_the_check_matches_the_other_way_round() -> None:
    assert said("fib saddr . iif oif exists", hook="prerouting") == "fits"
    assert said("-m rpfilter", hook="prerouting") == "fits"
    assert said("-m rpfilter", hook="prerouting", back=B) == "none-fits"


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        # What is forwarded has no socket here: nobody's program sent it, so a rule about others than root's matches.
        ("meta skuid 1000", "none-fits"),
        ("meta skuid != 0", "none-fits"),
        ("-m owner --uid-owner 1000", "none-fits"),
        ("-m owner ! --uid-owner 0", "fits"),
        ("meta pkttype broadcast", "none-fits"),
        ("meta pkttype { broadcast, multicast }", "none-fits"),
        ("meta pkttype host", "fits"),
        ("-m pkttype --pkt-type broadcast", "none-fits"),
        ("-m addrtype --dst-type BROADCAST", "none-fits"),
        ("-m addrtype ! --dst-type LOCAL", "fits"),
        ("-m addrtype --src-type LOCAL", "none-fits"),
        ("fib daddr type { local, broadcast, multicast }", "none-fits"),
        ("fib daddr type unicast", "fits"),
        ("fib saddr type != local", "fits"),
    ],
)
def test_what_is_forwarded(rule: str, wanted: str) -> None:
    assert PING.hooks == FORWARDED
    assert said(rule) == wanted


def test_of_what_the_host_sends_or_takes_in_the_owner_is_not_known() -> None:
    sent = LostPacket(4, 1, POD, PEER, icmp_type=8, states=frozenset(("new",)), iif="", oif=B, hooks=SENT)
    taken = LostPacket(4, 1, POD, PEER, icmp_type=8, states=frozenset(("new",)), iif=A, oif="", hooks=TAKEN_IN)
    for rule in ("meta skuid 1000", "-m owner --uid-owner 1000", "-m owner ! --uid-owner 0"):
        assert said(rule, sent, "output") == "may-fit"
    assert said("meta skuid 1000", taken, "input") == "may-fit"
    assert said("-m addrtype --src-type LOCAL", sent, "output") == "fits"
    assert said("-m addrtype --dst-type LOCAL", taken, "input") == "fits"


@pytest.mark.parametrize(
    "rule",
    [
        "ct count over 20",
        "meter flood { ip saddr limit rate over 10/second }",
        'meta hour "09:00"-"17:00"',
        'meta day { "Saturday", "Sunday" }',
        "-m time --timestart 09:00:00 --timestop 17:00:00 --weekdays Mon,Tue",
        "-m quota --quota 1000",
        "last used 4s",
        # Rules of iptables as nft shows them, which has no words for some.
        "xt match connlimit",
        'xt match "hashlimit"',
        "# xt_recent",
    ],
)
def test_a_counter_answers_rates_and_the_time_of_day(rule: str) -> None:
    """They do not ask who or what a packet is."""
    assert said(rule) == "fits"


@pytest.mark.parametrize(
    "rule",
    [
        "limit rate over 5/second",
        "meter flood { ip saddr limit rate over 10/second }",
        "-m hashlimit --hashlimit-above 5/sec --hashlimit-name x",
        # What is below the rate passes by the rule before.
        "limit rate 5/second accept\n\t\t",
    ],
)
def test_what_is_beyond_a_rate_is_dropped_by_a_limit_not_by_a_firewall(rule: str) -> None:
    """Others like the lost packets were answered; where none was, it is a rule like any other."""
    fits = "fits" if "accept" not in rule else "may-fit"
    some = replace(LOSS, answered=True)
    assert (said(rule, kind=RATES, loss=some), said(rule, loss=some)) == (fits, None)
    assert (said(rule, kind=RATES), said(rule)) == (None, fits)


def test_a_rule_that_drops_what_is_below_a_rate_is_no_limit() -> None:
    some = replace(LOSS, answered=True)
    assert (said("limit rate 5/second", kind=RATES, loss=some), said("limit rate 5/second", loss=some)) == (
        None,
        "fits",
    )


def test_a_module_that_nft_has_no_words_for_is_unknown() -> None:
    assert said("xt match u32") == "may-fit"
    # Unless it counted just what was lost of packets that it names.
    assert said("ip saddr 10.244.1.10 # xt_bpf") == "fits"
    assert said("ip saddr 10.244.1.12 # xt_bpf") == "none-fits"


@pytest.mark.parametrize(("ports", "wanted"), [("22,80:90", "fits"), ("40000", "fits"), ("22,53", "none-fits")])
def test_either_port(ports: str, wanted: str) -> None:
    syn = LostPacket(4, 6, POD, PEER, frozenset((40000,)), frozenset((80,)), tcp_flags=2, iif=A, oif=B)
    assert said(f"-p tcp -m multiport --ports {ports}", syn) == wanted


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("meta mark & 0xfffffff7 | 0x00000007", "fits"),
        ("meta mark and 0xfffffff0 xor 0x7", "fits"),
        # What is toggled is not known.
        ("meta mark & 0xfffffff7 ^ 0x00000007", "may-fit"),
        ("meta mark & 0xfffffff0 | 0x00000003", "none-fits"),
    ],
)
def test_a_mark_that_is_kept_and_set(change: str, wanted: str) -> None:
    before = "type filter hook prerouting priority mangle; policy accept;"
    behind = f"}}\n\tchain b {{\n\t\t{before}\n\t\tmeta mark set {change}"
    rule = "meta mark & 0x0000000f == 0x00000007"
    assert said(f"{rule} counter packets 3 bytes 252 drop\n\t{behind}\n\t\tip daddr 192.0.2.1") == wanted
