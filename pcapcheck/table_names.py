"""The tables by name: what rules and exports choose from."""

FRAMES, ARP, ANSWERS, ECHO, ADDRESSES = "frames", "arp", "answers", "echo", "addresses"
CONNECTIONS = "connections"
TRANSFERS = "transfers"
DNS = "dns"
PATHS, HOPS = "paths", "hops"
STATE = "state"
TABLES = {
    FRAMES: "one row per frame",
    ARP: "one row per address resolution by ARP or neighbour discovery: the requests and their answers",
    ANSWERS: "one row per answer to an address resolution",
    ECHO: "one row per ICMP or ICMPv6 echo request, with its replies",
    CONNECTIONS: "one row per TCP connection attempt: a SYN, its retransmissions and the answer",
    TRANSFERS: "one row per TCP connection that went beyond its handshake: data, repeats, how it ended",
    DNS: "one row per question to a DNS server over UDP: a query, its retries and the response",
    ADDRESSES: "one row per capture point, IP address and MAC that claimed the address in ARP or neighbour discovery",
    PATHS: "one row per packet followed from capture point to capture point",
    HOPS: "one row per packet and pair of pod links that it was seen on one after the other",
    STATE: "one row per pod link in a node's state: its settings on the node and in the pod",
}
