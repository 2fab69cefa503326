"""Fit: which observations a cause calls for that distinguish a failure from a healthy exchange.

In: what a cause wants to be seen, and the case. Out: the observations that it names, that were made, and that a healthy
exchange would not show. The more of them, the better it fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pcapcheck.column import Column
from pcapcheck.kleene import TRUE
from pcapcheck.ruleset.conditions import Combination, Condition, Getter, Leaf
from pcapcheck.values import Value

# What the columns of a case say if nothing is wrong. Columns that are not here are absent then.
HEALTHY: Mapping[str, Value] = {
    "gateway": "answered",
    "gateway.macs": 1,
    "refused": "none",
    "refused.by": "none",
    "only_tcp": False,
    "source.kept": False,
    "echo_lost": False,
    "sctp_lost": False,
    "dst.asked": True,
    "dst.answers": True,
    "dst.addressed": True,
    "dst.heard": True,
    "pod.cut_off": False,
    "pod.reached": True,
    "pod.answered_later": True,
    "by_size": False,
    "forwarded": True,
    "forwarded.other": False,
    "unrouted": False,
    "macs_kept": False,
    "nic.proxy_mac": False,
    "pod.as_node": False,
    "pod.role": "pod",
    "dst.role": "pod",
    "state.proxy_arp": True,
    "state.forwarding": True,
    "state.rp_filter": 1,
    "state.proxy_delay": 0,
    "state.gateway_route": "elsewhere",
    "state.gateway6": True,
    "state.bridge": False,
    **dict.fromkeys(("state.pod_route", "state.dst_route", "state.far_route"), "own-interface"),
    "state.dst_up": True,
    "state.dst_ended": False,
    "state.dst_address": True,
    "state.dst_arp_ignore": 0,
    "state.dst_leaves_by_link": True,
    "state.dst_ignores_echo": False,
    "state.dst_firewall": False,
    "state.dst_mtu_differs": False,
    "state.mtu_fits": True,
    "state.node_firewall": False,
    "state.tunnel_source": "none-fits",
    "loss.over": False,
    "lost.first": True,
    "state.conntrack_full": False,
    **dict.fromkeys(("state.conntrack_drops", "state.neighbours_full", "state.queue_drops"), "none-fits"),
    **dict.fromkeys(("state.netem_drops", "state.policer_drops", "state.damaged_frames"), "none-fits"),
    "state.listen_overflows": "none-fits",
    "state.node_ttl_rule": False,
    "state.policy_rule": False,
    "state.own_table": False,
    "state.way": "right",
    "state.bgp_down": False,
    "state.bgp_between": False,
    "state.next_hop": "resolved",
    "state.source_check": False,
    "state.forwards": True,
    "state.managed": False,
    "state.route_deleted": False,
    "state.duplicate": False,
    "state.duplicate_here": False,
    "state.block_blackholed": False,
    "state.dst_service": False,
    "state.dst_service_empty": False,
    "state.no_local_endpoint": False,
    "state.translates": False,
    "state.vni_differs": False,
    "state.vtep": "there",
    "arrived": False,
    "left": "in-tunnel",
    "lost.on_wire": False,
    "lost.unheard": False,
    "lost.other_nic": False,
    "came_back": True,
    "other_way": True,
    "vnis_differ": False,
    "hairpin": False,
    "dst.untranslated": True,
    "leaves_private": False,
    "other_network": False,
    "for_another": False,
    "tunnel_refused": False,
    "flooded": False,
    "untunnelled": False,
    "state.tunnel_device": "up",
    "loops": False,
    "state.loop": False,
    "state.back_end": "there",
    "state.reaches_itself": False,
    "state.hairpin": True,
}
# What distinguishes no failure: a pod that has its gateway's MAC does not ask for it, and most faults lose everything.
TELLS_NOTHING: Mapping[str, Value] = {"gateway": "not-asked", "loss": "total"}
# If everything is lost, so does this: nothing stands out.
TELLS_NOTHING_OF_ALL: Mapping[str, Value] = {**TELLS_NOTHING, "loss.follows": "nothing"}
# Neither healthy nor not: as they are in the case.
EITHER = (
    *("family", "interface", "pod", "dst", "dst.interface", "dst.recorded", "dst.public"),
    *("dst.same_node", "dst.near", "astray", "outer.src", "outer.dst", "tunnel"),
    *("asked", "encap", "far.recorded", "vni", "last_seen.kind", "last_seen.interface"),
)


def telling(condition: Condition | None, get: Getter) -> list[Leaf]:
    """The comparisons of a condition that hold, and would not of a healthy exchange between the same two.

    What a cause wants not to be seen only keeps it off the list.
    """

    held = list(_held(condition, get))
    everything = any(leaf.column.name == "loss" and get(leaf.column) == "total" for leaf in held)
    usual = TELLS_NOTHING_OF_ALL if everything else TELLS_NOTHING

    def healthy(column: Column) -> Value | None:
        if column.name in usual and get(column) == usual[column.name]:
            return usual[column.name]
        return get(column) if column.name in EITHER else HEALTHY.get(column.name)

    return [leaf for leaf in held if leaf.compare(healthy) != TRUE]


def observations(telling: Iterable[Leaf], get: Getter) -> tuple[str, ...]:
    """Comparisons in words, without repetitions: ``lost in-node``."""
    words = []
    for leaf in telling:
        value = get(leaf.column)
        words.append(f"{leaf.column.name} {'absent' if value is None else leaf.column.show(value)}")
    return tuple(dict.fromkeys(words))


def _held(condition: Condition | None, get: Getter) -> Iterator[Leaf]:
    if isinstance(condition, Leaf):
        if condition.compare(get) == TRUE:
            yield condition
    elif isinstance(condition, Combination) and condition.word != "not":
        for part in condition.parts:
            # If a cause may show in several ways, only those that did count as a whole.
            if condition.word == "all" or part.evaluate(lambda leaf: leaf.compare(get)) == TRUE:
                yield from _held(part, get)
