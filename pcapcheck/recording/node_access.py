"""How the nodes of a cluster are reached: by a job that kubectl runs commands in, or by ssh."""

from __future__ import annotations

from pcapcheck.recording.cluster_access import Kubectl
from pcapcheck.recording.command_place import CommandPlace, over_ssh
from pcapcheck.recording.node_job import NAMESPACE, NODE_ROOT, NodeJob

KUBECTL, SSH = "kubectl", "ssh"


class SshAccess:
    """Over ssh, by the node's name: ~/.ssh/config may say where that is and who logs in."""

    def network_of(self, node: str) -> CommandPlace:
        """The node itself."""
        return over_ssh(node)

    def files_of(self, node: str) -> CommandPlace:
        """The node itself."""
        return over_ssh(node)

    def close(self) -> None:
        """There is nothing to take away."""


class JobAccess:
    """A job per node. With ``is_dry`` none is made: the places are only there to be shown."""

    def __init__(
        self, kubectl: Kubectl, image: str, limit: int, namespace: str = NAMESPACE, is_dry: bool = False
    ) -> None:
        self.kubectl = kubectl
        self.image = image
        self.limit = limit
        self.namespace = namespace
        self.is_dry = is_dry
        self.jobs: dict[str, NodeJob] = {}

    def network_of(self, node: str) -> CommandPlace:
        """The node's network, in the job's pod."""
        if node not in self.jobs:
            # Noted first, so that it is deleted whatever comes of its making.
            job = self.jobs[node] = NodeJob(self.kubectl, node, self.image, self.limit, self.namespace)
            if not self.is_dry:
                job.create()
        return self.jobs[node].place

    def files_of(self, node: str) -> CommandPlace:
        """The node's own files and tools, in its network."""
        return self.network_of(node).entered(f"node {node}", "chroot", NODE_ROOT)

    def close(self) -> None:
        """Delete the jobs."""
        for job in self.jobs.values():
            if not self.is_dry:
                job.delete()
