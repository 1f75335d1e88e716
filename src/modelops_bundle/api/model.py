"""A model to call like a function. In a warm process, what was computed before takes microseconds."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelops_bundle.errors import WorkerError
from modelops_bundle.identity.recipes import make_param_id
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Level, Output, Result
from modelops_bundle.results.seeds import check_seed

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from modelops_bundle.adapters.input_guard import Stamp
    from modelops_bundle.adapters.results_local import LocalResults
    from modelops_bundle.api.report import Report
    from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Model", "Outputs"]

#: Seconds after which the whole model is looked at again even if nothing that is watched has changed.
_TRUSTED_SECONDS = 5.0


class _Owner(Protocol):
    root: str

    def opened(self) -> AbstractContextManager[Workspace]: ...

    def run(
        self,
        model: str,
        params: Any = None,
        seeds: Any = None,
        *,
        scenario: str | None = None,
        outputs: Sequence[str] | None = None,
        workers: int | None = None,
    ) -> Report: ...


class Outputs(Mapping[str, Any]):
    """The outputs of one simulation by name, each decoded when it is asked for.

    Attributes:
        result: Where they come from, and their bytes.
    """

    def __init__(self, result: Result) -> None:
        self.result = result

    def __getitem__(self, name: str) -> Any:
        from modelops_bundle.results.tables import decode

        return decode(self._output(name))

    def __iter__(self) -> Iterator[str]:
        return (each.name for each in self.result.outputs)

    def __len__(self) -> int:
        return len(self.result.outputs)

    def __repr__(self) -> str:
        return f"<outputs {', '.join(self)}>"

    def _output(self, name: str) -> Output:
        for each in self.result.outputs:
            if each.name == name:
                return each
        raise KeyError(name)


class Model:
    """A registered model; calling it gives the outputs of one simulation. Made by :meth:`Project.model`.

    Before each call everything that it depends on is looked at (the values of its variables, and the stamps
    of its files and of the folders that they lie in), so that a change is noticed at once. What the clock or
    a server says of a hosted model (an alias moves, Ollama has pulled another one) is noticed within five
    seconds. To be used in a ``with`` block, or closed.
    """

    def __init__(
        self, owner: _Owner, name: str, scenario: str | None, outputs: tuple[str, ...] | None
    ) -> None:
        self._owner = owner
        self._name = name
        self._scenario = scenario
        self._outputs = outputs
        self._store: LocalResults | None = None
        self._versions: dict[str, str] = {}
        self._watched = _Watched((), ())
        self._seen: object = None
        self._context: Context | None = None
        self._until = 0.0
        self._current()

    def __enter__(self) -> Model:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; calling the model opens it again."""
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def __call__(self, params: Mapping[str, Any] | None = None, seed: int = 0) -> Outputs:
        """Outputs of one simulation, computed unless there is a true result.

        Args:
            params: Parameter names to JSON values.
            seed: Seed of the random numbers, 0 to 2**64 - 1.

        Raises:
            WorkerError: The simulation failed; its traceback is the reason.
            MopsError: As for :meth:`Project.run`.
        """
        given = params or {}
        key = ResultKey(self._current(), make_param_id(given), check_seed(seed))
        found = self._found(key)
        if found is None:
            found = self._computed(given, seed)
        return Outputs(found)

    def _found(self, key: ResultKey) -> Result | None:
        assert self._store is not None
        found = self._store.get(key)
        if found is None:
            for damage in self._store.damaged():
                _warn(damage)
        if found is None or not found.may_be_taken(Level.AUDIT):
            return None
        if found.surroundings:
            from modelops_bundle.workflows.surroundings import Surroundings

            now = Surroundings(self._owner.root, self._version_of)
            return None if now.changed(found) else found
        return found

    def _version_of(self, package: str) -> str:
        """As it is since the last change of a folder that packages lie in."""
        if package not in self._versions:
            with self._owner.opened() as workspace:
                self._versions[package] = workspace.version_of(package)
        return self._versions[package]

    def _computed(self, params: Mapping[str, Any], seed: int) -> Result:
        report = self._owner.run(
            self._name,
            params,
            seed,
            scenario=self._scenario,
            outputs=self._outputs,
            workers=1,
        )
        for key in report.differing:
            _warn(f"the result {key[:12]} came out different from what is stored, which stays")
        for failure in report.failures:
            raise WorkerError(f"the simulation failed: {failure.error}", failure.traceback)
        (result,) = report.results
        return result

    def _current(self) -> Context:
        """The context as the model is now; looked up anew only when something may have changed."""
        if (
            self._context is None
            or self._store is None
            or time.monotonic() > self._until
            or self._watched.look() != self._seen
        ):
            return self._looked_up()
        return self._context

    def _looked_up(self) -> Context:
        # Should it not be possible now, nothing that was found before is taken the next time.
        self._context = None
        watched = None
        while watched != self._watched or self._context is None:
            # Looked at first, so that an edit while the model is surveyed shows the next time.
            watched = self._watched
            self._seen = watched.look()
            self._context, self._watched = self._surveyed()
        self._until = time.monotonic() + _TRUSTED_SECONDS
        return self._context

    def _surveyed(self) -> tuple[Context, _Watched]:
        from modelops_bundle.adapters.results_local import LocalResults
        from modelops_bundle.workflows.subject import find_subject, influences

        with self._owner.opened() as workspace:
            if self._store is None:
                self._store = LocalResults(workspace.layout.results)
            self._versions.clear()
            subject = find_subject(workspace, self._name)
            context = subject.context(self._scenario, self._outputs).context
            return context, _Watched(*influences(workspace, subject))


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)  # whoever called the model


class _Watched(NamedTuple):
    paths: Sequence[str]
    variables: Sequence[str]

    def look(self) -> tuple[list[Stamp], list[str | None]]:
        """What shows another value whenever one of them may have changed."""
        from modelops_bundle.adapters.input_guard import stamps_of

        return stamps_of(self.paths), list(map(os.environ.get, self.variables))
