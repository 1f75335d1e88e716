"""What entries depend on now: from an entry's file and declarations to its leaves.

This is where the stages meet: discovery says which code is reached, hashing and the environment say what
it is, and the result is one :class:`Leaves`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from modelops_bundle.digests.data import DataDigests
from modelops_bundle.digests.hosted import NO_HOSTED, HostedInputs
from modelops_bundle.digests.leaves import Leaves
from modelops_bundle.digests.notices import Absent, Mention
from modelops_bundle.digests.reached import CodeReader, ReachedCode, is_of_meaning
from modelops_bundle.discovery.search import Warned
from modelops_bundle.environment import (
    Distributions,
    EnvironmentDigest,
    Interpreter,
    environment_of,
    read_settings,
    scope,
)
from modelops_bundle.environment.variables import counting
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.recipes import variable_digest
from modelops_bundle.ports import Files, Progress, Unreadable
from modelops_bundle.project.config import Config
from modelops_bundle.project.files import expand, without
from modelops_bundle.project.layout import Layout
from modelops_bundle.source.facts import FactsReader

if TYPE_CHECKING:
    from modelops_bundle.discovery.closure import Closure
    from modelops_bundle.discovery.mentions import Mentioned

__all__ = ["Survey", "Surveyor"]


_Closures = Callable[[], "Closure"]
"""Finds a closure, for the questions that only some commands ask."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What an entry depends on now.

    Attributes:
        leaves: The dependencies with their digests.
        digest: ``leaves.digest()``.
        sources: Absolute path of every source by its recorded one.
        shares: Recorded paths of the sources of each distribution that is hashed by content.
        chains: By recorded path, how the entry's file reaches a source: recorded paths from one to the other.
        docstrings: By recorded path, the definitions whose docstrings count.
        unparsable: Recorded paths of sources that count by their bytes because they do not parse.
        exact: Whether all sources count by their bytes because code reads them.
        problems: What makes the entry invalid, in words.
        warnings: What may be missed, in words.
    """

    leaves: Leaves
    digest: str
    sources: Mapping[str, str]
    shares: Mapping[str, Collection[str]]
    chains: Mapping[str, tuple[str, ...]]
    docstrings: Mapping[str, Collection[str]]
    unparsable: frozenset[str]
    exact: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    find_mentions: Callable[[], tuple[Mention, ...]] = field(repr=False)
    find_absent: Callable[[], tuple[Absent, ...]] = field(repr=False)

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Files that the code names and nobody declared; looked for when asked."""
        return self.find_mentions()

    @property
    def absent(self) -> tuple[Absent, ...]:
        """Packages that the code imports and that are not installed; looked for when asked."""
        return self.find_absent()


class Surveyor:
    """Surveys entries of one project. Files are looked at once, and closures shared between entries."""

    def __init__(
        self,
        *,
        layout: Layout,
        config: Config,
        files: Files,
        facts: FactsReader,
        codes: CodeReader,
        distributions: Distributions,
        interpreter: Interpreter,
        variables: Mapping[str, str],
        progress: Progress | None = None,
    ) -> None:
        self._layout = layout
        self._config = config
        self._files = files
        self._facts = facts
        self._codes = codes
        self._distributions = distributions
        self._interpreter = interpreter
        self._variables = variables
        self._data = DataDigests(files, layout, config.exclude, progress)
        self._settings = read_settings(config.environment, variables)

    def survey(
        self,
        kind: Literal["MODEL", "TARGET"],
        path: str,
        data: Sequence[str],
        code: Sequence[str],
        variables: Sequence[str],
        auto_code: bool,
        known_code: Mapping[str, str] = MappingProxyType({}),
        hosted: HostedInputs = NO_HOSTED,
    ) -> Survey:
        """Survey one entry.

        Args:
            kind: Whether it is a model or a target.
            path: Recorded path of its file.
            data: Recorded paths and patterns of its data.
            code: Recorded paths and patterns of code that is declared.
            variables: Names of environment variables that are declared.
            auto_code: Whether imports are followed.
            known_code: Digests of the code that it had when it was recorded, by recorded path (empty where
                another tool recorded it). A file of these that is gone and still imported, or that no longer
                parses, makes the entry invalid.
            hosted: What its hosted models are.
        """
        declared, problems = self._declared_code(code)
        found, closure, environment, warnings = self._code(path, declared, auto_code)
        declared_data = self._data.look(data)
        names = (*found.variables, *variables)
        leaves = replace(
            _code_leaves(kind, path, found, environment),
            data=declared_data.digests,
            variables=self._variable_digests(names, hosted),
            llms=hosted.llms,
        )
        lost = self._code_problems(found, closure, path, known_code)
        problems += [*declared_data.problems, *lost, *hosted.problems]
        return Survey(
            leaves=leaves,
            digest=leaves.digest(),
            sources=found.sources,
            shares=found.shares,
            chains=found.chains,
            docstrings=found.docstrings,
            unparsable=frozenset(found.unparsable),
            exact=found.exact,
            problems=(*found.problems, *problems),
            warnings=(*self._located(found.warnings), *warnings),
            find_mentions=partial(self._undeclared, closure, kind, declared_data.digests),
            find_absent=partial(self._absent, closure),
        )

    def gone(self, path: str, name: str) -> str:
        """Why an entry's class or function is not there, in words; empty when it is, or cannot be told.

        Args:
            path: Recorded path of its file.
            name: Its qualified name.
        """
        facts = self._facts.facts(self._layout.absolute(path))
        if isinstance(facts, Unreadable):
            return f"{path}: {facts.reason}"
        if facts.names is None:
            return ""
        classes = {definition.qualname for definition in facts.names.classes}
        if name in classes.union(definition.qualname for definition in facts.names.functions):
            return ""
        return f"{path} no longer defines {name}"

    def _variable_digests(self, names: Iterable[str], hosted: HostedInputs) -> dict[str, str]:
        ignored = {*self._config.environment.ignore_variables, *hosted.secret}
        if hosted.only is not None:
            names = hosted.only
        return {
            name: str(variable_digest(name, self._variables.get(name)))
            for name in counting((*names, *hosted.variables), ignored)
        }

    def _declared_code(self, patterns: Sequence[str]) -> tuple[list[str], list[str]]:
        """Absolute paths of the code that is declared, and what is wrong."""
        paths: dict[str, None] = {}
        problems = []
        for pattern in patterns:
            found = expand(self._files, self._layout, pattern, self._config.exclude)
            if not found:
                problems.append(f"the code {pattern} is gone")
            paths.update(dict.fromkeys(self._layout.absolute(name) for name in found))
        return list(paths), problems

    def _code(
        self, path: str, declared: Sequence[str], auto_code: bool
    ) -> tuple[ReachedCode, _Closures, EnvironmentDigest, tuple[str, ...]]:
        """The code that is reached, how to look closer, the environment, and what may be missed there."""
        modules: set[str] = set()
        while True:
            asked = (self._layout.absolute(path), declared, auto_code, sorted(modules))
            found = self._codes.read(*asked)
            imported = (*found.imported, *self._hashed_roots(found.by_content))
            scoped = scope(
                self._distributions, imported, config=self._config, root=self._layout.root
            )
            # What an installed package imports is not followed; what it requires may still need hashing.
            roots = {root for item in scoped.content_hashed for root in item.roots}
            if roots <= modules:
                break
            modules |= roots
        environment = environment_of(self._interpreter, scoped.dependencies, self._settings)
        return found, lambda: self._codes.closures.find(*asked), environment, scoped.warnings

    def _hashed_roots(self, distributions: Iterable[str]) -> Iterator[str]:
        """A module of each distribution that is hashed by content: what it requires counts too."""
        for name in distributions:
            found = self._distributions.get(name)
            yield from found.roots[:1] if found is not None else ()

    def _code_problems(
        self, found: ReachedCode, closure: _Closures, path: str, known_code: Mapping[str, str]
    ) -> list[str]:
        """Why the code cannot run: a file of it does not parse any more, or one that it imports is gone."""
        problems = [
            said
            for source, said in found.errors.items()
            # A helper that never parsed (for another Python, a template) may be one that is not run.
            if source == path or is_of_meaning(known_code.get(source, ""))
        ]
        lost = known_code.keys() - found.chains.keys()
        for missing in closure().missing if lost else ():
            # A module that was never there may be optional; one that was recorded is not.
            if any(missing.may_be(known) for known in lost):
                place = f"{self._place(missing.path)}:{missing.line}"
                problems.append(f"{place} imports {missing.module}, which is gone")
        return problems

    def _undeclared(
        self, find: _Closures, kind: str, data: Mapping[str, str]
    ) -> tuple[Mention, ...]:
        closure = find()
        declared = {*data, *(file.recorded for file in closure.files)}
        found: dict[str, Mention] = {}
        for mentioned in (*self._in_settings(data), *closure.mentions):
            name, files = self._stands_for(mentioned)
            # Neither what is declared nor what the configuration says is no input.
            lacking = without(set(files) - declared, self._config.ignore_files)
            if lacking:
                # A target declares no code: what it reads of a source is its bytes.
                is_code = kind == "MODEL" and all(each.endswith(".py") for each in lacking)
                place = self._place(mentioned.path)
                found[name] = Mention(place, mentioned.line, name, tuple(files), is_code)
        return tuple(found[name] for name in sorted(found))

    def _stands_for(self, mentioned: Mentioned) -> tuple[str, Sequence[str]]:
        """What a text names, as it may be declared, and the files that this stands for."""
        name = self._layout.recorded(mentioned.named)
        if not mentioned.is_pattern:
            return name, (name,)
        name = name.removesuffix("/**")
        try:
            return name, expand(self._files, self._layout, name, self._config.exclude)
        except UsageError:
            return name, ()  # links without measure: it cannot be declared

    def _in_settings(self, data: Iterable[str]) -> Iterator[Mentioned]:
        from modelops_bundle.discovery.settings import named_in_settings

        paths = (self._layout.absolute(name) for name in data)
        return named_in_settings(self._files, self._layout.root, paths)

    def _absent(self, find: _Closures) -> tuple[Absent, ...]:
        return tuple(
            Absent(
                self._place(missing.path),
                missing.line,
                lacks,
                self._interpreter.executable,
            )
            for lacks, missing in self._codes.closures.absent(find())
        )

    def _located(self, warnings: Iterable[Warned]) -> Iterator[str]:
        for warned in warnings:
            place = self._place(warned.path)
            yield (
                f"{place}:{warned.line} {warned.text}" if warned.line else f"{place} {warned.text}"
            )

    def _place(self, path: str) -> str:
        return self._layout.recorded(path) if self._layout.holds(path) else path


def _code_leaves(
    kind: Literal["MODEL", "TARGET"], path: str, found: ReachedCode, environment: EnvironmentDigest
) -> Leaves:
    return Leaves(
        kind=kind,
        path=path,
        environment=environment,
        environment_digest=environment.compute_digest(),
        own=found.own,
        code=found.code,
        external=found.external,
        distributions=found.distributions,
    )
