"""The command line: parse, call one workflow, render, return a code."""

from modelops_bundle.cli.main import app, main

__all__ = ["app", "main"]
