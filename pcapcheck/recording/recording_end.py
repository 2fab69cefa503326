"""The ends of a recording: a pod, a network namespace, or an interface of this machine."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.calico import cali_name, parse_pod
from pcapcheck.errors import RecordingError, UsageError
from pcapcheck.recording.cluster_access import Kubectl, KubePod
from pcapcheck.recording.command_place import CommandPlace, here, network_namespace
from pcapcheck.recording.network_survey import NetworkSurvey, survey

NETNS = "netns:"
USUAL_MTU = 1500


class NodeAccess(Protocol):
    """How nodes of a cluster are reached."""

    def network_of(self, node: str) -> CommandPlace:
        """Where the node's own network is, with tools to record and ask."""

    def files_of(self, node: str) -> CommandPlace:
        """Where the node's own files and tools are."""


class RecordingEnd(Struct, frozen=True):
    """``interface`` is the node's end of the link, ``node`` the network that it is in, as ``survey`` found it.

    ``inside`` is the network of the pod, with its ``device``, ``address`` and ``mtu``; None of an interface.
    ``state_word`` makes the node's script look into it. ``files`` is where that script runs.
    """

    text: str
    node: CommandPlace
    survey: NetworkSurvey
    interface: str
    files: CommandPlace
    inside: CommandPlace | None = None
    device: str = "eth0"
    address: str = ""
    node_address: str = ""
    mtu: int = USUAL_MTU
    resolver: str = ""
    state_word: str = ""
    pod: KubePod | None = None


def find_interface(name: str) -> RecordingEnd:
    """An interface of this machine. Raises RecordingError if there is none of that name."""
    node, found = _this_machine()
    if name not in found.links and name != "any":
        near = get_close_matches(name, found.links, 1)
        hint = f"; did you mean {near[0]}?" if near else "; see ip link"
        raise RecordingError(f"{name}: this machine has no interface of that name{hint}")
    address = found.address_of(name) or ""
    return RecordingEnd(name, node, found, name, node, address=address)


def find_netns(name: str) -> RecordingEnd:
    """A network namespace of this machine that is a pod's: the node is where the other end of its link is."""
    inside = network_namespace(name)
    found = survey(inside)
    device = found.default_device or next((link.name for link in found.links.values() if link.peer), None)
    link = found.links.get(device or "")
    if link is None or link.peer is None:
        raise RecordingError(
            f"{NETNS}{name}: no interface in it leads to a node (no veth with a default route); see ip -n {name} addr"
        )
    node, around = _other_end(name, link.netns)
    at = next((each for each in around.links.values() if each.index == link.peer), None)
    if at is None:
        raise RecordingError(
            f"{NETNS}{name}: the other end of {link.name} is neither on this machine's own network nor in a named one; "
            "name its network namespace (ip netns attach NAME PID)"
        )
    return RecordingEnd(
        f"{NETNS}{name}",
        node,
        around,
        at.name,
        node,
        inside,
        link.name,
        found.address_of(link.name) or "",
        around.address_of(around.default_device) or "",
        link.mtu,
        state_word=name,
    )


def _other_end(name: str, netns: str | None) -> tuple[CommandPlace, NetworkSurvey]:
    if netns is None:
        raise RecordingError(f"{NETNS}{name}: both ends of its link are in it; name a pod's namespace")
    if netns.isdigit():
        # A network without a name is this machine's own, if it is one of those that can be looked into at all.
        return _this_machine()
    node = network_namespace(netns)
    return node, survey(node)


def _this_machine() -> tuple[CommandPlace, NetworkSurvey]:
    found = survey(here("this-machine"))
    return here(found.host), found


def find_pod(text: str, kubectl: Kubectl, access: NodeAccess, prefix: str) -> RecordingEnd:
    """A pod of a cluster. Raises RecordingError if it cannot be recorded or its node not be reached."""
    pod = kubectl.pod(*parse_pod(text))
    node = access.network_of(pod.node)
    found = survey(node, [pod.address, pod.uid])
    interface = cali_name(pod.namespace, pod.name, prefix)
    if interface not in found.links:
        way = found.ways.get(pod.address)
        if way is None or way not in found.links or way in (found.default_device, "lo"):
            raise RecordingError(
                f"{text}: {pod.node} has neither {interface} nor a route of its own to {pod.address}; "
                f"see that Calico is the network there, or name the prefix of its interfaces: --set interface_prefix=…"
            )
        interface = way
    process = found.processes.get(pod.uid)
    end = RecordingEnd(
        text,
        node,
        found,
        interface,
        access.files_of(pod.node),
        address=pod.address,
        node_address=pod.node_address,
        mtu=found.links[interface].mtu,
        resolver=found.resolvers.get(pod.uid, ""),
        state_word=process or "",
        pod=pod,
    )
    if process is None:
        return end
    return replace(end, inside=node.entered(f"pod {text}", "nsenter", "-t", process, "-n", "--"))


def planned_pod(text: str, kubectl: Kubectl, access: NodeAccess, prefix: str) -> RecordingEnd:
    """A pod as it can be known without anything running on its node."""
    pod = kubectl.pod(*parse_pod(text))
    node = access.network_of(pod.node)
    inside = node.entered(f"pod {text}", "nsenter", "-t", "PID", "-n", "--")
    interface = cali_name(pod.namespace, pod.name, prefix)
    files = access.files_of(pod.node)
    survey_of = NetworkSurvey(pod.node, tools={"tcpdump"})
    return RecordingEnd(
        text,
        node,
        survey_of,
        interface,
        files,
        inside,
        "eth0",
        pod.address,
        pod.node_address,
        state_word="PID",
        pod=pod,
    )


def is_pod(text: str) -> bool:
    """Whether an end is a pod's name. Raises UsageError if it is like one and cannot be."""
    if text.startswith(NETNS) or "/" not in text:
        return False
    try:
        parse_pod(text)
    except ValueError as error:
        raise UsageError(f"{error}; or netns:NAME, or an interface of this machine") from None
    return True
