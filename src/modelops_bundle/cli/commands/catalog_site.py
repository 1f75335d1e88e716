"""``mops-bundle catalog site``: the catalog as a static site."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.catalog_options import On, open_catalog, read_on
from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("site")
@command
def site(
    session: Session,
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Where to; what was made there is replaced.")
    ],
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Make a static site of the catalog: one page with every model, and pages for single ones."""
    from datetime import UTC, datetime

    from modelops_bundle.cli.progress import progress_bar
    from modelops_bundle.wiring.site import replace_site
    from modelops_bundle.workflows.catalog_site import make_site

    day = (read_on(on) or datetime.now(UTC)).date()
    catalog = open_catalog(session.cwd)
    with progress_bar() as progress:
        report = make_site(catalog, day, replace_site, session.cwd, out, progress)
    if as_json:
        fields = ("folder", "models", "files")
        named = {name: getattr(report, name) for name in fields}
        print_json({"schema": 1, "on": report.on.isoformat(), **named})
    else:
        pages = plural(report.files, "file")
        say(
            f"{plural(report.models, 'model')} as of {report.on} are in {out}: {pages}. Open index.html."
        )
