"""What a user declares of an entry: data, code, variables and more; read, checked, merged.

Paths and patterns are recorded relative to the project. A declaration that names nothing is refused before
anything is written: a misspelt data file would be a change that nobody sees.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelops_bundle.errors import UsageError
from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.project.files import expand, python_files
from modelops_bundle.project.layout import Layout
from modelops_bundle.project.patterns import is_pattern

__all__ = ["Declared", "labels_of", "outputs_of", "patterns_of", "sources_in", "variables_of"]


@dataclass(frozen=True, slots=True)
class Declared:
    """What stays with an entry when it is registered again.

    Attributes:
        data: Recorded paths and patterns of data.
        code: Recorded paths and patterns of code that the search does not find.
        variables: Names of environment variables.
        llms: Paths of hosted models, ``provider/name``.
        auto_code: Whether the code that is imported is searched for.
        outputs: Output names beyond those that the class states.
        labels: Free text for people.
    """

    data: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    llms: tuple[str, ...] = ()
    auto_code: bool = True
    outputs: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def extended(self, more: Declared, auto_code: bool | None) -> Declared:
        """Both declarations together; ``auto_code`` stays as it was unless it is said anew."""
        return Declared(
            data=_union(self.data, more.data),
            code=_union(self.code, more.code),
            variables=_union(self.variables, more.variables),
            llms=_union(self.llms, more.llms),
            auto_code=self.auto_code if auto_code is None else auto_code,
            outputs=tuple(dict.fromkeys((*self.outputs, *more.outputs))),
            labels=tuple(sorted({**dict(self.labels), **dict(more.labels)}.items())),
        )


def _union(these: Iterable[str], those: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*these, *those}))


def patterns_of(
    files: Files,
    layout: Layout,
    cwd: str,
    texts: Sequence[str],
    option: str,
    exclude: tuple[str, ...],
) -> tuple[str, ...]:
    """Recorded patterns of what the user typed after ``--data`` or ``--code``.

    Raises:
        UsageError: One lies outside the project, or names no file.
    """
    patterns = []
    for text in texts:
        pattern = layout.from_user(text, cwd)
        if not expand(files, layout, pattern, exclude):
            raise UsageError(
                f"{option} {text} names no file",
                _why_nothing(files, layout, pattern),
                "Nothing was registered.",
            )
        patterns.append(pattern)
    return tuple(patterns)


def _why_nothing(files: Files, layout: Layout, pattern: str) -> str:
    path = layout.absolute(pattern)
    kind = files.entries(os.path.dirname(path)).get(os.path.basename(path))
    if kind is EntryKind.FOLDER:
        return f"the folder {pattern} has no files"
    if kind is EntryKind.OTHER:
        return f"{pattern} is not a regular file, or a link that leads nowhere"
    return "no file matches the pattern" if is_pattern(pattern) else f"{pattern} does not exist"


def sources_in(
    files: Files, layout: Layout, cwd: str, text: str, exclude: tuple[str, ...]
) -> tuple[str, ...]:
    """Recorded paths of the sources that a file or folder typed by the user stands for.

    Raises:
        UsageError: It does not exist, lies outside the project, is no Python file, or holds none.
    """
    recorded = layout.from_user(text, cwd)
    path = layout.absolute(recorded)
    kind = (
        EntryKind.FOLDER
        if recorded == "."
        else files.entries(os.path.dirname(path)).get(os.path.basename(path))
    )
    if kind is EntryKind.FOLDER:
        sources = python_files(files, layout, path, exclude)
        found = tuple(layout.recorded(source) for source in sources)
        if not found:
            raise UsageError(
                f"{text} has no Python files", "", "Name a file, or a folder that has some."
            )
        return found
    if kind is None:
        raise UsageError(
            f"{text} does not exist",
            f"looked for {path}",
            "Check the path; it is relative to here.",
        )
    if kind is EntryKind.OTHER:
        raise UsageError(
            f"{text} is not a regular file", "pipes, devices and dead links are never opened"
        )
    if not recorded.endswith(".py"):
        raise UsageError(
            f"{text} is not a Python file", "models and targets are found in `.py` files"
        )
    return (recorded,)


def outputs_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Names of outputs as they were typed.

    Raises:
        UsageError: One is empty.
    """
    if not all(text.strip() for text in texts):
        raise UsageError("--output names nothing", "its name is empty", "Nothing was registered.")
    return tuple(text.strip() for text in texts)


def variables_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Names of environment variables as they were typed.

    Raises:
        UsageError: One cannot be a variable's name.
    """
    for text in texts:
        if not text or "=" in text or "\0" in text:
            raise UsageError(
                f"--variable {text!r} is no name of a variable",
                "a name is not empty and has no `=`",
                "Give the name alone: its value is read from the environment.",
            )
    return tuple(texts)


def labels_of(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Labels from ``key=value`` texts.

    Raises:
        UsageError: One has no ``=`` or an empty key.
    """
    pairs = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(
                f"--label {text} is not key=value", "", "Write --label country=Kenya, say."
            )
        pairs.append((key.strip(), value))
    return tuple(pairs)
