"""What is wrong with a registry file, where, and how to mend it.

All problems of one file are reported together. Each names the line, the key and the mend, because a registry
is edited by hand and merged by version control, and whoever broke it should find the place at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelops_bundle.errors import RegistryError
from modelops_bundle.yamltext.problems import Problem, in_words

__all__ = ["BrokenRegistryError"]


class BrokenRegistryError(RegistryError):
    """A registry file that cannot be read as one; it is left exactly as it is.

    Attributes:
        file: The file's path as it was given.
        problems: Every problem found, in the order of the file.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        why, mend = in_words(problems)
        super().__init__(f"cannot read the registry {_printable(file)}", why, mend)
        self.file = file
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[BrokenRegistryError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.file, self.problems)


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
