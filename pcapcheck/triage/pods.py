"""Pods by address and by the name of their interface: from what ``kubectl get pods`` printed, and from captures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pcapcheck.capture.held import Held
from pcapcheck.errors import StateError
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.nodestate.pod_links import LinkNames, full_name
from pcapcheck.nodestate.read_state import PASTE, PREFIX, Skip, read_state
from pcapcheck.nodestate.state import PodEntry
from pcapcheck.values import clean, is_ipv4, is_name

CURE = "give what kubectl get pods -A -o json printed"


class Pods:
    """Names of pods; empty if no list was given.

    ``recorded`` are the pods on recorded links whose description names one, by address and by interface; ``resolved``
    is what captures call addresses, pods' or not. A list is believed before them.
    """

    def __init__(self, names: LinkNames) -> None:
        self._names = names
        self.recorded: dict[int | str, str] = {}
        self.resolved: dict[int, str] = {}

    @classmethod
    def none(cls) -> Pods:
        return cls(LinkNames(PREFIX))

    @classmethod
    def of(cls, entries: Iterable[PodEntry], prefix: str = PREFIX) -> Pods:
        """The pods of a listing that was read already."""
        return cls(LinkNames.of(list(entries), prefix))

    @classmethod
    def read(
        cls,
        paths: Iterable[str | Path | Held],
        prefix: str = PREFIX,
        skip: Skip | None = None,
        found: Mapping[Path, Path] | None = None,
    ) -> Pods:
        """The pods of files with ``kubectl get pods -A -o json`` or ``-o wide``.

        A file that cannot be read or lists no pod is passed to ``skip``; without ``skip``, StateError is raised. Of the
        files of a bundle (``found`` maps them to it) some may list no pod, but not all.
        """
        every = []
        empty: dict[Path, tuple[Path, StateError]] = {}
        listing: set[Path | None] = set()
        for given in (given if isinstance(given, Held) else Path(given) for given in paths):
            path = given.path if isinstance(given, Held) else given
            bundle = (found or {}).get(path)
            try:
                every += _listed(given, prefix)
                listing.add(bundle)
            except StateError as error:
                if skip is None:
                    raise
                if bundle is None:
                    skip(path, error)
                else:
                    empty.setdefault(bundle, (path, error))
        for bundle, (path, refusal) in empty.items():
            if skip is not None and bundle not in listing:
                skip(path, refusal)
        return cls(LinkNames.of(every, prefix))

    def by_address(self, ip: int) -> str | None:
        """NAMESPACE/POD of an address; of one that several pods have, all of them: ``lab/a or lab/b``."""
        held = self._names.by_ip.get(ip, ())
        return " or ".join(map(full_name, held)) or self.recorded.get(ip)

    def homes(self) -> dict[int, str]:
        """The cali interface of each listed address that one pod has."""
        return self._names.homes()

    def name_of_address(self, ip: int) -> str | None:
        """The pod of an address, else what a capture calls it."""
        return self.by_address(ip) or self.resolved.get(ip)

    def by_interface(self, cali: str) -> str | None:
        """NAMESPACE/POD of a cali interface, by the name that Calico gives it."""
        return self._names.by_cali.get(cali) or self.recorded.get(cali)


def with_recorded(pods: Pods | None, points: Iterable[PointFacts], resolved: dict[int, str]) -> Pods | None:
    """The names of pods, and those that the captures themselves hold; None if there are neither."""
    recorded: dict[int | str, str] = {}
    for point in points:
        name = point.capture_point.interface.pod
        # Which of several addresses is the pod's, the description of its interface does not say.
        if name and point.kind == "pod-link" and point.key[2] is None:
            recorded.setdefault(point.name, name)
            for family in (True, False):
                own = [ip for ip in point.pod_ips if is_ipv4(ip) is family and not is_name(ip)]
                if len(own) == 1:
                    recorded.setdefault(own[0], name)
    if not recorded and not resolved:
        return pods
    pods = pods or Pods.none()
    pods.recorded, pods.resolved = recorded, {ip: clean(name) for ip, name in resolved.items()}
    return pods


def _listed(path: Path | Held, prefix: str) -> list[PodEntry]:
    try:
        pods = read_state([path], prefix).pods
    except StateError as error:
        # The output to paste of a node names no pod.
        said = str(error).replace(PASTE, CURE).replace("not a node's state", "not a list of pods")
        raise StateError(said, error.kind) from None
    if not pods:
        raise StateError(f"{clean(str(path))}: no pod is listed in it; {CURE}")
    return pods
