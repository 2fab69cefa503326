"""Typed values as they travel between columns, rules and reports: parsed from text, formatted for people.

A MAC is an integer of 48 bits, an address one of 128 (IPv4 as IPv4-mapped, RFC 4291 section 2.5.5.2), times and
durations are integer nanoseconds.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

MAPPED = 0xFFFF << 32
# The first 16 and 10 bits of link-local addresses.
LINK_LOCAL4, LINK_LOCAL6 = 0xA9FE, 0xFE80 >> 6
_LONG = (1 << 64) - 1
_SIGN = 1 << 63
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
# An IPv4 address of decimal numbers without leading zeros.
DOTTED = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)")
# Durations that differ by this factor have no unit that suits all.
FAR_APART = 10_000
_SHOWN = (("s", 10**9), ("ms", 10**6), ("µs", 10**3))
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
LONGEST = 366 * 24 * 3600 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Columns hold these, or None if the capture does not show the value.
Value = int | str | bool | tuple[int, ...] | frozenset[int]


def address_of(high: int, low: int) -> int:
    """One number from the two signed halves in which frame rows keep an address."""
    return ((high & _LONG) << 64) | (low & _LONG)


def halves_of(address: int) -> tuple[int, int]:
    """The two signed halves in which frame rows keep an address."""
    high, low = ((address >> shift) & _LONG for shift in (64, 0))
    return (high ^ _SIGN) - _SIGN, (low ^ _SIGN) - _SIGN


def is_ipv4(address: int) -> bool:
    return address >> 32 == MAPPED >> 32


def is_link_local(address: int) -> bool:
    """Whether an address is of one link only (RFC 3927, RFC 4291)."""
    return (address & 0xFFFFFFFF) >> 16 == LINK_LOCAL4 if is_ipv4(address) else address >> 118 == LINK_LOCAL6


def is_multicast_address(address: int) -> bool:
    """Whether an address is multicast or the limited broadcast address."""
    if is_ipv4(address):
        low = address & 0xFFFFFFFF
        return low >> 28 == 0xE or low == 0xFFFFFFFF
    return address >> 120 == 0xFF


def is_multicast_mac(mac: int) -> bool:
    """Whether a MAC is that of a group (IEEE 802, the first byte's lowest bit): broadcast, multicast."""
    return bool(mac >> 40 & 1)


def parse_mac(text: str) -> int:
    if not _MAC.fullmatch(text):
        raise ValueError(f"{text!r} is not a MAC address (six hex pairs, like ee:ee:ee:ee:ee:ee)")
    return int(re.sub("[:-]", "", text), 16)


def parse_mac_prefix(text: str) -> str:
    """The first bytes of a MAC address as ``format_mac`` writes them."""
    if not re.fullmatch(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){0,5}", text):
        raise ValueError(f"{text!r} is not the beginning of a MAC address (hex pairs, like ee:ee)")
    return text.lower().replace("-", ":")


def as_text(value: Value | None) -> str | None:
    """A value of a column that holds text; None if it is absent or something else."""
    return value if isinstance(value, str) else None


def as_number(value: Value | None) -> int | None:
    """A value of a column that holds a number or an address; None if it is absent or something else."""
    return value if isinstance(value, int) else None


def format_mac(value: int) -> str:
    return ":".join(f"{value >> shift & 255:02x}" for shift in (40, 32, 24, 16, 8, 0))


class NamedAddress(int):
    """An address that only stands for a host's name; its digits mean nothing: ask ``is_name`` before its type."""

    name: str

    def __new__(cls, address: int, name: str) -> NamedAddress:
        self = super().__new__(cls, address)
        self.name = name
        return self

    def __reduce__(self) -> tuple[type[NamedAddress], tuple[int, str]]:
        return NamedAddress, (int(self), self.name)


def is_name(address: int) -> bool:
    """Whether an address only stands for a host's name, whose address is not known."""
    return isinstance(address, NamedAddress)


def is_public(address: int) -> bool | None:
    """Whether an address is public; None for a name."""
    if is_name(address):
        return None
    known = ipaddress.IPv4Address(address & 0xFFFFFFFF) if is_ipv4(address) else ipaddress.IPv6Address(address)
    return known.is_global


def parse_address(text: str) -> int:
    if DOTTED.fullmatch(text):
        # Most addresses are dotted, and ``ipaddress`` takes ten times as long.
        parts = list(map(int, text.split(".")))
        if max(parts) < 256:
            return MAPPED | parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 or IPv6 address") from None
    return int(address) | MAPPED if address.version == 4 else int(address)


def format_address(value: int) -> str:
    if isinstance(value, NamedAddress):
        return value.name
    if is_ipv4(value):
        return str(ipaddress.IPv4Address(value & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(value))


def parse_network(text: str) -> tuple[int, int]:
    """A CIDR prefix as (network, mask) over 128 bits."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network like 10.0.0.0/8 ({error})") from None
    bits = network.prefixlen + (96 if network.version == 4 else 0)
    mask = ((1 << bits) - 1) << (128 - bits)
    base = int(network.network_address) | (MAPPED if network.version == 4 else 0)
    return base, mask


def is_within(address: int, networks: Iterable[tuple[int, int]]) -> bool:
    """Whether an address is in one of these networks, as of ``parse_network``."""
    return any(address & mask == network for network, mask in networks)


def parse_duration(text: str) -> int:
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a duration like 100ms, 1.5s or 20us")
    nanoseconds = round(float(match[1]) * _UNITS[match[2]])
    if nanoseconds > LONGEST:
        raise ValueError(f"{text!r} is longer than a year")
    return nanoseconds


def format_duration(value: int) -> str:
    """Three significant digits in the unit that fits: 51 µs, 1.02 s."""
    for unit, size in _SHOWN:
        # What three digits round to 1 of a unit is said in that unit.
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g} {unit}" if abs(value) < 999.5 * size else f"{value / size:.0f} {unit}"
    return f"{value} ns"


def format_durations(durations: list[int]) -> str:
    """Several durations in the unit of the longest: 34 / 34 / 47 µs; each in its own if they are far apart."""
    longest = max(durations)
    if longest >= FAR_APART * max(1, min(durations)):
        return " / ".join(map(format_duration, durations))
    unit, size = next(((unit, size) for unit, size in _SHOWN if longest >= size), ("ns", 1))
    return " / ".join(f"{duration / size:.3g}" for duration in durations) + f" {unit}"


def parse_size(text: str) -> int:
    """Bytes, from a number that K, M, G or T (powers of 1024) may follow."""
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([KMGT]?)(?:i?B)?", text, re.IGNORECASE)
    if not match:
        raise ValueError(f"{text!r} is not a size like 500M or 20G")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def parse_time(text: str) -> int:
    """RFC 3339, or seconds since the epoch; a time without a zone is UTC."""
    if re.fullmatch(r"\d{1,10}(\.\d{1,9})?", text):
        seconds, _, fraction = text.partition(".")
        return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
    match = re.fullmatch(r"(.*?:\d\d)\.(\d{1,9})(.*)", text)
    plain, fraction = (match[1] + match[3], match[2]) if match else (text, "")
    try:
        moment = datetime.fromisoformat(plain)
        if not 1970 <= moment.year < 2262:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text!r} is not a time like 2026-01-31T16:22:59.584Z or seconds since 1970") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(seconds=1) * 10**9 + int(fraction.ljust(9, "0") or "0")


def format_time(value: int) -> str:
    """RFC 3339 in UTC with nanoseconds."""
    seconds, nanoseconds = divmod(value, 10**9)
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"{seconds}.{nanoseconds:09d}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


def parse_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def parse_number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def parse_ratio(text: str) -> Fraction:
    """A share between 0 and 1, as a decimal fraction or in per cent."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?(%?)", text)
    share = Fraction(match[1]) / (100 if match[2] else 1) if match else None
    if share is None or share > 1:
        raise ValueError(f"{text!r} is not a share like 0.99 or 99%")
    return share


def clean(text: str) -> str:
    """Text from a capture made safe to print: control and format characters become visible escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
