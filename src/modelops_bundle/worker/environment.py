"""Whether this interpreter has what the model's digest was made for.

A result is stored under the versions that the tool saw; computed with others it would be a lie. Versions are
formed as the tool forms them: a distribution installed from version control or an archive carries the
commit or hash that it was installed from (``1.0+git.<commit>``).
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import platform
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import Distribution
from typing import Any, NamedTuple

from .failures import RefusedError, a_handful, in_one_line

__all__ = ["Offer", "check_environment", "installed_version", "normalised", "offers_of"]

_WHAT = "the worker's environment is not the one that was asked for"
_MEND = "Install the same packages there, or name the interpreter that has them."
_LONGEST_VERSION = 200
_HEADERS = 1 << 20
_VERSION = re.compile(r"^version\s*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_RUNS = re.compile(r"[-_.]+")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,200}")


def check_environment(spec: Mapping[str, Any]) -> None:
    """Compare Python, platform and distributions with those asked for.

    Raises:
        RefusedError: They differ; the reason names each that does, up to a handful.
    """
    differing = list(_differing(spec))
    if differing:
        raise RefusedError(_WHAT, a_handful(differing), _MEND)


def _differing(spec: Mapping[str, Any]) -> Iterator[str]:
    here = platform.python_version()
    if here != spec["python_version"]:
        yield f"Python is {here} here, {spec['python_version']} was asked for"
    machine = f"{platform.system().lower()}-{platform.machine()}"
    if machine != spec["platform"]:
        yield f"the platform is {machine} here, {spec['platform']} was asked for"
    for name, asked in sorted(spec["dependencies"].items()):
        version = installed_version(name, sys.path)
        if version is None:
            yield f"{name} is not installed here, {asked} was asked for"
        elif version != asked:
            yield f"{name} is {version} here, {asked} was asked for"


def installed_version(name: str, path: Sequence[str]) -> str | None:
    """Version of a distribution in one of these folders; ``None`` when it is not there.

    Where one folder records it more than once, all versions joined by ``|``.
    """
    found = [
        (str(each.locate_file("")), *read)
        for each in importlib.metadata.distributions(name=name, path=list(path))
        if (read := _version_of(each)) is not None
    ]
    if not found:
        return None
    there = [(version, whole) for folder, version, whole in found if folder == found[0][0]]
    # Damaged metadata counts only when there is no other.
    counting = [version for version, whole in there if whole] or [version for version, _ in there]
    return "|".join(sorted(set(counting)))


def _version_of(distribution: Distribution) -> tuple[str, bool] | None:
    """Its version, and whether its metadata states one; ``None`` when there is nothing but a name."""
    headers = _text(distribution, "METADATA") or _text(distribution, "PKG-INFO")
    if not headers and not _text(distribution, "RECORD"):
        return None
    head = headers[:_HEADERS].replace("\r\n", "\n").partition("\n\n")[0]
    stated = _VERSION.search(head)
    version = " ".join(stated[1].split())[:_LONGEST_VERSION] if stated else ""
    source = _source_of(_text(distribution, "direct_url.json"))
    told = version or _told_by_name(distribution) or "unknown"
    return (f"{told}+{source}" if source else told), bool(version)


def _told_by_name(distribution: Distribution) -> str:
    """The version in the name of the metadata's folder, which only the usual kind of distribution has."""
    folder = str(getattr(distribution, "_path", "")).rpartition("/")[2]
    return folder.rpartition(".")[0].partition("-")[2].partition("-")[0]


def _text(distribution: Distribution, name: str) -> str:
    try:
        return distribution.read_text(name) or ""
    except ValueError:
        return ""  # no UTF-8


def _source_of(text: str) -> str:
    """The commit or hash that direct_url.json states; empty when it states none."""
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict) or isinstance(document.get("dir_info"), dict):
        return ""
    vcs = document.get("vcs_info")
    if isinstance(vcs, dict):
        parts = [_plain(vcs.get("vcs")), _plain(vcs.get("commit_id"))]
        return ".".join(parts) if all(parts) else ""
    archive = document.get("archive_info")
    return _archive_hash(archive) if isinstance(archive, dict) else ""


def _archive_hash(info: dict[str, Any]) -> str:
    hashes = info.get("hashes")
    known = hashes if isinstance(hashes, dict) else {}
    for algorithm in ("sha256", *sorted(known)):
        if _plain(algorithm) and _plain(known.get(algorithm)):
            return f"{algorithm}.{known[algorithm]}"
    algorithm, _, value = str(info.get("hash", "")).partition("=")
    return f"{algorithm}.{value}" if _plain(algorithm) and _plain(value) else ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else ""


def normalised(name: str) -> str:
    """Name of a distribution as all spell it, by the packaging specification of names."""
    return _RUNS.sub("-", name).lower()


class Offer(NamedTuple):
    """An entry point that offers to run models.

    Attributes:
        tops: Top-level packages of the distribution that registered it.
        entry_point: What it leads to, not loaded yet.
    """

    tops: frozenset[str]
    entry_point: importlib.metadata.EntryPoint

    @property
    def distribution(self) -> str:
        """Normalised name of the distribution that registered it."""
        made_by = self.entry_point.dist
        return normalised(made_by.name) if made_by is not None else ""

    @property
    def file(self) -> str:
        """Absolute path of the module that it leads to; empty where none is found."""
        with contextlib.suppress(ImportError, ValueError):
            found = importlib.util.find_spec(self.entry_point.module)
            return (found and found.origin) or ""
        return ""

    def counts(self, dependencies: Collection[str], files: Collection[str]) -> bool:
        """Whether the code that it leads to is part of a model's digest.

        Args:
            dependencies: Normalised names of the distributions that are.
            files: Absolute paths of the files that are.
        """
        # Where there is no such file, loading it says what is wrong.
        return self.distribution in dependencies or self.file in {*files, ""}

    def load(self) -> Any:
        """What it leads to.

        Raises:
            RefusedError: It cannot be imported.
        """
        try:
            return self.entry_point.load()
        except BaseException as error:
            raise RefusedError(
                f"{self.entry_point.value}, which offers to run models, cannot be imported",
                in_one_line(error),
                "Reinstall the package that registered it in the project's environment.",
            ) from error


def offers_of(*groups: str) -> dict[str, list[Offer]]:
    """The entry points on ``sys.path`` of each of these groups, by name.

    They are looked for before anything is watched, since that reads metadata of all that is installed. Only
    metadata that names a group is parsed: what is broken elsewhere is no business of ours.
    """
    offers: dict[str, dict[str, Offer]] = {group: {} for group in groups}
    for distribution in importlib.metadata.distributions(path=list(sys.path)):
        text = _text(distribution, "entry_points.txt")
        for group in groups:
            if group in text:
                for entry_point in distribution.entry_points.select(group=group):
                    top = entry_point.value.partition(":")[0].strip().partition(".")[0]
                    offer = Offer(frozenset({top, *_tops(distribution)}), entry_point)
                    # What comes first on the path stands before others of its name.
                    offers[group].setdefault(entry_point.name, offer)
    return {group: [named[name] for name in sorted(named)] for group, named in offers.items()}


def _tops(distribution: Distribution) -> Iterator[str]:
    """Top-level packages that a distribution brings with a file of their own."""
    for file in distribution.files or ():
        if len(file.parts) == 2 and file.parts[1] == "__init__.py":
            yield file.parts[0]
        elif len(file.parts) == 1 and file.suffix == ".py":
            yield file.stem
