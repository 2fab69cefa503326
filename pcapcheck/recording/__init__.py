"""Record at every capture point of a question, ask it, and judge what was recorded."""
