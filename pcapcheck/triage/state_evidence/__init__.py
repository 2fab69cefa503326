"""State evidence: what a node's state says about a case. ``state_columns`` has a function per column."""
