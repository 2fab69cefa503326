"""Redaction: captures, texts and states with other addresses, MACs and names, and the same meaning."""
