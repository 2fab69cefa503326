"""Retina's captures: a tarball per node, whose name holds the node's; its files stand at the top.

Retina: pkg/capture/provider/network_capture_unix.go, CollectMetadata, and docs, Capture with Retina CLI: the tarball
and the pcap are called CAPTURE-NODE-TIME.
"""

from __future__ import annotations

import re

from pcapcheck.nodestate.bundles.bundled_file import BundledFile

TIME = r"\d{14}[A-Z]{3,4}"
TARBALL = re.compile(rf"((?:.*/)?([A-Za-z0-9][^/]*)-{TIME}(?:\.tar\.gz|\.tgz)?)/(.+)")
PCAP = re.compile(rf"((?:.*/)?([A-Za-z0-9][^/]*)-{TIME})\.pcap\d*")
# What it is called unless the user names it.
USUAL_NAME = "retina-capture-"
# Files that say themselves which command printed what.
HEADED = ("ip-resources.txt", "iptables-rules.txt", "socket-stats.txt")
COPIES = {"proc-sys-net/": "/proc/sys/net/", "proc-net/": "/proc/net/"}


def retina_file(path: str) -> BundledFile | None:
    """The file at a path, or None if it is in no tarball or folder of this layout."""
    match = TARBALL.fullmatch(path)
    if match is None:
        packets = PCAP.fullmatch(path)
        return BundledFile(_node(packets[2]), None, packets[1]) if packets else None
    name = match[3]
    copied = next((f"cat {there}{name[len(here) :]}" for here, there in COPIES.items() if name.startswith(here)), None)
    if copied is None and name not in HEADED and PCAP.fullmatch(name) is None:
        return None
    return BundledFile(_node(match[2]), copied, match[1])


def _node(name: str) -> str:
    """The node's name. Where the user named the capture, that stands before it: nothing shows where one ends."""
    return name.removeprefix(USUAL_NAME)
