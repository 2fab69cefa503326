"""Archives: the files in a tar or zip archive, without unpacking anything to where somebody could meet it."""
