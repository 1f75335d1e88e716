"""Draw what the commands show on the sample project, as the README shows it.

usage: python dev/pictures.py   (writes docs/pictures/*.svg)
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"
WIDTH = 96
PICTURES = {"status": ["status"], "why": ["why", "model_networksir"]}
#: A day's work: what was done before each run, and the run's seeds.
STEPS = (
    ("first run", (), "0:20"),
    ("again", (), "0:20"),
    ("comment added", ("BOOST = 1.25", "BOOST = 1.25  # a season"), "0:20"),
    ("ten more seeds", (), "0:30"),
    ("constant edited", ("BOOST = 1.25", "BOOST = 1.35"), "0:30"),
    ("edit undone", ("BOOST = 1.35", "BOOST = 1.25"), "0:30"),
)
RUN = ("run", "StochasticSIR", "--grid", "beta=0.2,0.3", "--set", "gamma=0.1", "--set", "days=10")
COLOURS = {"hits": "#2e8b57", "computed": "#4c78a8"}
EDITS = (
    ("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25"),
    ("data/population.csv", "0-14,310", "0-14,312"),
    ("src/rates.py", "return min(gamma,", "return min(0.9 * gamma,"),
)


def main() -> int:
    """Write the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn().items():
        (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
    return 0


def drawn() -> dict[str, str]:
    """The pictures by name, each of a real command on a changed sample project."""
    with tempfile.TemporaryDirectory(prefix="modelops-pictures-") as folder:
        project = _changed_sample(folder)
        pictures = {
            name: _picture(["mops-bundle", *arguments], _run(project, *arguments))
            for name, arguments in PICTURES.items()
        }
        return {**pictures, "hits": _hits(project)}


def _changed_sample(folder: str) -> Path:
    _run(Path(folder), "sample-create", "epidemic")
    project = Path(folder, "epidemic")
    _run(project, "init")
    data = ["--data", "data/population.csv", "--data", "config/settings.json"]
    _run(project, "register-model", "src/model.py", *data)
    _run(project, "register-target", "src/targets.py")
    for name, old, new in EDITS:
        path = project / name
        path.write_text(path.read_text().replace(old, new))
    return project


def _hits(project: Path) -> str:
    """Runs one below the other, each a bar of hits and computed results."""
    rates = project / "src" / "rates.py"
    rows = []
    for name, edit, seeds in STEPS:
        if edit:
            rates.write_text(rates.read_text().replace(*edit))
        done = json.loads(_run(project, *RUN, "--seeds", seeds, "--json"))
        rows.append((name, {kind: done[kind] for kind in COLOURS}))
    return _bars(rows)


def _bars(rows: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    step, left, unit = 34, 150, 7
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {step * len(rows) + 40}"'
        ' font-family="sans-serif" font-size="14" role="img">',
        "<title>What six runs found and computed</title>",
    ]
    for number, (name, counts) in enumerate(rows):
        top, place = 8 + step * number, left
        lines.append(f'<text x="{left - 10}" y="{top + 17}" text-anchor="end">{name}</text>')
        for kind, count in counts.items():
            if count:
                width = unit * count
                lines.append(
                    f'<rect x="{place}" y="{top}" width="{width}" height="24" fill="{COLOURS[kind]}"/>'
                )
                lines.append(
                    f'<text x="{place + 8}" y="{top + 17}" fill="white">{count} {kind}</text>'
                )
                place += width
    return "\n".join([*lines, "</svg>", ""])


def _run(folder: Path, *arguments: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    variables.pop("VIRTUAL_ENV", None)
    done = subprocess.run(
        [sys.executable, "-m", "modelops_bundle.cli", *arguments],
        cwd=folder,
        env={**variables, "FORCE_COLOR": "1", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def _picture(command: list[str], output: str) -> str:
    console = Console(
        record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, color_system="truecolor"
    )
    console.print(Text.assemble(("$ ", "bold green"), " ".join(command)))
    console.print(Text.from_ansi(output.rstrip("\n")))
    name = "-".join(command)
    return console.export_svg(title=" ".join(command), theme=MONOKAI, unique_id=name)


if __name__ == "__main__":
    sys.exit(main())
