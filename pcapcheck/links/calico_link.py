"""Is a capture point a pod link of Calico, and by what is that shown?

Name first, then traffic: who asks for the gateway is a pod; only a cali sends from the proxy MAC.
"""

from __future__ import annotations

from pcapcheck.calico import cali_name, is_machines_own, kind_of_name, parse_pod
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.link_networks import LinkNetworks
from pcapcheck.networks import GATEWAY, NAME, PROXY_MAC, STATE, KnownNetwork, by_device, by_mac, is_of_another
from pcapcheck.values import is_multicast_mac


def shown_calico(
    point: CapturePoint, by_name: str | None, proxy_mac: int, known: KnownNetwork, networks: LinkNetworks
) -> str | None:
    """By what it is shown; None if nothing shows it. ``by_name`` is the kind that the name says.

    Inside a pod the interface is called eth0 like many a NIC, so there what it sends or receives decides. A name
    that another plugin gives is stronger than a request for the gateway: its pods may have the same one.
    """
    another = bool(point.named_by) and is_of_another(point.name)
    if by_name == "tunnel":
        return None
    if by_name == "pod-link" and not another:
        return NAME
    sources, destinations = point.macs
    from_proxy, to_proxy = proxy_mac in sources, proxy_mac in destinations
    if (from_proxy and (by_name != "host-nic" or point.name == "eth0")) or (to_proxy and by_name != "host-nic"):
        return PROXY_MAC
    another = another or networks.share_the_gateway is not None
    if not another and _asked_as_calico(point, proxy_mac, by_name, known):
        return GATEWAY
    if by_name is None and not another and _names_in_state(point, known):
        return STATE
    return None


def _asked_as_calico(point: CapturePoint, proxy_mac: int, by_name: str | None, known: KnownNetwork) -> bool:
    """Whether the gateway is asked for as Calico's pods do: by broadcast.

    Pods of AWS and Azure have an entry for the same address that their plugin sets, and merely see to it that it
    still holds, at a MAC of their own network. On a NIC anybody may ask.
    """
    if not point.gateway.askers or (known.others and not known.calico):
        return False
    if by_mac(point.macs[0] | point.gateway.macs) or (
        by_name == "host-nic" and point.named_by and is_machines_own(point.name)
    ):
        return False
    if _has_another_mac(point, proxy_mac):
        return False
    asked = {point.groups[number].dst for number in point.gateway.askers}
    return any(mac is None or mac == proxy_mac or is_multicast_mac(mac) for mac in asked)


def _has_another_mac(point: CapturePoint, proxy_mac: int) -> bool:
    """Whether the other end is heard, leaves the pod without an answer, and has a MAC that Calico does not give it.

    Then nothing says Calico: a pod of AWS that has lost its entry asks in the same words.
    """
    if point.gateway.answered or point.gateway.macs:
        return False
    pods = {point.groups[number].src for number in point.gateway.askers}
    others = point.macs[0] - pods
    return len(pods) == len(others) == 1 and not others & {None, proxy_mac} and None not in pods


def _names_in_state(point: CapturePoint, known: KnownNetwork) -> set[str | None]:
    """What the state calls the links of the pods that send or receive here."""
    sources, destinations = point.macs
    return {known.links[mac] for mac in sources | destinations if mac is not None and mac in known.links}


def name_calico_link(point: CapturePoint, prefix: str, known: KnownNetwork) -> None:
    """Name a link as the state does, if nothing else names it.

    One that is called after something else, like a container, is named after the pod in its description.
    """
    names = [] if point.named_by else list(_names_in_state(point, known))
    if len(names) == 1 and names[0] is not None:
        point.name, point.named_by = names[0], "state"
    pod = point.interface.pod
    if pod and point.named_by == "capture" and not (kind_of_name(point.name, prefix) or by_device(point.name)):
        point.name, point.named_by = cali_name(*parse_pod(pod), prefix), "description"
