"""Every rule about captures is shown by the lab over IPv6, with ``-i any`` and through VXLAN, or never can be."""

from __future__ import annotations

import json
from functools import cache

import pytest

from pcapcheck import analyze
from tests.support.formats import written
from tests.support.lab import CAPTURES, ROOT, captures
from tests.support.rule_forms import ANY, FORMS, IPV6, SHOWN_IN, Never, Shown

INDEX = json.loads((CAPTURES / "INDEX.json").read_text())
CELLS = [
    (rule, form, scenario, status)
    for rule, shown in SHOWN_IN.items()
    for form, cell in zip(FORMS, shown, strict=True)
    if isinstance(cell, Shown)
    for scenario, status in ((cell.passes, "pass"), (cell.fails, "fail"))
    if scenario
]


@cache
def statuses(scenario: str) -> dict[str, str]:
    return {finding.rule.id: finding.status for finding in analyze(*captures(scenario)).findings}


def test_no_rule_is_without_its_forms() -> None:
    assert set(SHOWN_IN) == {path.stem for path in (ROOT / "rules" / "calico").glob("*.yml")}
    for rule, shown in SHOWN_IN.items():
        assert all(cell if isinstance(cell, Never) else cell.passes or cell.fails for cell in shown), rule


@pytest.mark.parametrize(("rule", "form", "scenario", "status"), CELLS)
def test_the_scenario_shows_the_rule(rule: str, form: str, scenario: str, status: str) -> None:
    assert statuses(scenario)[rule] == status


@pytest.mark.parametrize(("form", "scenario"), sorted({(form, scenario) for _, form, scenario, _ in CELLS}))
def test_the_scenario_has_the_form(form: str, scenario: str) -> None:
    entry = INDEX[scenario]
    if form == IPV6:
        assert all("address6" in pod for pod in entry["pods"])
    else:
        interface = "any" if form == ANY else "vxlan.calico"
        assert any(interface in file["interfaces"] for file in entry["files"].values())


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        (rule, form)
        for rule, shown in SHOWN_IN.items()
        for form, cell in zip(FORMS, shown, strict=True)
        if isinstance(cell, Never)
    ],
)
def test_what_is_never_judged_is_not(rule: str, form: str) -> None:
    assert statuses(f"{form}-questions-answered")[rule] == "not-checked"


def test_what_is_said_of_ipv6_and_sctp_is_in_their_words() -> None:
    """Programs and sets of IPv6, and SCTP by its name and ports."""
    said = written(analyze(*captures("ipv6-egress-not-translated")), "text")
    assert "ip6tables -t nat -S cali-nat-outgoing; ipset list cali60masq-ipam-pools" in said
    assert " iptables" not in said
    assert "SCTP 36412 > 3868" in written(analyze(*captures("ipv6-questions-dropped")), "text")
    assert "ipset list cali40masq-ipam-pools" in written(analyze(*captures("egress-not-translated")), "text")
