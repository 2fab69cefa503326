"""Readers of node state, one per kind of output; ``registry`` says which reads what."""
