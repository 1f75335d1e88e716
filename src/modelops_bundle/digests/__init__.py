"""Stage 6: which leaves make a model or a target, and what they are now."""
