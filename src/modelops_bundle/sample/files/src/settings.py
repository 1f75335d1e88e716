"""Where the models' inputs are, and how they are read."""

import csv
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def load_settings():
    """Defaults of a run."""
    return json.loads((ROOT / "config" / "settings.json").read_text())


def load_population():
    """People by age group."""
    with (ROOT / "data" / "population.csv").open(newline="") as lines:
        return {row["age_group"]: int(row["people"]) for row in csv.DictReader(lines)}
