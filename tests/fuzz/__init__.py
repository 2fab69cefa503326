"""A coverage-guided search for bytes that make anything happen but a verdict or CaptureError."""
