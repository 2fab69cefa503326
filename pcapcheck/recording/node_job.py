"""A job that keeps a pod on a node's own network, for kubectl to run commands in.

``kubectl debug node/NAME`` makes such a pod too, but leaves it behind for ever. A job has a deadline, after which
Kubernetes ends it, and a time to live, after which it deletes it (Kubernetes: Jobs, TTL mechanism), so that nothing
stays even if nobody is left who could delete it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from typing import Any

from pcapcheck.errors import RecordingError
from pcapcheck.recording.cluster_access import Kubectl
from pcapcheck.recording.command_place import CommandPlace

IMAGE = "nicolaka/netshoot"
NAMESPACE = "default"
# Seconds for the image to be pulled and the pod to run.
TO_START = 120.0
PAUSE = 0.5
NO_POD = "Kubernetes made none"
# Where the pod has the node's files.
NODE_ROOT = "/host"


class NodeJob:
    """A job on a node. It is deleted by ``delete``, and by Kubernetes after ``limit`` seconds."""

    def __init__(self, kubectl: Kubectl, node: str, image: str, limit: int, namespace: str = NAMESPACE) -> None:
        self.kubectl = kubectl
        self.node = node
        self.image = image
        self.limit = limit
        self.namespace = namespace
        self.name = f"pcapcheck-record-{os.getpid()}-{secrets.token_hex(3)}"

    @property
    def place(self) -> CommandPlace:
        """The node's network, with the tools of the image."""
        reach = self.kubectl.argv("exec", "-i", "-n", self.namespace, f"job/{self.name}", "--")
        return CommandPlace(f"node {self.node}", self.node, tuple(reach))

    @property
    def manifest(self) -> dict[str, Any]:
        """What Kubernetes is given: a pod with the node's network, processes and files, as kubectl debug makes."""
        mount = {"name": "node", "mountPath": NODE_ROOT}
        container = {
            "name": "recorder",
            "image": self.image,
            "command": ["sleep", str(self.limit)],
            "securityContext": {"privileged": True, "runAsUser": 0},
            "volumeMounts": [mount],
        }
        pod = {
            "nodeName": self.node,
            "hostNetwork": True,
            "hostPID": True,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "tolerations": [{"operator": "Exists"}],
            "containers": [container],
            "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
        }
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": {"app": "pcapcheck-record"}},
            "spec": {
                "backoffLimit": 0,
                "activeDeadlineSeconds": self.limit,
                "ttlSecondsAfterFinished": 10,
                "template": {"metadata": {"labels": {"app": "pcapcheck-record"}}, "spec": pod},
            },
        }

    def create(self) -> None:
        """Create it and wait until its pod runs. Raises RecordingError if it does not."""
        self.kubectl.run("create", "-n", self.namespace, "-f", "-", given=json.dumps(self.manifest))
        deadline = time.monotonic() + TO_START
        chosen = ("-n", self.namespace, "-l", f"job-name={self.name}")
        while True:
            try:
                self.kubectl.run("wait", "--for=condition=Ready", "pod", *chosen, "--timeout=5s")
                return
            except RecordingError as error:
                # Until the controller has made the pod there is nothing to wait for.
                if time.monotonic() > deadline or not re.search("no matching|timed out", str(error)):
                    why = self._why(chosen) or (NO_POD if "no matching" in str(error) else str(error))
                    raise RecordingError(
                        f"node {self.node}: no pod with {self.image} runs there: {why}; see that the image can be "
                        "pulled (--image) and that the namespace allows privileged pods (--namespace), or use --via ssh"
                    ) from None
            time.sleep(PAUSE)

    def _why(self, chosen: tuple[str, ...]) -> str:
        reason = "{.items[*].status.containerStatuses[*].state.waiting.reason}"
        try:
            return self.kubectl.run("get", "pod", *chosen, "-o", f"jsonpath={reason}").strip()
        except RecordingError:
            return ""

    def delete(self) -> None:
        """Delete it; what cannot be deleted ends by its deadline."""
        with contextlib.suppress(RecordingError):
            self.kubectl.run("delete", "job", "-n", self.namespace, self.name, "--wait=false", "--ignore-not-found")
