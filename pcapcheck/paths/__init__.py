"""One packet at several capture points: paths, hops, and where what was lost was seen last."""
