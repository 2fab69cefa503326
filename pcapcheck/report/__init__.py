"""An analysis -> what people and programs read: one module per format, one shared model."""
