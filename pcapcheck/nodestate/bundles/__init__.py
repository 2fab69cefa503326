"""Bundles: files that other tools, and people, collect on nodes. One module per layout; ``layouts`` has the list."""
