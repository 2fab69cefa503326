"""Readers of firewall rules (nft, iptables, arptables, ipset) -> the tables of ``nodestate.firewall``."""
