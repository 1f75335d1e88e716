"""The command line: parse, call one workflow, render, return a code.

``app`` is a Typer app: another command line can mount it as a group of its own.
"""

from modelops_bundle.cli.main import app, main

__all__ = ["app", "main"]
