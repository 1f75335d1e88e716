"""Requirements as distributions state them: which apply under given markers and extras.

Metadata in the wild holds requirements that no longer parse. Such a one still names a distribution, and
taking it as asked for without condition can only make a result stale too early, never too late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from modelops_bundle.environment.metadata import normalise

if TYPE_CHECKING:
    from packaging.markers import Marker

__all__ = ["Requirements"]

# Longer ones are no requirements, and nesting in them could exhaust the parser's stack.
_LONGEST = 2_000
_LEADING_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,199})")


class _Parsed(NamedTuple):
    name: str
    extras: frozenset[str]
    marker: Marker | None


class Requirements:
    """Evaluates requirements for one interpreter; each text is parsed once."""

    def __init__(self, markers: Mapping[str, str]) -> None:
        self._markers = dict(markers)
        self._parsed: dict[str, _Parsed | None] = {}

    def wanted(
        self, texts: Iterable[str], extras: Iterable[str]
    ) -> list[tuple[str, frozenset[str]]]:
        """Names that the requirements ask for, with the extras they ask for.

        Args:
            texts: Requirements as written.
            extras: Normalised extras of the distribution that states them, those that were asked for.
        """
        asked = ("", *sorted(extras))
        found = []
        for text in texts:
            if text not in self._parsed:
                self._parsed[text] = _parse(text)
            parsed = self._parsed[text]
            if parsed is not None and self._applies(parsed.marker, asked):
                found.append((parsed.name, parsed.extras))
        return found

    def _applies(self, marker: Marker | None, extras: Iterable[str]) -> bool:
        if marker is None:
            return True
        from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
        from packaging.version import InvalidVersion

        try:
            return any(marker.evaluate({**self._markers, "extra": extra}) for extra in extras)
        except (
            UndefinedComparison,
            UndefinedEnvironmentName,
            InvalidVersion,
            RecursionError,
            ValueError,
            KeyError,
        ):
            return True


def _parse(text: str) -> _Parsed | None:
    from packaging.requirements import InvalidRequirement, Requirement

    leading = _LEADING_NAME.match(text)
    if leading is None:
        return None
    name = normalise(leading[1].rstrip("._-"))
    if not name:
        return None
    try:
        requirement = Requirement(text) if len(text) <= _LONGEST else None
    except (InvalidRequirement, RecursionError, ValueError):
        requirement = None
    if requirement is None:
        return _Parsed(name, frozenset(), None)
    plain = frozenset(filter(None, map(normalise, requirement.extras)))
    return _Parsed(normalise(requirement.name) or name, plain, requirement.marker)
