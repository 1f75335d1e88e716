"""What is looked at before a push: a bundle that its receiver cannot run, or should not have, is not sent."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import NamedTuple

from modelops_bundle.bundle.contents import links_of
from modelops_bundle.bundle.paths import PYPROJECT_PATH, problems_of
from modelops_bundle.digests.overlooked import absent
from modelops_bundle.errors import CheckFailedError
from modelops_bundle.project.patterns import Pattern, is_pattern
from modelops_bundle.staleness import State
from modelops_bundle.workflows.bundles.scope import Scope

__all__ = ["Finding", "check_scope", "findings_of", "mend_of_renamed", "missing"]

_SECRETS = re.compile(
    r"\.env(?!\.(?:example|sample|template)$)(?:\..+)?|.+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|\.(?:netrc|pgpass|pypirc|npmrc|git-credentials|htpasswd)"
    r"|_netrc|credentials(?:\.json)?|service[-_]account.*\.json|secrets?\.(?:ya?ml|json|toml|txt|ini|env)",
    re.IGNORECASE,
)
_MOST = 10


class Finding(NamedTuple):
    """Something that is wrong with a bundle before it is sent.

    Attributes:
        where: A path or an id.
        what: What is wrong.
        mend: What to do.
        stops: Whether the bundle is not sent.
    """

    where: str
    what: str
    mend: str
    stops: bool


def check_scope(
    scope: Scope, *, allow_secrets: bool = False, renamed: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """What should be known of a bundle that can be sent all the same.

    Args:
        scope: What is to be in it.
        allow_secrets: Whether files may be named like secrets.
        renamed: For files that are gone, where the same content is now.

    Raises:
        CheckFailedError: It cannot be sent; the message has every reason.
    """
    findings = list(findings_of(scope, allow_secrets=allow_secrets, renamed=renamed))
    stopping = [each for each in findings if each.stops]
    if stopping:
        lines = [f"{each.where}: {each.what}\n  {each.mend}" for each in stopping[:_MOST]]
        more = len(stopping) - len(lines)
        lines += [f"and {more} more"] if more > 0 else []
        raise CheckFailedError("the project cannot be pushed", "", "\n".join(lines))
    return tuple(findings)


def mend_of_renamed(old: str, new: str) -> str:
    """What to do about a tracked file that was renamed."""
    there = shlex.quote(new)
    return f"{new} has the same content: `mops-bundle remove {shlex.quote(old)} && mops-bundle add {there}`."


def findings_of(
    scope: Scope, *, allow_secrets: bool = False, renamed: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Everything that is found. See :func:`check_scope`."""
    yield from _entries(scope)
    yield from missing(scope, renamed or {})
    yield from _outside(scope)
    yield from _unresolved(scope)
    for problem in problems_of(scope.contents, links_of(scope.contents)):
        where, _, what = problem.partition(": ")
        yield Finding(where, what, "Rename it, or take it out of the bundle.", True)
    if PYPROJECT_PATH not in scope.contents:
        yield Finding(
            PYPROJECT_PATH,
            "it is not there, so nobody can know which packages the code needs",
            "Write one (`uv init --bare`) with the packages that the models import.",
            True,
        )
    yield from _unbuildable(scope)
    if not allow_secrets:
        yield from _secrets(scope)


def _entries(scope: Scope) -> Iterator[Finding]:
    stale = []
    for each in scope.entries:
        state = each.verdict.state
        if state in (State.MISSING, State.INVALID):
            mend = scope.mends.get(each.id) or "Mend it."
            forget = f" If it is gone for good, `mops-bundle unregister {each.id}` forgets it."
            yield Finding(each.id, f"it is {state.value}: {each.reason}", mend + forget, True)
        elif state is State.STALE:
            stale.append(each.id)
    if stale:
        what = "stale: the registry in the bundle says what they were made from before"
        mend = "`mops-bundle update` records the present state."
        yield Finding(", ".join(stale), what, mend, False)


def missing(scope: Scope, renamed: Mapping[str, str]) -> Iterator[Finding]:
    """What belongs to the bundle and cannot be read. See :func:`check_scope`."""
    for path, reason in scope.missing:
        ids = scope.needed.get(path)
        if ids is not None:
            mend = f"Bring it back, or register {', '.join(ids)} without it."
            yield Finding(path, f"{reason}, and {', '.join(ids)} needs it", mend, True)
        elif path in renamed:
            yield Finding(path, reason, mend_of_renamed(path, renamed[path]), True)
        else:
            mend = f"Bring it back, or run `mops-bundle remove {shlex.quote(path)}`."
            yield Finding(path, reason, mend, True)


def _outside(scope: Scope) -> Iterator[Finding]:
    """Code that does not travel: whoever pulls the bundle cannot import it."""
    reaching: dict[str, list[str]] = {}
    for each in scope.entries:
        for path in each.survey.leaves.external if each.survey is not None else ():
            reaching.setdefault(path, []).append(each.id)
    for path, ids in reaching.items():
        yield Finding(
            path,
            f"{', '.join(ids)} imports it from outside the project, and it is in no installed package",
            "Move it into the project, or install it as a package that pyproject.toml names.",
            True,
        )


def _unresolved(scope: Scope) -> Iterator[Finding]:
    """Modules of the project that code imports and that are not there: nobody can run it."""
    surveys = [each.survey for each in scope.entries if each.survey is not None]
    for each in absent(surveys):
        if each.is_inside:
            yield Finding(each.place, each.text, each.mend, True)


def _unbuildable(scope: Scope) -> Iterator[Finding]:
    """Files that pyproject.toml names and the receiver lacks: installing the project there would fail."""
    for named in scope.named:
        if not _is_there(scope, named):
            what = f"it names {named}, which is not in the bundle: nobody can install the project from there"
            mend = f"`mops-bundle add {shlex.quote(named)}` adds it."
            yield Finding(PYPROJECT_PATH, what, mend, False)


def _is_there(scope: Scope, named: str) -> bool:
    if named in scope.contents or not is_pattern(named):
        return named in scope.contents
    pattern = Pattern(named)
    ends = (reduce(pattern.into, path.split("/"), pattern.start) for path in scope.contents)
    return any(map(pattern.is_match, ends))


def _secrets(scope: Scope) -> Iterator[Finding]:
    for path in sorted(scope.contents):
        if _SECRETS.fullmatch(path.rsplit("/", 1)[-1]):
            yield Finding(
                path,
                "its name is one of files that hold secrets",
                f"Take it out (`mops-bundle remove {path}`), or push with --allow-secrets.",
                True,
            )
