"""Texts with several recordings of one interface: each question has one explanation, by its own recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

QUERY = (
    "17:44:{second}.516502 IP (tos 0x0, ttl 63, id {ident}, offset 0, flags [none], proto UDP (17), length 82)\n"
    "    10.244.3.0.28565 > 10.244.1.61.53: 6039+ A? kubernetes.default.svc.cluster.local. (54)\n"
)
SYN = (
    "17:4{minute}:{second}.529606 IP (tos 0x0, ttl 63, id {ident}, offset 0, flags [DF], proto TCP (6), length 60)\n"
    "    10.244.3.0.40627 > 10.244.2.182.53: Flags [S], seq 1268752456, win 65495, length 0\n"
)
COMMAND = "$ tcpdump -n -v -i {} port 53\nlistening on {}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


@pytest.mark.parametrize("device", ["vxlan.calico", "eth0"])
def test_a_question_is_explained_once(device: str, tmp_path: Path) -> None:
    listening = COMMAND.format(device, device)
    queries = "".join(QUERY.format(second=second, ident=second) for second in ("04", "09", "14"))
    connection = "".join(SYN.format(minute=6, second=second, ident=second) for second in ("04", "05", "07"))
    analysis = judged(tmp_path, f"{listening}{queries}\nover TCP:\n\n{listening}{connection}")
    assert len(analysis.asked_in_vain) == 2
    asked = [question.sentence for diagnosis in analysis.diagnoses for question in diagnosis.questions]
    assert sorted(asked) == sorted(question.sentence for question in analysis.asked_in_vain)
    for diagnosis in analysis.diagnoses:
        assert diagnosis.packet_evidence["last_seen.interface"] == device


@pytest.mark.parametrize(("device", "first"), [("cni0", "iptables -t nat -S POSTROUTING"), ("eth0", "calicoctl get")])
def test_commands_for_other_networks_come_first_there(device: str, first: str, tmp_path: Path) -> None:
    text = COMMAND.format(device, device) + "".join(
        f"17:44:{second}.5 IP 10.244.3.7.40627 > dns.google.domain: Flags [S], seq 12, win 65495, length 0\n"
        for second in ("04", "05", "07", "11")
    )
    (found,) = judged(tmp_path, text).diagnoses
    suspect = next(each for each in found.suspects if each.cause.id == "source-not-translated")
    assert suspect.confirm[0].startswith(first)
    assert "# of other networks" not in suspect.confirm[0]
