"""The mapping of names: label by label, of the same length, and in step with what Calico makes of them."""

from __future__ import annotations

import itertools

import pytest

from pcapcheck.calico import cali_name
from pcapcheck.redaction.name_mapping import NameMapping
from tests.support.redacted import KEY

NAMES = NameMapping(KEY)


@pytest.mark.parametrize(
    "name", ["ledger", "payments/ledger-7d9f8b6c5-x2x4z", "db.initech.com", "Worker-Acme1", "bob's", "x", "straße"]
)
def test_a_name_keeps_its_length_and_its_marks(name: str) -> None:
    new = NAMES.name(name)
    assert len(new) == len(name)
    assert new != name or len(name) == 1
    assert [mark for mark in new if not mark.isalnum()] == [mark for mark in name if not mark.isalnum()]
    assert NAMES.name(name) == new


@pytest.mark.parametrize(
    "name", ["kube-system", "default", "svc.cluster.local", "coredns", "in-addr.arpa", "localhost"]
)
def test_names_of_kubernetes_itself_stay(name: str) -> None:
    assert NAMES.name(name) == name


def test_parts_of_names_become_the_same_wherever_they_stand() -> None:
    assert NAMES.name("db.payments.svc.cluster.local") == (
        f"{NAMES.name('db')}.{NAMES.name('payments')}.svc.cluster.local"
    )
    assert NAMES.name("DB") == NAMES.name("db").upper()


def test_no_two_names_become_one() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    assert len({NAMES.name(f"n-{one}") for one in letters}) == len(letters)
    pairs = ["".join(pair) for pair in itertools.product(letters, repeat=2) if pair[0].isalpha()]
    new = {NAMES.name(pair) for pair in pairs}
    # Some of them are words that stay.
    assert len(new) > len(pairs) - 20
    assert all(name[0].isalpha() for name in new)


def test_an_interface_named_after_its_pod_is_so_afterwards() -> None:
    names = NameMapping(KEY)
    names.learn_pod("payments", "ledger-0")
    was, other = cali_name("payments", "ledger-0"), cali_name("payments", "ledger-1")
    became = cali_name(names.name("payments"), names.name("ledger-0"))
    assert "cali" + names.link_hash(was[4:]) == became
    assert names.link_hash(was[4:11]) == became[4:11]
    assert names.link_hash(other[4:]) != other[4:]
    assert len(names.link_hash(other[4:])) == 11


def test_a_name_that_was_cut_is_the_beginning_of_what_the_whole_one_becomes() -> None:
    assert NAMES.link_hash("14e7d81007d").startswith(NAMES.link_hash("14e7d8"))
