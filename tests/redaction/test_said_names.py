"""Names in what programs print and people type: a stranger who looks for the original names finds none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.capture.text import test_pktmon as pktmon
from tests.redaction.test_text_redaction import redact
from tests.support.lab import CAPTURES
from tests.support.redacted import analyzed, comes_to, found_in, redacted

# None of these words may be found afterwards.
NAMES = "gandalf frodo bilbo samwise smaug mordor rivendell zorknet joeuser payments billingapi billing-api"
SAID = {
    "names of network namespaces": "$ ip netns\nmordor\nzorknet (id: 3)\n$ ip netns list\nrivendell\n",
    "a folder of namespaces": "# ls /var/run/netns\nmordor  rivendell\n# nsenter --net=/var/run/netns/zorknet ip r\n",
    "a command in a namespace": "# ip netns exec mordor ip a\n# ip -n rivendell route\n",
    "nslookup": "Server:\t\tsmaug\nAddress:\t10.0.0.53#53\n\nName:\tgandalf\nAddress: 10.0.0.5\n",
    "nslookup of an alias": "gandalf\tcanonical name = frodo.\nName:   frodo\nAddresses:  10.0.0.5\n",
    "dig": ";gandalf.\t\t\tIN\tA\n\n;; ANSWER SECTION:\nfrodo.\t\t300\tIN\tCNAME\tbilbo.\n",
    "host": "gandalf has address 10.0.0.5\nfrodo is an alias for bilbo.\nHost smaug not found: 3(NXDOMAIN)\n",
    "host of an address": "5.0.0.10.in-addr.arpa domain name pointer samwise.\n",
    "Cisco": "gandalf#show arp\nfrodo>enable\nbilbo(config-if)#no shutdown\nsamwise>show ip route\n",
    "Junos": "joeuser@gandalf> show arp\n",
    "MikroTik": "[joeuser@frodo] > /ip arp print\n",
    "zsh": "joeuser@gandalf ~ % ip a\n",
    "macOS": "gandalf:~ joeuser$ netstat -rn\n",
    "an environment": "(venv) joeuser@gandalf:~/src (main)$ ip a\n",
    "Kali": "┌──(joeuser㉿gandalf)-[~]\n└─$ ip a\n",
    "bare prompts": "gandalf% ip a\nfrodo$ ip r\nbilbo# ip r\nsamwise:/# ip r\n",
    "Windows": "PS C:\\Users\\joeuser> ipconfig\n",
    "events": "Successfully assigned payments/billingapi to gandalf\nNode frodo status is now: NodeNotReady\n",
    "an event's object": "2m  Warning  Unhealthy  pod/billingapi  Readiness probe failed\n",
    "errors": 'nodes "frodo" not found\npods "billingapi" is forbidden: User "joeuser" cannot get it\n',
    "klog": "I1130 01:02:03.123456       1 foo.go:1] Syncing pod payments/billing-api\n",
    "a log's words": 'Failed to create sandbox for pod "billingapi" in namespace "payments"\n',
    "prose with marks": "the pod billing-api-7d9 on node gandalf-7 cannot reach host frodo-3\n",
    "LLDP": "SysName: gandalf\n  System Name:      frodo\n",
    "arp": "gandalf ether 0a:58:0a:00:00:06 C eth0\n",
    "hostname": "$ hostname\ngandalf\n$ whoami\njoeuser\n$ id\nuid=1000(joeuser) gid=1000(joeuser)\n",
    "who": "joeuser  pts/0        2026-11-30 01:02 (gandalf)\n",
    "ssh": "$ ssh joeuser@gandalf\n$ scp x joeuser@frodo:/tmp\nWarning: Permanently added 'bilbo' (ED25519)\n",
    "the end of ssh": "Connection to samwise closed.\nssh: connect to host smaug port 22: Connection refused\n",
    "a URL": "curl http://gandalf:8080/x\n",
    "variables": "NODE_NAME=gandalf\nexport NODENAME=bilbo\nCALICO_NODENAME: samwise\n",
    "a list of one column": "$ calicoctl get nodes\nNAME\ngandalf\nfrodo\n",
    "an endpoint of Calico": "gandalf-k8s-billingapi-eth0\n",
    "a filter": "# tcpdump -ni eth0 icmp and host gandalf\n",
}


@pytest.mark.parametrize("kind", SAID)
def test_no_name_is_left(kind: str) -> None:
    text = SAID[kind]
    new = redact(text)
    left = [name for name in NAMES.split() if re.search(rf"(?<![A-Za-z0-9]){name}(?![A-Za-z0-9])", new)]
    assert left == [], new
    assert new.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "line",
    [
        "the node does not answer and the pod cannot ping its host",
        "3: cali14e7d@if4: <BROADCAST> mtu 1500 link-netnsid 0",
        "eth0@if7: <BROADCAST,MULTICAST>",
        "image: registry.k8s.io/pause@sha256:abc",
        "node/pod networking, net/ipv4/conf",
        "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netns default",
    ],
)
def test_words_stay(line: str) -> None:
    assert re.sub(r"cali[0-9a-f]+", "cali", redact(line)) == re.sub(r"cali[0-9a-f]+", "cali", line)


@pytest.mark.slow
def test_a_name_that_only_a_listing_shows_is_replaced_in_prose(tmp_path: Path) -> None:
    """With a whole state around it, which comes to the same."""
    folder = tmp_path / "case"
    shutil.copytree(CAPTURES / "proxy-arp-off", folder)
    state = folder / "state.txt"
    state.write_text(f"gandalf#show arp\n{state.read_text()}\nI asked gandalf, and he is silent.\n")
    files = sorted(folder.iterdir())
    new = redacted(files)
    assert comes_to(analyzed(new)) == comes_to(analyze(*files))
    for file in new:
        assert file.content is not None
        with file.content.open() as stream:
            assert found_in(stream.read(), {"gandalf"}) == set()


def test_what_pktmon_prints_is_redacted(tmp_path: Path) -> None:
    """MACs with dashes, addresses, times of its own; the packets stay what they are."""
    text = "".join(pktmon.seen(where, number) for number in (1, 2, 3) for where in (38, 9))
    text += pktmon.seen(85, 4, "VFP policy")
    path = tmp_path / "PktMon.txt"
    path.write_bytes(text.encode())
    (file,) = redacted([path])
    assert comes_to(analyzed([file])) == comes_to(analyze(path))
    assert file.content is not None
    with file.content.open() as stream:
        data = stream.read()
    words = {b"10.244.3.", b"00-15-5D-01-6B-05", b"6B-06"}
    assert [word for word in words if word in data] == []
    assert data.count(b"VFP policy") == 1
