"""The catalog's files: one YAML a provider, the compiled form, and notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dev.catalog_wheels as wheels

from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.importing.shipping import compile_documents
from modelops_bundle.catalog.trees import entry_tree, provider_tree
from modelops_bundle.yamltext.writing import write_yaml

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "modelops_bundle" / "catalog" / "data"

Tree = dict[str, Any]

_NOTICES = """# Notices

The catalog of hosted models in this folder is made from the data of the packages below, which are under the
MIT licence, and from what is kept by hand. It was changed: values were merged, converted to other units,
corrected and left out. Each value names its source.
"""


def write_catalog(
    folder: Path, configs: Mapping[str, ProviderConfig], entries: Iterable[ModelEntry]
) -> dict[str, int]:
    """Write every file below ``folder``, and remove those of providers that are gone.

    Returns:
        Number of models by provider.
    """
    by_provider: dict[str, list[ModelEntry]] = {slug: [] for slug in configs}
    for entry in entries:
        by_provider[entry.provider].append(entry)
    providers = folder / "providers"
    providers.mkdir(parents=True, exist_ok=True)
    documents = {}
    for slug in sorted(configs):
        listed = sorted(by_provider[slug], key=lambda entry: entry.id)
        tree: Tree = {"providers": {slug: provider_tree(configs[slug])}}
        tree["models"] = [_row(entry) for entry in listed]
        documents[f"{slug}.yaml"] = write_yaml(tree)
    for old in providers.glob("*.yaml"):
        if old.name not in documents:
            old.unlink()
    for name, data in documents.items():
        (providers / name).write_bytes(data)
    (folder / "compiled.jsonl").write_bytes(compile_documents(documents.items()))
    return {slug: len(listed) for slug, listed in by_provider.items()}


def write_notices(path: Path, folder: Path) -> None:
    """The licences of what the catalog is made from, as their wheels have them."""
    parts = [_NOTICES]
    for wheel in wheels.WHEELS:
        text = wheels.read(wheel, folder, wheel.notice).decode().strip()
        quoted = "\n".join(line.rstrip() for line in text.splitlines())
        parts.append(
            f"## {wheel.package} {wheel.version}\n\n{wheel.about}\n\n```text\n{quoted}\n```\n"
        )
    path.write_text("\n".join(parts), encoding="utf-8")


def _row(entry: ModelEntry) -> Tree:
    """An entry as the file of its provider has it: what goes without saying is left out."""
    tree = {key: value for key, value in entry_tree(entry).items() if key != "provider"}
    prices = [
        {key: value for key, value in row.items() if (key, value) != ("currency", "USD")}
        for row in tree.get("prices", ())
    ]
    return {**tree, "prices": prices} if prices else tree
