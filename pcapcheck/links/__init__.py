"""Capture points: who is at each end of a link, and what only whole captures tell."""
