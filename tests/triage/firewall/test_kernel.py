"""The kernel is the reference: random rules are loaded into a real namespace, and packets are sent through it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from random import Random

import pytest

from fixtures.lab.namespace import LabError
from pcapcheck.nodestate.command_line import parse_command
from pcapcheck.nodestate.command_listing import listing_of
from pcapcheck.nodestate.firewall.chains import Firewall
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.firewall.read_firewall import read_firewall
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.walk import walk
from tests.triage.firewall.rulesets import Iptables, Nft
from tests.triage.firewall.wire import Wire, wire

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or shutil.which("nft") is None, reason="needs root and nft"),
]
ROUNDS = int(os.environ.get("PCAPCHECK_FIREWALL_ROUNDS", "60"))


@pytest.fixture(scope="module")
def node() -> Iterator[Wire]:
    with wire() as made:
        yield made


def firewall_of(command: str, text: str) -> Firewall:
    parsed = parse_command(command)
    host = Host()
    lines = [Line("listing", number, line) for number, line in enumerate(text.splitlines(), 1)]
    read_firewall(lines, host, listing_of(parsed) if parsed else None)
    return host.firewall or Firewall()


def counters(firewall: Firewall) -> dict[int, int]:
    """The counters of rules that drop, by line; rules that share a line, as those of a map, have none."""
    return {
        rule.line.number: rule.packets
        for table in firewall.tables
        for _, rule in table.rules()
        if rule.drops and rule.packets is not None
    }


def compare(node: Wire, listing: str, packet: LostPacket, frame: bytes, rules: str) -> None:
    """Send a packet, and hold what the listing says before against what the kernel did."""
    command = listing.split()
    before = firewall_of(listing, node.node.run(*command))
    arrived = node.send(frame)
    after = firewall_of(listing, node.node.run(*command))
    walked = walk(before, packet, counted=False)
    counted, then = counters(before), counters(after)
    dropped = [line for line, number in then.items() if number > counted.get(line, 0)]
    hits = [(hit.rule.line.text if hit.rule else hit.chain.name, hit.doubts, hit.before) for hit in walked.hits]
    said = f"{packet}\n{rules}\narrived: {arrived}, dropped by {dropped}\n{hits}"
    certain = walked.certain
    if certain is not None:
        assert not arrived, said
        line = certain.rule.line.number if certain.rule and certain.rule.packets is not None else None
        assert line is None or dropped == [line], said
    elif not walked.hits:
        assert arrived, said
    # What dropped it is never among those that cannot have.
    assert set(dropped) <= {hit.rule.line.number for hit in walked.hits if hit.rule is not None}, said


@pytest.mark.parametrize("doubtful", [False, True])
def test_nft_is_understood_as_the_kernel_does(node: Wire, doubtful: bool) -> None:
    for seed in range(ROUNDS):
        random = Random(seed)
        rules = Nft(random, doubtful).text()
        node.node.run("sh", "-ec", f"nft flush ruleset; nft -f - <<'END'\n{rules}\nEND")
        for _ in range(4):
            frame, packet = node.packet(random)
            compare(node, "nft list ruleset", packet, frame, f"seed {seed}\n{rules}")


@pytest.mark.parametrize("doubtful", [False, True])
@pytest.mark.parametrize("tool", ["iptables-nft", "iptables-legacy"])
@pytest.mark.parametrize("listing", ["{}-save -c", "{} -L -n -v -x -t filter", "nft list ruleset"])
def test_iptables_is_understood_as_the_kernel_does(node: Wire, tool: str, listing: str, doubtful: bool) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    if listing.startswith("nft") and tool.endswith("legacy"):
        pytest.skip("nft does not show what iptables keeps by itself")
    node.node.run("nft", "flush", "ruleset")
    for seed in range(ROUNDS // 2):
        random = Random(seed)
        rules = Iptables(random, doubtful).text()
        if "-t filter" in listing:
            rules = rules[rules.index("*filter") :]
        try:
            node.node.run("sh", "-ec", f"{tool}-restore <<'END'\n{rules}\nEND")
        except LabError:
            # This kernel lacks one of the modules.
            if doubtful:
                continue
            raise
        for _ in range(3):
            frame, packet = node.packet(random)
            if packet.family == 4:
                compare(node, listing.format(tool), packet, frame, f"seed {seed}\n{rules}")
    node.node.run("sh", "-c", f"for t in filter mangle raw; do {tool} -t $t -F; {tool} -t $t -X; done")
    for hook in ("PREROUTING", "FORWARD", "POSTROUTING"):
        node.node.run(tool, "-t", "mangle", "-P", hook, "ACCEPT")
    node.node.run("sh", "-c", f"{tool} -P FORWARD ACCEPT; {tool} -P INPUT ACCEPT; nft flush ruleset")
