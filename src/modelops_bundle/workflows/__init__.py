"""One file per verb: each takes a workspace and a request, and returns a report."""
