"""Questions of a host with several NICs whose answers come in by another one than they left by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import causes, judged

ANY = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
ASKER, ASKED = "192.0.2.51", "198.51.100.212"
SYN = "Flags [S], seq 4711, win 64240, options [mss 1460], length 0"
SYN_ACK = "Flags [S.], seq 815, ack 4712, win 65160, options [mss 1460], length 0"


def out(second: str, what: str, nic: str = "ens5") -> str:
    return f"10:00:{second} {nic}  Out IP {ASKER}.51940 > {ASKED}.{what}\n"


def back(second: str, words: str, port: int = 80, nic: str = "ens4") -> str:
    return f"10:00:{second} {nic}  In  IP {ASKED}.{port} > {ASKER}.51940: {words}\n"


def syn_pairs(*seconds: str) -> str:
    return "".join(out(f"{each}.678067", f"80: {SYN}") + back(f"{each}.678554", SYN_ACK) for each in seconds)


def test_a_syn_that_is_sent_again_although_answers_come_in_by_another_nic_is_dropped_by_the_host(
    tmp_path: Path,
) -> None:
    analysis = judged(tmp_path, ANY + syn_pairs("48", "49", "51"))
    assert "leaves by ens5 and is sent again, although its answers come in by ens4" in analysis.headline
    assert causes(analysis)[0] == "source-check-on-return"
    assert any("net.ipv4.conf.ens4.rp_filter" in remark.text for remark in analysis.remarks)


def test_so_does_a_query_in_a_text_without_v(tmp_path: Path) -> None:
    query, answer = "53: 4711+ A? db.example.org. (32)", "4711 1/0/0 A 198.51.100.9 (48)"
    text = ANY + "".join(out(f"{each}.1", query) + back(f"{each}.2", answer, 53) for each in ("48", "53"))
    analysis = judged(tmp_path, text)
    assert "leaves by ens5 and is sent again, although its answers come in by ens4" in analysis.headline
    assert causes(analysis)[0] == "source-check-on-return"


def test_a_connection_that_goes_on_all_the_same_is_no_failure(tmp_path: Path) -> None:
    ack = out("48.678623", "80: Flags [.], ack 1, win 502, length 0")
    analysis = judged(tmp_path, ANY + syn_pairs("48") + ack)
    assert "leaves by ens5, and its answers come in by ens4" in analysis.headline
    assert "no answer" not in analysis.headline
    assert not analysis.diagnoses


@pytest.mark.parametrize(
    "text",
    [
        # The answer to a member of a bond is the bond's.
        "".join(
            out(f"{each}.1", f"80: {SYN}", "bond0")
            + out(f"{each}.1", f"80: {SYN}", "eth0")
            + back(f"{each}.2", SYN_ACK, nic="eth1")
            + back(f"{each}.2", SYN_ACK, nic="bond0")
            for each in ("48",)
        ),
        # Another connection of the same two is no answer to this one.
        "".join(out(f"{each}.1", "53: 4711+ A? db.example.org. (32)") for each in ("48", "53"))
        + back("53.5", "Flags [.], ack 9, win 501, length 0", 443),
    ],
)
def test_what_is_no_answer_by_another_nic_is_not_called_one(text: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, ANY + text)
    assert "come in by" not in analysis.headline
    assert not any("come in by" in remark.text for remark in analysis.remarks)
