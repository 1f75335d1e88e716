"""Options that several commands share, each worded once."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "Data",
    "Debug",
    "DryRun",
    "Exclude",
    "Folder",
    "NoCache",
    "Python",
    "Variable",
]

Folder = Annotated[
    str | None,
    typer.Option(
        "-C",
        "--directory",
        metavar="PATH",
        help="Work in this folder; other paths are relative to it.",
    ),
]
Python = Annotated[
    str | None,
    typer.Option("--python", metavar="PATH", help="The project's interpreter or its environment."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Hash every file again.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data", metavar="PATH", help="A file, folder or glob that results depend on. Repeatable."
    ),
]
Variable = Annotated[
    list[str] | None,
    typer.Option(
        "--variable",
        metavar="NAME",
        help="An environment variable that results depend on. Repeatable.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="NAME", help="Leave this one out. Repeatable."),
]
