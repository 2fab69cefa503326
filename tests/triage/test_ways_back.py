"""Hosts that hear a question and have no route back to whoever asks; outputs that stand apart from their commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

NEAR = "10.5.0.0/30 dev gw2-in proto kernel scope link src 10.5.0.2"
FAR = "172.20.2.0/24 dev gw2-out proto kernel scope link src 172.20.2.254"
BACK = "172.20.1.0/24 via 10.5.0.1 dev gw2-in"
PACKETS = "\n".join(
    f"07:00:{second:02}.000000 IP 172.20.1.5 > 172.20.2.6: ICMP echo request, id 3, seq {second}, length 64"
    for second in range(1, 4)
)
SAID = "gw2 has no route back to 172.20.1.5, who asks by gw2-in"


def _text(*routes: str, command: str = "ip route", device: str = "gw2-in") -> str:
    listed = "\n".join(routes)
    return f"root@gw2:~# {command}\n{listed}\nroot@gw2:~# tcpdump -ni {device} icmp\n{PACKETS}\n"


def test_a_router_that_does_not_know_the_way_back(tmp_path: Path) -> None:
    analysis = judged(tmp_path, _text(NEAR, FAR))
    (told,) = (remark for remark in analysis.remarks if SAID in remark.text)
    assert "rp_filter" in told.text
    assert "ip route" in told.lines[0]


@pytest.mark.parametrize(
    "text",
    [
        _text(NEAR, FAR, BACK),
        _text(NEAR, FAR, "default via 10.5.0.1 dev gw2-in"),
        _text(NEAR, FAR, command="ip route show dev gw2-in"),
        _text(NEAR, FAR, command="ip route | head"),
        _text(NEAR, FAR, device="eth9"),
    ],
)
def test_routers_that_do_and_listings_that_do_not_tell(text: str, tmp_path: Path) -> None:
    assert not any("has no route back" in remark.text for remark in judged(tmp_path, text).remarks)


ARTICLE = """```{shell}
ip netns exec gw1 ip route
```
{between}
```text
{first}
```

```{shell}
ip netns exec gw2 ip route
```
{between}
```text
{second}
```

```
$ ip netns exec gw2 tcpdump -ni gw2-in
{packets}
```
"""


@pytest.mark.parametrize("shell", ["bash", ""])
@pytest.mark.parametrize("between", ["", "\n", "Output:", "実行結果："])
def test_outputs_between_fences_of_their_own(between: str, shell: str, tmp_path: Path) -> None:
    other = "default via 10.5.0.2 dev gw1-out"
    text = ARTICLE.format(between=between, shell=shell, first=other, second=f"{NEAR}\n{FAR}", packets=PACKETS)
    assert any(SAID in remark.text for remark in judged(tmp_path, text).remarks)
    text = ARTICLE.format(between=between, shell=shell, first=other, second=f"{NEAR}\n{FAR}\n{BACK}", packets=PACKETS)
    assert not any("has no route back" in remark.text for remark in judged(tmp_path, text).remarks)
