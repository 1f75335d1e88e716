"""Stage 1: which files a project has, and what its configuration says."""
