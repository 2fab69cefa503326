"""``sos report``: commands are the names of their output's files, with underscores for blanks and slashes.

sos: sos/report/plugins/__init__.py (_mangle_command), networking.py, kernel.py, firewall_tables.py.
"""

from __future__ import annotations

import re

from pcapcheck.nodestate.bundles.bundled_file import BundledFile

INSIDE = re.compile(
    r"((?:.*/)?sosreport-([A-Za-z0-9][\w.-]*?)-\d{4}-\d\d-\d\d-[a-z]{5,9}(?:\.tar\.\w+)?)/(sos_commands|proc|hostname)(.*)"
)
OUTPUT = re.compile(r"/(?:networking|kernel|firewall_tables|host|networkmanager|calico)/(?:.*/)?([^/]+)")
NAMESPACE = re.compile(r"/networking/namespaces/([^/]+)/(?:ip_netns_exec_\1_)?([^/]+)")
SETTING = re.compile(r"/(sys/net/.+|net/arp)")


def sosreport_file(path: str) -> BundledFile | None:
    """The file at a path, or None if it is in no such report or shows nothing of the network."""
    match = INSIDE.fullmatch(path)
    if match is None:
        return None
    place, node, kind, rest = match.groups()
    if kind == "hostname":
        return BundledFile(node, "hostname", place) if not rest else None
    if kind == "proc":
        copied = SETTING.fullmatch(rest)
        return BundledFile(node, f"cat /proc/{copied[1]}", place) if copied else None
    if inside := NAMESPACE.fullmatch(rest):
        return BundledFile(node, inside[2].replace("_", " "), f"{place}#{inside[1]}", inside[1])
    printed = OUTPUT.fullmatch(rest)
    return BundledFile(node, _command(printed[1]), place) if printed else None


def _command(name: str) -> str:
    return name.removesuffix(".txt").replace("_", " ")
