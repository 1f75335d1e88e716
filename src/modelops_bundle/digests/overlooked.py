"""What surveys of several entries noticed that their digests may lack, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelops_bundle.digests.notices import Absent, Mention
from modelops_bundle.digests.survey import Survey

__all__ = ["absent", "partly_declared", "undeclared"]


def undeclared(surveys: Iterable[Survey]) -> Iterator[Mention]:
    """Files that code names and nobody declared, each once.

    What one entry of a source declares, the others of that source need not: a decorator names the data of its
    own function only.
    """
    known = list(surveys)
    declared = {(survey.leaves.path, name) for survey in known for name in survey.leaves.data}
    mentions = dict.fromkeys(mention for survey in known for mention in survey.mentions)
    return (
        each for each in mentions if not all((each.source, name) in declared for name in each.files)
    )


def partly_declared(survey: Survey) -> Iterator[Mention]:
    """Folders and patterns that code names and of which some files are declared and others are not.

    Most often, a file has come since the others were declared.
    """
    declared = {*survey.leaves.data, *survey.leaves.code}
    return (each for each in survey.mentions if declared.intersection(each.files))


def absent(surveys: Iterable[Survey]) -> Iterator[Absent]:
    """Packages that are not there, each once, but for those whose lack makes an entry invalid.

    A module of the project that a build makes is there where the file that it is made from is declared.
    """
    known = list(surveys)
    told = tuple(problem for survey in known for problem in survey.problems)
    packages: dict[str, Absent] = {}
    for survey in known:
        declared = {f"/{path}".rpartition(".")[0] for path in survey.leaves.code}
        for each in survey.absent:
            module = f"/{each.name.replace('.', '/')}"
            is_made = each.is_inside and any(path.endswith(module) for path in declared)
            if not is_made and not any(
                problem.startswith(f"{each.place} imports ") for problem in told
            ):
                packages.setdefault(each.name, each)
    return iter(packages.values())
