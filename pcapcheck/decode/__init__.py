"""Batches of records to frame columns."""
