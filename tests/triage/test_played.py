"""Every cause is played in the lab, or it is said why it cannot be, and what is pasted of it confirms it there only."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.networks import CALICO
from pcapcheck.ruleset.files import pack
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.variables import Settings
from pcapcheck.triage.catalogue import load_catalogue
from pcapcheck.triage.cause import QUESTIONS
from tests.support.lab import ROOT, captures
from tests.support.triage import CAUSES, PROVED, PROVED_IN, UNPLAYED
from tests.triage.test_with_state import ALSO

A, B = "cali14e7d81007d", "calieabe7761b00"
ROUTES = (
    f"ip route\ndefault via 172.31.186.1 dev eth0\n10.244.1.10 dev {A} scope link\n10.244.1.11 dev {B} scope link\n"
)
FAR = "ip route\ndefault via 172.31.186.1 dev eth0\n10.244.2.20 dev calia1bbc4f6b22 scope link\n"
FULL = (
    "entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast "
    "periodic_gc_runs forced_gc_runs unresolved_discards table_fulls\n"
    "00000400 " + 11 * "00000000 " + "{:08x}\n"
)
CARD = (
    "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\n"
    "    link/ether 0a:58:ac:1f:ba:fb brd ff:ff:ff:ff:ff:ff\n"
    "    RX:  bytes packets errors dropped  missed   mcast\n"
    "          9000     {}     {}       0       0       0\n"
    "    RX errors:  length    crc   frame    fifo overrun\n"
    "                     0     {}       0       0       0\n"
    "    TX:  bytes packets errors dropped carrier collsns\n"
    "          9000      70      0       0       0       0\n"
)
NETEM = (
    "qdisc netem 8001: dev {} root refcnt 2 limit 1000\n Sent 1 bytes 60 pkt (dropped {}, overlimits 0 requeues 0)\n"
)
PODS = "kubectl get pods -A -o wide\nNAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\nd b 0/1 {} 0 9m {} n1\n"


def fell(scenario: str, seconds: int) -> str:
    """The log of a kernel whose card lost its link so long after a recording began."""
    began = min(point.capture_point.first or 0 for point in analyze(*captures(scenario)).points) // 10**9
    at = began - 10**9 + seconds
    return f"grep btime /proc/stat\nbtime 1000000000\n# dmesg\n[{at:5}.000000] e1000e 0000:00:1f.6 eth0: Link is Down\n"


# By cause: a scenario, what is pasted of its node, and like it what cannot have lost these packets.
PASTED = {
    "card-resets": ("vxlan-blocked", fell("vxlan-blocked", 4), fell("vxlan-blocked", -3600)),
    "frames-damaged": (
        "loss-between-nodes",
        f"{FAR}# ip -s -s link\n{CARD.format(70, 60, 60)}# ip -s -s link\n{CARD.format(140, 80, 80)}",
        f"{FAR}# ip -s -s link\n{CARD.format(70, 2, 2)}# ip -s -s link\n{CARD.format(140, 3, 3)}",
    ),
    "neighbour-table-full": (
        "rate-limited",
        f"{ROUTES}# cat /proc/net/stat/arp_cache\n{FULL.format(9)}# cat /proc/net/stat/arp_cache\n{FULL.format(200)}",
        f"{ROUTES}# cat /proc/net/stat/arp_cache\n{FULL.format(0)}# cat /proc/net/stat/arp_cache\n{FULL.format(1)}",
    ),
    "netem-drops": (
        "rate-limited",
        f"{ROUTES}# tc -s qdisc\n{NETEM.format(B, 80)}",
        f"{ROUTES}# tc -s qdisc\n{NETEM.format(A, 80)}",
    ),
    "pod-gone": ("unreachable", PODS.format("Completed", "10.244.1.11"), PODS.format("Completed", "10.244.1.12")),
}


def test_every_cause_has_a_scenario_or_a_reason() -> None:
    also = {cause for some in ALSO.values() for cause in some}
    played = {*CAUSES.values(), *PROVED, *PROVED_IN.values(), *also}
    rules = load_ruleset([pack(CALICO)]).rules
    shipped = {cause.id for cause in load_catalogue({*QUESTIONS, *(rule.id for rule in rules)}, Settings())}
    # Those of what people paste have tests of their own.
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    named = {cause for cause in shipped if f'"{cause}"' in tests}
    assert UNPLAYED.keys() <= shipped - played <= UNPLAYED.keys() | named
    assert UNPLAYED.keys() == PASTED.keys()


@pytest.mark.parametrize("cause", PASTED)
def test_what_is_pasted_confirms_it_and_what_could_not_have_done_it_does_not(cause: str, tmp_path: Path) -> None:
    scenario, *pastes = PASTED[cause]
    found = []
    for number, text in enumerate(pastes):
        path = tmp_path / f"{number}.txt"
        # The second node is the one that packets are lost on the way to.
        path.write_text(f"# {text}".replace("# ", "root@node2:~# " if "between" in scenario else "root@node:~# "))
        analysis = analyze(*captures(scenario), node_state=path)
        found.append(cause in {each.cause.id for diagnosis in analysis.diagnoses for each in diagnosis.confirmed})
    assert found == [True, False]
