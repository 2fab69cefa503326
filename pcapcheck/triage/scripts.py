"""What people run themselves: the script that collects a node's state, and the commands of a capture."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from pcapcheck.calico import cali_name

SECONDS = 10
# What travels between nodes for pods, and pings that are not encapsulated.
NIC_FILTER = "icmp or proto 4 or udp port 4789"


def node_script() -> str:
    """A POSIX shell script that prints a node's state and changes nothing."""
    return files("pcapcheck.triage").joinpath("node-state.sh").read_text(encoding="utf-8")


def capture_plan(pods: Sequence[tuple[str, str]], prefix: str) -> list[str]:
    """Shell lines that record what a pod sends, or a pod's ping of another.

    ``pods`` are (namespace, name), the asker first. Raises ValueError for more than two, or for the same pod twice.
    """
    if len(pods) > 2:
        raise ValueError(f"{len(pods)} pods: name the pod that asks and, if it asks another pod, that one")
    if len(set(pods)) < len(pods):
        raise ValueError("twice the same pod: name two")
    (namespace, asker), *others = pods
    calis = [cali_name(*pod, prefix) for pod in pods]
    lines = [
        "# 1. Which nodes the pods are on, and their addresses:",
        *(f"kubectl get pod -n {space} {name} -o wide" for space, name in pods),
        "",
        "# 2. Flush the gateway's MAC in the pod that asks, or no ARP will be seen:",
        f"kubectl exec -n {namespace} {asker} -- ip neigh flush dev eth0",
        "",
        "# 3. As root on the node of each pod, at the same time:",
    ]
    for (space, name), cali in zip(pods, calis, strict=True):
        lines.append(f"tcpdump -i {cali} -nn -w {cali}.pcap    # {space}/{name}")
    if others:
        lines += [
            "# or, if both pods are on one node, into one file (best):",
            f"dumpcap {' '.join(f'-i {cali}' for cali in calis)} -w node.pcapng",
            "# if the pods are on different nodes, also record what lies between, "
            "into files named after node and interface:",
            "tcpdump -i vxlan.calico -nn -w $(uname -n)-vxlan.calico.pcap    # or tunl0, or wireguard.cali",
            f"tcpdump -i eth0 -nn -w $(uname -n)-eth0.pcap '{NIC_FILTER}'    # the node's NIC",
        ]
    pinged = _of_pod(*(others[0] if others else pods[0]), "status.podIP" if others else "status.hostIP")
    states = [f"{cali}-node.txt" for cali in calis]
    lines += [
        "",
        "# 4. While that is recording:"
        if others
        else "# 4. While that records (the node, or whatever does not answer):",
        f"kubectl exec -n {namespace} {asker} -- ping -c {SECONDS} {pinged}",
        "",
        "# 5. Collect the state of each pod's node, before anything changes:",
        *(
            f"pcapcheck node-script | ssh {_of_pod(*pod, 'spec.nodeName')} sudo sh > {state}"
            for pod, state in zip(pods, states, strict=True)
        ),
        "",
        "# 6. Stop with Ctrl-C, then:",
        f"pcapcheck analyze {' '.join(f'{cali}.pcap' for cali in calis)}"
        + "".join(f" --node-state {state}" for state in states),
        "",
        "# If a pod has no ip or ping, enter it from its node and use the node's own:",
        f"#   container=$(crictl ps -q --label io.kubernetes.pod.namespace={namespace}"
        f" --label io.kubernetes.pod.name={asker} | head -n 1)",
        "#   pid=$(crictl inspect -o go-template --template '{{.info.pid}}' $container)",
        "#   nsenter -t $pid -n ip neigh flush dev eth0",
    ]
    return lines


def _of_pod(namespace: str, name: str, field: str) -> str:
    """What Kubernetes says about a pod, for a shell to ask."""
    return f"$(kubectl get pod -n {namespace} {name} -o jsonpath='{{.{field}}}')"
