"""Findings and what is known of the node -> causes: why it failed, what would prove it, how to repair it."""
