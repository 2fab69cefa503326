"""Text that tcpdump printed, as people paste it into tickets -> batches of records."""
