"""The vocabulary that everything else speaks: digests, their recipes, and names."""
