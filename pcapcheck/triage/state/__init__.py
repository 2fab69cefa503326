"""Terminal sessions and JSON of a node and its pods -> facts, each with the line that it stands in."""
