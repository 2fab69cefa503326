"""Rules that cannot be sure to match, listings without their commands, and what is meant to take long or to break."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.firewall.chains import Firewall
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state import State
from pcapcheck.triage.firewall.lost_packet import TAKEN_IN, LostPacket
from pcapcheck.triage.firewall.walk import walk
from pcapcheck.triage.firewall.walked import Walked
from pcapcheck.values import parse_address
from tests.triage.firewall.test_kernel import firewall_of

A, B = parse_address("10.244.1.10"), parse_address("10.244.1.11")
PING = LostPacket(4, 1, A, B, icmp_type=8, states=frozenset(("new",)), iif="cali0000000000a", oif="cali0000000000b")
SYN = LostPacket(4, 6, A, B, dports=frozenset((80,)), tcp_flags=2, states=frozenset(("new",)), iif="cali1", oif="cali2")


def saved(*lines: str, policy: str = "ACCEPT [0:0]") -> Firewall:
    chains = [f":{name} - [0:0]" for name in dict.fromkeys(line.split()[1] for line in lines) if name != "FORWARD"]
    return firewall_of("iptables-save -c", "\n".join(["*filter", f":FORWARD {policy}", *chains, *lines, "COMMIT"]))


def nft(*lines: str, hook: str = "forward priority 0") -> Firewall:
    return firewall_of(
        "nft list ruleset",
        "\n".join(["table ip t {", "\tchain c {", f"\t\ttype filter hook {hook}; policy accept;", *lines, "\t}", "}"]),
    )


def only(walked: Walked) -> str:
    """What a walk says of the only rule that drops."""
    if not walked.hits:
        return "no"
    (hit,) = walked.hits
    return "certain" if hit.is_certain else "possible"


def state_of(tmp_path: Path, text: str) -> State:
    path = tmp_path / "rules.txt"
    path.write_text(text)
    return read_state([path])


@pytest.mark.parametrize(
    "match",
    [
        "-m connmark --mark 0x1/0x1",
        "-m connmark ! --mark 0x1/0x1",
        "-m bpf --bytecode 1,6 0 0 0",
        '-m string --string "a -j ACCEPT" --algo bm',
        "-m statistic --mode random --probability 0.5",
        "-m policy --dir in --proto esp",
        "-m rpfilter",
        "-m frag",
        "-m limit --limit 1/sec",
    ],
)
def test_a_match_that_no_packet_answers_leaves_a_rule_possible(match: str) -> None:
    assert only(walk(saved(f"-A FORWARD {match} -j DROP"), PING)) == "possible"


@pytest.mark.parametrize(
    "rule",
    [
        "add @rates { ip saddr limit rate 1/hour } drop",
        "fib daddr . iif type local drop",
        "rt mtu 1500 drop",
        "@th,0,16 1-9 drop",
        "ip saddr & 255.255.0.255 == 10.244.0.10 drop",
        "ct state != established | new drop",
        "meter m { ip saddr limit rate 1/second } drop",
        "queue num 0",
    ],
)
def test_the_same_of_nft(rule: str) -> None:
    assert only(walk(nft(rule), PING)) == "possible"


@pytest.mark.parametrize("word", ["notrack", "synproxy mss 1460", "fwd to eth0", "dup to 10.0.0.1", "flow add @f"])
def test_statements_without_consequence_are_read_to_their_end(word: str) -> None:
    assert only(walk(nft(f"{word}", "counter packets 4 bytes 9 drop"), PING)) in ("certain", "no")


@pytest.mark.parametrize(
    ("rule", "packets"),
    [
        ("ip daddr 10.244.1.11 counter packets 4 bytes 9 drop", 4),
        # What stands behind the counter it has not asked.
        ("counter packets 900 bytes 9 ip daddr 10.244.1.11 drop", None),
        ("counter packets 900 bytes 9 ip daddr vmap { 10.244.1.11 : drop, 10.244.1.12 : accept }", None),
    ],
)
def test_a_counter_tells_only_of_what_was_asked_before_it(rule: str, packets: int | None) -> None:
    assert walk(nft(rule), PING).hits[0].packets == packets


def test_a_rule_that_has_counted_fewer_than_were_lost_leaves_the_rest_to_others() -> None:
    rules = saved("[2:9] -A FORWARD -d 10.244.1.11/32 -j ACCEPT", "[4:9] -A FORWARD -d 10.244.1.11/32 -j DROP")
    assert only(walk(rules, PING)) == "no"
    assert only(walk(rules, PING, lost=4)) == "possible"


def test_a_chain_that_may_have_been_left_before_is_not_sure_to_drop() -> None:
    rules = saved(
        "-A FORWARD -j X", "-A X -m length --length 9 -j RETURN", "-A X -j Y", "-A Y -j DROP", "-A FORWARD -j REJECT"
    )
    assert [hit.is_certain for hit in walk(rules, PING).hits] == [False, False]


def test_connections_that_are_not_tracked_are_neither_new_nor_invalid() -> None:
    text = (
        "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p icmp -j CT --notrack\nCOMMIT\n"
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate {} -j DROP\nCOMMIT\n"
    )
    for state, said in (("INVALID,NEW", "no"), ("UNTRACKED", "certain")):
        assert only(walk(firewall_of("iptables-save", text.format(state)), PING)) == said


def test_behind_a_translation_the_new_address_counts() -> None:
    text = (
        "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.244.1.11/32 -j DNAT --to-destination 10.99.0.1\nCOMMIT\n"
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -d {} -j DROP\nCOMMIT\n"
    )
    for address, said in (("10.244.1.11/32", "no"), ("10.99.0.1/32", "certain")):
        assert only(walk(firewall_of("iptables-save", text.format(address)), PING)) == said


def test_an_exception_in_a_set_does_not_count_as_a_member() -> None:
    members = "Name: s\nType: hash:net\nNumber of entries: {}\nMembers:\n10.0.0.0/8\n{}"
    rule = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set s dst -j DROP\nCOMMIT\n"
    for count, more, said in ((1, "", "certain"), (2, "10.244.1.11 nomatch\n", "possible"), (5, "", "certain")):
        firewall = firewall_of("iptables-save", rule)
        firewall.elements = firewall_of("ipset list", members.format(count, more)).elements
        assert only(walk(firewall, PING)) == said
    # A listing without the members, or cut short, says nothing of who is not in it.
    for listed in ("Name: s\nType: hash:net\n", "Name: s\nType: hash:net\nNumber of entries: 2\nMembers:\n10.9.9.9\n"):
        firewall.elements = firewall_of("ipset list", listed).elements
        assert only(walk(firewall, PING)) == "possible"


def test_chains_that_lead_round_or_too_deep_confirm_nothing_and_end() -> None:
    drop = "-A FORWARD -d 10.244.1.11/32 -j DROP"
    round_ = saved("-A FORWARD -j X", "-A X -j Y", "-A Y -j X", drop)
    assert only(walk(round_, PING)) == "possible"
    deep = saved(*(f"-A C{n} -j C{n + 1}" for n in range(10_000)), "-A C10000 -j ACCEPT", "-A FORWARD -j C0", drop)
    assert only(walk(deep, PING)) == "possible"
    # 2 to the power of 40 ways lead through these.
    wide = saved(*(f"-A C{n} -j C{n + 1}" for n in range(40) for _ in "ab"), "-A C40 -p tcp", "-A FORWARD -j C0", drop)
    assert only(walk(wide, PING)) == "certain"


def test_rules_that_no_packet_comes_to_are_not_read() -> None:
    lines = ["-A FORWARD -p tcp -j SVC", *(f"-A SVC -p tcp --dport {n} -j ACCEPT" for n in range(1000))]
    firewall = saved(*lines, "-A FORWARD -d 10.244.1.11/32 -j DROP")
    assert only(walk(firewall, PING)) == "certain"
    (table,) = firewall.tables
    assert len(table.chains["SVC"].unread) == 1000


def test_prerouting_is_passed_before_input_whatever_the_priorities() -> None:
    text = (
        "table ip t {\n\tchain i {\n\t\ttype filter hook input priority -300; policy accept;\n\t\tmark 0x1 drop\n\t}\n"
        "\tchain p {\n\t\ttype filter hook prerouting priority 300; policy accept;\n\t\tmark set 0x1\n\t}\n}\n"
    )
    packet = LostPacket(4, 1, A, B, states=frozenset(("new",)), hooks=TAKEN_IN, oif="")
    assert only(walk(firewall_of("nft list ruleset", text), packet)) == "certain"


BARE = (
    "# Generated by iptables-save v1.8.9 on Sun Nov 29 04:31:00 2026\n*filter\n:FORWARD ACCEPT [0:0]\n"
    ":KUBE-SERVICES - [0:0]\n-A FORWARD -j KUBE-SERVICES\n"
    '-A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment "a/b has no endpoints" -m tcp --dport 80 -j REJECT\n'
    "-A FORWARD -d 10.244.1.11/32 -j DROP\nCOMMIT\n# Completed on Sun Nov 29 04:31:00 2026\n"
)


def test_a_file_of_nothing_but_a_listing_is_one_listing(tmp_path: Path) -> None:
    six = "# Generated by ip6tables-save v1.8.9\n*filter\n:FORWARD DROP [9:9]\nCOMMIT\n"
    state = state_of(tmp_path, BARE + six + "default via 10.0.0.1 dev eth0\n")
    (host,) = state.hosts
    assert host.firewall is not None
    assert [(table.family, table.whole) for table in host.firewall.tables] == [("ip", True), ("ip6", True)]
    assert state.services.size == 1
    assert len(host.routes) == 1
    assert only(walk(host.firewall, PING)) == "certain"


def test_the_same_of_nft_and_of_ipset(tmp_path: Path) -> None:
    proxy = (
        "table ip kube-proxy {\n\tmap m {\n\t\ttype ipv4_addr . inet_proto . inet_service : verdict\n"
        "\t\telements = { 10.96.0.20 . tcp . 80 : goto r,\n\t\t\t     10.244.1.11 . tcp . 80 : goto r }\n\t}\n"
        "\tchain r {\n\t\treject\n\t}\n\tchain f {\n\t\ttype filter hook forward priority filter; policy accept;\n"
        "\t\tip daddr . meta l4proto . th dport vmap @m\n\t}\n}\n"
    )
    sets = "Name: s\nType: hash:ip\nMembers:\n10.0.0.1\n10.0.0.2 timeout 30\n"
    (host,) = state_of(tmp_path, proxy + sets + "default via 10.0.0.1 dev eth0\n").hosts
    assert host.firewall is not None
    assert only(walk(host.firewall, SYN)) == "certain"
    assert len(host.firewall.elements["s"].elements) == 2
    assert len(host.routes) == 1
