"""The main job from end to end, on the sample project, through the real command.

Every claim that is made is checked; the first one that does not hold ends the demo with exit code 1.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

DATA = ["--data", "data/population.csv", "--data", "config/settings.json"]
MODELS = ["model_deterministicsir", "model_networksir", "model_stochasticsir"]
#: 200 simulations: twenty parameter sets, ten seeds.
RUN = [
    *("--grid", "beta=0.2,0.25,0.3,0.35,0.4,0.45,0.5,0.55,0.6,0.65", "--grid", "gamma=0.1,0.2"),
    *("--set", "days=30", "--seeds", "0:10"),
]
GROWTH = """\
from modelops_bundle import BaseModel

from rates import SEASONAL_BOOST


class Growth(BaseModel):
    PARAMS = ("beta", "gamma", "days")
    OUTPUTS = ("infected",)

    def simulate(self, params, seed):
        daily = 1.0 + params["beta"] * SEASONAL_BOOST - params["gamma"]
        return {"infected": {"infected": [10.0 * daily**day for day in range(params["days"])]}}
"""
CARELESS = """\
from pathlib import Path

from modelops_bundle import BaseModel

NOTES = "".join(["notes", ".txt"])  # a name that nobody can read out of the source


class Careless(BaseModel):
    def simulate(self, params, seed):
        return {"words": len(Path(NOTES).read_text().split())}
"""
TARGETS = ["targets_incidence_distance", "targets_peak_timing"]


class ClaimError(Exception):
    """Something that the demo says is not so."""


class Demo:
    """A project, and what was proved on it so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proved: list[str] = []
        script = Path(sys.executable).with_name("mops-bundle")
        self._start = (
            [str(script)] if script.exists() else [sys.executable, "-m", "modelops_bundle.cli"]
        )
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._variables = os.environ | ({"FORCE_COLOR": "1"} if coloured else {})
        # Nothing of the demo is to stay.
        self._variables["XDG_CACHE_HOME"] = str(folder / "cache")

    def say(self, text: str) -> None:
        """Print a heading."""
        print(f"\n-- {text}", flush=True)

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run a command, print it with what it prints, and check its exit code."""
        print(f"\n$ {shlex.join(['mops-bundle', *arguments])}", flush=True)
        done = self._call(arguments)
        for line in done.stdout.splitlines():
            print(f"  {line}")
        if done.returncode != expect:
            raise ClaimError(f"exit code {done.returncode} and not {expect}")
        return done.stdout

    def states(self) -> dict[str, str]:
        """State of every entry, as programs read it."""
        done = self._call(["status", "--json"], merged=False)
        if done.returncode:
            raise ClaimError(f"status --json failed: {done.stderr}")
        return {entry["id"]: entry["state"] for entry in json.loads(done.stdout)["entries"]}

    def expect_states(self, **expected: Sequence[str]) -> None:
        """Check that exactly these entries are in these states."""
        wanted = {entry: state for state, entries in expected.items() for entry in entries}
        found = self.states()
        if found != wanted:
            raise ClaimError(f"the states are {found}, not {wanted}")

    def expect_text(self, output: str, *parts: str) -> None:
        """Check that an output holds some texts."""
        for part in parts:
            if part not in output:
                raise ClaimError(f"the output does not say {part!r}")

    def expect_counts(self, model: str, *options: str, hits: int, computed: int) -> None:
        """Run a model, and check how many results were there and how many were computed."""
        output = self.run("run", model, *options)
        found = dict(line.split()[:2] for line in output.splitlines() if line.startswith("  "))
        if (found["hits"], found["computed"]) != (str(hits), str(computed)):
            raise ClaimError(f"{found} instead of {hits} hits and {computed} computed")

    def prove(self, text: str) -> None:
        """Note what was proved by the checks before."""
        self.proved.append(text)

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a text in a file of the project."""
        file = self.folder / path
        text = file.read_text()
        if text.count(before) != 1:
            raise ClaimError(f"{path} does not hold {before!r} once")
        file.write_text(text.replace(before, after))
        print(f"\n(edit {path}: {before!r} becomes {after!r})", flush=True)

    def _call(
        self, arguments: Sequence[str], merged: bool = True
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._start, *arguments],
            cwd=self.folder,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            check=False,
        )


def main() -> int:
    """Run the demo in a folder that is removed afterwards; 0 when every claim held."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelops-demo-") as folder:
        demo = Demo(Path(folder))
        try:
            register(demo)
            reformat(demo)
            change_a_constant(demo)
            edit_a_byte(demo)
            run_and_reuse(demo)
            rerun_what_is_affected(demo)
            catch_an_undeclared_read(demo)
            hand_it_on(demo)
        except ClaimError as error:
            print(f"\nThe demo failed: {error}.", file=sys.stderr)
            return 1
    print(f"\nProved in {time.monotonic() - begun:.0f} seconds:")
    for text in demo.proved:
        print(f"  - {text}")
    return 0


def register(demo: Demo) -> None:
    """A sample project, registered."""
    demo.say("A small project: three epidemic models, two targets, a helper module, data.")
    demo.run("sample-create", "epidemic")
    demo.folder /= "epidemic"
    demo.say("Make it a project and register what it holds. No model is imported or run.")
    demo.run("init")
    demo.run("register-model", "src/model.py", *DATA)
    demo.run("register-target", "src/targets.py")
    demo.run("show-registry")
    demo.run("show-registry", "model_networksir", "--tree")
    demo.run("status", "--check")
    demo.expect_states(current=MODELS + TARGETS)
    demo.prove("three models and two targets were found and registered without running any of them")


def reformat(demo: Demo) -> None:
    """Layout, quotes and comments change; meaning does not."""
    number = rewrite_layout(demo)
    demo.run("status", "--check")
    demo.expect_states(current=MODELS + TARGETS)
    demo.prove(f"rewriting the layout of all {number} sources made nothing stale")


def rewrite_layout(demo: Demo, width: int = 60) -> int:
    """Change how every source looks; returns how many there are."""
    sources = sorted(demo.folder.glob("src/*.py"))
    before = [source.read_bytes() for source in sources]
    if find_spec("ruff"):
        demo.say("Reformat every source with ruff: another line length, other quotes.")
        quotes = "single" if width == 60 else "double"
        options = ["--isolated", "--line-length", str(width)]
        options += ["--config", f"format.quote-style='{quotes}'"]
        command = [sys.executable, "-m", "ruff", "format", "--quiet", *options, "src"]
        subprocess.run(command, cwd=demo.folder, check=True)
    else:
        demo.say("Rewrite every source: comments, blank lines and line ends change.")
        for source in sources:
            text = source.read_text().replace("\n\n\n", "\n\n\n\n# A comment.\n\n\n")
            source.write_bytes(text.replace("\n", "\r\n").encode())
    if any(source.read_bytes() == old for source, old in zip(sources, before, strict=True)):
        raise ClaimError("a source was not changed at all")
    return len(sources)


def change_a_constant(demo: Demo) -> None:
    """One constant in a helper module that the models import."""
    demo.say("Change a constant in the helper module that the models import.")
    demo.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
    demo.run("status", "--check", expect=3)
    demo.expect_states(stale=MODELS, current=TARGETS)
    reason = "src/model.py -> src/rates.py: SEASONAL_BOOST changed 1.15 -> 1.25"
    demo.expect_text(demo.run("why", "model_stochasticsir"), reason)
    demo.prove("a changed constant made the three models stale, and not the targets")
    demo.prove(f"`why` names it: {reason}")
    demo.say("When the results are made anew, record the present state.")
    demo.run("update")
    demo.run("status", "--check")
    demo.expect_states(current=MODELS + TARGETS)


def edit_a_byte(demo: Demo) -> None:
    """One byte in a data file."""
    demo.say("Edit one byte of the data.")
    demo.edit("data/population.csv", "0-14,310", "0-14,311")
    demo.run("status", "--check", expect=3)
    demo.expect_states(stale=MODELS, current=TARGETS)
    demo.expect_text(
        demo.run("why", "model_networksir"), "data/population.csv", "column people changed"
    )
    demo.prove("one edited byte of data made the models stale, and `why` names file and column")


def run_and_reuse(demo: Demo) -> None:
    """200 simulations, computed once."""
    demo.say("Run 200 simulations: twenty parameter sets, ten seeds. None has a result yet.")
    demo.expect_counts("model_stochasticsir", *RUN, hits=0, computed=200)
    demo.say("Again: every result is there.")
    demo.expect_counts("model_stochasticsir", *RUN, hits=200, computed=0)
    demo.prove("200 simulations were computed once and found the second time")
    rewrite_layout(demo, width=100)
    demo.expect_counts("model_stochasticsir", *RUN, hits=200, computed=0)
    demo.prove("after reformatting every source, all 200 were still true")


def rerun_what_is_affected(demo: Demo) -> None:
    """Data that one of two models depends on."""
    demo.say("A second model, which does not depend on the population.")
    (demo.folder / "src" / "growth.py").write_text(GROWTH)
    demo.run("register-model", "src/growth.py")
    demo.expect_counts("growth_growth", *RUN, hits=0, computed=200)
    demo.edit("data/population.csv", "0-14,311", "0-14,312")
    demo.expect_counts("growth_growth", *RUN, hits=200, computed=0)
    demo.expect_counts("model_stochasticsir", *RUN, hits=0, computed=200)
    demo.edit("data/population.csv", "0-14,312", "0-14,311")
    demo.expect_counts("model_stochasticsir", *RUN, hits=200, computed=0)
    demo.run("results", "list")
    demo.run("results", "verify", "--rerun", "5")
    demo.prove(
        "edited data made exactly the model that reads it run again, and undoing that did not"
    )


def catch_an_undeclared_read(demo: Demo) -> None:
    """A file that the model reads and nobody declared."""
    demo.say("A model that reads a file which nobody declared, under a name that is put together.")
    (demo.folder / "src" / "careless.py").write_text(CARELESS)
    (demo.folder / "notes.txt").write_text("wash your hands\n")
    demo.run("register-model", "src/careless.py")
    caught = demo.run("trace", "careless_careless", expect=3)
    demo.expect_text(caught, "src/careless.py:10 notes.txt", "--data notes.txt")
    demo.say("Declare what it reads, and run it.")
    demo.expect_counts("careless_careless", "--declare", hits=0, computed=1)
    demo.edit("notes.txt", "wash", "wash and dry")
    demo.expect_counts("careless_careless", hits=0, computed=1)
    demo.prove("an undeclared read was caught with its line and the option that declares it")


def hand_it_on(demo: Demo) -> None:
    """The project as a bundle, to a colleague and back."""
    demo.say(
        "Hand the project on, with its results: to a folder here, or to any container registry."
    )
    demo.run("update")
    first = demo.run("push", "oci-layout:../shared", "--with-results")
    demo.run("clone", "oci-layout:../shared", "../colleague")
    there = ("-C", "../colleague")
    reused = demo.run(*there, "run", "growth_growth", *RUN)
    demo.expect_text(reused, "hits      200", "computed  0")
    demo.expect_text(demo.run(*there, "push"), "Nothing to push", first.split("@")[1][:71])
    demo.prove("a colleague had the same bundle, by its digest, and computed none of its results")
    demo.say("Both change something. Nobody's work is replaced unseen.")
    (demo.folder.parent / "colleague" / "notes.txt").write_text("wash your hands, and sing\n")
    demo.run(*there, "push")
    demo.edit("src/rates.py", "SEASONAL_BOOST = 1.25", "SEASONAL_BOOST = 1.3")
    demo.expect_text(demo.run("push", expect=1), "update notes.txt")
    demo.run("pull")
    demo.expect_text(demo.run("diff"), "SEASONAL_BOOST changed 1.25 -> 1.3")
    demo.run("push")
    demo.run("verify")
    demo.prove("a push over somebody else's was refused; after a pull both changes were there")


if __name__ == "__main__":
    sys.exit(main())
