"""Exchanges and frames -> findings: rules are loaded, checked against the table of columns, and evaluated."""
