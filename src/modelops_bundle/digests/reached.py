"""The code that entries reach, as a survey needs it; kept between runs while nothing says otherwise.

Finding it means reading what every source says and following its imports. What came out is kept with the
trace of all that was asked on the way (:mod:`modelops_bundle.digests.trace`) and believed while that holds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from modelops_bundle.digests.trace import TracedFiles, still_says
from modelops_bundle.discovery.search import Warned
from modelops_bundle.identity.streams import Blake2bStream

if TYPE_CHECKING:
    from modelops_bundle.digests.code import KnownDigests
    from modelops_bundle.discovery.closure import Closure, ClosureFinder
    from modelops_bundle.source.facts import FactsReader

__all__ = ["CodeReader", "ReachedCode", "is_of_meaning"]

#: Raise it whenever what is found out of the same files, or the record below, changes.
_VERSION = 6
_MEMO = f"code{_VERSION}-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}"


class ReachedCode(NamedTuple):
    """All code that an entry reaches, and what it reads.

    Attributes:
        own: Digest of the entry's own file; empty where it cannot be read.
        code: Digests of other project files, by recorded path.
        external: Digests of files outside the project that no distribution vouches for.
        distributions: Digests of distributions that are hashed by content.
        sources: Absolute path of every source by its recorded one.
        chains: By recorded path, recorded paths from the entry's file to this one.
        shares: Recorded paths of the sources of each distribution that is hashed by content.
        docstrings: By recorded path, the definitions whose docstrings count.
        unparsable: Recorded paths of sources that count by their bytes because they do not parse.
        errors: By recorded path, where and why a source does not parse, in words.
        exact: Whether all sources count by their bytes because code reads them.
        problems: Files that cannot be read, in words.
        imported: Installed modules that are imported.
        by_content: Distributions hashed by content that some file belongs to.
        variables: Environment variables that are read.
        warnings: What may be missed.
    """

    own: str
    code: Mapping[str, str]
    external: Mapping[str, str]
    distributions: Mapping[str, str]
    sources: Mapping[str, str]
    chains: Mapping[str, tuple[str, ...]]
    shares: Mapping[str, Collection[str]]
    docstrings: Mapping[str, Collection[str]]
    unparsable: Collection[str]
    errors: Mapping[str, str]
    exact: bool
    problems: tuple[str, ...]
    imported: tuple[str, ...]
    by_content: tuple[str, ...]
    variables: tuple[str, ...]
    warnings: tuple[Warned, ...]


def is_of_meaning(recorded: str) -> bool:
    """Whether the digest recorded of a source is of what it meant, and not of its bytes: it did parse."""
    return recorded.startswith("blake2b:")


class CodeReader:
    """Reads the code of entries. Each is looked at once.

    Args:
        files: File system; ``facts`` and the closures ask it and nothing else.
        facts: What sources say.
        closures: Makes the finder of closures; called when there is something to find.
        context: A text that changes with everything else that the code depends on: where modules are looked
            for, by which interpreter, and what is installed.
    """

    def __init__(
        self,
        files: TracedFiles,
        facts: FactsReader,
        closures: Callable[[], ClosureFinder],
        context: Callable[[], str],
    ) -> None:
        self._files = files
        self._facts = facts
        self._make_closures = closures
        self._context = context
        self._closures: ClosureFinder | None = None
        self._digests: KnownDigests = {}
        self._read: dict[tuple[Any, ...], ReachedCode] = {}

    @property
    def closures(self) -> ClosureFinder:
        """The finder of closures."""
        if self._closures is None:
            self._closures = self._make_closures()
        return self._closures

    def read(
        self, path: str, declared: Collection[str], auto_code: bool, modules: Collection[str]
    ) -> ReachedCode:
        """The code of the file at an absolute path; arguments are those of ``ClosureFinder.find``."""
        asked = (path, *map(tuple, (sorted(declared), sorted(modules))), auto_code)
        found = self._read.get(asked)
        if found is None:
            key = self._key(asked)
            found = self._kept(key)
            if found is None:
                found = self._found(self.closures.find(path, declared, auto_code, modules))
                self._keep(key, found)
            self._read[asked] = found
        return found

    def _key(self, asked: tuple[Any, ...]) -> str:
        stream = Blake2bStream("memo:code:v1")
        for part in (self._context(), json.dumps(asked)):
            stream.add(part.encode("utf-8", "surrogatepass"))
        return stream.digest().hex

    def _kept(self, key: str) -> ReachedCode | None:
        text = self._files.memo_get(_MEMO, key)
        if text is None:
            return None
        trace, _, record = text.partition("\n")
        return _decoded(record) if still_says(self._files.unnoted, trace) else None

    def _keep(self, key: str, found: ReachedCode) -> None:
        trace = self._files.trace()
        if trace is not None:
            self._files.memo_put(_MEMO, key, f"{trace}\n{json.dumps(found)}")

    def _found(self, closure: Closure) -> ReachedCode:
        from modelops_bundle.digests.code import CodeDigests, syntax_errors

        digests = CodeDigests(self._files, self._facts, closure, self._digests)
        distributions = {file.distribution for file in closure.files if file.distribution}
        return ReachedCode(
            **digests.leaves(),
            sources={file.recorded: file.path for file in closure.files},
            chains={file.recorded: file.chain for file in closure.files},
            shares=digests.shares,
            docstrings={path: sorted(names) for path, names in digests.docstrings.items()},
            unparsable=digests.unparsable,
            errors=dict(syntax_errors(self._facts, closure)),
            exact=closure.bytes_matter,
            problems=tuple(digests.problems),
            imported=closure.imported,
            by_content=tuple(sorted(distributions)),
            variables=tuple(closure.variables),
            warnings=closure.warnings,
        )


def _decoded(text: str) -> ReachedCode:
    found = ReachedCode(*json.loads(text))
    return found._replace(
        chains={path: tuple(chain) for path, chain in found.chains.items()},
        problems=tuple(found.problems),
        imported=tuple(found.imported),
        by_content=tuple(found.by_content),
        variables=tuple(found.variables),
        warnings=tuple(_warned(found.warnings)),
    )


def _warned(items: Iterable[Iterable[Any]]) -> Iterable[Warned]:
    return (Warned(*item) for item in items)
