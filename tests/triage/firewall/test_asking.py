"""Rules that stop questions for a MAC, or their answers: on the node, and inside the pod that the node asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import captures
from tests.support.wire import BEGIN, MS, NODE_IP, PEER_IP, SECOND, answer, ask, error, request, write_pcap

CALI, PEER_CALI = "cali14e7d81007d", "calieabe7761b00"
NODE, POD = "node-firewall-drops-arp", "pod-firewall-drops-arp"
PEER = "7e:1d:0c:42:9b:66"
NODE_PROMPT = "root@node1:~# "
POD_PROMPT = (
    "root@node1:~# kubectl exec pod-b -- ip addr\n2: eth0@if9: <BROADCAST,UP> mtu 1500\n"
    f"    inet {PEER_IP}/32 scope global eth0\nroot@node1:~# kubectl exec pod-b -- ip route\n"
    "default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n"
)


def nft(family: str, hook: str, rule: str, policy: str = "accept", kind: str = "filter") -> str:
    return (
        f"nft list ruleset\ntable {family} guard {{\n\tchain c {{\n"
        f"\t\ttype {kind} hook {hook} priority filter; policy {policy};\n\t\t{rule}\n\t}}\n}}\n"
    )


def status(analysis: Analysis, cause: str) -> str | None:
    found = {suspect.cause.id: suspect.status for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects}
    return found.get(cause)


def of_gateway(tmp_path: Path, rules: str, scenario: str = "proxy-arp-off") -> str | None:
    """The pod asks for its gateway three times and nothing answers."""
    state = tmp_path / "state.txt"
    state.write_text(NODE_PROMPT + rules)
    return status(analyze(*captures(scenario), node_state=state), NODE)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("arp operation request counter packets 3 bytes 84 drop", "confirmed"),
        (f'iifname "{CALI}" arp operation request counter packets 4 bytes 84 drop', "confirmed"),
        ('iifname "cali*" arp daddr ip 169.254.1.1 counter packets 3 bytes 84 drop', "confirmed"),
        ("arp htype 1 arp hlen 6 arp plen 4 arp saddr ip 10.244.1.0/24 counter packets 3 bytes 84 drop", "confirmed"),
        # Too few, none at all, and a rule that does not count.
        ("arp operation request counter packets 2 bytes 56 drop", "possible"),
        ("arp operation request drop", "possible"),
        ("meta priority 7 counter packets 3 bytes 84 drop", "possible"),
        ("arp saddr ether != 02:00:00:00:00:01 counter packets 3 bytes 84 drop", "confirmed"),
        ("ether saddr 5a:8a:10:57:e2:03 counter packets 3 bytes 84 drop", "confirmed"),
        # For other packets.
        (f'iifname "{PEER_CALI}" arp operation request counter packets 9 bytes 84 drop', "possible"),
    ],
)
def test_a_rule_about_arp_stops_the_question_for_the_gateway(tmp_path: Path, rule: str, wanted: str) -> None:
    assert of_gateway(tmp_path, nft("arp", "input", rule)) == wanted


@pytest.mark.parametrize(
    ("family", "hook", "rule", "wanted"),
    [
        ("arp", "output", "arp operation reply counter packets 3 bytes 84 drop", "confirmed"),
        ("arp", "output", f'oifname "{CALI}" arp saddr ip 169.254.1.1 counter packets 3 bytes 84 drop', "confirmed"),
        ("netdev", f'ingress device "{CALI}"', "meta protocol arp counter packets 3 bytes 84 drop", "confirmed"),
        ("netdev", f'ingress device "{PEER_CALI}"', "ether type arp counter packets 3 bytes 84 drop", None),
        # What is for IP never sees ARP, whatever it counts.
        ("inet", "input", "counter packets 900 bytes 84000 drop", None),
        ("arp", "forward", "counter packets 3 bytes 84 drop", None),
    ],
)
def test_only_rules_that_arp_passes_count(
    tmp_path: Path, family: str, hook: str, rule: str, wanted: str | None
) -> None:
    found = of_gateway(tmp_path, nft(family, hook, rule))
    assert (found == "confirmed") is (wanted == "confirmed")


def test_what_is_ruled_out_is_shown_and_not_possible(tmp_path: Path) -> None:
    """The listing is whole, and arptables has nothing of its own."""
    rules = nft("arp", "input", "arp operation reply counter packets 9 bytes 84 drop")
    whole = f"{rules}{NODE_PROMPT}cat /proc/net/arp_tables_names\n{NODE_PROMPT}\n"
    assert of_gateway(tmp_path, whole) == "ruled-out"
    assert of_gateway(tmp_path, rules) == "possible"


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("[3:204] -A INPUT -i cali+ -p ipv6-icmp -j DROP", "confirmed"),
        ("[3:204] -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP", "confirmed"),
        # Nobody hears that what goes to many is rejected.
        ("[3:204] -A INPUT -j REJECT --reject-with icmp6-adm-prohibited", "confirmed"),
        ("[3:204] -A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP", "confirmed"),
        ("[3:204] -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 133 -j DROP", "possible"),
        ("[3:204] -A FORWARD -p ipv6-icmp -j DROP", "possible"),
        # Connection tracking does not call it invalid.
        ("[3:204] -A INPUT -m conntrack --ctstate INVALID -j DROP", "possible"),
        ("[3:204] -A INPUT -m conntrack --ctstate UNTRACKED -j DROP", "confirmed"),
        ("[3:204] -A INPUT -p ipv6-icmp -j ACCEPT\n[3:204] -A INPUT -j DROP", "possible"),
        # As ufw lets it in: neighbour discovery has a hop limit of 255, or none takes it.
        (
            "[3:204] -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT\n"
            "[3:204] -A INPUT -p ipv6-icmp -j DROP",
            "possible",
        ),
    ],
)
def test_neighbour_discovery_passes_input_and_output(tmp_path: Path, rule: str, wanted: str) -> None:
    policies = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]"
    rules = f"ip6tables-save -c\n*filter\n{policies}\n{rule}\nCOMMIT\n"
    assert of_gateway(tmp_path, rules, "ipv6-random-mac") == wanted


@pytest.mark.parametrize(
    ("listing", "wanted"),
    [
        (
            "arptables-save -c\n*filter\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
            f"[3:84] -A INPUT -j DROP -i {CALI} --opcode 1\n# Completed on Sun\n",
            "confirmed",
        ),
        (f"arptables -vnL\nChain INPUT (policy ACCEPT 0 packets, 0 bytes)\n"
         f"-j DROP -i {CALI} -o * --opcode 1 , pcnt=3 -- bcnt=84 \n", "confirmed"),
        ("arptables -vnL\nChain INPUT (policy ACCEPT 0 packets, 0 bytes)\n\n"
         "Chain OUTPUT (policy DROP 3 packets, 84 bytes)\n", "confirmed"),
        (f"arptables -L\nChain INPUT (policy ACCEPT)\n-j DROP -i {CALI} --opcode Request\n", "possible"),
        (f"arptables -vnL\nChain INPUT (policy ACCEPT 0 packets, 0 bytes)\n"
         f"-j DROP -i {PEER_CALI} -o * --opcode 1 , pcnt=3 -- bcnt=84 \n", "possible"),
        (
            "arptables-save -c\n*filter\n:INPUT ACCEPT\n[3:84] -A INPUT -j ACCEPT -s 10.244.1.10\n"
            "[3:84] -A INPUT -j DROP\n",
            "possible",
        ),
    ],
)  # fmt: skip
def test_arptables_is_read(tmp_path: Path, listing: str, wanted: str) -> None:
    assert of_gateway(tmp_path, listing) == wanted


@pytest.mark.parametrize(
    ("hook", "rule", "wanted"),
    [
        ("input", "arp operation request counter packets 6 bytes 84 drop", "confirmed"),
        ("output", "arp operation reply counter packets 6 bytes 84 drop", "confirmed"),
        ("input", 'iifname "eth0" arp operation request counter packets 5 bytes 84 drop', "possible"),
        ("input", 'iifname "eth0" arp daddr ip 10.244.1.11 counter packets 6 bytes 84 drop', "confirmed"),
        ("input", "arp operation reply counter packets 6 bytes 84 drop", "possible"),
        ("output", "arp operation request counter packets 6 bytes 84 drop", "possible"),
    ],
)
def test_a_rule_in_the_pod_makes_it_silent_to_its_node(tmp_path: Path, hook: str, rule: str, wanted: str) -> None:
    state = tmp_path / "state.txt"
    state.write_text(POD_PROMPT + f"{NODE_PROMPT}kubectl exec pod-b -- " + nft("arp", hook, rule))
    analysis = analyze(*captures("pod-arp-ignore-2"), node_state=state)
    assert status(analysis, POD) == wanted
    assert status(analysis, NODE) is None


@pytest.mark.parametrize(
    ("answered", "rule", "wanted"),
    [
        (True, ("input", "arp operation reply counter packets 3 bytes 84 drop"), "confirmed"),
        (True, ("input", "arp operation request counter packets 3 bytes 84 drop"), "possible"),
        (True, ("output", "arp operation request counter packets 3 bytes 84 drop"), "possible"),
        (False, ("output", "arp operation request counter packets 3 bytes 84 drop"), "confirmed"),
        (False, ("input", "arp operation reply counter packets 3 bytes 84 drop"), "possible"),
    ],
)
def test_the_node_does_not_take_the_answer_or_never_asks(
    tmp_path: Path, answered: bool, rule: tuple[str, str], wanted: str
) -> None:
    """It calls the pod unreachable three seconds later; what is on the link shows which of the two it was."""
    asked = request(1)
    here = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + 2 * MS, asked)]
    here.append((BEGIN + 3 * SECOND + 2 * MS, error(3, 1, asked)))
    there = []
    for at in range(3):
        who_has = ask(PEER_IP, src="ee:ee:ee:ee:ee:ee", ip=NODE_IP)
        there.append((BEGIN + at * SECOND + 3 * MS, who_has))
        there.append((BEGIN + at * SECOND + 4 * MS, answer(PEER_IP, by=PEER, to="ee:ee:ee:ee:ee:ee", to_ip=NODE_IP)))
    gateway = [(BEGIN, ask(src=PEER, ip=PEER_IP)), (BEGIN + MS, answer(to=PEER, to_ip=PEER_IP))]
    end = BEGIN + 5 * SECOND
    late = [(end, ask(src=PEER, ip=PEER_IP)), (end + MS, answer(to=PEER, to_ip=PEER_IP))]
    files = [
        write_pcap(tmp_path / f"{CALI}.pcap", [*here, (end, ask()), (end + MS, answer())]),
        write_pcap(tmp_path / f"{PEER_CALI}.pcap", [*gateway, *(there if answered else []), *late]),
    ]
    state = tmp_path / "state.txt"
    state.write_text(
        f"{NODE_PROMPT}ip addr\n2: eth0: <BROADCAST,UP> mtu 1500\n    inet {NODE_IP}/24 scope global eth0\n"
        f"{NODE_PROMPT}ip route\n"
        f"{PEER_IP} dev {PEER_CALI} scope link\n{NODE_PROMPT}{nft('arp', *rule)}"
    )
    found = status(analyze(*files, node_state=state), NODE)
    assert found == wanted


@pytest.mark.parametrize(
    ("recorded", "rule", "wanted"),
    [
        # The next hop's answers were recorded, or nothing of the card, or only questions that nobody answered.
        ("answers", ("input", 'iifname "eth0" arp operation reply counter packets 3 bytes 84 drop'), "confirmed"),
        ("answers", ("output", "arp operation request counter packets 3 bytes 84 drop"), None),
        ("nothing", ("output", 'oifname "eth0" arp operation request counter packets 3 bytes 84 drop'), "confirmed"),
        ("nothing", ("output", "arp operation request counter packets 2 bytes 84 drop"), "possible"),
        ("questions", ("input", "arp operation reply counter packets 3 bytes 84 drop"), None),
    ],
)
def test_the_nodes_own_rules_keep_it_from_its_next_hop(
    tmp_path: Path, recorded: str, rule: tuple[str, str], wanted: str | None
) -> None:
    router = "172.31.186.1"
    asked = request(1, dst="203.0.113.7")
    here = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + 2 * MS, asked)]
    files = [write_pcap(tmp_path / f"{CALI}.pcap", [*here, (BEGIN + 3 * SECOND + 2 * MS, error(3, 1, asked))])]
    card = "02:50:56:aa:17:c3"
    wire = []
    for at in range(3):
        wire.append((BEGIN + at * SECOND + 3 * MS, ask(router, src=card, ip=NODE_IP)))
        if recorded == "answers":
            wire.append((BEGIN + at * SECOND + 4 * MS, answer(router, by=PEER, to=card, to_ip=NODE_IP)))
    wire.append((BEGIN + 6 * SECOND, ask("172.31.186.9", src=card, ip=NODE_IP)))
    files += [write_pcap(tmp_path / "eth0.pcap", wire)] if recorded != "nothing" else []
    state = tmp_path / "state.txt"
    state.write_text(
        f"{NODE_PROMPT}ip addr\n2: eth0: <BROADCAST,UP> mtu 1500\n    inet {NODE_IP}/24 scope global eth0\n"
        f"{NODE_PROMPT}ip route\ndefault via {router} dev eth0\n10.244.1.10 dev {CALI} scope link\n"
        f"{NODE_PROMPT}ip neigh\n{router} dev eth0 FAILED\n{NODE_PROMPT}{nft('arp', *rule)}"
    )
    analysis = analyze(*files, node_state=state)
    assert status(analysis, NODE) == wanted
    assert (status(analysis, "next-hop-dead") == "confirmed") is (wanted is None)
