"""What kernels count of lost packets: each output as people paste it and as JSON, whole and damaged."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from pcapcheck.errors import StateError
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.values import format_address
from tests.support.states import only, state_of

SECOND = 10**9
CALI = "cali14e7d81007d"
LINKS = f"""root@node1:~# ip -s -s link
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000
    link/ether 0a:58:ac:1f:ba:fa brd ff:ff:ff:ff:ff:ff
    RX:   bytes  packets errors dropped  missed   mcast
    6208102322  9121321      7    1520      33    2402
    RX errors:  length    crc   frame    fifo overrun
                     0      7       0       0       0
    TX:   bytes  packets errors dropped carrier collsns
     812310111  5120121      0      12       3       0
    TX errors: aborted   fifo  window heartbt transns
                     0      0       0       0       2
3: {CALI}@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default
    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netns pod-a
    RX: bytes  packets  errors  dropped overrun mcast
    21270      232      0       0       0       0
    TX: bytes  packets  errors  dropped carrier collsns
    20412      221      0       4       0       0
"""
QUEUES = f"""root@node1:~# tc -s qdisc
qdisc noqueue 0: dev lo root refcnt 2
 Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
qdisc netem 8001: dev {CALI} root refcnt 2 limit 1000 loss 20%
 Sent 4704 bytes 48 pkt (dropped 12, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
qdisc fq_codel 0: dev eth0 root refcnt 2 limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms ecn
 Sent 812310111 bytes 5120121 pkt (dropped 31, overlimits 0 requeues 7)
 backlog 0b 0p requeues 7
  maxpacket 1514 drop_overlimit 31 new_flow_count 1211 ecn_mark 0
qdisc clsact ffff: dev {CALI} parent ffff:fff1
 Sent 840 bytes 10 pkt (dropped 5, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
"""


def counted(text: str, folder: Path) -> list[str]:
    """Every counter that is not zero, in a few words."""
    return [said(counter) for counter in only(state_of(text, folder)).counters if counter.value]


def said(counter: Counter) -> str:
    where = [word for word in (counter.source, counter.dev, counter.direction, counter.kind) if word]
    return f"{' '.join(where)}: {counter.name} {counter.value}" + (
        f" of {counter.passed}" if counter.passed is not None else ""
    )


IN_ETH0 = ["errors 7", "dropped 1520", "missed 33"]
LINK_COUNTERS = [
    *(f"link eth0 in: {counted} of 9121321" for counted in (*IN_ETH0, "crc 7")),
    *(f"link eth0 out: {counted} of 5120121" for counted in ("dropped 12", "carrier 3")),
    f"link {CALI} out: dropped 4 of 221",
]
QUEUE_COUNTERS = [
    f"queue {CALI} out netem 8001:: dropped 12 of 48",
    "queue eth0 out fq_codel 0:: dropped 31 of 5120121",
    f"queue {CALI} in clsact ffff:: dropped 5 of 10",
]


def test_ip_s_s_link(tmp_path: Path) -> None:
    assert counted(LINKS, tmp_path) == LINK_COUNTERS
    assert counted(LINKS.split("\n", 1)[1], tmp_path) == LINK_COUNTERS


def test_what_a_link_counted_changes_nothing_else(tmp_path: Path) -> None:
    host = only(state_of(LINKS, tmp_path))
    assert {name: device.mtu for name, device in host.links.items()} == {"eth0": 1500, CALI: 1500}
    assert host.links[CALI].netns == "pod-a"
    assert state_of(LINKS, tmp_path).problems == []


def test_ip_s_j_link(tmp_path: Path) -> None:
    stats = {
        "rx": {"bytes": 6, "packets": 9121321, "errors": 7, "dropped": 1520, "over_errors": 0, "missed_errors": 33},
        "tx": {"bytes": 8, "packets": 5120121, "errors": 0, "dropped": 12, "carrier_errors": 3, "collisions": 0},
    }
    text = json.dumps([{"ifindex": 2, "ifname": "eth0", "flags": ["UP"], "mtu": 1500, "stats64": stats}])
    wanted = [counted for counted in LINK_COUNTERS if "eth0" in counted and "crc" not in counted]
    assert counted(f"root@node1:~# ip -s -j link\n{text}\n", tmp_path) == wanted
    assert counted(text, tmp_path) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "$ ifconfig eth0\neth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
        "        ether 0a:58:ac:1f:ba:fa  txqueuelen 1000  (Ethernet)\n"
        "        RX packets 900  bytes 102 (102.0 B)\n        RX errors 7  dropped 1520  overruns 33  frame 0\n"
        "        TX packets 800  bytes 102 (102.0 B)\n        TX errors 0  dropped 0 overruns 0  carrier 3\n",
        "$ ifconfig eth0\neth0      Link encap:Ethernet  HWaddr 0a:58:ac:1f:ba:fa\n"
        "          RX packets:900 errors:7 dropped:1520 overruns:33 frame:0\n"
        "          TX packets:800 errors:0 dropped:0 overruns:0 carrier:3\n",
    ],
    ids=["new", "old"],
)
def test_ifconfig(text: str, tmp_path: Path) -> None:
    assert counted(text, tmp_path) == [
        *(f"link eth0 in: {counted} of 900" for counted in ("errors 7", "dropped 1520", "overrun 33")),
        "link eth0 out: carrier 3 of 800",
    ]


def test_proc_net_dev(tmp_path: Path) -> None:
    text = (
        "$ cat /proc/net/dev\nInter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls"
        " carrier compressed\n  eth0: 6208102322  9121321  7 1520 33 0 0 2402 812310111 5120121 0 12 0 0 3 0\n"
    )
    assert counted(text, tmp_path) == [
        *(f"link eth0 in: {counted} of 9121321" for counted in ("errors 7", "dropped 1520", "fifo 33")),
        *(f"link eth0 out: {counted} of 5120121" for counted in ("dropped 12", "carrier 3")),
    ]


def test_tc_s_qdisc(tmp_path: Path) -> None:
    assert counted(QUEUES, tmp_path) == QUEUE_COUNTERS
    assert counted(QUEUES.split("\n", 1)[1], tmp_path) == QUEUE_COUNTERS
    host = only(state_of(QUEUES, tmp_path))
    assert [note.text for note in host.notes_of("netem")] == [CALI]
    assert "of qdisc netem 8001:" in host.counters[1].line.text


def test_tc_s_qdisc_of_one_interface(tmp_path: Path) -> None:
    text = (
        "$ tc -s qdisc show dev eth0\nqdisc tbf 8002: root refcnt 2 rate 1Mbit burst 1600b lat 50ms\n"
        " Sent 9 bytes 9 pkt (dropped 3, overlimits 20 requeues 0)\n"
    )
    assert counted(text, tmp_path) == ["queue eth0 out tbf 8002:: dropped 3 of 9"]


def test_tc_s_j_qdisc(tmp_path: Path) -> None:
    entries: list[dict[str, object]] = [
        {"kind": "netem", "handle": "8001:", "dev": CALI, "root": True, "options": {"limit": 1000, "loss-random": {}}},
        {"kind": "fq_codel", "handle": "0:", "dev": "eth0", "root": True},
        {"kind": "clsact", "handle": "ffff:", "dev": CALI, "parent": "ffff:fff1"},
    ]
    for entry, packets, drops in zip(entries, (48, 5120121, 10), (12, 31, 5), strict=True):
        entry |= {"bytes": 1, "packets": packets, "drops": drops, "overlimits": 0}
    text = json.dumps(entries)
    assert counted(f"# tc -s -j qdisc\n{text}\n", tmp_path) == QUEUE_COUNTERS
    assert counted(text, tmp_path) == QUEUE_COUNTERS


def test_tc_s_filter_with_a_policer(tmp_path: Path) -> None:
    text = (
        f"# tc -s filter show dev {CALI} ingress\n"
        "filter protocol ip pref 49152 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 terminal flowid :1\n"
        "\taction order 1:  police 0x1 rate 8Kbit burst 1Kb mtu 2Kb action drop overhead 0b\n"
        "\tref 1 bind 1 installed 12 sec used 1 sec\n \tAction statistics:\n"
        "\tSent 840 bytes 10 pkt (dropped 8, overlimits 8 requeues 0)\n"
    )
    assert counted(text, tmp_path) == [f"queue {CALI} in police: dropped 8 of 10"]


def test_calicos_programs_are_still_known_by_their_filters(tmp_path: Path) -> None:
    text = f"# tc filter show dev {CALI} ingress\nfilter protocol all pref 1 bpf chain 0 cali_tc_preamble direct\n"
    assert only(state_of(text, tmp_path)).ebpf is not None


CPUS = (
    "cpu=0   \tfound=3 invalid=9 insert=0 insert_failed=2 drop=40 early_drop=40 error=0 search_restart=0\n"
    "cpu=1   \tfound=1 invalid=0 insert=0 insert_failed=0 drop=2 early_drop=2 error=0 search_restart=1\n"
)
TRACKED = ["conntrack: insert_failed 2", "conntrack: drop 42", "conntrack: early_drop 42", "conntrack: invalid 9"]


@pytest.mark.parametrize("before", ["", "# conntrack -S\n"])
def test_conntrack_s(before: str, tmp_path: Path) -> None:
    assert counted(before + CPUS, tmp_path) == TRACKED
    # Pasted twice they are two readings, which are not to be added up.
    assert counted(before + CPUS + CPUS, tmp_path) == 2 * TRACKED


def test_proc_net_stat(tmp_path: Path) -> None:
    text = (
        "# cat /proc/net/stat/nf_conntrack\n"
        "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error"
        "  expect_new expect_create expect_delete search_restart\n"
        f"{' '.join(f'{number:08x}' for number in (12, 0, 3, 0, 9, 0, 0, 0, 0, 2, 40, 40, 0, 0, 0, 0, 0))}\n"
        f"{' '.join(f'{number:08x}' for number in (12, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0))}\n"
    )
    assert counted(text, tmp_path) == TRACKED
    neighbours = (
        "# cat /proc/net/stat/arp_cache\n"
        "entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast"
        " periodic_gc_runs forced_gc_runs unresolved_discards table_fulls\n"
        f"{' '.join(f'{number:08x}' for number in (1024, 1, 1, 1, 1, 1, 0, 0, 0, 1, 9, 3, 10))}\n"
    )
    assert counted(neighbours, tmp_path) == [
        "neighbours 4: table_fulls 10",
        "neighbours 4: unresolved_discards 3",
        "neighbours 4: entries 1024",
    ]


def test_softnet_stat(tmp_path: Path) -> None:
    rows = (
        "00007c0f 0000000a 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n"
        "00000010 00000001 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n"
    )
    for text in (rows, f"# cat /proc/net/softnet_stat\n{rows}"):
        assert counted(text, tmp_path) == [f"backlog: dropped 11 of {0x7C0F + 0x10}"]


def test_ip_ntable(tmp_path: Path) -> None:
    text = (
        "# ip -s ntable show name arp_cache\ninet arp_cache\n    thresh1 128 thresh2 512 thresh3 1024 gc_int 30s\n"
        "    config key_size 4 entry_size 384 entries 1024 last_flush 3s last_rand 2s\n"
        "    stats allocs 2 destroys 1 hash_grows 3 res_failed 0 rcv_probes_mcast 0 table_fulls 12\n"
    )
    host = only(state_of(text, tmp_path))
    assert [said(counter) for counter in host.counters] == [
        "neighbours 4: entries 1024",
        "neighbours 4: table_fulls 12",
    ]
    assert host.sysctls["net.ipv4.neigh.default.gc_thresh3"].value == "1024"


def logged(host: Host) -> list[str]:
    return [
        " ".join([entry.event, entry.dev or "", *map(format_address, entry.addresses)]).strip()
        for entry in host.log
    ]  # fmt: skip


EVENTS = [
    "[24953.987806] nf_conntrack: nf_conntrack: table full, dropping packet",
    "[24954.000001] neighbour: arp_cache: neighbor table overflow!",
    "[24955.000001] IPv4: martian source 10.244.1.11 from 10.244.2.20, on dev eth0",
    "[24956.000001] e1000e 0000:00:19.0 eth0: Detected Hardware Unit Hang:",
    "[24957.000001] NETDEV WATCHDOG: eth1 (igb): transmit queue 0 timed out",
    "[24958.000001] ixgbe 0000:03:00.0 eth0: NIC Link is Down",
]
WANTED = [
    "conntrack-full",
    "neighbours-full",
    "martian eth0 10.244.2.20 10.244.1.11",
    "card-hung eth0",
    "card-hung eth1",
    "link-down eth0",
]


def test_the_kernels_log(tmp_path: Path) -> None:
    noise = "[24953.000000] cali14e7d81007d: left promiscuous mode\n"
    text = f"# grep btime /proc/stat\nbtime 1764380000\n# dmesg | tail\n{noise}" + "\n".join(EVENTS) + "\n"
    host = only(state_of(text, tmp_path))
    assert logged(host) == WANTED
    assert host.booted == 1764380000 * SECOND
    assert host.log[0].uptime == 24953987806000
    assert logged(only(state_of("\n".join(EVENTS), tmp_path))) == WANTED


@pytest.mark.parametrize(
    "line",
    [
        "[Sat Nov 29 01:33:20 2025] nf_conntrack: table full, dropping packet",
        "2025-11-29T01:33:20,000000+00:00 nf_conntrack: table full, dropping packet",
        "2025-11-29T02:33:20+0100 node1 kernel: nf_conntrack: table full, dropping packet",
    ],
)
def test_a_dated_log(line: str, tmp_path: Path) -> None:
    (entry,) = only(state_of(f"# dmesg -T\n{line}\n", tmp_path)).log
    assert entry.time == 1764380000 * SECOND


AT = "root@node1:~# "
ALL = LINKS + QUEUES + f"{AT}conntrack -S\n{CPUS}{AT}dmesg\n" + "\n".join(EVENTS) + "\n"


def hosts(text: str, folder: Path) -> list[Host]:
    """Those that a text tells of, if it tells of any."""
    try:
        return state_of(text, folder).hosts
    except StateError:
        return []


def test_damaged_text_costs_only_what_is_damaged(tmp_path: Path) -> None:
    """Cut anywhere, or with words torn out, it is read without an exception and nothing is made up."""
    # Of two processors one may be cut off.
    whole = {40, *(counter.value for counter in only(state_of(ALL, tmp_path)).counters)}
    chance = random.Random(3)
    for at in range(0, len(ALL), 37):
        for host in hosts(ALL[:at], tmp_path):
            assert all(counter.value in whole or str(counter.value) in ALL[at - 12 : at] for counter in host.counters)
    for _ in range(60):
        words = ALL.split(" ")
        for _ in range(20):
            words[chance.randrange(len(words))] = chance.choice(("", "-1", "9" * 30, "{", "RX:", "dropped", "\0"))
        hosts(" ".join(words), tmp_path)


def test_damaged_json(tmp_path: Path) -> None:
    for entry in (
        {"kind": "netem", "handle": 7, "dev": None, "drops": "many"},
        {"kind": "netem", "handle": [], "dev": "eth0", "drops": -4, "packets": 1e400},
        {"ifname": "eth0", "ifindex": 2, "stats64": {"rx": [1], "tx": {"dropped": "x"}}},
        {"ifname": "eth0", "ifindex": 2, "stats64": 3},
    ):
        for host in hosts(f"# tc -s -j qdisc\n{json.dumps([entry])}\n", tmp_path):
            assert host.counters == []
