"""Rules as people paste them, about three echo requests that 10.244.1.10 lost on the way to 10.244.1.11."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.triage.suspect import Suspect
from tests.support.lab import captures

A, B = "cali14e7d81007d", "calieabe7761b00"
# The scenario loses four requests on the node, and nothing answers.
LOST = 4


def suspects(tmp_path: Path, text: str, scenario: str = "route-lost-midway") -> dict[str, Suspect]:
    path = tmp_path / "pasted.txt"
    path.write_text(text)
    (diagnosis,) = analyze(*captures(scenario), node_state=path).diagnoses
    return {suspect.cause.id: suspect for suspect in diagnosis.suspects}


def table(*rules: str, hook: str = "type filter hook forward priority filter; policy accept;") -> str:
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    return (
        f"root@n1:~# nft list ruleset\ntable ip fw {{\n\tchain forward {{\n\t\t{hook}\n{lines}\t}}\n}}\nroot@n1:~# \n"
    )


HIT = f"counter packets {LOST} bytes 336 drop"


@pytest.mark.parametrize(
    "rule",
    [
        f"ip daddr 10.244.1.11 {HIT}",
        f"iifname {A} oifname {B} {HIT}",
        f'iifname "cali*" icmp type {{ echo-request, echo-reply }} {HIT}',
        f"ip saddr 10.244.1.0/26 ip daddr != 10.0.0.0/24 meta l4proto icmp {HIT}",
        f"ct state established,new {HIT} # handle 7",
        # A draw of lots: its counter says what came of it.
        f"ip daddr 10.244.1.11 numgen random mod 10 < 9 {HIT}",
    ],
)
def test_a_rule_that_fits_and_counted_enough_did_it(tmp_path: Path, rule: str) -> None:
    suspect = suspects(tmp_path, table(rule))["node-firewall-drops"]
    assert suspect.status == "confirmed", suspect
    (line,) = suspect.because
    assert "pasted.txt:5: " in line
    assert "in chain forward of table ip fw; it stopped 4 packets, at least 4 are missing" in line


@pytest.mark.parametrize("condition", ["ip length > 1000", "ip saddr 10.244.1.10"])
def test_a_rule_may_be_what_takes_large_packets_alone(tmp_path: Path, condition: str) -> None:
    """It is named and not confirmed: without a condition of size it would have taken small ones too."""
    suspect = suspects(tmp_path, table(f"{condition} counter packets 20 bytes 30000 drop"), "loss-by-size")
    assert suspect["node-firewall-drops"].status == "possible"
    assert any(condition in line for line in suspect["node-firewall-drops"].because)
    assert "mtu-too-large" in suspect


def test_no_rule_is_named_for_large_packets_if_none_may_take_them(tmp_path: Path) -> None:
    suspect = suspects(tmp_path, table("tcp dport 80 counter packets 20 bytes 30000 drop"), "loss-by-size")
    assert "node-firewall-drops" not in suspect


@pytest.mark.parametrize(
    "statement",
    ["notrack", "flow add @fast", "dup to 10.9.0.7 device eth0", "fwd to eth0", "synproxy mss 1460 wscale 7"],
)
def test_statements_that_only_end_a_rule_are_read_to_the_end(tmp_path: Path, statement: str) -> None:
    """The rule behind it is read as if it stood alone."""
    suspect = suspects(tmp_path, table(f"udp dport 53 {statement}", f"ip daddr 10.244.1.11 {HIT}"))
    assert suspect["node-firewall-drops"].status == "confirmed"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (f"tcp dport 22 {HIT}", "it is for TCP"),
        (f"ip saddr 10.244.1.11 ip daddr 10.244.1.10 {HIT}", "it is for the other direction"),
        (f"icmp type echo-reply {HIT}", "it is for another ICMP type"),
        (f"iifname eth0 {HIT}", "it is for another incoming interface"),
        (f"oifname != {{ {A}, {B} }} {HIT}", "it is for another outgoing interface"),
        (f"ip6 daddr fd00::11 {HIT}", "it is for the other version of IP"),
        (f"ip daddr 10.244.1.12-10.244.1.20 {HIT}", "it is for packets to another address"),
        (f"ct state invalid {HIT}", "it is for connections in another state"),
        ("ip daddr 10.244.1.11 counter packets 0 bytes 0 drop", "it has counted no packet"),
    ],
)
def test_a_rule_that_is_contradicted_is_out_and_says_why(tmp_path: Path, rule: str, reason: str) -> None:
    suspect = suspects(tmp_path, table(rule))["node-firewall-drops"]
    assert suspect.status == "possible"
    assert suspect.leaning == -1
    (line,) = suspect.because
    assert line.endswith(f"(cannot have been it: {reason})")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("ip daddr 10.244.1.11 drop", "it would match, but has no counter that shows whether it did"),
        ("ip daddr 10.244.1.11 counter packets 3 bytes 252 drop", "it stopped 3 packets, at least 4 are missing"),
        (f"ip daddr 10.244.1.11 ct mark 0x5 {HIT}", "it is not known whether ct mark 0x5 holds for these packets"),
        (f"ip saddr @blocked {HIT}", "it is not known whether ip saddr @blocked holds for these packets"),
    ],
)
def test_a_rule_that_is_not_sure_is_possible_and_says_why(tmp_path: Path, rule: str, reason: str) -> None:
    suspect = suspects(tmp_path, table(rule))["node-firewall-drops"]
    assert (suspect.status, suspect.leaning) == ("possible", 1)
    assert reason in suspect.because[0]


def test_what_an_earlier_rule_accepts_no_later_one_drops(tmp_path: Path) -> None:
    accepted = table("ip daddr 10.244.1.0/24 counter packets 9 bytes 756 accept", f"ip daddr 10.244.1.11 {HIT}")
    suspect = suspects(tmp_path, accepted)["node-firewall-drops"]
    assert suspect.because[0].endswith("(cannot have been it: it is not come to: an earlier rule decides)")


def test_where_forwarded_packets_do_not_pass_nothing_drops_them(tmp_path: Path) -> None:
    hook = "type filter hook input priority filter; policy accept;"
    suspect = suspects(tmp_path, table(f"ip daddr 10.244.1.11 {HIT}", hook=hook))["node-firewall-drops"]
    assert suspect.because[0].endswith("it stands in a chain that such packets do not pass)")


DROPPING = "type filter hook forward priority filter; policy drop;"


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        # As ufw has it: iptables-nft prints no counter of the policy, but the last jump has one and comes back.
        (("counter packets 9 bytes 756 jump quiet", "counter packets 4 bytes 336 jump quiet"), "confirmed"),
        (("ip saddr 10.9.0.0/16 accept", 'counter packets 4 bytes 336 comment "policy"'), "confirmed"),
        (("counter packets 9 bytes 756", "ip saddr 10.9.0.0/16 counter packets 5 bytes 420 accept"), "confirmed"),
        # Fewer than were lost came to the end.
        (("counter packets 9 bytes 756", "ip saddr 10.9.0.0/16 counter packets 7 bytes 588 accept"), "possible"),
        # Behind the counter an unknown number was let go.
        (("counter packets 9 bytes 756", "ip saddr 10.9.0.0/16 accept"), "possible"),
        (("ip saddr 10.9.0.0/16 counter packets 9 bytes 756",), "possible"),
    ],
)
def test_the_last_rules_count_what_meets_the_policy(tmp_path: Path, rules: tuple[str, ...], status: str) -> None:
    text = table(*rules, hook=DROPPING).replace("table ip fw {\n", "table ip fw {\n\tchain quiet {\n\t}\n")
    suspect = suspects(tmp_path, text)["node-firewall-drops"]
    assert suspect.status == status, suspect


def test_the_policy_of_a_chain_drops_what_nothing_accepted(tmp_path: Path) -> None:
    saved = (
        "root@n1:~# iptables-save -c\n*filter\n:INPUT ACCEPT [9:99]\n:FORWARD DROP [{}:336]\n:OUTPUT ACCEPT [0:0]\n"
        "[7:588] -A FORWARD -p tcp -j ACCEPT\nCOMMIT\n"
    )
    assert suspects(tmp_path, saved.format(4))["node-firewall-drops"].status == "confirmed"
    assert suspects(tmp_path, saved.format(0))["node-firewall-drops"].status == "possible"


@pytest.mark.parametrize(
    ("chain", "confirmed"),
    [(f"cali-tw-{B}", True), (f"cali-fw-{A}", True), (f"cali-tw-{A}", False), ("cali-tw-calix", False)],
)
def test_calicos_chains_count_for_their_own_workload(tmp_path: Path, chain: str, confirmed: bool) -> None:
    drop = '-m comment --comment "Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP'
    found = suspects(tmp_path, f"root@n1:~# iptables-save -c | grep DROP\n[4:336] -A {chain} {drop}\n")
    assert [suspect.cause.id for suspect in found.values() if suspect.status == "confirmed"] == [
        "policy-drops"
    ] * confirmed


def test_many_rules_that_are_out_are_summed_up(tmp_path: Path) -> None:
    rules = [f"tcp dport {port} {HIT}" for port in (22, 23, 25)] + [f"iifname eth0 {HIT}"]
    (line,) = suspects(tmp_path, table(*rules))["node-firewall-drops"].because
    assert line.endswith(":5: none of 4 rules from here on: 3 are for TCP, 1 is for another incoming interface")


def test_all_rules_seen_and_none_fits_rules_the_cause_out(tmp_path: Path) -> None:
    """nft alone does not show what the older iptables keeps by itself."""
    names = "root@n1:~# cat /proc/net/ip_tables_names\n{}"
    rules = table(f"tcp dport 22 {HIT}")
    assert suspects(tmp_path, names.format("") + rules)["node-firewall-drops"].status == "ruled-out"
    assert suspects(tmp_path, names.format("filter\n") + rules)["node-firewall-drops"].status == "possible"


def test_a_listing_for_eyes_is_read_too(tmp_path: Path) -> None:
    listed = (
        "root@n1:~# iptables -L FORWARD -n -v --line-numbers\nChain FORWARD (policy ACCEPT 5 packets, 420 bytes)\n"
        "num   pkts bytes target     prot opt in     out     source               destination\n"
        "1        4   336 DROP       {}   --  cali+  *       0.0.0.0/0            10.244.1.11          {}\n"
    )
    for protocol, more, status in (("1 ", "icmptype 8", "confirmed"), ("6 ", "tcp dpt:22", "possible")):
        assert suspects(tmp_path, listed.format(protocol, more))["node-firewall-drops"].status == status


@pytest.mark.parametrize(
    ("source", "status"), [("anywhere", "confirmed"), ("10.244.1.10", "confirmed"), ("db.shop", "possible")]
)
def test_a_listing_with_names_is_read_too(source: str, status: str, tmp_path: Path) -> None:
    listed = (
        "root@n1:~# iptables -L FORWARD -v\nChain FORWARD (policy ACCEPT 5 packets, 420 bytes)\n"
        " pkts bytes target     prot opt in     out     source               destination\n"
        f"    4   336 DROP       icmp --  cali+  any     {source}          10.244.1.11          icmp echo-request\n"
    )
    assert suspects(tmp_path, listed)["node-firewall-drops"].status == status


def test_a_set_of_ipset_is_looked_up(tmp_path: Path) -> None:
    rule = "*filter\n:FORWARD ACCEPT [0:0]\n[4:336] -A FORWARD -m set --match-set blocked src -j DROP\nCOMMIT\n"
    for member, status in (("10.244.1.0/26", "confirmed"), ("10.99.0.1", "possible")):
        listed = f"Name: blocked\nType: hash:net\nRevision: 7\nMembers:\n{member}\n"
        text = f"root@n1:~# iptables-save -c\n{rule}root@n1:~# ipset list\n{listed}"
        assert suspects(tmp_path, text)["node-firewall-drops"].status == status


@pytest.mark.parametrize(
    ("conditions", "counted", "wanted"),
    [
        ("ip daddr 10.244.1.11 @ih,0,32 0x504f5354", LOST, "confirmed"),
        ("ip daddr 10.244.1.11 ip length > 60", LOST, "confirmed"),
        # More than were lost, a rule for whatever has these contents, and another doubt.
        ("ip daddr 10.244.1.11 @ih,0,32 0x504f5354", LOST + 1, "possible"),
        ("@ih,0,32 0x504f5354", LOST, "possible"),
        ("ip daddr 10.244.1.11 ip length > 60 ct label 3", LOST, "possible"),
    ],
)
def test_what_a_rule_asks_of_contents_is_answered_by_a_counter_of_just_those(
    tmp_path: Path, conditions: str, counted: int, wanted: str
) -> None:
    rule = f"{conditions} counter packets {counted} bytes 336 drop"
    assert suspects(tmp_path, table(rule))["node-firewall-drops"].status == wanted
