"""What a capture point heard about the gateway: who asked for it, and who answered."""

from __future__ import annotations

from msgspec import Struct, field


class GatewayTalk(Struct):
    """What a capture point heard about the gateway, by frame group.

    ``askers`` asked for it, from these addresses; ``answered`` are the askers that got an answer; ``answerers``
    gave an answer. ``icmp_error_groups`` sent ICMP errors as routers do. ``others_answer``: a group that never asked
    answers for an address with a MAC that is not the gateway's, so there are more than two machines. ``macs`` are the
    gateway's, by its answers, ``others`` the addresses that were claimed with other MACs. ``seekers`` asked
    for other addresses than the gateway's. ``is_virtual``: it was asked for by an address that no machine has.
    """

    askers: dict[int, set[int]] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    answerers: set[int] = field(default_factory=set)
    icmp_error_groups: set[int] = field(default_factory=set)
    others_answer: bool = False
    macs: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    seekers: set[int] = field(default_factory=set)
    is_virtual: bool = False
