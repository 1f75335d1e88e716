"""Options that many commands share, each worded once."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "Debug",
    "DryRun",
    "Folder",
    "NoCache",
    "Python",
]

Folder = Annotated[
    str | None,
    typer.Option("-C", "--directory", metavar="PATH", help="The project, or a folder in it."),
]
Python = Annotated[
    str | None,
    typer.Option("--python", metavar="PATH", help="The project's interpreter."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Hash everything again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
