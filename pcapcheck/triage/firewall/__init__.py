"""Which rule of a firewall could have stopped the packets of a case."""
