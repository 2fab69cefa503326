"""Random rules of nft and iptables, about packets that go from pod A by cali-a to pod B by cali-b, or nearly so."""

from __future__ import annotations

from random import Random

A, B, OTHER = "10.244.1.10", "10.244.1.11", "10.99.0.7"
A6, B6 = "fd00::10", "fd00::11"
IN, OUT = "cali0000000000a", "cali0000000000b"
NAMES = (IN, OUT, "eth0")
PORTS = (53, 80, 8080)


class Nft:
    """A table inet with base chains, chains that are jumped to, sets and a map of verdicts.

    ``doubtful``: with conditions that no packet shows.
    """

    def __init__(self, random: Random, doubtful: bool) -> None:
        self.random = random
        self.doubtful = doubtful

    def text(self) -> str:
        random = self.random
        lines = ["table inet t {"]
        hosts = "10.244.1.0/28, 10.99.0.0-10.99.0.255"
        lines.append(f"set hosts {{ type ipv4_addr; flags interval; elements = {{ {hosts} }} }}")
        lines.append(f"set pairs {{ type ipv4_addr . inet_service; elements = {{ {B} . 80, {A} . 53 }} }}")
        chains = [f"c{number}" for number in range(3)]
        for at, name in enumerate(chains):
            lines += [f"chain {name} {{", *self._rules(chains[:at]), "}"]
        for hook in random.sample(["prerouting", "input", "forward", "output", "postrouting"], random.randint(1, 4)):
            priority = random.choice(["-300", "-150", "-10", "0", "10"])
            policy = random.choice(["accept", "accept", "drop"]) if hook == "forward" else "accept"
            lines.append(f"chain {hook} {{ type filter hook {hook} priority {priority}; policy {policy};")
            lines += [*self._rules(chains, hook), "}"]
        return "\n".join([*lines, "}", *self._other_table()])

    def _other_table(self) -> list[str]:
        """A second table, whose chains stand before, between and behind those of the first."""
        random = self.random
        lines = ["table ip u {", "chain empty {", "}"]
        for number in range(random.randint(0, 2)):
            hook = random.choice(["prerouting", "forward", "forward", "postrouting"])
            priority = random.choice(["-300", "-10", "0", "5"])
            lines.append(f"chain b{number} {{ type filter hook {hook} priority {priority}; policy accept;")
            some = [
                rule for rule in self._rules(["empty"], hook) if not any(word in rule for word in ("ip6", "v6", "@"))
            ]
            if hook == "prerouting":
                some += [random.choice(["ip protocol icmp counter notrack", "udp dport 80 notrack", "counter notrack"])]
            if self.doubtful:
                some += [f"{self._draw(hook)} counter {random.choice(['drop', 'accept', 'return'])}"]
            random.shuffle(some)
            lines += [*(rule for rule in some if "nfproto" not in rule), "}"]
        if random.random() < 0.3:
            lines.append("chain nat { type nat hook prerouting priority dstnat;")
            lines.append(f"tcp dport {random.choice(['8080', '80'])} counter dnat to {B}:{random.choice([80, 53])}")
            lines += [f"meta l4proto {random.choice(['icmp', 'udp'])} counter dnat to {B}", "}"]
        return [*lines, "}"]

    def _draw(self, hook: str) -> str:
        """What ends a rule for some packets only, or asks what no packet tells."""
        return self.random.choice(
            [
                "rt mtu 1-9000" if hook != "prerouting" else "fib saddr . iif oif missing",
                "fib daddr type local",
                "@th,0,16 1-9999",
                "ip id 0-40000",
            ]
        )

    def _rules(self, chains: list[str], hook: str = "") -> list[str]:
        return [self._rule(chains, hook) for _ in range(self.random.randint(0, 5))]

    def _rule(self, chains: list[str], hook: str) -> str:
        random = self.random
        if random.random() < 0.1:
            keys = random.choice(["vmap { new : accept, established : drop }", "vmap { new : drop, invalid : drop }"])
            return f"ct state {keys}"
        if random.random() < 0.07 and chains:
            jump = random.choice(chains)
            return f"iifname vmap {{ {IN} : jump {jump}, {OUT} : drop }}"
        matches: list[str] = []
        for match in (self._match(hook) for _ in range(random.choice([0, 1, 1, 2, 3]))):
            # nft refuses what cannot be both.
            if not any(_exclude(match, other) for other in matches):
                matches.append(match)
        verdicts = ["drop", "drop", "accept", "return", "meta mark set 0x10", "meta mark set meta mark or 0x4", ""]
        verdicts += [f"{how} {chain}" for chain in chains for how in ("jump", "goto")]
        return " ".join([*matches, "counter", random.choice(verdicts)])

    def _match(self, hook: str) -> str:
        random = self.random
        no = random.choice(["", "", "!= "])
        some = [
            f"ip saddr {no}{random.choice([A, B, OTHER, '10.244.1.0/24', f'{{ {A}, {OTHER} }}', '@hosts'])}",
            f"ip daddr {no}{random.choice([A, B, OTHER, '10.244.1.8-10.244.1.12', '@hosts'])}",
            f"ip6 daddr {no}{random.choice([A6, B6, 'fd00::/64'])}",
            f"meta l4proto {no}{random.choice(['tcp', 'udp', 'icmp', '{ tcp, udp }', 'ipv6-icmp'])}",
            f"ip protocol {no}{random.choice(['tcp', 'icmp'])}",
            f"tcp dport {no}{random.choice(['80', '{ 22, 80-90 }', '1-1023', '8080'])}",
            f"udp dport {no}{random.choice(['53', '80'])}",
            f"th dport {random.choice(['> 100', '<= 80', '53'])}",
            f"icmp type {no}{random.choice(['echo-request', 'echo-reply', '{ echo-request, 13 }'])}",
            f"icmpv6 type {no}{random.choice(['echo-request', 'echo-reply'])}",
            f"ct state {no}{random.choice(['new', 'established', 'invalid', 'new,established', 'untracked'])}",
            f"ct state {random.choice(['! new,established', '!= { new, untracked }', '{ new, invalid }'])}",
            f"iifname {no}{random.choice([IN, OUT, chr(34) + 'cali*' + chr(34), '{ eth0, ' + IN + ' }'])}",
            f"meta mark {random.choice(['0x10', '0', '!= 0x10', '& 0x4 == 0x4', 'and 0x10 == 0'])}",
            f"tcp flags {random.choice(['syn / fin,syn,rst,ack', 'ack', '& (syn|ack) == syn', '!= syn', 'syn'])}",
            f"ip daddr . tcp dport {no}{random.choice(['@pairs', f'{{ {B} . 80, {B} . 443 }}'])}",
            f"meta nfproto {random.choice(['ipv4', 'ipv6'])}",
        ]
        if hook in ("", "forward", "postrouting", "prerouting", "input"):
            some += [f"oifname {no}{random.choice([*NAMES, chr(34) + 'cali*' + chr(34)])}"] * 2
        if self.doubtful:
            some += ["ip ttl < 64", "meta length 0-2000", "ip dscp cs1", "meta pkttype broadcast", "ct mark 0"]
            some += ["numgen random mod 2 < 1", "meta cpu 0-1", "limit rate 1/hour burst 1 packets"]
            some += ["meta nfproto ipv4 counter ip ttl 64", "ct status dnat"]
        return random.choice(some)


def _exclude(match: str, other: str) -> bool:
    """Whether two conditions may contradict each other: of two protocols, of two families, or of one field."""
    return any(a and b and (a != b or key) for (a, key), (b, _) in zip(_about(match), _about(other), strict=True))


def _about(match: str) -> list[tuple[str, bool]]:
    """The protocol, the family and the field of a condition, and whether two of the kind are one too many."""
    first, second = match.split()[:2]
    upper = first in ("tcp", "udp", "th", "icmp", "icmpv6") or second in ("l4proto", "protocol") or ". tcp" in match
    family = {"ip": "4", "icmp": "4", "ip6": "6", "icmpv6": "6"}.get(first, match if second == "nfproto" else "")
    return [("upper" if upper else "", True), (family, False), (f"{first} {second}", False)][:2]


# Modules whose conditions no packet of a capture answers, or that are not understood.
UNKNOWN = (
    "-m connmark --mark 0x1/0x1",
    "-m connmark ! --mark 0x1/0x1",
    "-m u32 --u32 0x0&0xf0000000=0x40000000",
    "-m string --string xx --algo bm",
    "-m string ! --string -j --algo bm",
    "-m statistic --mode random --probability 0.5",
    "-m statistic --mode nth --every 2 --packet 0",
    "-m limit --limit 1/hour --limit-burst 1",
    "-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name x",
    "-m recent --name r --set",
    "-m addrtype --dst-type LOCAL",
    "-m addrtype ! --dst-type LOCAL",
    "-m addrtype --src-type UNICAST",
    "-m length --length 0:100",
    "-m ttl --ttl-lt 64",
    "-m conntrack --ctstatus DNAT",
    "-m physdev --physdev-is-bridged",
    "-m policy --dir in --pol none",
    "-m pkttype --pkt-type unicast",
    "-m time --timestart 00:00 --timestop 12:00",
)


class Iptables:
    """The tables raw, mangle and filter for ``iptables-restore``."""

    def __init__(self, random: Random, doubtful: bool = False) -> None:
        self.random = random
        self.doubtful = doubtful

    def text(self) -> str:
        random = self.random
        lines = ["*raw", ":PREROUTING ACCEPT [0:0]"]
        if random.random() < 0.4:
            lines.append(f"-A PREROUTING {random.choice(['-p icmp', '-p udp', '-p tcp --dport 80'])} -j CT --notrack")
        lines.append("COMMIT")
        for table, hooks in (("mangle", ["PREROUTING", "FORWARD", "POSTROUTING"]), ("filter", ["INPUT", "FORWARD"])):
            lines.append(f"*{table}")
            lines += [f":{hook} {random.choice(['ACCEPT', 'ACCEPT', 'DROP'])} [0:0]" for hook in hooks]
            chains = [f"{table}{number}" for number in range(2)]
            lines += [f":{chain} - [0:0]" for chain in chains]
            for at, chain in enumerate(chains):
                lines += [self._rule(chain, chains[:at], table) for _ in range(random.randint(0, 4))]
            for hook in hooks:
                lines += [self._rule(hook, chains, table) for _ in range(random.randint(0, 4))]
            lines.append("COMMIT")
        return "\n".join([*lines, ""])

    def _rule(self, chain: str, chains: list[str], table: str) -> str:
        random = self.random
        protocol = random.choice(["", "-p tcp", "-p udp", "-p icmp", "! -p tcp"])
        matches = [protocol, *(self._match(protocol, chain) for _ in range(random.choice([0, 1, 1, 2])))]
        # Each option once.
        once = {match.replace("! ", "").split()[0] if match else "": match for match in matches}
        verdicts = ["-j DROP", "-j DROP", "-j ACCEPT", "-j RETURN", ""]
        if table == "mangle":
            verdicts += ["-j MARK --set-xmark 0x10/0x10", "-j MARK --set-xmark 0x4/0xffffffff"]
        verdicts += [f"{how} {chain}" for chain in chains for how in ("-j", "-g")]
        if self.doubtful and random.random() < 0.4:
            matches.append(random.choice(UNKNOWN))
        return " ".join(["-A", chain, *filter(None, once.values()), random.choice(verdicts)])

    def _match(self, protocol: str, chain: str) -> str:
        random = self.random
        no = random.choice(["", "", "! "])
        some = [
            f"{no}-s {random.choice([A, B, '10.244.1.0/24'])}",
            f"{no}-d {random.choice([A, B, OTHER])}",
            f"-m conntrack {no}--ctstate {random.choice(['NEW', 'ESTABLISHED', 'INVALID,NEW', 'UNTRACKED'])}",
            f"-m mark {no}--mark {random.choice(['0x10/0x10', '0x0', '0x4'])}",
            f"-m iprange {no}--dst-range 10.244.1.11-10.244.1.20",
        ]
        if chain not in ("POSTROUTING",) and not chain[-1].isdigit():
            some.append(f"{no}-i {random.choice([IN, OUT, 'cali+'])}")
        if chain in ("FORWARD", "POSTROUTING"):
            some.append(f"{no}-o {random.choice([IN, OUT, 'cali+', 'eth0'])}")
        if protocol in ("-p tcp", "-p udp"):
            some += [f"-m {protocol[3:]} {no}--dport {random.choice(['80', '53', '1:100'])}"]
            some += [f"-m multiport {no}--dports 22,80:90"]
        if protocol == "-p tcp":
            some += [f"-m tcp {no}--tcp-flags FIN,SYN,RST,ACK SYN"]
        if protocol == "-p icmp":
            some += [f"-m icmp {no}--icmp-type {random.choice(['8', '0', '3/3'])}"]
        return random.choice(some)
