"""Frame columns -> exchanges: resolutions, echoes, claims of addresses, and who is at each end of a link."""
