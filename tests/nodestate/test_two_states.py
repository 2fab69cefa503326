"""Two states of one host, in two folders or files, that contradict each other: named, and of no use."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis
from tests.support.bundles import by_hand, cluster_diags, folder
from tests.support.lab import CAPTURES

SCENARIO = "proxy-arp-off"
CAPTURE = CAPTURES / SCENARIO / "cali14e7d81007d.pcap"
# How the file of the host is changed in the second state, and what is said of it.
PROXY_ARP = ("sysctl", b"cali14e7d81007d/proxy_arp:0", b"cali14e7d81007d/proxy_arp:1")
ROUTE = ("ip-route", b"10.244.1.10 dev cali14e7d81007d scope link \n", b"")
CHANGED = {
    "setting": (PROXY_ARP, "net.ipv4.conf.cali14e7d81007d.proxy_arp is "),
    "route gone": (ROUTE, "the route to 10.244.1.10/32 is listed here, and not by the command in line 1 of"),
    "route moved": (
        ("ip-route", b"10.244.1.10 dev cali14e7d81007d", b"10.244.1.10 dev calieabe7761b00"),
        "the route to 10.244.1.10/32 is otherwise here than in line",
    ),
    "link": (("ip-addr", b"mtu 1500", b"mtu 1400"), "looks otherwise here than in line"),
}


def confirmed(analysis: Analysis) -> set[str]:
    suspects = (suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    return {suspect.cause.id for suspect in suspects if suspect.status == "confirmed"}


def two_states(tmp_path: Path, names: tuple[str, str], change: tuple[str, bytes, bytes]) -> Path:
    """The state of a node in two folders, in the second with a change in one of its files."""
    for place, name in enumerate(names):
        files = by_hand(SCENARIO, "NODE/WHAT.txt", {"node": name})
        if place:
            what, old, new = change
            path = f"{name}/{what}.txt"
            assert old in files[path]
            files[path] = files[path].replace(old, new)
        folder(files, tmp_path / "case")
    return tmp_path / "case"


def told(analysis: Analysis) -> str:
    return " ".join(remark.text for remark in analysis.remarks if "at two times" in remark.text)


@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("names", [("monday", "tuesday"), ("worker-1-new", "worker-1-old"), ("before", "after")])
def test_what_differs_is_named_and_not_used(change: str, names: tuple[str, str], tmp_path: Path) -> None:
    changed, said = CHANGED[change]
    case = two_states(tmp_path, names, changed)
    analysis = analyze_state(case)
    assert said in told(analysis)
    assert "neither is used of what differs" in told(analysis)
    (quoted,) = {
        line.split(":")[0] for remark in analysis.remarks if "at two times" in remark.text for line in remark.lines
    }
    assert quoted.startswith(str(case))
    assert not analysis.not_understood
    # What both say counts.
    assert confirmed(analyze(CAPTURE, case)) == (set() if change == "setting" else {"proxy-arp-off"})
    assert analysis.verdict == ("pass" if change == "setting" else "fail")


def test_a_pass_with_two_states_is_headed_as_one_to_look_at(tmp_path: Path) -> None:
    analysis = analyze_state(two_states(tmp_path, ("monday", "tuesday"), PROXY_ARP))
    document = analysis.to_dict()
    assert document["verdict_label"] == "WARN"
    assert "at two times, and what differs was not judged" in document["headline"]


def test_two_states_that_agree_are_one(tmp_path: Path) -> None:
    analysis = analyze_state(two_states(tmp_path, ("monday", "tuesday"), ("sysctl", b"proxy_arp:0", b"proxy_arp:0")))
    assert told(analysis) == ""
    assert confirmed(analysis) == {"proxy-arp-off"}
    assert len(analysis.described) == 1


def test_two_diagnostics_of_one_node(tmp_path: Path) -> None:
    """Their folders are named after the time, and the node in both after itself."""
    files = cluster_diags(SCENARIO, {"node": "worker-1"})
    later = {name.replace("_0912", "_1015"): data for name, data in files.items()}
    name = next(name for name in later if name.endswith("/ip-route.txt"))
    later[name] = later[name].replace(ROUTE[1], b"")
    analysis = analyze_state(folder({**files, **later}, tmp_path / "case"))
    assert CHANGED["route gone"][1] in told(analysis)
    assert not analysis.failures
    assert [host.split(":")[0] for host in analysis.described] == ["node worker-1"]


def test_in_one_file_the_later_output_counts(tmp_path: Path) -> None:
    path = tmp_path / "session.txt"
    state = (CAPTURES / SCENARIO / "state.txt").read_text()
    path.write_text(
        f"{state}\n### node node\n$ sysctl net.ipv4.conf.cali14e7d81007d.proxy_arp\n"
        "net.ipv4.conf.cali14e7d81007d.proxy_arp = 1\n"
    )
    analysis = analyze(CAPTURE, node_state=path)
    assert told(analysis) == ""
    assert any("the later one counts here" in remark.text for remark in analysis.remarks)


def test_rules_of_a_firewall_that_changed_prove_nothing(tmp_path: Path) -> None:
    """Counters grow; rules that differ are of two times."""
    state = "# ip route\ndefault via 10.0.0.1 dev eth0\n10.0.0.5 dev cali14e7d81007d scope link\n"
    rules = (
        "# nft list ruleset\ntable inet filter {{\n\tchain forward {{\n"
        "\t\ttype filter hook forward priority 0;\n{rule}\t}}\n}}\n"
    )
    counted = "\t\tip daddr 10.0.0.9 counter packets {count} bytes 84 drop\n"
    for second, differs in ((counted.format(count=7), False), ("\t\taccept\n", True)):
        for name, rule in (("one", counted.format(count=1)), ("two", second)):
            (tmp_path / f"{name}.txt").write_text(
                "root@worker-1:~" + state + "root@worker-1:~" + rules.format(rule=rule)
            )
        said = told(analyze_state(tmp_path / "one.txt", tmp_path / "two.txt"))
        assert ("table inet filter has other rules here than in line" in said) == differs
