"""What kubectl says about pods, and how it is called."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct

from pcapcheck.errors import RecordingError
from pcapcheck.recording.command_place import last_line, run

# kubectl gives up by itself before that.
TIMEOUT = "20s"
PATIENCE = 40.0
_CURES = (
    (r"NotFound|not found", "see kubectl get pods -A"),
    (r"context .* does not exist|no context", "see kubectl config get-contexts"),
    (
        r"refused|no such host|timed? ?out|unable to connect",
        "see kubectl cluster-info, or name a --context",
    ),
    (r"forbidden|unauthorized", "log in, or ask for the right to get pods, create jobs and exec into pods"),
)


class KubePod(Struct, frozen=True):
    """A pod as Kubernetes knows it; ``document`` is the whole of that."""

    namespace: str
    name: str
    uid: str
    node: str
    address: str
    node_address: str
    document: dict[str, Any]


class Kubectl(Struct, frozen=True):
    """kubectl, for one cluster: the current context's if no other is named."""

    context: str | None = None

    def argv(self, *words: str) -> list[str]:
        """The words of a call; it asks for no password and gives up after a while."""
        chosen = ("--context", self.context) if self.context else ()
        return ["kubectl", *chosen, *words]

    def run(self, *words: str, given: str | None = None, patience: float = PATIENCE) -> str:
        """What a call prints. Raises RecordingError with kubectl's own last line if it fails."""
        code, printed, complained = run(self.argv(*words), given, patience)
        if code != 0:
            said = last_line(complained or printed)
            cure = next((cure for pattern, cure in _CURES if re.search(pattern, said, re.IGNORECASE)), None)
            raise RecordingError(f"kubectl {words[0]}: {said}{f'; {cure}' if cure else ''}")
        return printed

    def pod(self, namespace: str, name: str) -> KubePod:
        """A pod that can be recorded. Raises RecordingError if it is none."""
        title = f"{namespace}/{name}"
        printed = self.run("get", "pod", "-n", namespace, name, "-o", "json", f"--request-timeout={TIMEOUT}")
        try:
            document = json.loads(printed)
            metadata, spec, status = document["metadata"], document["spec"], document.get("status", {})
            uid = metadata["uid"]
        except (ValueError, KeyError, TypeError):
            raise RecordingError(f"kubectl get pod: what it printed about {title} is no pod") from None
        phase, described = status.get("phase", "unknown"), f"kubectl describe pod -n {namespace} {name}"
        if spec.get("hostNetwork"):
            raise RecordingError(
                f"{title}: is on its node's own network (hostNetwork) and has no cali interface; name another, "
                "or run pcapcheck record on the node with the name of an interface"
            )
        if not spec.get("nodeName"):
            raise RecordingError(f"{title}: is on no node yet ({phase}); see {described}")
        if phase in ("Succeeded", "Failed"):
            raise RecordingError(f"{title}: has ended ({phase}) and has no network any more; name one that runs")
        if not status.get("podIP"):
            raise RecordingError(f"{title}: has no address yet ({phase}); see {described}")
        return KubePod(namespace, name, uid, spec["nodeName"], status["podIP"], status.get("hostIP", ""), document)
