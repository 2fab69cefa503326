"""Pods named by address and by the name of their interface."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.errors import StateError
from pcapcheck.triage.pods import Pods
from pcapcheck.values import parse_address
from tests.support.states import PASTES


def test_from_json_and_table(tmp_path: Path) -> None:
    table = tmp_path / "pods.txt"
    table.write_text(
        "NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE   IP              NODE\n"
        "shop        web-0   1/1     Running   0          1d    10.244.1.12     node\n"
        "shop        old     0/1     Completed 0          1d    10.244.1.10     node\n"
    )
    pods = Pods.read([table, PASTES / "healthy-json.txt"])
    assert pods.by_address(parse_address("10.244.1.10")) == "default/pod-a-68c8f9cccd-sgtvg"
    assert pods.by_address(parse_address("10.244.1.12")) == "shop/web-0"
    assert pods.by_address(parse_address("10.244.1.13")) is None
    assert pods.by_interface("calieabe7761b00") == "default/pod-b-68c8f9cccd-gr4hw"
    assert pods.by_interface("cali00000000000") is None


def test_another_prefix() -> None:
    assert (
        Pods.read([PASTES / "healthy-json.txt"], "tap").by_interface("tap14e7d81007d")
        == "default/pod-a-68c8f9cccd-sgtvg"
    )


def test_a_file_without_pods(tmp_path: Path) -> None:
    path = tmp_path / "route.txt"
    path.write_text("# ip route\ndefault via 10.0.0.1 dev eth0\n")
    with pytest.raises(StateError, match="no pod is listed"):
        Pods.read([path])


def test_none() -> None:
    assert Pods.none().by_address(parse_address("10.244.1.10")) is None


def test_an_address_of_two_pods_is_said_to_be(tmp_path: Path) -> None:
    table = tmp_path / "pods.txt"
    table.write_text(
        "NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE   IP            NODE\n"
        "shop        web-b   1/1     Running   0          3d    10.61.8.21    node\n"
        "shop        web-c   1/1     Running   0          3d    10.61.8.21    node\n"
    )
    assert Pods.read([table]).by_address(parse_address("10.61.8.21")) == "shop/web-b or shop/web-c"
