"""Which distributions a model's results depend on.

By default those that its code imports, and what they require in turn. Never this program itself with what
only it requires, and never the project's own distribution, whose code counts as code. A distribution whose
version does not pin its content (editable, or installed from a local folder) is not listed with a version but
named for hashing by content; what it requires is listed.

An answer is cached under everything that it was derived from, so that a warm run parses no requirement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from modelops_bundle.environment.distributions import Distribution, Distributions
from modelops_bundle.environment.metadata import normalise
from modelops_bundle.environment.requirements import Requirements
from modelops_bundle.environment.seals import Seal, decode_seal, make_seal, renewed_seal
from modelops_bundle.identity.streams import Blake2bStream
from modelops_bundle.project.config import Config

__all__ = ["OURSELVES", "Scope", "scope"]

_MEMO = "scope1"
#: The distribution of this program.
OURSELVES = "modelops-bundle"


class Scope(NamedTuple):
    """What of an environment counts.

    Attributes:
        dependencies: Distribution names to versions, sorted.
        content_hashed: Distributions whose code is to be hashed, sorted by name. Those that only another
            package imports have to be looked for by their import names.
        missing: Requirements that are not installed: who requires it, and its name.
        warnings: Damaged metadata and names in the configuration that lead nowhere; a sentence each.
    """

    dependencies: Mapping[str, str]
    content_hashed: tuple[Distribution, ...]
    missing: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def scope(
    distributions: Distributions, imported: Iterable[str], *, config: Config, root: str
) -> Scope:
    """The distributions that count for code which imports the given modules.

    Args:
        distributions: What is installed.
        imported: Dotted names of the modules outside the project that the code imports.
        config: The project's configuration.
        root: The project's folder.
    """
    starts = sorted({name for module in imported for name in distributions.owner_names(module)})
    key = _memo_key(distributions, starts, config, root)
    files = distributions.files
    kept = _unpacked(distributions, files.memo_get(_MEMO, key))
    seal = renewed_seal(files, kept.seal) if kept is not None else None
    if kept is None or seal is None:
        found, looked_at = _Search(distributions, config, root).run(starts)
        new = _Kept(found, make_seal(files, distributions.evidence(looked_at)))
    else:
        new = kept._replace(seal=seal)
    if new != kept:
        files.memo_put(_MEMO, key, _packed(new))
    return new.scope


class _Kept(NamedTuple):
    scope: Scope
    seal: Seal


class _Search:
    """One walk over requirements."""

    def __init__(self, distributions: Distributions, config: Config, root: str) -> None:
        self._distributions = distributions
        self._config = config
        self._root = distributions.files.real(root)
        self._own = normalise(config.project_name or "")
        self._requirements = Requirements(distributions.interpreter.markers)
        self._asked = self._asked_extras()
        self._looked_at: set[str] = set()
        self._missing: set[tuple[str, str]] = set()
        self._warnings: list[str] = []

    def run(self, starts: Iterable[str]) -> tuple[Scope, set[str]]:
        """The scope of code that imports distributions ``starts``, and whose metadata decided it."""
        names = {*starts, *self._included()}
        reached = self._all(names) if self._config.environment.scope == "all" else None
        if reached is None:
            reached = self._closure(names)
        members = [self._look(name) for name in sorted(reached)]
        listed = {item.name: item.version for item in members if not item.by_content}
        damaged = [item.problem for item in members if item.problem]
        missing = sorted(pair for pair in self._missing if pair[0] in reached)
        found = Scope(
            dependencies=dict(sorted(listed.items())),
            content_hashed=tuple(item for item in members if item.by_content),
            missing=tuple(missing),
            warnings=(*self._warnings, *damaged),
        )
        return found, self._looked_at

    def _look(self, name: str) -> Distribution:
        self._looked_at.add(name)
        found = self._distributions.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def _asked_extras(self) -> dict[str, set[str]]:
        """Extras that the project's own requirements and the configuration ask for."""
        asked: dict[str, set[str]] = {}
        for text in (*self._config.project_requires, *self._config.environment.include):
            for name, extras in self._requirements.wanted((text,), ()):
                asked.setdefault(name, set()).update(extras)
        return asked

    def _included(self) -> list[str]:
        names = []
        for text in self._config.environment.include:
            wanted = self._requirements.wanted((text,), ())
            installed = [name for name, _ in wanted if name in self._distributions]
            names += installed
            if not installed:
                self._warnings.append(
                    f"environment.include names {text}, which is not installed; it was ignored."
                )
        return names

    def _is_excluded(self, name: str) -> bool:
        if name in (OURSELVES, self._own):
            return True
        found = self._look(name)
        if not found.by_content or found.source is None:
            return False
        return self._distributions.files.real(found.source) == self._root

    def _closure(self, starts: Iterable[str]) -> set[str]:
        """Installed distributions reachable by requirements, the excluded ones neither taken nor followed."""
        extras: dict[str, set[str]] = {}
        pending = [(name, frozenset[str]()) for name in sorted(starts)]
        while pending:
            name, asked = pending.pop()
            known = extras.get(name)
            if known is not None and asked <= known:
                continue
            if known is None and self._is_excluded(name):
                continue
            mine = extras.setdefault(name, set(self._asked.get(name, ())))
            mine |= asked
            pending += self._required(name, mine)
        return set(extras)

    def _required(self, name: str, extras: set[str]) -> list[tuple[str, frozenset[str]]]:
        required = []
        for other, wanted in self._requirements.wanted(self._look(name).requires, extras):
            if other in self._distributions:
                required.append((other, wanted))
            elif other not in (OURSELVES, self._own):
                self._missing.add((name, other))
        return required

    def _all(self, wanted: set[str]) -> set[str]:
        """Every distribution, but ourselves and what only we require."""
        names = set(self._distributions.names())
        ours = self._required_by_us()
        others = {name for name in names - ours if not self._is_excluded(name)}
        for text in self._config.project_requires:
            others |= {name for name, _ in self._requirements.wanted((text,), ()) if name in names}
        return self._closure(others | wanted)

    def _required_by_us(self) -> set[str]:
        if OURSELVES not in self._distributions:
            return set()
        direct = {name for name, _ in self._required(OURSELVES, set())}
        return self._closure(direct) | {OURSELVES}


def _memo_key(
    distributions: Distributions, starts: Iterable[str], config: Config, root: str
) -> str:
    inputs = [
        distributions.key,
        list(starts),
        sorted(distributions.interpreter.markers.items()),
        config.environment.scope,
        config.environment.include,
        config.project_name,
        config.project_requires,
        root,
    ]
    stream = Blake2bStream("memo:scope:v1")
    stream.add(json.dumps(inputs).encode())
    return stream.digest().hex


def _packed(kept: _Kept) -> str:
    found = kept.scope
    by_content = [item.name for item in found.content_hashed]
    return json.dumps(
        [dict(found.dependencies), by_content, found.missing, found.warnings, kept.seal]
    )


def _unpacked(distributions: Distributions, text: str | None) -> _Kept | None:
    try:
        dependencies, by_content, missing, warnings, seal = json.loads(text or "null")
        content_hashed = [_named(distributions, name) for name in by_content]
        pairs = tuple((by, name) for by, name in missing)
        found = Scope(dict(dependencies), tuple(content_hashed), pairs, tuple(warnings))
        return _Kept(found, decode_seal(seal))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _named(distributions: Distributions, name: str) -> Distribution:
    found = distributions.get(name)
    if found is None:
        raise KeyError(name)
    return found
