"""``show-registry`` and ``target-set list`` for people and for programs, from the same records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import Node, columns, plural, tree
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.words import short
from modelops_bundle.records.entries import LlmEntry, ModelEntry, TargetEntry

if TYPE_CHECKING:
    from modelops_bundle.records.entries import BundleRegistry, EnvironmentEntry
    from modelops_bundle.workflows.show_registry import RegistryReport

__all__ = ["registry_document", "sets_document", "show_entries", "show_sets", "show_trees"]

Entry = ModelEntry | TargetEntry


def registry_document(report: RegistryReport) -> dict[str, Any]:
    """The JSON of ``show-registry``."""
    registry = report.registry
    document: dict[str, Any] = {"schema": 1, "version": registry.version}
    for section, entries in (("models", registry.models), ("targets", registry.targets)):
        document[section] = [
            {"id": entry_id, **_plain_record(entries[entry_id])}
            for entry_id in report.chosen
            if entry_id in entries
        ]
    if not report.in_full:
        document["target_sets"] = sets_document(registry)["target_sets"]
    chosen = dict(registry.entries())
    used = {chosen[entry_id].environment for entry_id in report.chosen}
    document["environments"] = {
        key: _plain_record(entry) for key, entry in registry.environments.items() if key in used
    }
    if report.chains:
        document["chains"] = {
            entry_id: {path: list(chain) for path, chain in chains.items()}
            for entry_id, chains in report.chains.items()
        }
    return document


def sets_document(registry: BundleRegistry) -> dict[str, Any]:
    """The JSON of ``target-set list``."""
    return {
        "schema": 1,
        "target_sets": [
            {"name": name, "targets": list(members.targets), "weights": dict(members.weights)}
            for name, members in sorted(registry.target_sets.items())
        ],
    }


def _plain_record(record: Entry | EnvironmentEntry | LlmEntry) -> dict[str, Any]:
    return {each.name: _plain(getattr(record, each.name)) for each in fields(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, LlmEntry):
        return _plain_record(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def show_entries(report: RegistryReport) -> None:
    """Print a line for each entry, or everything about the one that was asked for."""
    registry = report.registry
    if report.in_full:
        for entry_id in report.chosen:
            _show_in_full(registry, entry_id)
        return
    if not report.chosen:
        _say_empty()
    sections: dict[str, Mapping[str, Entry]] = {
        "Models": registry.models,
        "Targets": registry.targets,
    }
    for title, entries in sections.items():
        if entries:
            show((title, "strong"))
            rows = [_row(entry_id, entry) for entry_id, entry in sorted(entries.items())]
            show_lines(columns(rows, indent="  "))
    if registry.target_sets:
        show(("Target sets", "strong"))
        show_sets(registry, indent="  ")


def _row(entry_id: str, entry: Entry) -> list[Piece]:
    code = 1 + len(entry.code) + len(entry.external) + len(entry.distributions)
    parts = [plural(code, "source"), plural(len(entry.data), "data file")]
    if isinstance(entry, ModelEntry) and entry.llms:
        parts.append(plural(len(entry.llms), "hosted model"))
    if entry.variables:
        parts.append(plural(len(entry.variables), "variable"))
    return [
        entry_id,
        entry.entrypoint,
        entry.path,
        ", ".join(parts),
        (short(entry.digest), "faint"),
    ]


def _say_empty() -> None:
    say("Nothing is registered yet.")
    say("Next: `mops-bundle register-model PATH` registers the models of a file or folder.")


def show_sets(registry: BundleRegistry, indent: str = "") -> None:
    """Print one line a target set."""
    rows: list[list[Piece]] = []
    for name, members in sorted(registry.target_sets.items()):
        weights = members.weights
        said = [
            f"{target} (weight {weights[target]:g})" if target in weights else target
            for target in members.targets
        ]
        rows.append([name, ", ".join(said) or "no targets"])
    show_lines(columns(rows, indent))
    if not rows:
        say("There are no target sets. `mops-bundle target-set set NAME TARGET...` makes one.")


def _show_in_full(registry: BundleRegistry, entry_id: str) -> None:
    entry = dict(registry.entries())[entry_id]
    show((entry_id, "strong"))
    rows: list[list[Piece]] = [
        [label if place == 0 else "", text]
        for label, texts in _facts(entry)
        for place, text in enumerate(texts)
    ]
    environment = registry.environments.get(entry.environment)
    rows += [
        ["environment" if place == 0 else "", text]
        for place, text in enumerate(_environment_lines(environment))
    ]
    show_lines(columns(rows, indent="  "))


def _facts(entry: Entry) -> Iterator[tuple[str, list[str]]]:
    """What is known of an entry, as a label and lines; without what is empty."""
    own = entry.model_digest if isinstance(entry, ModelEntry) else entry.target_digest
    facts: list[tuple[str, list[str]]] = [
        ("entrypoint", [entry.entrypoint]),
        ("digest", [entry.digest]),
        ("file", _digested({entry.path: own})),
    ]
    if isinstance(entry, ModelEntry):
        named = {
            "parameters": entry.parameters,
            "outputs": entry.outputs,
            "scenarios": entry.scenarios,
        }
        facts += [(label, [", ".join(names)]) for label, names in named.items()]
    else:
        facts.append(("output", [entry.model_output]))
        facts.append(("weight", ["" if entry.weight is None else f"{entry.weight:g}"]))
    facts += [
        ("labels", [f"{key}={value}" for key, value in entry.labels.items()]),
        ("code", _digested(entry.code_digests)),
        ("imports", [] if entry.auto_code else ["not followed (--no-auto-code)"]),
        ("data", _digested(entry.data_digests)),
        ("outside", _digested(entry.external)),
        ("by content", _digested(entry.distributions)),
        ("variables", list(entry.variables)),
        ("hosted models", _hosted(entry)),
    ]
    return ((label, texts) for label, texts in facts if any(texts))


def _hosted(entry: Entry) -> list[str]:
    """What each hosted model's name meant, and since when that is known."""
    rows = entry.llms if isinstance(entry, ModelEntry) else ()
    return [
        f"{each.path}  {each.id}{f' {short(each.digest)}' if each.digest else ''}, {each.resolved_on}"
        for each in rows
    ]


def _digested(digests: Mapping[str, str]) -> list[str]:
    return [f"{path}  {short(digest)}" for path, digest in digests.items()]


def _environment_lines(environment: EnvironmentEntry | None) -> list[str]:
    if environment is None:
        return []
    lines = [f"python {environment.python_version} on {environment.platform}"]
    named = {
        "container image": environment.container_image,
        "CUDA": environment.cuda_version,
    }
    lines += [f"{name} {value}" for name, value in named.items() if value]
    lines.append(
        f"RNG algorithm {environment.rng_algorithm}, {plural(environment.thread_count, 'thread')}"
    )
    return lines + [f"{name} {version}" for name, version in environment.dependencies.items()]


def show_trees(report: RegistryReport) -> None:
    """Draw each entry with everything that it depends on."""
    warn(report.warnings)
    if not report.chosen:
        _say_empty()
    entries = dict(report.registry.entries())
    for place, entry_id in enumerate(report.chosen):
        if place:
            show()
        entry = entries[entry_id]
        environment = report.registry.environments.get(entry.environment)
        children = [
            _code_tree(entry, report.chains.get(entry_id, {})),
            *_leaves("data", _digested(entry.data_digests)),
            *_leaves("outside the project", _digested(entry.external)),
            *_leaves("installed by content", _digested(entry.distributions)),
            *_leaves("variables", list(entry.variables)),
            *_leaves("hosted models", _hosted(entry)),
            *_leaves("environment", _environment_lines(environment)),
        ]
        show_lines(tree(Node(((entry_id, "strong"), f"  {entry.entrypoint}"), tuple(children))))


def _leaves(title: str, texts: list[str]) -> list[Node]:
    return [Node((title,), tuple(Node((text,)) for text in texts))] if texts else []


def _code_tree(entry: Entry, chains: Mapping[str, tuple[str, ...]]) -> Node:
    """The entry's file with its sources, each under the one that imports it."""
    own = entry.model_digest if isinstance(entry, ModelEntry) else entry.target_digest
    digests = {**entry.code_digests, entry.path: own}
    below: dict[str, list[Node]] = {}
    # Chains are as short as can be, so an importer's is shorter, and it comes after what it imports.
    for path in sorted(
        entry.code_digests, key=lambda path: len(chains.get(path, ())), reverse=True
    ):
        above = [each for each in chains.get(path, ())[:-1] if each in digests]
        node = _source_node(path, digests[path], below.get(path, ()))
        below.setdefault(above[-1] if above else entry.path, []).append(node)
    return _source_node(entry.path, own, below.get(entry.path, ()))


def _source_node(path: str, digest: str, children: Iterable[Node]) -> Node:
    line = (path, (f"  {short(digest)}", "faint"))
    return Node(line, tuple(sorted(children, key=lambda node: node.line[0])))
