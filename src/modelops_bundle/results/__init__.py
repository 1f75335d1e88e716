"""Results as records: their keys, what is stored of them, and which are to be computed. Opens no file."""
