"""Watch streams of packets: the verdict as it forms, failures once they are certain, the evidence around them."""
