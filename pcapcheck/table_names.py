"""The tables by name: what rules and exports choose from."""

FRAMES, ARP, ANSWERS, ECHO, ADDRESSES = "frames", "arp", "answers", "echo", "addresses"
CONNECTIONS = "connections"
DNS = "dns"
PATHS, HOPS = "paths", "hops"
STATE = "state"
TABLES = {
    FRAMES: "one row per frame",
    ARP: "one row per resolution of an address by ARP or neighbour discovery: the requests and their answers",
    ANSWERS: "one row per answer to such a resolution",
    ECHO: "one row per ICMP or ICMPv6 echo request with its replies",
    CONNECTIONS: "one row per attempt at a TCP connection: a SYN with its repeats, and what answered it",
    DNS: "one row per question asked of a DNS server over UDP: a query with its repeats, and what answered it",
    ADDRESSES: "one row per capture point, IP address and MAC that claimed it in ARP or neighbour discovery",
    PATHS: "one row per packet that was followed from capture point to capture point",
    HOPS: "one row per packet seen on two pod links, one after the other",
    STATE: "one row per pod link in a node's state: what is set on the node and in the pod",
}
