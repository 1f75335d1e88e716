"""One module a command: its arguments, one workflow, one renderer."""
