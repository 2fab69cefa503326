"""Pasted or collected output of a node's commands to facts of nodes and pods, each with its line."""
