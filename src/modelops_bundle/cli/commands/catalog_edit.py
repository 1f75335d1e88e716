"""``mops-bundle catalog``: the documents that a project keeps, and those of others."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import NOT_CURRENT, Session, command, new_app
from modelops_bundle.errors import UsageError

__all__ = ["app"]

app = new_app()


@app.command("validate")
@command
def validate(
    session: Session,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...", help="Documents. [default: the project's model_registry.yaml]"
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check catalog documents: every problem with file, line and key."""
    from modelops_bundle.cli.render_catalog_files import show_validated, validated_document
    from modelops_bundle.workflows.catalog_files import project_input, read_input
    from modelops_bundle.workflows.catalog_validate import validate as check

    own = [] if files else [project_input(session.cwd)]
    inputs = [read_input(session.cwd, each) for each in files or ()]
    report = check([*inputs, *(each for each in own if each is not None)])
    if as_json:
        print_json(validated_document(report))
    else:
        show_validated(report)
    return 1 if report.errors else 0


@app.command("diff")
@command
def diff(
    session: Session,
    before: Annotated[
        str | None,
        typer.Argument(metavar="[A]", help="A document. [default: the project's]"),
    ] = None,
    after: Annotated[
        str | None,
        typer.Argument(
            metavar="[B]", help="Another one. [default: compare A with what is shipped]"
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="End with 3 when they differ.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show what a document changes in the shipped catalog, or what differs between two."""
    from modelops_bundle.cli.render_catalog_files import difference_document, show_difference
    from modelops_bundle.workflows.catalog_diff import diff_documents, diff_shipped
    from modelops_bundle.workflows.catalog_files import own_input, read_input

    first = own_input(session.cwd) if before is None else read_input(session.cwd, before)
    second = None if after is None else read_input(session.cwd, after)
    found = diff_shipped(first) if second is None else diff_documents(first, second)
    if as_json:
        print_json(difference_document(found))
    else:
        show_difference(found)
    return NOT_CURRENT if check and found else 0


@app.command("convert")
@command
def convert(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON of LiteLLM or models.dev, or Markdown.")
    ],
    format_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="litellm, models-dev or markdown. [default: what the content says]",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="FILE", help="Where to. [default: print it]"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an --output that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Convert another catalog into a document, and say what there is no place for."""
    from modelops_bundle.cli.render_catalog_files import converted_document, show_converted
    from modelops_bundle.wiring.catalog_files import write_document
    from modelops_bundle.workflows.catalog_convert import convert as read
    from modelops_bundle.workflows.catalog_files import read_input

    place = None if output is None else os.path.join(session.cwd, output)
    if place is not None and os.path.lexists(place) and not force:
        mend = "Give another one, or --force to replace it."
        raise UsageError(f"{output} is there already", "it is not replaced", mend)
    report = read(read_input(session.cwd, file), format_)
    if place is not None:
        write_document(place, report.data)
    if as_json:
        print_json(converted_document(report, output))
    else:
        show_converted(report, output)


@app.command("docs")
@command
def docs(
    session: Session,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 3 when it is not current.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a page that was written by hand.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Write the project's hosted models as a page, models/model_registry.md."""
    from modelops_bundle.cli.render_catalog_files import page_document, show_page
    from modelops_bundle.wiring.catalog_files import write_document
    from modelops_bundle.workflows.catalog_docs import PAGE, make_page

    page = make_page(session.cwd)
    write = not (check or page.is_current)
    if write and not (page.is_ours or force):
        mend = "Move it, or give --force to replace it."
        raise UsageError(f"{PAGE} was not written by this command", "it is not replaced", mend)
    if write:
        write_document(page.path, page.text.encode())
    if as_json:
        print_json(page_document(page, write))
    else:
        show_page(page, write)
    return NOT_CURRENT if check and not page.is_current else 0
