"""State words: the values of columns that only a node's state shows, without what it takes to find them."""

# Where the routes of a node lead (``crossing``).
WAYS = ("right", "default", "unlisted", "pod-link", "away", "wrong-node", "none", "dead-end")
# Whether a node knows the tunnel end of another (``tunnel_ends``).
VTEPS = ("there", "no-neighbour", "no-forwarding", "wrong", "unchecked")
