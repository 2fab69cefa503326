"""Questions that nobody answered and no rule is about."""
