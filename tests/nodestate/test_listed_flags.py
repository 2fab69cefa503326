"""TCP flags as ``iptables -nvL`` prints them, behind ports and without: numbers, by mask and value."""

from __future__ import annotations

import pytest

from tests.triage.firewall.test_kernel import firewall_of

HEAD = """Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
"""


@pytest.mark.parametrize(
    ("printed", "negated"),
    [("tcp spt:6379 flags:0x12/0x12", False), ("tcp flags:0x12/0x12", False), ("tcp dpt:80 flags:!0x12/0x12", True)],
)
def test_flags_behind_ports_are_read(printed: str, negated: bool) -> None:
    line = f"    9   540 DROP       6    --  *      *       10.0.0.1             0.0.0.0/0            {printed}\n"
    (table,) = firewall_of("iptables -nvL", HEAD + line).tables
    ((_, rule),) = table.rules()
    (flags,) = [match for match in rule.matches if match.about == "tcp_flags"]
    assert (flags.spans, flags.mask, flags.negated) == (((0x12, 0x12),), 0x12, negated)
    assert not [match for match in rule.matches if match.about == "unknown"]
