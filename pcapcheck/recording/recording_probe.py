"""The question that a recording is about: what is run in the network of the end that asks."""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.errors import UsageError
from pcapcheck.recording.recording_end import RecordingEnd

PING, DNS, TCP, NONE = "ping", "dns", "tcp", "none"
COUNT = 10
# Large packets are lost where small ones are not; this many go the same way, as large as the asker's link allows.
LARGE = 3
INTERVAL = "0.2"
# What IPv4 and ICMP, or IPv6 and ICMP, put in front of what ping sends.
HEADERS = {4: 28, 6: 48}
# How long the answers may take (seconds) beyond the end of the asking: rules wait for ARP, echo and TCP one second or
# less, for a query that is not repeated five.
LATE = {PING: 1.3, TCP: 1.3, DNS: 5.3, NONE: 1.3}

# The large ones whole or not at all: a fragment would go where the packet does not. Not every ping knows how to say so;
# one that does is asked for its version (-V), as a packet to see whether it does would be recorded.
_PING = (
    "ping -n -c {count} -i {interval} -W 1 {address}; "
    "if ping -M do -V >/dev/null 2>&1; then whole='-M do'; else whole=; fi; "
    "ping -n -c {large} -i {interval} -W 1 $whole -s {size} {address}"
)
_DNS = (
    "if command -v dig; then dig +time=2 +tries=2 {server_at}{name}; "
    "elif command -v nslookup; then nslookup -timeout=2 {name} {server} || nslookup {name} {server}; "
    "else {otherwise}; fi"
)
# It asks the servers of the machine, which need not be the one that is meant.
_ANY_SERVER = "getent hosts {name}"
_NO_CLIENT = "echo 'dig or nslookup, to ask {server}: not found' >&2; exit 127"
_TCP = (
    "if command -v nc; then nc -z -w 3 {host} {port} </dev/null; "
    "elif command -v curl; then curl -sm 3 telnet://{host}:{port} </dev/null; "
    "else timeout 3 bash -c ': </dev/tcp/{host}/{port}'; fi"
)
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")


class RecordingProbe(Struct, frozen=True):
    """``kind`` is ping, dns, tcp or none; ``host`` and ``port`` are whom or what it asks for, ``server`` is asked."""

    kind: str
    host: str = ""
    port: int = 0
    count: int = COUNT
    server: str = ""

    @classmethod
    def parse(cls, text: str, count: int = COUNT) -> RecordingProbe:
        """``ping``, ``dns=NAME[@SERVER]``, ``tcp=HOST:PORT`` or ``none``. Raises UsageError for anything else."""
        kind, _, value = text.partition("=")
        if count < 1:
            raise UsageError(f"--count {count}: ping at least once")
        if kind in (PING, NONE) and not value:
            return cls(kind, count=count)
        name, _, server = value.partition("@")
        if kind == DNS and _NAME.fullmatch(name) and (not server or _ADDRESS.fullmatch(server)):
            return cls(DNS, name, server=server)
        host, _, port = value.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        is_host = _NAME.fullmatch(host) or _ADDRESS.fullmatch(host)
        if kind == TCP and is_host and re.fullmatch(r"\d{1,5}", port) and 0 < int(port) < 65536:
            return cls(TCP, host, int(port))
        raise UsageError(f"--probe {text}: write ping, dns=NAME[@SERVER], tcp=HOST:PORT or none")

    @property
    def lateness(self) -> float:
        """Seconds after which an answer that is not there counts as missing."""
        return LATE[self.kind]

    def script(self, asker: RecordingEnd, address: str) -> str:
        """What a shell in the asker's network runs; a ping goes to ``address``."""
        if self.kind == PING:
            is_six = ":" in address
            size = max(56, asker.mtu - HEADERS[6 if is_six else 4])
            return _PING.format(count=self.count, interval=INTERVAL, address=address, large=LARGE, size=size)
        if self.kind == DNS:
            server = self.server or asker.resolver
            otherwise = (_NO_CLIENT if server else _ANY_SERVER).format(name=self.host, server=server)
            return _DNS.format(
                name=self.host, server=server, server_at=f"@{server} " if server else "", otherwise=otherwise
            )
        return _TCP.format(host=self.host, port=self.port)
