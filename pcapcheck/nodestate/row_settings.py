"""Columns of the table ``state`` that rest on a node's kernel settings, and its reverse-path check."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.host_routes import HostRoutes
from pcapcheck.nodestate.node_facts import Sysctl
from pcapcheck.nodestate.readers.sysctls import line_of, value_of
from pcapcheck.nodestate.row_draft import RowDraft
from pcapcheck.nodestate.source_lines import quote


def fill_settings(draft: RowDraft, node: Host, cali: str) -> None:
    row = draft.row
    own, every = node.sysctl(cali, "proxy_arp"), node.sysctl("all", "proxy_arp")
    values = [value_of(own), value_of(every)]
    # The kernel takes either: IN_DEV_PROXY_ARP in include/linux/inetdevice.h is an OR.
    row.proxy_arp = True if any(values) else None if None in values else False
    draft.rest_on("proxy_arp", *map(line_of, (own, every)))
    if row.proxy_arp is None:
        _partly_known(draft, "proxy_arp", "proxy_arp", {cali: own, "all": every})
    forwarding = node.sysctl(cali, "forwarding")
    value = value_of(forwarding)
    row.forwarding = None if value is None else value != 0
    draft.rest_on("forwarding", line_of(forwarding))
    if value is None:
        # What holds for all, or for interfaces to come, need not hold for this one.
        similar = [node.sysctls.get("net.ipv4.ip_forward"), node.sysctl("all", "forwarding")]
        _missing(draft, "forwarding", [f"net.ipv4.conf.{cali}.forwarding"], next(filter(None, similar), None))
    delay = node.sysctl(cali, "proxy_delay", "neigh")
    row.proxy_delay = value_of(delay)
    draft.rest_on("proxy_delay", line_of(delay))
    if row.proxy_delay is None:
        _missing(draft, "proxy_delay", [f"net.ipv4.neigh.{cali}.proxy_delay"])
    filters = [node.sysctl(cali, "rp_filter"), node.sysctl("all", "rp_filter")]
    known = [value for setting in filters if (value := value_of(setting)) is not None]
    # IN_DEV_RPFILTER there is the maximum: one that is on is enough, that both are off must be known of both.
    row.rp_filter = max(known) if len(known) == 2 or any(known) else None
    draft.rest_on("rp_filter", *map(line_of, filters))
    if row.rp_filter is None:
        _partly_known(draft, "rp_filter", "rp_filter", dict(zip((cali, "all"), filters, strict=True)))


def fill_reverse_path(draft: RowDraft, node: Host, cali: str, way: HostRoutes) -> None:
    """Strict and loose are alike here: an interface without an address has no last resort (fib_validate_source)."""
    row = draft.row
    link = node.links.get(cali)
    refused = [
        lookup
        for lookup in node.lookups_of(draft.gateway, cali)
        if lookup.error == "Invalid cross-device link" and lookup.source in draft.link.ips
    ]
    if refused:
        row.reverse_path = False
        draft.rest_on("reverse_path", refused[-1].line)
    elif way.leads_there or row.rp_filter == 0 or (link is not None and link.master and link.master == way.dev):
        # What comes in by a bridge's port comes in by the bridge.
        row.reverse_path = True
    elif way.leads_there is False and row.rp_filter is not None:
        row.reverse_path = False
    draft.rest_on("reverse_path", *draft.lines.get("rp_filter", ()), *way.lines)
    if row.reverse_path is None and row.rp_filter is None:
        row.lacking["reverse_path"] = row.lacking["rp_filter"]
    elif row.reverse_path is None:
        lines = draft.lines.get("rp_filter", ())
        said = "; ".join(map(quote, lines))
        row.lacking["reverse_path"] = (
            f"the check is on ({said}), but the route to the pod is missing from the state; add ip route"
        )


def _partly_known(draft: RowDraft, column: str, key: str, of: dict[str, Sysctl | None]) -> None:
    """Of a setting that an interface and all decide together, say which is known, and which is missing."""
    known = next((setting for setting in of.values() if value_of(setting) is not None), None)
    missing = [f"net.ipv4.conf.{name}.{key}" for name, setting in of.items() if value_of(setting) is None]
    _missing(draft, column, missing, known, "either can be what counts")


def _missing(
    draft: RowDraft, column: str, names: list[str], known: Sysctl | None = None, why: str = "that counts"
) -> None:
    """Say which settings are missing to know a column, and what is known instead."""
    said = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} missing from the state"
    if known is not None:
        place = quote(known.line).rpartition(": ")[0] if known.name in known.line.text else quote(known.line)
        said = f"{known.name} is {known.value} ({place}), but {said}, and {why}"
    draft.row.lacking[column] = f"{said}; add sysctl {' '.join(names)}"
