"""Pictures as data: the way of a packet, ladders of exchanges, answers over time. Formats draw them."""
