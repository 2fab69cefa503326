"""Whether a state reports no fault by itself: what may be one, but needs packets or more of the state to tell, counts.

A rule that drops is a fault only for the packets that it drops, a device that is down only for those who want it.
"""

from __future__ import annotations

import re

from pcapcheck.nodestate.firewall.chains import ACCEPT, Firewall
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.kubectl import is_up
from pcapcheck.nodestate.readers.unjudged_forms import SOUND
from pcapcheck.nodestate.state import State

UNRESOLVED = ("FAILED", "INCOMPLETE")
REFUSING = ("unreachable", "prohibit", "throw")
# In the names of counters that grow where something goes wrong.
TELLING = re.compile(r"drop|discard|err|fail|overflow|prune|abort|noroute|timeout|filter|invalid|collision", re.I)


def is_sound(state: State) -> bool:
    """Whether nothing of it may be a fault."""
    return (
        not state.problems
        and not state.opening
        and not state.client_failures
        and state.unjudged.keys() <= set(SOUND)
        and all(map(is_up, state.pods))
        and all(map(_is_sound, state.hosts))
    )


def _is_sound(host: Host) -> bool:
    doubtful = (host.sysctls, host.missing, host.log, host.traces, host.stopped, host.tracked, host.bgp, host.managed)
    return (
        not any(doubtful)
        and not (host.removed or host.notes or host.contradictions or host.doubted)
        and all(link.up is not False and link.carrier is not False for link in host.links.values())
        and all(route.kind not in REFUSING and not (route.dead or route.linkdown) for route in host.routes)
        and not any(lookup.error for lookup in host.lookups)
        and all(neighbour.state not in UNRESOLVED for neighbour in host.neighbours)
        and not any(counter.value and TELLING.search(counter.name) for counter in host.counters)
        and (host.firewall is None or _lets_all_through(host.firewall))
    )


def _lets_all_through(firewall: Firewall) -> bool:
    chains = [chain for table in firewall.tables for chain in table.chains.values()]
    return all(chain.policy == ACCEPT and not any(rule.drops for rule in chain.rules) for chain in chains)
