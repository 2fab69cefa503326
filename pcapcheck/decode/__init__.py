"""Batches of records -> frame columns."""
