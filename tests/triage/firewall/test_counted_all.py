"""A rule that counted every packet that came to its chain took the lost ones, though its conditions are not known."""

from __future__ import annotations

import pytest

from pcapcheck.nodestate.host import Host
from pcapcheck.triage.firewall.answer import POLICY, Answers
from pcapcheck.triage.firewall.stage import End, StageSeen
from pcapcheck.triage.firewall.stages import stages_on_nodes
from tests.triage.firewall.test_kernel import firewall_of
from tests.triage.firewall.test_stages import PEER, POD, A, B, lost

ENTERING = StageSeen("in-node", "in-node", A, None)


def said(to_pods: int, to_pod: int, dropped: int, *more: str) -> str:
    """What a policy of the pod that was asked says, where nothing shows by which interface that pod is reached."""
    text = "\n".join(
        [
            "*filter",
            ":FORWARD ACCEPT [0:0]",
            ":cali-FORWARD - [0:0]",
            ":cali-to-wl-dispatch - [0:0]",
            f":cali-tw-{B} - [0:0]",
            "[6:360] -A FORWARD -j cali-FORWARD",
            f"[{to_pods}:360] -A cali-FORWARD -o cali+ -j cali-to-wl-dispatch",
            f"[{to_pod}:360] -A cali-to-wl-dispatch -o {B} -g cali-tw-{B}",
            *more,
            f"[{dropped}:360] -A cali-tw-{B} -j DROP",
            "COMMIT",
        ]
    )
    host = Host("n1", role="node", firewall=firewall_of("iptables-save -c", text + "\n"))
    loss = lost(POD, PEER)
    found = Answers(loss, stages_on_nodes(loss, End(host, None, A), End(None, None, None), ENTERING)).of(POLICY)
    assert found is not None
    return str(found[0])


def test_every_packet_that_came_went_to_the_pod_and_was_dropped() -> None:
    assert said(6, 6, 6) == "fits"


@pytest.mark.parametrize("counted", [(6, 3, 3), (5, 5, 5)])
def test_where_others_went_elsewhere_it_may_have_been_these(counted: tuple[int, int, int]) -> None:
    assert said(*counted) == "may-fit"


def test_a_chain_to_which_several_rules_lead_counts_others_too() -> None:
    """Of the six that this rule counted some may have come by the other."""
    assert said(6, 6, 6, "[6:360] -A FORWARD -i eth9 -j cali-to-wl-dispatch") == "may-fit"
