"""Packet evidence: what the packets say about a case. ``packet_evidence`` puts the columns together."""
