"""What is run: a registered model or target as it is now, and all that its results depend on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import chain
from uuid import uuid4

from modelops_bundle.bundle.paths import CATALOG_PATH
from modelops_bundle.digests.survey import Survey
from modelops_bundle.environment.metadata import normalise
from modelops_bundle.environment.scope import OURSELVES
from modelops_bundle.environment.settings import SETTING_VARIABLES
from modelops_bundle.environment.variables import PLACE_VARIABLES
from modelops_bundle.errors import InvalidEntryError, MopsError, UsageError, WorkerError
from modelops_bundle.project.files import expand
from modelops_bundle.records.entries import ModelEntry, TargetEntry
from modelops_bundle.results.key import Context
from modelops_bundle.results.record import Level
from modelops_bundle.results.store import ContextRecord
from modelops_bundle.results.tasks import RunnerSpec
from modelops_bundle.staleness import State
from modelops_bundle.worker import BASELINE
from modelops_bundle.workflows.candidates import Entry, restated
from modelops_bundle.workflows.mending import Mends
from modelops_bundle.workflows.registration import check_names
from modelops_bundle.workflows.status import entry_status, select
from modelops_bundle.workflows.workspace import Workspace

__all__ = [
    "Subject",
    "differences",
    "find_model",
    "find_subject",
    "influences",
    "inputs_of",
    "runner_spec",
]

#: How libraries are told the number of threads that the environment's digest states.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
_OLDEST_PYTHON = (3, 11)
#: Say which interpreter is the project's, and where it looks for modules.
_CHOOSING = ("CONDA_PREFIX", "PATH", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Subject:
    """A model or target that can be run.

    Attributes:
        id: Its id.
        entry: As its source states it now.
        digest: Its digest now.
        survey: What it depends on now.
        recorded: Whether that is what the registry says.
    """

    id: str
    entry: Entry
    digest: str
    survey: Survey
    recorded: bool

    def context(self, scenario: str | None, outputs: tuple[str, ...] | None) -> ContextRecord:
        """What all results of a run of it have in common.

        Raises:
            UsageError: The model has no such scenario or output.
        """
        if isinstance(self.entry, ModelEntry):
            _check_asked(self.id, self.entry, scenario, outputs)
        leaves = self.survey.leaves
        return ContextRecord(
            context=Context(
                model=self.digest,
                entrypoint=self.entry.entrypoint,
                scenario=scenario,
                outputs=None if outputs is None else tuple(sorted(set(outputs))),
            ),
            model_id=self.id,
            components=tuple(sorted(leaves.components())),
            environment=asdict(leaves.environment) if leaves.environment else {},
            environment_digest=leaves.environment_digest,
            llms={path: model.text for path, model in leaves.llms.items()},
        )


def _check_asked(
    model_id: str, entry: ModelEntry, scenario: str | None, outputs: tuple[str, ...] | None
) -> None:
    where = f"the model {model_id}"
    if entry.scenarios and scenario is not None:
        check_names([scenario], {*entry.scenarios, BASELINE}, "--scenario", where)
    if entry.outputs and outputs is not None:
        check_names(outputs, entry.outputs, "--output", where)


def find_model(workspace: Workspace, name: str) -> tuple[Subject, ModelEntry]:
    """The registered model that a name stands for, and what its source states of it.

    Raises:
        UsageError: The name is no model's.
        InvalidEntryError: Its file, its class or a dependency is gone, or does not parse.
    """
    subject = find_subject(workspace, name)
    if not isinstance(subject.entry, ModelEntry):
        raise UsageError(
            f"{subject.id} is a target",
            "only models are run",
            f"`mops-bundle evaluate {subject.id}` runs its model and judges what comes out.",
        )
    return subject, subject.entry


def find_subject(workspace: Workspace, name: str) -> Subject:
    """The registered model or target that a name stands for.

    Raises:
        UsageError: The name is nobody's.
        InvalidEntryError: Its file, what it names or a dependency is gone, or does not parse.
    """
    registry = workspace.registry.load()
    (entry_id,) = select(registry, [name])
    judged = entry_status(workspace, registry, entry_id)
    if judged.digest is None or judged.survey is None:
        mend = Mends(workspace, registry).of(judged.entry, judged.verdict.state)
        raise InvalidEntryError(
            f"{entry_id} cannot be run",
            judged.reason,
            mend or "Mend it, or forget it with `mops-bundle unregister`.",
        )
    return Subject(
        id=entry_id,
        entry=restated(workspace, judged.entry).entry,
        digest=judged.digest,
        survey=judged.survey,
        recorded=judged.verdict.state is State.CURRENT,
    )


def differences(workspace: Workspace, name: str, record: ContextRecord) -> tuple[str, ...]:
    """What a model depends on that is not what a context says any more, in words; empty if nothing.

    The project is read again for that.
    """
    with workspace.reopened() as now:
        try:
            subject = find_subject(now, name)
        except MopsError as error:
            return (error.summary,)
    if subject.digest == record.context.model:
        return ()
    leaves = subject.survey.leaves
    changed = {path for _, path, _ in {*leaves.components()} ^ {*record.components}}
    environment = leaves.environment_digest != record.environment_digest
    return (*sorted(changed), *(["the environment"] if environment else []))


def inputs_of(workspace: Workspace, subject: Subject) -> tuple[str, ...]:
    """Absolute paths of all files that it depends on, sorted."""
    survey, layout = subject.survey, workspace.layout
    recorded = {subject.entry.path, *survey.leaves.data, *survey.leaves.code}
    return tuple(sorted({*map(layout.absolute, recorded), *survey.sources.values()}))


def influences(workspace: Workspace, subject: Subject) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What its digest may change with: absolute paths of files and folders, and names of variables.

    A folder changes when something comes into it: a file that a pattern takes, a module that is found before
    another, a distribution.
    """
    files, layout = inputs_of(workspace, subject), workspace.layout
    folders = {
        *map(os.path.dirname, files),
        *workspace.import_folders,
        *workspace.interpreter.site_folders,
    }
    paths = {*files, *folders, layout.registry, layout.pyproject}
    settings = chain.from_iterable(SETTING_VARIABLES.values())
    if subject.survey.leaves.llms:
        paths.add(layout.absolute(CATALOG_PATH))
    names = {*subject.survey.leaves.variables, *settings, *_CHOOSING}
    return tuple(sorted(paths)), tuple(sorted(names))


def runner_spec(
    workspace: Workspace, subject: Subject, record: ContextRecord, level: Level, package: str
) -> RunnerSpec:
    """How workers run the model.

    Args:
        workspace: The project.
        subject: The model.
        record: The run's context.
        level: How closely to watch.
        package: Folder that this package is imported from.

    Raises:
        WorkerError: The project's interpreter is too old.
    """
    interpreter, environment = workspace.interpreter, subject.survey.leaves.environment
    assert environment is not None
    _refuse_old(interpreter.executable, interpreter.version)
    config, layout = workspace.config, workspace.layout
    ignored = (name for pattern in config.ignore_files for name in _files(workspace, pattern))
    threads = {name: str(environment.thread_count) for name in _THREAD_VARIABLES}
    leaves = subject.survey.leaves
    # Those that say where a hosted model is asked count when they are set; else no worker may have them.
    addressing = workspace.hosted.addressing(leaves.llms) if leaves.llms else ()
    declared = {name: workspace.variables.get(name) for name in (*leaves.variables, *addressing)}
    entry = subject.entry
    is_target = isinstance(entry, TargetEntry)
    return RunnerSpec(
        root=layout.root,
        interpreter=interpreter.executable,
        path=layout.absolute(entry.path),
        entrypoint=entry.entrypoint,
        scenario=record.context.scenario,
        outputs=record.context.outputs,
        scenarios=entry.scenarios if isinstance(entry, ModelEntry) else (),
        search=workspace.import_folders,
        readable=(*inputs_of(workspace, subject), *ignored),
        variables={**threads, **declared},
        free_variables=_free_variables(workspace, leaves.llms),
        hosts=workspace.hosted.hosts(leaves.llms) if leaves.llms else (),
        python_version=environment.python_version,
        platform=environment.platform,
        dependencies=environment.dependencies,
        level=level,
        allow=tuple(_allowed(layout.root, config.hermetic.allow)),
        network=config.hermetic.network,
        package=package,
        packages=workspace.distributions.roots,
        counted=(OURSELVES, normalise(config.project_name or ""), *leaves.distributions),
        run=uuid4().hex,
        judges=entry.model_output if isinstance(entry, TargetEntry) else "",
        data=tuple(map(layout.absolute, sorted(leaves.data))) if is_target else (),
    )


def _free_variables(workspace: Workspace, llms: Iterable[str]) -> tuple[str, ...]:
    """Variables that may be read and do not count; the keys of hosted models among them."""
    ignored = workspace.config.environment.ignore_variables
    keys = workspace.hosted.credentials(llms) if llms else ()
    return (*sorted(PLACE_VARIABLES), *ignored, *keys)


def _files(workspace: Workspace, pattern: str) -> list[str]:
    return [
        workspace.layout.absolute(name)
        for name in expand(workspace.files, workspace.layout, pattern)
    ]


def _allowed(root: str, paths: Iterable[str]) -> Iterable[str]:
    return (os.path.abspath(os.path.join(root, os.path.expanduser(path))) for path in paths)


def _refuse_old(executable: str, version: str) -> None:
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_PYTHON:
        raise WorkerError(
            f"{executable} cannot run models",
            f"it is Python {version}, and workers need 3.11 or later",
            "Make the project's environment with a newer Python, or name another with --python.",
        )
