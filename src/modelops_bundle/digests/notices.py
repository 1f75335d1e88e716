"""What a survey noticed that a digest may lack: files that nobody declared, packages that are not there."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Absent", "Mention"]


class Absent(NamedTuple):
    """A package that code imports and that is neither in the project nor installed, or a module of a package.

    Attributes:
        source: Recorded path of the source.
        line: Where it imports it.
        name: Its top-level name; the whole name of a module of a package that is in the project.
        executable: The interpreter that was asked.
    """

    source: str
    line: int
    name: str
    executable: str

    @property
    def place(self) -> str:
        """Where it is imported."""
        return f"{self.source}:{self.line}"

    @property
    def text(self) -> str:
        """What was noticed there."""
        if self.is_inside:
            return f"imports {self.name}, which is not in the project"
        return f"imports {self.name}, which is not installed for {self.executable}"

    @property
    def is_inside(self) -> bool:
        """Whether it should be in the project."""
        return "." in self.name

    @property
    def mend(self) -> str:
        """What to do."""
        if self.is_inside:
            return "Bring it back, or declare the file that it is made from with --code."
        return "Name the project's interpreter (--python, environment.python, .venv), or install it there."

    @property
    def hint(self) -> str:
        """What was noticed, and what to do."""
        if self.is_inside:
            return f"{self.place} {self.text}: declare the file that it is made from with --code"
        return (
            f"{self.place} {self.text}: name the project's interpreter with --python, or install it"
        )


class Mention(NamedTuple):
    """A file that the code names and nobody declared, or a folder or pattern of which that is true in part.

    Attributes:
        source: Recorded path of the source.
        line: Where it names the file.
        names: Recorded path of the file or folder, or the pattern.
        files: Recorded paths of the files that it stands for.
        is_code: What is not declared is sources, to be declared as code.
    """

    source: str
    line: int
    names: str
    files: tuple[str, ...]
    is_code: bool = False

    @property
    def place(self) -> str:
        """Where the file is named."""
        return f"{self.source}:{self.line}"

    @property
    def text(self) -> str:
        """What was noticed there."""
        if self.files == (self.names,):
            return f"names {self.names}, which is not declared"
        count = f"{len(self.files)} file{'' if len(self.files) == 1 else 's'}"
        return f"names {self.names} ({count}), which is not declared"

    @property
    def option(self) -> str:
        """The option that declares it."""
        return "--code" if self.is_code else "--data"
