"""JSON of ``ip -j …`` and ``kubectl … -o json``, also several documents pasted one after the other."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from pcapcheck.nodestate.firewall.chains import Firewall
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Address, Device, Forwarding, Lookup, Neighbour, Note, Route
from pcapcheck.nodestate.numbers import address, mac, network, number
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.felix_settings import wireguard_note
from pcapcheck.nodestate.readers.firewall import nft_json
from pcapcheck.nodestate.readers.firewall.nft import read_nft
from pcapcheck.nodestate.readers.ip_pools import KIND, read_pool_object
from pcapcheck.nodestate.readers.ip_rule import policy_rule
from pcapcheck.nodestate.readers.kubectl import pod_of
from pcapcheck.nodestate.readers.link_counters import IN, OUT, keep_counters
from pcapcheck.nodestate.readers.node_objects import KIND as NODE_KIND
from pcapcheck.nodestate.readers.node_objects import read_node_object
from pcapcheck.nodestate.readers.queues import is_uncounted, read_queue_object
from pcapcheck.nodestate.readers.service_objects import is_of_service, read_service_object
from pcapcheck.nodestate.readers.service_rules import read_service_rules
from pcapcheck.nodestate.readers.unjudged_forms import NAMESPACES, UNCOUNTED
from pcapcheck.nodestate.readers.workload_endpoints import ENDPOINT, pod_of_endpoint
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State
from pcapcheck.values import MAPPED, clean, is_ipv4

QUOTED = 200
SHOWN = 40
PODS = ("Pod",)
FELIX = "FelixConfiguration"
# Where the inside of a truncated nft listing continues.
CUT = re.compile(r'\{\s*"nftables"\s*:\s*\[')
# Each may have been read far before it broke.
MOST_BROKEN = 1000
DECODER = json.JSONDecoder()
BLANK = re.compile(r"[\s,\]]*")
EMPTY = re.compile(r"[\s\[\]{},]{0,200}")
START = re.compile(r"[\[{]")


def read_documents(lines: Sequence[Line], into: Host, state: State, listing: Listing | None = None) -> list[Line]:
    """Read facts of JSON documents, the cluster's into ``state``; returns the lines where something else begins."""
    strange = []
    rules: list[nft_json.Object] = []
    whole, empty = True, listing is None
    for document, line in _objects(lines):
        empty = empty and not document
        if some := nft_json.objects_of(document, line):
            rules += some
            whole = whole and nft_json.DOCUMENT in document
            continue
        items = document.get("items")
        if isinstance(items, list):
            for item in items:
                if isinstance(item, dict):
                    read_cluster_object(item, _of(line, item), state)
        elif not document:
            continue
        elif document.get("kind") == FELIX:
            _felix(document, line, into, state)
        elif "metadata" in document:
            read_cluster_object(document, line, state)
        elif document.keys() <= {"name", "id"} and isinstance(document.get("name"), str):
            state.leave_unjudged(NAMESPACES, line)
        elif not _fact(document, line, into, listing):
            strange.append(line)
        elif is_uncounted(document):
            state.leave_unjudged(UNCOUNTED, line)
    text = next((line for line in lines if line.text.strip()), None)
    if empty and text is not None and all(EMPTY.fullmatch(line.text) for line in lines):
        state.leave_unjudged("an empty list of JSON", text)
    if rules:
        _ruleset(rules, whole, into, state, listing)
    return strange


def _ruleset(rules: list[nft_json.Object], whole: bool, into: Host, state: State, listing: Listing | None) -> None:
    """Read a ruleset as the text form is read; nothing in a truncated one is whole."""
    listed = nft_json.listing_lines(rules)
    tables, _ = read_nft(listed, whole and (listing is None or "firewall" in listing.whole))
    into.firewall = Firewall(tables=tables)
    read_service_rules(listed, state, listing)
    if not whole and listing is not None:
        listing.whole.clear()


def read_cluster_object(document: Mapping[str, object], line: Line, state: State) -> None:
    """A pod, a pool of addresses, a service or its endpoints; other kinds of objects are counted."""
    if is_of_service(document):
        read_service_object(document, line, state.services)
        return
    kind = document.get("kind")
    if kind == KIND:
        read_pool_object(document, line, state)
        return
    if kind == NODE_KIND:
        read_node_object(document, line, state)
        return
    pod = pod_of(document, line) if kind in (None, *PODS) else None
    pod = pod_of_endpoint(document, line) if kind == ENDPOINT else pod
    if pod is not None:
        state.pods.append(pod)
    else:
        state.leave_unjudged(f"the cluster's {clean(kind)[:SHOWN]}" if isinstance(kind, str) else "an object", line)


def _felix(document: Mapping[str, object], line: Line, into: Host, state: State) -> None:
    """A FelixConfiguration: whether the data path is eBPF's, and whether WireGuard is wanted between nodes."""
    found = document.get("spec")
    spec = found if isinstance(found, dict) else {}
    if spec.get("bpfEnabled") is True:
        into.notes.append(Note("bpf", "bpfEnabled: true", line))
    for six, name in ((False, "wireguardEnabled"), (True, "wireguardEnabledV6")):
        if isinstance(on := spec.get(name), bool):
            into.notes.append(wireguard_note(line, six=six, on=on))
    if not any(isinstance(spec.get(name), bool) for name in ("bpfEnabled", "wireguardEnabled", "wireguardEnabledV6")):
        state.leave_unjudged(f"the cluster's {FELIX}", line)


def _objects(lines: Sequence[Line]) -> Iterator[tuple[dict[str, object], Line]]:
    """Each object at the top or directly in a list at the top, with the line in which it begins.

    Text that cannot be decoded ends its document; the next bracket at the beginning of a line begins another.
    """
    text = "\n".join(line.text for line in lines)
    starts = [0, *accumulate(len(line.text) + 1 for line in lines)]
    at = broken = 0
    while at < len(text):
        at = _skip(text, at)
        if at >= len(text):
            return
        if text[at] == "[":
            at += 1
            continue
        try:
            found, end = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            broken += 1
            if broken > MOST_BROKEN:
                return
            if cut := CUT.match(text, at):
                at = cut.end()
                continue
            end = text.find("\n", at)
            at = len(text) if end < 0 else end + 1
            continue
        if isinstance(found, dict):
            line = lines[bisect.bisect_right(starts, at) - 1]
            yield found, _of(line, found)
        at = max(end, at + 1)


def _skip(text: str, at: int) -> int:
    """Where the next object or list begins, past blanks, commas and closing brackets."""
    match = BLANK.match(text, at)
    at = match.end() if match else at
    if at < len(text) and text[at] not in "[{":
        found = START.search(text, at)
        return found.start() if found else len(text)
    return at


def _of(line: Line, document: Mapping[str, object]) -> Line:
    """The line, quoting the document only: a whole listing may be one line."""
    if len(line.text) <= QUOTED:
        return line
    named = {key: value for key, value in document.items() if isinstance(value, (str, int))}
    return Line(line.file, line.number, json.dumps(named, ensure_ascii=False)[:QUOTED])


def _fact(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> bool:
    if "mac" in document and "ifindex" not in document:
        return _forwarding(document, line, into, listing)
    if isinstance(document.get("kernel"), dict):
        return _kernel_counters(document["kernel"], line, into)
    if isinstance(document.get("kind"), str) and ("handle" in document or "drops" in document):
        return read_queue_object(document, line, into, listing)
    if isinstance(document.get("ifname"), str):
        _link(document, line, into)
    elif "priority" in document and ("src" in document or "action" in document):
        _rule(document, line, into, listing)
    elif "dst" in document and ("lladdr" in document or isinstance(document.get("state"), list) or "proxy" in document):
        return _neighbour(document, line, into, listing)
    elif "dst" in document and listing is not None and listing.reader == "lookup":
        return _lookup(document, line, into, listing)
    elif "dst" in document and ("cache" in document or "uid" in document):
        return _lookup(document, line, into, None)
    elif "dst" in document:
        return _route(document, line, into, listing)
    else:
        return False
    return True


def _kernel_counters(counters: object, line: Line, into: Host) -> bool:
    """The counters of ``nstat -j``."""
    for name, value in counters.items() if isinstance(counters, dict) else ():
        count = number(value)
        if count is not None:
            into.counters.append(
                Counter("nstat", name, count, Line(line.file, line.number, f"{name} {count}"[:QUOTED]))
            )
    return True


def _text(document: Mapping[str, object], *keys: str) -> str | None:
    for key in keys:
        value = document.get(key)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return str(value)
    return None


def _words(document: Mapping[str, object], key: str) -> list[str]:
    value = document.get(key)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _link(document: Mapping[str, object], line: Line, into: Host) -> None:
    name = _text(document, "ifname") or ""
    flags = _words(document, "flags")
    info = document.get("linkinfo")
    peer = _text(document, "link")
    link = Device(
        name,
        line,
        number(document.get("ifindex")),
        number(document.get("link_index")),
        peer if peer != name else None,
        mac(_text(document, "address")),
        number(document.get("mtu")),
        "UP" in flags if "flags" in document else None,
        "LOWER_UP" in flags if "flags" in document else None,
        _text(info, "info_kind") if isinstance(info, dict) else None,
        _text(document, "master"),
        number(document.get("link_netnsid")),
        _text(document, "link_netns"),
        "xdp" in document or "prog" in document,
        _vxlan(info, "id") if isinstance(info, dict) else None,
        line,
        _vxlan(info, "port") if isinstance(info, dict) else None,
    )
    into.add_link(link)
    _counted(document, line, name, into)
    held = document.get("addr_info")
    for entry in held if isinstance(held, list) else ():
        ip, bits = (
            (address(_text(entry, "local")), number(entry.get("prefixlen")))
            if isinstance(entry, dict)
            else (None, None)
        )
        if ip is not None and bits is not None and bits <= (32 if is_ipv4(ip) else 128):
            into.addresses.append(Address(ip, bits, name, line, _text(entry, "scope")))


def _counted(document: Mapping[str, object], line: Line, name: str, into: Host) -> None:
    """The counters of -s; with 64 bits if the kernel has them."""
    both = document.get("stats64") or document.get("stats")
    for key, direction in (("rx", IN), ("tx", OUT)):
        values = both.get(key) if isinstance(both, dict) else None
        if isinstance(values, dict):
            said = ", ".join(f"{counter} {value}" for counter, value in values.items() if isinstance(value, int))
            quoted = Line(line.file, line.number, f"{name} {key}: {said}"[:QUOTED])
            keep_counters(values, direction, number(values.get("packets")), quoted, name, into)


def _vxlan(info: Mapping[str, object], key: str) -> int | None:
    data = info.get("info_data")
    return number(data.get(key)) if isinstance(data, dict) and info.get("info_kind") == "vxlan" else None


def _forwarding(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> bool:
    held = mac(_text(document, "mac"))
    if held is None:
        return False
    dev = _text(document, "ifname") or (listing.dev if listing else None)
    into.forwarding.append(Forwarding(held, dev, line, address(_text(document, "dst"))))
    return True


def _rule(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> None:
    src, length = _text(document, "src") or "all", _text(document, "srclen")
    words = ["from", f"{src}/{length}" if length else src]
    for key, word in (("dst", "to"), ("fwmark", "fwmark"), ("iif", "iif"), ("oif", "oif"), ("table", "lookup")):
        value = _text(document, key)
        words += [word, value] if value else []
    action = _text(document, "action")
    words += [action] if action else []
    family = listing.families[0] if listing and len(listing.families) == 1 else 4
    into.rules.append(policy_rule(number(document.get("priority")) or 0, " ".join(words), line, family))


def _neighbour(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> bool:
    ip = address(_text(document, "dst"))
    if ip is None:
        return False
    states = _words(document, "state")
    dev = _text(document, "dev") or (listing.dev if listing else None)
    proxy = "proxy" in document or bool(listing and listing.proxy)
    into.neighbours.append(
        Neighbour(ip, dev, line, mac(_text(document, "lladdr")), states[0] if states else None, proxy)
    )
    return True


def _next_hop(document: Mapping[str, object]) -> int | None:
    via = document.get("via")
    return address(_text(via, "host") if isinstance(via, dict) else _text(document, "gateway"))


def _lookup(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> bool:
    target = address(_text(document, "dst"))
    if target is None:
        return False
    into.lookups.append(
        Lookup(
            target,
            line,
            address(_text(document, "from")),
            _text(document, "iif"),
            _text(document, "type") or "unicast",
            _next_hop(document),
            _text(document, "dev"),
            address(_text(document, "prefsrc")),
        )
    )
    return True


def _route(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> bool:
    named = _text(document, "dst") or ""
    via = _next_hop(document)
    if named == "default":
        single = listing.families[0] if listing and len(listing.families) == 1 else 0
        family = single or (6 if (via is not None and not is_ipv4(via)) or "pref" in document else 4)
        held: tuple[int, int] | None = (MAPPED if family == 4 else 0, 0)
    else:
        held = network(named)
        family = 4 if held and is_ipv4(held[0]) else 6
    if held is None:
        return False
    hops = document.get("nexthops")
    for hop in hops if isinstance(hops, list) and hops else [document]:
        if isinstance(hop, dict):
            into.routes.append(
                Route(
                    *held,
                    family,
                    line,
                    _text(document, "type") or "unicast",
                    _next_hop(hop),
                    _text(hop, "dev"),
                    _text(document, "scope"),
                    address(_text(document, "prefsrc")),
                    _text(document, "protocol"),
                    number(document.get("metric")),
                    _text(document, "table") or (listing.table if listing else "main"),
                    "onlink" in _words(hop, "flags"),
                    "dead" in _words(hop, "flags"),
                    "linkdown" in _words(hop, "flags"),
                )
            )
    return True
