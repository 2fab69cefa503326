"""Services and their endpoints as objects of ``kubectl -o json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.services import Endpoints, Service, Services
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import clean

KINDS = ("Service", "Endpoints", "EndpointSlice")
OF_SERVICE = "kubernetes.io/service-name"


def is_of_service(document: Mapping[str, object]) -> bool:
    """Whether an object is a service, or the endpoints of one."""
    return document.get("kind") in KINDS


def read_service_object(document: Mapping[str, object], line: Line, into: Services) -> None:
    """Read an object of ``KINDS``."""
    metadata = _map(document.get("metadata"))
    name = metadata.get("name")
    if document.get("kind") == "EndpointSlice":
        name = _map(metadata.get("labels")).get(OF_SERVICE, name)
    if not isinstance(name, str):
        return
    namespace = metadata.get("namespace")
    label = clean(f"{namespace}/{name}" if isinstance(namespace, str) else name)
    if document.get("kind") == "Service":
        _service(_map(document.get("spec")), label, line, into)
    else:
        empty = not any(_ready(document))
        into.endpoints.append(Endpoints(label, line, empty, tuple(_addresses(document))))


def _service(spec: Mapping[str, object], label: str, line: Line, into: Services) -> None:
    held = [spec.get("clusterIP"), *_list(spec.get("clusterIPs")), *_list(spec.get("externalIPs"))]
    ports = [(_text(port.get("protocol")), number(port.get("port"))) for port in map(_map, _list(spec.get("ports")))]
    for ip in dict.fromkeys(address(text) for text in held if isinstance(text, str)):
        for protocol, port in ports or [(None, None)]:
            if ip is not None:
                into.listed.append(Service(ip, line, label, protocol and protocol.lower(), port))


def _ready(document: Mapping[str, object]) -> Iterator[bool]:
    """Whether each of the endpoints is ready; Endpoints lists unready ones separately."""
    for subset in map(_map, _list(document.get("subsets"))):
        yield bool(_list(subset.get("addresses")))
    for endpoint in map(_map, _list(document.get("endpoints"))):
        # Absent means ready (Kubernetes: discovery/v1, EndpointConditions).
        yield _map(endpoint.get("conditions")).get("ready") is not False


def _addresses(document: Mapping[str, object]) -> Iterator[int]:
    """The addresses of the ready endpoints."""
    for subset in map(_map, _list(document.get("subsets"))):
        yield from _read(_map(entry).get("ip") for entry in _list(subset.get("addresses")))
    for endpoint in map(_map, _list(document.get("endpoints"))):
        if _map(endpoint.get("conditions")).get("ready") is not False:
            yield from _read(_list(endpoint.get("addresses")))


def _read(words: Iterable[object]) -> Iterator[int]:
    found = (address(text) for text in words if isinstance(text, str))
    yield from (ip for ip in found if ip is not None)


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
