"""Stage 2: what a project declares in code: models, targets, and what their code reaches."""
