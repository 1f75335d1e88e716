"""What entries depend on now: from an entry's file and declarations to its leaves.

This is where the stages meet: discovery says which code is reached, hashing and the environment say what
it is, and the result is one :class:`Leaves`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Literal, NamedTuple

from modelops_bundle.digests.code import CodeDigests, KnownDigests, is_of_meaning
from modelops_bundle.digests.data import DataDigests
from modelops_bundle.digests.leaves import Leaves
from modelops_bundle.discovery.closure import Closure, ClosureFinder, CodeFile
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
from modelops_bundle.identity.recipes import variable_digest
from modelops_bundle.ports import Files, Progress, Unreadable
from modelops_bundle.project.config import Config
from modelops_bundle.project.files import expand
from modelops_bundle.project.layout import Layout
from modelops_bundle.source.facts import FactsReader

__all__ = ["Absent", "Mention", "Survey", "Surveyor", "absent", "undeclared"]


class Absent(NamedTuple):
    """A package that code imports and that is neither in the project nor installed.

    Attributes:
        source: Recorded path of the source.
        line: Where it imports it.
        package: Its top-level name.
        executable: The interpreter that was asked.
    """

    source: str
    line: int
    package: str
    executable: str

    @property
    def place(self) -> str:
        """Where it is imported."""
        return f"{self.source}:{self.line}"

    @property
    def text(self) -> str:
        """What was noticed there."""
        return f"imports {self.package}, which is not installed for {self.executable}"

    @property
    def hint(self) -> str:
        """What was noticed, and what to do."""
        return (
            f"{self.place} {self.text}: name the project's interpreter with --python, or install it"
        )


class Mention(NamedTuple):
    """A file that the code names and nobody declared.

    Attributes:
        source: Recorded path of the source.
        line: Where it names the file.
        names: Recorded path of the file.
    """

    source: str
    line: int
    names: str

    @property
    def hint(self) -> str:
        """What was noticed, and the option that declares the file."""
        return (
            f"{self.source}:{self.line} names {self.names}, which is not declared:"
            f" add --data {self.names}"
        )


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


def undeclared(surveys: Iterable[Survey]) -> Iterator[Mention]:
    """Files that code names and nobody declared, each once.

    What one entry of a source declares, the others of that source need not: a decorator names the data of its
    own function only.
    """
    known = list(surveys)
    declared = {(survey.leaves.path, name) for survey in known for name in survey.leaves.data}
    mentions = dict.fromkeys(mention for survey in known for mention in survey.mentions)
    return (each for each in mentions if (each.source, each.names) not in declared)


def absent(surveys: Iterable[Survey]) -> Iterator[Absent]:
    """Packages that are not there, each once, but for those whose lack makes an entry invalid."""
    known = list(surveys)
    told = tuple(problem for survey in known for problem in survey.problems)
    packages: dict[str, Absent] = {}
    for each in (each for survey in known for each in survey.absent):
        if not any(problem.startswith(f"{each.place} imports ") for problem in told):
            packages.setdefault(each.package, each)
    return iter(packages.values())


class Surveyor:
    """Surveys entries of one project. Files are looked at once, and closures shared between entries."""

    def __init__(
        self,
        *,
        layout: Layout,
        config: Config,
        files: Files,
        facts: FactsReader,
        closures: ClosureFinder,
        distributions: Distributions,
        interpreter: Interpreter,
        variables: Mapping[str, str],
        progress: Progress | None = None,
    ) -> None:
        self._layout = layout
        self._config = config
        self._files = files
        self._facts = facts
        self._closures = closures
        self._distributions = distributions
        self._interpreter = interpreter
        self._variables = variables
        self._data = DataDigests(files, layout, config.exclude, progress)
        self._digests: KnownDigests = {}
        self._settings = read_settings(config.environment, variables)

    def survey(
        self,
        kind: Literal["MODEL", "TARGET"],
        path: str,
        data: Sequence[str],
        code: Sequence[str],
        auto_code: bool,
        known_code: Mapping[str, str] = MappingProxyType({}),
    ) -> Survey:
        """Survey one entry.

        Args:
            kind: Whether it is a model or a target.
            path: Recorded path of its file.
            data: Recorded paths and patterns of its data.
            code: Recorded paths and patterns of code that is declared.
            auto_code: Whether imports are followed.
            known_code: Digests of the code that it had when it was recorded, by recorded path (empty where
                another tool recorded it). A file of these that is gone and still imported, or that no longer
                parses, makes the entry invalid.
        """
        declared, problems = self._declared_code(code)
        closure, environment, warnings = self._code(path, declared, auto_code)
        digests = CodeDigests(self._files, self._facts, closure, self._digests)
        declared_data = self._data.look(data)
        lost = self._code_problems(closure, path, known_code)
        leaves = Leaves(
            kind=kind,
            path=path,
            data=declared_data.digests,
            variables=self._variable_digests(closure.variables),
            environment=environment,
            environment_digest=environment.compute_digest(),
            **digests.leaves(),
        )
        return Survey(
            leaves=leaves,
            digest=leaves.digest(),
            sources={file.recorded: file.path for file in closure.files},
            shares=digests.shares,
            chains={file.recorded: file.chain for file in closure.files},
            docstrings=digests.docstrings,
            unparsable=frozenset(digests.unparsable),
            exact=closure.bytes_matter,
            problems=(*digests.problems, *problems, *declared_data.problems, *lost),
            warnings=(*self._located(closure.warnings), *warnings),
            find_mentions=partial(self._undeclared, closure, declared_data.digests),
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

    def _variable_digests(self, names: Iterable[str]) -> dict[str, str]:
        return {
            name: str(variable_digest(name, self._variables.get(name)))
            for name in counting(names, self._config.environment.ignore_variables)
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
    ) -> tuple[Closure, EnvironmentDigest, tuple[str, ...]]:
        """The code that is reached, the environment that it runs in, and what may be missed there."""
        modules: set[str] = set()
        while True:
            closure = self._closures.find(
                self._layout.absolute(path), declared, auto_code, sorted(modules)
            )
            imported = (*closure.imported, *self._hashed_roots(closure))
            found = scope(
                self._distributions, imported, config=self._config, root=self._layout.root
            )
            # What an installed package imports is not followed; what it requires may still need hashing.
            roots = {root for item in found.content_hashed for root in item.roots}
            if roots <= modules:
                break
            modules |= roots
        environment = environment_of(self._interpreter, found.dependencies, self._settings)
        return closure, environment, found.warnings

    def _hashed_roots(self, closure: Closure) -> Iterator[str]:
        """A module of each distribution that is hashed by content: what it requires counts too."""
        for name in sorted({file.distribution for file in closure.files if file.distribution}):
            found = self._distributions.get(name)
            yield from found.roots[:1] if found is not None else ()

    def _code_problems(
        self, closure: Closure, path: str, known_code: Mapping[str, str]
    ) -> list[str]:
        """Why the code cannot run: a file of it does not parse any more, or one that it imports is gone."""
        problems: list[str] = []
        for file in closure.files:
            # A helper that never parsed (for another Python, a template) may be one that is not run.
            if file.recorded == path or is_of_meaning(known_code.get(file.recorded, "")):
                problems += self._syntax_problem(file)
        lost = set(known_code) - {file.recorded for file in closure.files}
        for missing in closure.missing if lost else ():
            # A module that was never there may be optional; one that was recorded is not.
            if any(missing.may_be(known) for known in lost):
                place = f"{self._place(missing.path)}:{missing.line}"
                problems.append(f"{place} imports {missing.module}, which is gone")
        return problems

    def _syntax_problem(self, file: CodeFile) -> Iterator[str]:
        facts = None if file.extension else self._facts.facts(file.path)
        if facts is not None and not isinstance(facts, Unreadable) and facts.error is not None:
            line = f":{facts.error.line}" if facts.error.line else ""
            yield f"{file.recorded}{line} does not parse: {facts.error.reason}"

    def _undeclared(self, closure: Closure, data: Mapping[str, str]) -> tuple[Mention, ...]:
        declared = {*data, *(file.recorded for file in closure.files)}
        return tuple(
            Mention(self._place(mention.path), mention.line, self._layout.recorded(mention.named))
            for mention in closure.mentions
            if self._layout.recorded(mention.named) not in declared
        )

    def _absent(self, closure: Closure) -> tuple[Absent, ...]:
        return tuple(
            Absent(
                self._place(missing.path),
                missing.line,
                missing.module.partition(".")[0],
                self._interpreter.executable,
            )
            for missing in self._closures.absent(closure)
        )

    def _located(self, warnings: Iterable[Warned]) -> Iterator[str]:
        for warned in warnings:
            place = self._place(warned.path)
            yield (
                f"{place}:{warned.line} {warned.text}" if warned.line else f"{place} {warned.text}"
            )

    def _place(self, path: str) -> str:
        return self._layout.recorded(path) if self._layout.holds(path) else path
