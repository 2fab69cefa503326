"""The pod that the description of an interface in a pcapng names, as tools that record inside of pods write it.

Inspektor Gadget: cmd/kubectl-gadget/trace/tcpdump.go (``Node: N, Namespace: NS, Pod: POD``). Tracee: pkg/pcaps/pcap.go
(JSON, ``kubernetes.podName``). ptcpdump: internal/writer/pcapng.go (``PodName: POD``, ``PodNamespace: NS``).
"""

from __future__ import annotations

import json
import re

# A label of DNS, and a name made of them (RFC 1123): what Kubernetes lets namespaces and pods be called.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_POD = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
LONGEST_NAME = 253
LONGEST_DESCRIPTION = 1 << 14
_GADGET = re.compile(r"Node: [^,\n]*, Namespace: (?P<namespace>[^,\n]*), Pod: (?P<pod>[^,\n]*)")
_LINES = re.compile(r"PodName: (?P<pod>\S*)\nPodNamespace: (?P<namespace>\S*)")


def described_pod(text: str) -> str | None:
    """NAMESPACE/POD, or None if the text names no pod, or nothing that a pod could be called."""
    if len(text) > LONGEST_DESCRIPTION:
        return None
    match = _GADGET.search(text) or _LINES.search(text)
    namespace, pod = (match["namespace"], match["pod"]) if match else _in_document(text)
    if len(pod) > LONGEST_NAME or _POD.fullmatch(pod) is None or _NAMESPACE.fullmatch(namespace) is None:
        return None
    return f"{namespace}/{pod}"


def _in_document(text: str) -> tuple[str, str]:
    if not text.startswith("{"):
        return "", ""
    try:
        found = json.loads(text).get("kubernetes")
    except (ValueError, RecursionError, AttributeError):
        return "", ""
    found = found if isinstance(found, dict) else {}
    namespace, pod = found.get("podNamespace"), found.get("podName")
    return (namespace, pod) if isinstance(namespace, str) and isinstance(pod, str) else ("", "")
