"""A state in a few lines: its hosts, and what was not understood."""

from __future__ import annotations

from pcapcheck.nodestate.host import NODE, POD, Host
from pcapcheck.nodestate.state import State
from pcapcheck.values import clean

HOSTS_NAMED = 20


def describe_state(state: State) -> tuple[list[str], list[str]]:
    """A line per host, and a line per place that was not understood."""
    hosts = [_host(state, host) for host in state.hosts[:HOSTS_NAMED]]
    if len(state.hosts) > HOSTS_NAMED:
        hosts.append(f"and {len(state.hosts) - HOSTS_NAMED} more")
    problems = [f"{clean(line.file)}:{line.number}: {message}" for line, message in state.problems]
    if state.more_problems:
        problems.append(f"and {state.more_problems} more lines")
    return hosts, problems


def _host(state: State, host: Host) -> str:
    if host.role != NODE:
        said = clean(f"{host.role or 'a host of unknown kind'} {host.label}".replace("pod a pod", "a pod"))
        links = [link for link in state.links if link.pod is host]
        if any(link.machine for link in links):
            said += " (a virtual machine's; its inside is not judged)"
        elif host.role == POD and not any(link.calico for link in links):
            said += " (not shown to be Calico's, not judged)"
        return said.replace("a host of unknown kind a host", "a host of unknown kind")
    if host.contradictions:
        return clean(f"node {host.label}".replace("node the node", "the node")) + ": contradicts itself, not used"
    count = sum(link.node is host and link.calico is not None for link in state.links)
    data_plane = ", eBPF data plane" if host.ebpf else ""
    return (
        clean(f"node {host.label}".replace("node the node", "the node"))
        + f": {count} pod link{'' if count == 1 else 's'}{data_plane}"
    )
