"""Columns of the table ``state`` that rest on what a pod shows from inside."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Device, Route
from pcapcheck.nodestate.row_draft import RowDraft
from pcapcheck.nodestate.unresolved_pods import FAILED
from pcapcheck.values import format_address, is_ipv4


def fill_inside(draft: RowDraft, pod: Host, end: Device | None) -> None:
    """What the pod itself shows."""
    row = draft.row
    dev = end.name if end else None
    if pod.addresses or "addresses4" in pod.whole:
        row.addresses_found = _addresses_in_words(pod, dev)
    own = [
        address
        for address in pod.addresses
        if (dev is None or address.dev == dev) and address.dev != "lo" and address.scope != "link"
    ]
    if own:
        row.host_address = all(address.is_host for address in own)
        wrong = [address for address in own if not address.is_host]
        draft.rest_on("host_address", *(address.line for address in wrong or own))
    elif "addresses4" in pod.whole:
        row.host_address = False
        draft.rest_on("host_address", end.line if end else None, pod.lacks("addresses4", "no address"))
    if any(is_ipv4(address.ip) for address in own) or not own:
        _fill_routes(draft, pod)
    held = [
        neighbour
        for gateway in (draft.gateway, draft.gateway6)
        for neighbour in pod.neighbours_of(gateway)
        if neighbour.mac is not None and neighbour.state not in FAILED and (dev is None or neighbour.dev in (dev, None))
    ]
    if held:
        cali = draft.link.cali
        # Of both families' entries the one that is wrong, if one is.
        shown = next(
            (neighbour for neighbour in reversed(held) if cali is not None and neighbour.mac != cali.mac), held[-1]
        )
        row.gateway_mac = shown.mac
        draft.rest_on("gateway_mac", shown.line, cali.line if cali else None)


def _fill_routes(draft: RowDraft, pod: Host) -> None:
    row = draft.row
    whole = "routes4" in pod.whole
    default = next(
        (route for route in pod.routes if route.is_default and route.family == 4 and route.table == "main"), None
    )
    if default or whole:
        row.default_route = default is not None
        row.default_found = _default_words(default)
        line = default.line if default else pod.lacks("routes4", "no default route")
        draft.rest_on("default_route", line)
        draft.rest_on("default_via", line)
    if default:
        row.default_via = default.via
        if default.via is None:
            row.default_route = False
    direct = next((route for route in pod.routes if route.destination == draft.gateway and route.is_host), None)
    if direct or whole:
        row.gateway_on_link = direct is not None and direct.via is None and direct.scope in ("link", None)
        draft.rest_on("gateway_on_link", direct.line if direct else pod.lacks("routes4", "no route to the gateway"))


def leave_out_inside(draft: RowDraft) -> None:
    """Leave of the pod's inside only what shows that it is of another instance."""
    row = draft.row
    row.pod_mac = row.pod_mtu = None
    said = f"what the state shows from inside the pod is not from the pod behind {draft.link.cali_name} here"
    columns = (
        "host_address",
        "default_route",
        "default_via",
        "gateway_on_link",
        "gateway_mac",
        "pod.mac",
        "pod.mtu",
    )
    row.lacking |= dict.fromkeys(columns, said)


def _addresses_in_words(pod: Host, dev: str | None) -> str:
    """The addresses of a pod's end with their prefix lengths."""
    held = [
        address
        for address in pod.addresses
        if address.dev != "lo" and address.scope != "link" and dev in (None, address.dev)
    ]
    return ", ".join(f"{format_address(address.ip)}/{address.prefix}" for address in held) or "no address"


def _default_words(default: Route | None) -> str:
    """A default route, as a pod has it."""
    if default is None:
        return "no default route"
    gateway = f"via {format_address(default.via)}" if default.via is not None else "without a gateway"
    return f"default {gateway}{f' out of {default.dev}' if default.dev else ''}"
