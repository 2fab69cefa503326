"""Bytes of a file or stream -> batches of records."""
