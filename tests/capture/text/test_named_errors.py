"""ICMP errors between hosts whose names tcpdump printed, as a search leaves them: without the header above them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

ERROR = "ICMP service-vip unreachable - need to frag (mtu 1400), length 88"
QUOTED = "\tIP (tos 0x0, ttl 48, id 596, offset 0, flags [DF], proto TCP (6), length 1450)\n"


@pytest.mark.parametrize(
    "text",
    [
        f"    gw.example > client: {ERROR}\n",
        f"    gw.example > client: {ERROR}\n{QUOTED}",
        f"IP gw.example > client: {ERROR}\n",
        f"a search for errors found this:\n\n    gw.example > client: {ERROR}\n",
    ],
)
def test_an_error_between_names_is_read(text: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, text)
    assert analysis.captures[0].frames == 1
    assert "gw.example says fragmentation needed (3/4), MTU 1400 to client" in analysis.headline


def test_prose_with_an_arrow_is_none(tmp_path: Path) -> None:
    text = (
        "10:00:01.1 IP 192.0.2.7 > 192.0.2.8: ICMP echo request, id 7, seq 1, length 64\n"
        "10:00:01.2 IP 192.0.2.8 > 192.0.2.7: ICMP echo reply, id 7, seq 1, length 64\n"
        "worker-1 > worker-2: ICMP host unreachable\n"
        "worker-1 > worker-3: ICMP is unreachable, of any length\n"
    )
    assert judged(tmp_path, text).captures[0].frames == 2
