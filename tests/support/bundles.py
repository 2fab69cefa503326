"""The lab's states and captures, packed as tools and people pack them."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.lab import CAPTURES

# Names of files -> their content.
Files = dict[str, bytes]
TIME = "20260301091200UTC"


def outputs_of(scenario: str) -> dict[str, dict[str, str]]:
    """What each command printed on each host of a scenario, by the heading of the host."""
    found: dict[str, dict[str, str]] = {}
    host: dict[str, str] = {}
    for block in re.split(r"^(?=### |\$ )", (CAPTURES / scenario / "state.txt").read_text(), flags=re.MULTILINE):
        first, _, rest = block.partition("\n")
        if first.startswith("### "):
            host = found.setdefault(first[4:], {})
        elif first.startswith("$ "):
            host[first[2:]] = rest.strip("\n") + "\n"
    return found


def packets_of(scenario: str) -> Files:
    return {path.name: path.read_bytes() for path in sorted((CAPTURES / scenario).glob("*.pcap*"))}


def nodes_of(scenario: str) -> dict[str, dict[str, str]]:
    return {name.split()[1]: said for name, said in outputs_of(scenario).items() if name.startswith("node ")}


def settings_of(said: Mapping[str, str]) -> dict[str, str]:
    """The settings of a host, by their files."""
    lines = "\n".join(said.values())
    return dict(re.findall(r"^(/proc/sys/net/\S+?):(\S+)$", lines, flags=re.MULTILINE))


def cluster_diags(scenario: str, names: Mapping[str, str] | None = None) -> Files:
    """As ``calicoctl cluster diags``: a folder per node, no settings, nothing from inside pods."""
    files: Files = {}
    for node, said in nodes_of(scenario).items():
        folder = f"calico-diagnostics-20260301_0912/nodes/{(names or {}).get(node, node)}"
        for name, command in {
            "ip-addr": "ip -d addr",
            "ip-link": "ip -d addr",
            "ip-route": "ip -4 route show table all",
            "ip-route-v6": "ip -6 route show table all",
            "ip-rule": "ip -4 rule",
            "ip-neigh": "ip -4 neigh",
        }.items():
            files[f"{folder}/{name}.txt"] = said.get(command, "").encode()
        files[f"{folder}/cni.log.log"] = b"2026-03-01 09:12:01.123 [INFO][1] plugin.go 1: nothing of note\n"
    return files


def node_diags(scenario: str) -> Files:
    """As ``calicoctl node diags`` on the first node."""
    said = next(iter(nodes_of(scenario).values()))
    texts = {
        "hostname": "worker-7\n",
        "date": "Sun Mar  1 09:12:00 UTC 2026\n",
        "ipv4_route": said["ip -4 route show table all"].split("local ", 1)[0],
        "ipv4_addr": said["ip -d addr"],
    }
    return {f"diagnostics/{name}": text.encode() for name, text in texts.items()}


def retina(scenario: str, node: str) -> tuple[str, Files]:
    """The name and the files of Retina's tarball of the first node."""
    said = next(iter(nodes_of(scenario).values()))
    commands = {
        "/usr/sbin/ip -d addr show": (said["ip -d addr"], "IP address configuration"),
        "/usr/sbin/ip -d neighbor show": (said["ip -4 neigh"], "IP neighbor status"),
        "/usr/sbin/ip rule list": (said["ip -4 rule"], "Policy routing list"),
        "/usr/sbin/ip route show table all": (said["ip -4 route show table all"], "Routes of all route tables"),
    }
    listed = "".join(f"{command}({what})\n" for command, (_, what) in commands.items())
    ran = "".join(f"{command}\n\n{text}" for command, (text, _) in commands.items())
    files = {"ip-resources.txt": f"Summary:\n\n{listed}\nExecute:\n\n{ran}".encode(), "tcpdump.log": b"3 packets\n"}
    for path, value in settings_of(said).items():
        files[path.replace("/proc/sys/net", "proc-sys-net")] = f"{value}\n".encode()
    return f"retina-capture-{node}-{TIME}.tar.gz", files


def sosreport(scenario: str, node: str) -> Files:
    """As ``sos report``, with what the pods' network namespaces show."""
    hosts = outputs_of(scenario)
    said = next(said for name, said in hosts.items() if name.startswith("node "))
    top = f"sosreport-{node}-2026-03-01-abcdefg"
    files = {
        "sos_commands/networking/ip_-d_address": said["ip -d addr"],
        "sos_commands/networking/ip_route_show_table_all": said["ip -4 route show table all"],
        "sos_commands/networking/ip_-4_rule": said["ip -4 rule"],
        "sos_commands/networking/ip_neigh_show": said["ip -4 neigh"],
        "sos_commands/kernel/sysctl_-a": "".join(
            f"{path.removeprefix('/proc/sys/').replace('/', '.')} = {value}\n"
            for path, value in settings_of(said).items()
        ),
        "sos_commands/process/ps_auxwww": "USER PID COMMAND\nroot 1 init\n",
    }
    for name, inside in hosts.items():
        if not name.startswith("node "):
            space = name.split()[-1]
            folder = f"sos_commands/networking/namespaces/{space}/ip_netns_exec_{space}_"
            files[f"{folder}ip_-d_address_show"] = inside["ip -d addr"]
            files[f"{folder}ip_route_show_table_all"] = inside["ip -4 route show table all"]
    return {f"{top}/{name}": text.encode() for name, text in files.items()}


def by_hand(scenario: str, form: str, names: Mapping[str, str] | None = None) -> Files:
    """Files as people name them: ``form`` holds NODE and WHAT."""
    files: Files = {}
    for node, said in nodes_of(scenario).items():
        texts = {
            "ip-addr": said["ip -d addr"],
            "ip-route": said["ip -4 route show table all"],
            "ip-neigh": said["ip -4 neigh"],
            "sysctl": "".join(f"{path}:{value}\n" for path, value in settings_of(said).items()),
        }
        for what, text in texts.items():
            name = form.replace("NODE", (names or {}).get(node, node)).replace("WHAT", what)
            files[name] = text.encode()
    return files


def folder(files: Files, path: Path) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def packed(files: Files, compression: str = "gz") -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    mode = f"w:{compression}" if compression in ("gz", "bz2", "xz", "") else "w"
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
