"""Remarks: what is no failure and should still be known. ``producers`` calls each module that has some."""
