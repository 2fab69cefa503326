"""Tables of an analysis: their columns in NumPy, made of raw rows, and the DataFrames, Arrow and text made of these."""
