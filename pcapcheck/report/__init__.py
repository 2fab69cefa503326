"""An analysis as people and programs read it: one module per format, one shared model."""
