"""Arguments and options that commands about bundles share, each worded once."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Paths", "Ref"]

Ref = Annotated[
    str | None,
    typer.Argument(
        metavar="REF",
        show_default=False,
        help="host[:port]/repository[:tag|@sha256:...], oci-layout:PATH[:tag], or a tag alone."
        " By default the project's own place.",
    ),
]
Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders or quoted globs.", show_default=False),
]
