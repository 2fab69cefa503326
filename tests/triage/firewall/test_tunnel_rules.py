"""Calico's own rule against tunnels from hosts that it does not know is no network policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.paths.losses import REQUEST
from pcapcheck.triage.firewall.answer import DROPS, POLICY, TUNNEL, Answers
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.lost_packet import TAKEN_IN, LostPacket
from pcapcheck.triage.firewall.stage import Stage
from pcapcheck.values import parse_address
from tests.support.states import only, state_of

SAVED = """root@n2:~# iptables-save -c
*filter
:INPUT ACCEPT [0:0]
:cali-INPUT - [0:0]
[9:900] -A INPUT -j cali-INPUT
[9:900] -A cali-INPUT {} -j DROP
COMMIT
root@n2:~# ip addr
"""
LOCAL = "-m addrtype --dst-type LOCAL"


@pytest.mark.parametrize(
    ("rule", "protocol", "kind"),
    [
        (
            f'-p udp -m comment --comment "cali:x Drop IPv4 VXLAN packets from non-allowed hosts" '
            f"-m multiport --dports 4789 {LOCAL}",
            17,
            TUNNEL,
        ),
        (f'-p 4 -m comment --comment "cali:x Drop IPIP packets from non-Calico hosts" {LOCAL}', 4, TUNNEL),
        # Without the comment, as nft lists it.
        (f"-p udp -m multiport --dports 4789 {LOCAL}", 17, TUNNEL),
        (f"-p udp {LOCAL}", 17, POLICY),
    ],
)
def test_whose_a_rule_on_tunnels_is(tmp_path: Path, rule: str, protocol: int, kind: str) -> None:
    host = only(state_of(SAVED.format(rule), tmp_path))
    src, dst = parse_address("10.31.1.10"), parse_address("10.31.2.20")
    assert src is not None
    assert dst is not None
    loss = LostPackets(REQUEST, src, dst, 4, 4, None, None, False, False, frozenset(), frozenset())
    ports = frozenset((4789,)) if protocol == 17 else frozenset()
    outer = LostPacket(4, protocol, dports=ports, hooks=TAKEN_IN, oif="")
    answers = Answers(loss, [Stage(host, outer)])
    said = {outcome: answers.of(outcome) for outcome in (DROPS, POLICY, TUNNEL)}
    assert [outcome for outcome, words in said.items() if words and words[0] in ("fits", "may-fit")] == [kind]
