"""Which scenario of the lab shows each rule about captures over IPv6, recorded with ``-i any``, and through VXLAN."""

from __future__ import annotations

from typing import NamedTuple

IPV6, ANY, VXLAN = "ipv6", "any", "vxlan"
FORMS = (IPV6, ANY, VXLAN)


class Shown(NamedTuple):
    """The scenario in which a rule passes in a form, and the one in which it fails; empty where none is recorded."""

    passes: str
    fails: str = ""


class Never(str):
    """Why a rule is never judged in a form."""

    __slots__ = ()


NO_RECEIVERS = Never("a cooked header holds no destination MACs")

_ANSWERED = Shown("ipv6-questions-answered"), Shown("any-questions-answered"), Shown("vxlan-questions-answered")
_DROPPED = (
    Shown("ipv6-questions-answered", "ipv6-questions-dropped"),
    Shown("any-questions-answered", "any-questions-dropped"),
    Shown("vxlan-questions-answered", "vxlan-questions-dropped"),
)

# In the order of FORMS.
SHOWN_IN: dict[str, tuple[Shown | Never, Shown | Never, Shown | Never]] = {
    "address-has-one-mac": _ANSWERED,
    "dns-answered": (Shown("dns-ipv6-refuses"), Shown("dns-node-local"), Shown("dns-vxlan-slow")),
    "dns-not-refused": (Shown("", "dns-ipv6-refuses"), Shown("dns-node-local"), Shown("dns-vxlan-slow")),
    "dns-prompt": (Shown("dns-ipv6-refuses"), Shown("dns-node-local"), Shown("", "dns-vxlan-slow")),
    "echo-answered": (Shown("ipv6", "ipv6-forwarding-off"), Shown("any"), Shown("two-nodes-vxlan", "vxlan-blocked")),
    "egress-translated": (
        Shown("ipv6-questions-answered", "ipv6-egress-not-translated"),
        Shown("any-questions-answered", "any-egress-not-translated"),
        # Next to what goes through the tunnel, whose inner packets keep their pods' addresses and are no fault.
        Shown("vxlan-questions-answered"),
    ),
    "gateway-arp-answered": (
        Shown("ipv6", "ipv6-random-mac"),
        Shown("any", "any-proxy-arp-off"),
        Shown("two-nodes-vxlan"),
    ),
    "gateway-arp-prompt": _ANSWERED,
    "gateway-arp-proxy-mac": _ANSWERED,
    "gateway-arp-single-answer": _ANSWERED,
    "hop-macs-rewritten": (Shown("ipv6"), NO_RECEIVERS, Shown("two-nodes-vxlan")),
    "hop-ttl-decremented": _ANSWERED,
    "node-frames-from-proxy-mac": _ANSWERED,
    "node-frames-to-pod-mac": (Shown("ipv6"), NO_RECEIVERS, Shown("two-nodes-vxlan")),
    "pod-answers-arp": _ANSWERED,
    "pod-answers-echo": _ANSWERED,
    "pod-frames-to-proxy-mac": (Shown("ipv6"), NO_RECEIVERS, Shown("two-nodes-vxlan")),
    "reply-delivered": (Shown("ipv6"), Shown("any"), Shown("two-nodes-vxlan", "vxlan-blocked-one-way")),
    "request-leaves-node": (Shown("ipv6", "ipv6-forwarding-off"), Shown("any"), Shown("two-nodes-vxlan")),
    "request-reaches-pod": (Shown("ipv6"), Shown("any"), Shown("two-nodes-vxlan", "vxlan-blocked")),
    "sctp-answered": _DROPPED,
    "service-reply-translated": (
        Shown("ipv6-questions-answered", "ipv6-service-untracked"),
        Shown("any-questions-answered", "any-service-untracked"),
        Shown("vxlan-questions-answered", "vxlan-service-untracked"),
    ),
    "tcp-answered": _DROPPED,
    "tcp-not-reset-midway": _ANSWERED,
    "tcp-progresses": (
        Shown("ipv6-questions-answered", "ipv6-dropped-midway"),
        Shown("any-questions-answered", "any-dropped-midway"),
        Shown("vxlan-questions-answered", "vxlan-mtu-black-hole"),
    ),
    "udp-answered": _DROPPED,
}
