"""The tables by name: what rules and exports choose from."""

FRAMES, ARP, ANSWERS, ECHO, ADDRESSES = "frames", "arp", "answers", "echo", "addresses"
CONNECTIONS = "connections"
TRANSFERS = "transfers"
DNS = "dns"
ASSOCIATIONS, DATAGRAMS = "associations", "datagrams"
# Questions that are paired with their answers.
PAIRED = (ECHO, CONNECTIONS, ASSOCIATIONS, DNS, DATAGRAMS)
# Those that are distinguished by the port that was asked.
ASKED_BY_PORT = (CONNECTIONS, ASSOCIATIONS, DATAGRAMS)
PATHS, HOPS = "paths", "hops"
STATE = "state"
TABLES = {
    FRAMES: "one row per frame",
    ARP: "one row per address resolution by ARP or neighbour discovery: the requests and their answers",
    ANSWERS: "one row per answer to an address resolution",
    ECHO: "one row per ICMP or ICMPv6 echo request, with its replies",
    CONNECTIONS: "one row per TCP connection attempt: a SYN, its retransmissions and the answer",
    TRANSFERS: "one row per TCP connection that went beyond its handshake: data, repeats, how it ended",
    ASSOCIATIONS: "one row per attempt at an SCTP association: an INIT, its retransmissions and the answer",
    DNS: "one row per question to a DNS server over UDP or TCP: a query, its retries and the response",
    DATAGRAMS: "one row per two hosts and ports of UDP other than DNS: what was sent, and whether anything came back",
    ADDRESSES: "one row per capture point, IP address and MAC that claimed the address in ARP or neighbour discovery",
    PATHS: "one row per packet followed from capture point to capture point",
    HOPS: "one row per packet and pair of pod links that it was seen on one after the other",
    STATE: "one row per pod link in a node's state: its settings on the node and in the pod",
}
