"""Bundles: files that other tools collect on nodes. One module per layout; ``printed_files`` has the list."""
