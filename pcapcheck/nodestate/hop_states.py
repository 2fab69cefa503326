"""Hop states: what is known of the neighbour that a node sends packets to (``next_hops``)."""

NEXT_HOPS = ("resolved", "unresolved", "down", "wrong", "partly")
