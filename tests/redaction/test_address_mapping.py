"""The mapping of addresses and MACs: what two of them share stays shared, and what has a meaning keeps it."""

from __future__ import annotations

import ipaddress
import random

import pytest

from pcapcheck.redaction.address_mapping import AddressMapping
from tests.support.redacted import KEY

MAPPING = AddressMapping(KEY)
OTHER = AddressMapping(b"another key of the tests")


def ipv4(text: str, mapping: AddressMapping = MAPPING) -> str:
    return str(ipaddress.IPv4Address(mapping.ipv4(int(ipaddress.IPv4Address(text)))))


def ipv6(text: str, mapping: AddressMapping = MAPPING) -> str:
    return str(ipaddress.IPv6Address(mapping.ipv6(int(ipaddress.IPv6Address(text)))))


def mac(text: str, mapping: AddressMapping = MAPPING) -> str:
    return mapping.mac(int(text.replace(":", ""), 16)).to_bytes(6, "big").hex(":")


def shared(first: int, second: int, bits: int) -> int:
    """How many leading bits two numbers share."""
    return bits - (first ^ second).bit_length()


def test_addresses_share_as_many_leading_bits_as_before() -> None:
    numbers = random.Random(1)
    for _ in range(1000):
        one = numbers.getrandbits(32)
        other = one ^ (numbers.getrandbits(32) >> numbers.randrange(33))
        assert shared(MAPPING.ipv4(one), MAPPING.ipv4(other), 32) == shared(one, other, 32)
        upper = 0x20010DB8 << 96 | numbers.getrandbits(96)
        near = upper ^ (numbers.getrandbits(64) << 64 >> numbers.randrange(33, 64))
        assert min(64, shared(MAPPING.ipv6(upper), MAPPING.ipv6(near), 128)) == min(64, shared(upper, near, 128))


def test_no_two_addresses_become_one() -> None:
    network = int(ipaddress.IPv4Address("10.244.1.0"))
    mapping = AddressMapping(KEY)
    mapping.learn_network(network, 24)
    mapping.learn_network(network | 64, 26)
    assert len({mapping.ipv4(network + host) for host in range(256)}) == 256
    link_local = int(ipaddress.IPv6Address("fe80::"))
    assert len({MAPPING.ipv6(link_local + host) for host in range(1000)}) == 1000
    assert len({MAPPING.mac(0x02420A000000 + host) for host in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text",
    ["169.254.1.1", "169.254.20.10", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.22", "255.255.240.0"],
)
def test_ipv4_with_a_meaning_stays(text: str) -> None:
    assert ipv4(text) == text


@pytest.mark.parametrize("text", ["::", "::1", "ff02::1", "ff02::16", "fe80::ecee:eeff:feee:eeee", "100::1", "fe80::"])
def test_ipv6_with_a_meaning_stays(text: str) -> None:
    assert ipv6(text) == text


@pytest.mark.parametrize(
    "network", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "10.96.0.0/12", "172.30.0.0/16"]
)
def test_private_networks_and_usual_ones_of_services_stay_such(network: str) -> None:
    inside = ipaddress.IPv4Network(network)
    for host in (5, 77, 2001):
        assert ipaddress.IPv4Address(ipv4(str(inside[host]))) in inside
    assert ipaddress.IPv4Address(ipv4("8.8.8.8")) not in inside
    assert ipv6("fd00:10:244::a").startswith("fd")
    assert ipv6("2001:db8::1")[0] in "23"


def test_a_known_network_keeps_its_own_and_its_broadcast_address() -> None:
    mapping = AddressMapping(KEY)
    mapping.learn_network(int(ipaddress.IPv4Address("10.0.0.11")), 24)
    assert ipv4("10.0.0.0", mapping).endswith(".0")
    assert ipv4("10.0.0.255", mapping) == ipv4("10.0.0.0", mapping)[:-1] + "255"
    assert ipv4("10.0.0.11", mapping).rpartition(".")[0] == ipv4("10.0.0.0", mapping).rpartition(".")[0]


def test_addresses_made_of_a_mac_stay_in_step_with_it() -> None:
    assert mac("0a:58:0a:00:00:05") != "0a:58:0a:00:00:05"
    new = int(mac("0a:58:0a:00:00:05").replace(":", ""), 16) ^ 1 << 41
    identifier = (new >> 24) << 40 | 0xFFFE << 24 | new & 0xFFFFFF
    for network in ("fe80::", "fd00:10:244::"):
        address = int(ipaddress.IPv6Address(network)) | 0x08580AFFFE000005
        assert MAPPING.ipv6(address) & (1 << 64) - 1 == identifier
    assert ipv6("ff02::1:ff00:5") == f"ff02::1:ff{new >> 16 & 0xFF:02x}:{new & 0xFFFF:x}"
    assert mac("33:33:ff:00:00:05")[9:] == mac("0a:58:0a:00:00:05")[9:]


def test_macs_keep_what_they_say() -> None:
    for text in (
        "ee:ee:ee:ee:ee:ee",
        "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:00:16",
        "33:33:00:00:00:01",
        "00:00:00:00:00:00",
    ):
        assert mac(text) == text
    for text in ("52:54:00:aa:00:05", "00:1b:21:3c:4d:5e"):
        assert int(mac(text)[:2], 16) & 3 == int(text[:2], 16) & 3
    assert mac("00:1b:21:00:00:01")[:8] == mac("00:1b:21:3c:4d:5e")[:8]


def test_ipv4_inside_ipv6_is_mapped_like_ipv4() -> None:
    for prefix in ("::ffff:", "64:ff9b::"):
        inner = ipaddress.IPv6Address(ipv6(f"{prefix}10.0.0.5")).packed[12:]
        assert str(ipaddress.IPv4Address(inner)) == ipv4("10.0.0.5")


def test_another_key_gives_another_mapping() -> None:
    assert ipv4("10.244.1.10") != ipv4("10.244.1.10", OTHER)
    assert ipv6("fd00::a:b") != ipv6("fd00::a:b", OTHER)
    assert mac("52:54:00:aa:00:05") != mac("52:54:00:aa:00:05", OTHER)
