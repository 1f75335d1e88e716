"""A bundle's manifest for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.bundle.contents import LinkEntry, total_size
from modelops_bundle.bundle.index import InPack
from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show, show_lines
from modelops_bundle.cli.render_bundles import entry_document
from modelops_bundle.cli.words import size

if TYPE_CHECKING:
    from modelops_bundle.bundle.contents import Entry
    from modelops_bundle.workflows.bundles.look import ShownBundle
    from modelops_bundle.workflows.bundles.verify import VerifiedBundle

__all__ = ["manifest_document", "show_manifest", "show_verified", "verified_document"]


def manifest_document(shown: ShownBundle) -> dict[str, Any]:
    """The JSON of ``manifest``."""
    bundle = shown.bundle
    return {
        "schema": 1,
        "place": shown.reference.place,
        "digest": str(bundle.digest),
        "index": str(bundle.said.index.digest),
        "index_version": bundle.index.version,
        "files": {
            path: entry_document(entry) for path, entry in sorted(bundle.index.contents.items())
        },
        "blobs": [
            {"digest": str(blob.digest), "size": blob.size, "media_type": blob.media_type}
            for blob in bundle.index.blobs()
        ],
        "bytes": total_size(bundle.index.contents),
        "provenance": [
            {**each._asdict(), "tags": list(each.tags), "ancestors": list(map(str, each.ancestors))}
            for each in shown.provenance
        ],
    }


def show_manifest(shown: ShownBundle, *, full: bool) -> None:
    """Print a bundle, and with ``full`` its files and blobs."""
    bundle = shown.bundle
    contents, blobs = bundle.index.contents, bundle.index.blobs()
    show(("Digest: ", "strong"), str(bundle.digest))
    show(("Place: ", "strong"), f"{shown.reference.place}, index version {bundle.index.version}")
    held = f"{plural(len(contents), 'file')}, {size(total_size(contents))}"
    show(("Holds: ", "strong"), f"{held}, in {plural(len(blobs), 'blob')}")
    for each in shown.provenance:
        after = f", after sha256:{each.ancestors[-1].short}" if each.ancestors else ""
        show(("Pushed: ", "strong"), f"{each.created} by {each.author or 'nobody named'}{after}")
    if not full:
        return
    show()
    show_lines(columns([_row(path, entry) for path, entry in sorted(contents.items())]))
    show()
    packs = {each.pack for each in bundle.index.places.values() if isinstance(each, InPack)}
    show_lines(
        columns(
            [
                ["pack" if blob in packs else "chunk", str(blob.digest), str(blob.size)]
                for blob in blobs
            ]
        )
    )


def _row(path: str, entry: Entry) -> list[Piece]:
    if isinstance(entry, LinkEntry):
        return [path, f"-> {entry.target}", ""]
    mark = "executable" if entry.executable else ""
    return [path, f"{entry.digest.algorithm}:{entry.digest.short}", str(entry.size), mark]


def verified_document(report: VerifiedBundle) -> dict[str, Any]:
    """The JSON of ``verify``."""
    return {
        "schema": 1,
        "place": report.reference.place,
        "digest": str(report.bundle.digest),
        "files": report.files,
        "bytes": report.size,
        "damaged": [each._asdict() for each in report.damaged],
        "stale": [each._asdict() for each in report.stale],
    }


def show_verified(report: VerifiedBundle) -> None:
    """Print what was read and what is wrong."""
    show(f"{report.reference.place}@{report.bundle.digest}")
    for each in report.damaged:
        show(("damaged", "bad"), f"  {each.where}: {each.what}")
    for each in report.stale:
        show(("stale", "warn"), f"  {each.where}: {each.what}")
    read = f"{plural(report.files, 'file')}, {size(report.size)}"
    if report.damaged:
        say(f"{plural(len(report.damaged), 'problem')} in {read}.")
    else:
        say(f"All is what the digests say: {read}.")
