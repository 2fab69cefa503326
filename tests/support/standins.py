"""Stand-ins for kubectl and ssh: they check their words, and run the real commands in network namespaces.

They read what they know from a folder: ``pods/NAMESPACE.NAME.json`` and ``nodes/NODE``, which holds the name of the
node's network namespace. What they are called with goes to ``calls``, a call a line; jobs are files in ``jobs``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KUBECTL = """
import json, os, pathlib, sys
home = pathlib.Path(__file__).resolve().parent.parent
words = sys.argv[1:]
with (home / "calls").open("a") as calls:
    calls.write(" ".join(["kubectl", *words])[:400].replace("\\n", " ") + "\\n")
def fail(said, code=1):
    print(said, file=sys.stderr)
    sys.exit(code)
if words[:1] == ["--context"]:
    if words[1] != "lab":
        fail(f'error: context "{words[1]}" does not exist')
    words = words[2:]
if (home / "down").exists():
    fail("The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?")
verb = words[0]
if verb == "get" and words[1] == "pod" and "-n" in words and words[-2:] != ["-o", "json"] and "-l" not in words:
    space, name = words[3], words[4]
    assert words[2] == "-n" and words[5:7] == ["-o", "json"], words
    path = home / "pods" / f"{space}.{name}.json"
    if not path.exists():
        fail(f'Error from server (NotFound): pods "{name}" not found')
    print(path.read_text())
elif verb == "get":
    print("ErrImagePull")
elif verb == "create":
    assert words[1:] == ["-n", "default", "-f", "-"], words
    if (home / "forbidden").exists():
        fail("Error from server (Forbidden): jobs.batch is forbidden: User cannot create resource jobs")
    job = json.load(sys.stdin)
    pod = job["spec"]["template"]["spec"]
    assert job["kind"] == "Job" and pod["hostNetwork"] and pod["hostPID"] and job["spec"]["activeDeadlineSeconds"] > 0
    assert job["spec"]["ttlSecondsAfterFinished"] >= 0
    (home / "jobs" / job["metadata"]["name"]).write_text(pod["nodeName"])
    print(f'job.batch/{job["metadata"]["name"]} created')
elif verb == "wait":
    label = words[words.index("-l") + 1]
    job = home / "jobs" / label.removeprefix("job-name=")
    assert job.exists(), label
    first = home / "jobs" / (job.name + ".waited")
    if not first.exists():
        first.touch()
        fail("error: no matching resources found")
    print("pod/x condition met")
elif verb == "exec":
    assert words[1:4] == ["-i", "-n", "default"] and words[5] == "--", words
    job = home / "jobs" / words[4].removeprefix("job/")
    if not job.exists():
        fail("Error from server (NotFound): jobs.batch not found")
    command = words[6:]
    if command[:2] == ["chroot", "/host"]:
        command = command[2:]
    netns = (home / "nodes" / job.read_text()).read_text().strip()
    os.execvp("ip", ["ip", "netns", "exec", netns, *command])
elif verb == "delete":
    assert words[1:4] == ["job", "-n", "default"], words
    (home / "jobs" / words[4]).unlink()
    (home / "jobs" / (words[4] + ".waited")).unlink(missing_ok=True)
else:
    fail(f"error: unknown command {verb}")
"""
SSH = """
import os, pathlib, sys
home = pathlib.Path(__file__).resolve().parent.parent
words = sys.argv[1:]
with (home / "calls").open("a") as calls:
    calls.write(" ".join(["ssh", *words])[:400].replace("\\n", " ") + "\\n")
options = []
while words[0].startswith("-"):
    if words[0] == "-o":
        options.append(words[1])
        words = words[2:]
    else:
        words = words[1:]
assert "BatchMode=yes" in options, options
host, command = words
node = home / "nodes" / host
if not node.exists():
    print(f"ssh: Could not resolve hostname {host}: Name or service not known", file=sys.stderr)
    sys.exit(255)
if (home / "no-key").exists():
    print(f"root@{host}: Permission denied (publickey,password).", file=sys.stderr)
    sys.exit(255)
os.execvp("ip", ["ip", "netns", "exec", node.read_text().strip(), "sh", "-c", command])
"""
# Where a process is put so that its cgroup shows which pod it is of.
CGROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))


class Standins:
    """The folder of the stand-ins, and what they know."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "pods", "nodes", "jobs"):
            (folder / name).mkdir(parents=True)
        (folder / "calls").touch()
        for name, text in (("kubectl", KUBECTL), ("ssh", SSH)):
            path = folder / "bin" / name
            path.write_text(f"#!{sys.executable}\n{text}")
            path.chmod(0o755)

    @property
    def path(self) -> str:
        """A PATH that finds them first."""
        return f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    @property
    def jobs(self) -> list[str]:
        """The jobs that are left."""
        return sorted(path.name for path in (self.folder / "jobs").iterdir())

    def node(self, name: str, netns: str) -> None:
        (self.folder / "nodes" / name).write_text(netns)

    def pod(self, name: str, uid: str = "", *, namespace: str = "default", **changes: object) -> None:
        """A pod as the API server describes it; ``changes`` are fields of its spec and status."""
        spec = {"nodeName": changes.pop("nodeName", "node-1"), "hostNetwork": changes.pop("hostNetwork", False)}
        status = {"phase": "Running", "podIP": "10.244.1.10", "hostIP": "172.31.186.250", **changes}
        document = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "uid": uid or f"uid-of-{name}"},
            "spec": {key: value for key, value in spec.items() if value},
            "status": {key: value for key, value in status.items() if value is not None},
        }
        (self.folder / "pods" / f"{namespace}.{name}.json").write_text(json.dumps(document))


@contextmanager
def process_of_pod(netns: str, uid: str) -> Iterator[subprocess.Popen[bytes] | None]:
    """A process in a pod's network whose cgroup is named after the pod; None where no cgroup can be made."""
    base = next((path for path in CGROUPS if (path / "cgroup.procs").exists()), None)
    if base is None:
        yield None
        return
    group = base / f"kubepods-pod{uid}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    process = subprocess.Popen(["ip", "netns", "exec", netns, "sleep", "600"])
    try:
        (group / "cgroup.procs").write_text(str(process.pid))
        yield process
    finally:
        process.kill()
        process.wait()
        group.rmdir()
