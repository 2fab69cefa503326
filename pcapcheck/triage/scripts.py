"""What people run themselves: the script that collects a node's state, and the commands of a capture."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from pcapcheck.workload import cali_name

SECONDS = 10


def node_script() -> str:
    """A POSIX shell script that prints a node's state and changes nothing."""
    return files("pcapcheck.triage").joinpath("node-state.sh").read_text(encoding="utf-8")


def capture_plan(pods: Sequence[tuple[str, str]], prefix: str) -> list[str]:
    """Shell lines that record what one pod sends, or one pod's ping of another.

    ``pods`` are (namespace, name), the asker first. Raises ValueError for more than two, or for one twice.
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
        "# 2. Forget the gateway's MAC in the pod that asks, or no ARP is seen:",
        f"kubectl exec -n {namespace} {asker} -- ip neigh flush dev eth0",
        "",
        "# 3. As root on the node of each pod, at the same time:",
    ]
    for (space, name), cali in zip(pods, calis, strict=True):
        lines.append(f"tcpdump -i {cali} -nn -w {cali}.pcap    # {space}/{name}")
    if others:
        lines += [
            "# or, where both are on one node, into one file (best):",
            f"dumpcap {' '.join(f'-i {cali}' for cali in calis)} -w node.pcapng",
            "# on different nodes also what lies between, into files named NODE-INTERFACE.pcap:",
            "tcpdump -i vxlan.calico -nn -w $(uname -n)-vxlan.calico.pcap    # or tunl0, or wireguard.cali",
            "tcpdump -i eth0 -nn -w $(uname -n)-eth0.pcap 'icmp or proto 4 or udp port 4789'    # the node's NIC",
        ]
    target = "ADDRESS-OF-THE-OTHER-POD" if others else "ADDRESS"
    lines += [
        "",
        "# 4. While that records:",
        f"kubectl exec -n {namespace} {asker} -- ping -c {SECONDS} {target}",
        "",
        "# 5. The node's state, while it is still so:",
        "pcapcheck node-script | ssh NODE sudo sh > NODE.txt",
        "",
        "# 6. Stop with Ctrl-C, then:",
        f"pcapcheck analyze {' '.join(f'{cali}.pcap' for cali in calis)} --node-state NODE.txt",
        "",
        "# A pod without ip or ping can be entered from its node, with the node's own:",
        "#   pid=$(crictl inspect -o go-template --template '{{.info.pid}}' CONTAINER-ID)",
        "#   nsenter -t $pid -n ip neigh flush dev eth0",
    ]
    return lines
