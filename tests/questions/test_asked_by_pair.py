"""Addresses that a container asks for by its veth pair: the answer would come by that too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

ANY = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
ND = "IP6 2001:db8:7::5 > ff02::1:ff00:1: ICMP6, neighbor solicitation, who has 2001:db8:7::1, length 32\n"
ADVERTISED = "IP6 2001:db8:7::1 > 2001:db8:7::5: ICMP6, neighbor advertisement, tgt is 2001:db8:7::1, length 32\n"
ARP = "ARP, Request who-has 10.244.7.1 tell 10.244.7.5, length 28\n"


def asked(question: str, cast: str, link: str = "veth1a2b3c4d") -> str:
    return ANY + "".join(
        f"10:00:{second}.35{n} {name}  {cast} {question}"
        for second in ("44", "45", "46")
        for n, name in enumerate((link, "kube-bridge"))
    )


@pytest.mark.parametrize(
    ("question", "cast", "what", "rules"),
    [
        (ND, "M ", "neighbour solicitation for 2001:db8:7::1", "ip6tables-save"),
        (ARP, "B ", "ARP for 10.244.7.1", "arptables-save"),
    ],
)
def test_what_a_container_asks_for_by_its_pair_in_vain_is_unanswered(
    question: str, cast: str, what: str, rules: str, tmp_path: Path
) -> None:
    analysis = judged(tmp_path, asked(question, cast))
    assert f"{what} gets no answer" in analysis.headline
    assert any(
        f"{what} gets no answer on veth1a2b3c4d" in each.text and rules in each.text for each in analysis.remarks
    )


@pytest.mark.parametrize(
    "text",
    [
        asked(ND, "M ") + f"10:00:46.353 veth1a2b3c4d  Out {ADVERTISED}",
        # A card hears others ask.
        asked(ND, "M ", link="eth0"),
    ],
)
def test_what_was_answered_or_is_anothers_is_not(text: str, tmp_path: Path) -> None:
    assert "gets no answer" not in judged(tmp_path, text).headline
