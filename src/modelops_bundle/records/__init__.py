"""Stage 7: what was recorded of each model and target, and the document that keeps it."""
