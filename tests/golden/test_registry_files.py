"""Golden registries: what the ecosystem's loader takes and refuses, and the exact bytes that are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import ecosystem_loader

from modelops_bundle.registry import (
    BrokenRegistryError,
    BundleRegistry,
    EnvironmentEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
    dump_document,
    load_document,
)

HERE = Path(__file__).parent / "registries"
ACCEPTED = sorted((HERE / "accepted").glob("*.yaml"))
REFUSED = sorted((HERE / "refused").glob("*.yaml"))


def digest(number: int) -> str:
    return f"blake3:{number:064x}"


ENVIRONMENT = f"blake2b:{7:064x}"
WRITTEN = BundleRegistry(
    models={
        "sir_stochasticsir": ModelEntry(
            entrypoint="model:StochasticSIR",
            path="src/model.py",
            class_name="StochasticSIR",
            scenarios=("baseline", "no"),
            parameters=("beta", "gamma"),
            outputs=("prevalence",),
            data=("data/pop.csv", "data/änderung.csv", "data/a\nb.csv", "data/\udcff.csv"),
            data_digests={"data/pop.csv": digest(1), "data/a\nb.csv": digest(2)},
            data_patterns=("data/*.csv",),
            code=("src/helpers.py",),
            code_digests={"src/helpers.py": digest(3)},
            code_patterns=("src/helpers.py",),
            declared_variables=("SEED",),
            auto_code=False,
            external={"shared/rates.py": digest(4)},
            distributions={"epi-tools": digest(5)},
            variables={"SEED": digest(6)},
            environment=ENVIRONMENT,
            model_digest=digest(8),
            digest=digest(9),
            labels={"stage": "draft", "count": "1.10"},
            extra={"owner": "someone", "note": ["a: b", "", "- c"]},
        ),
        "2024": ModelEntry(entrypoint="m:C", path="m.py", class_name="C"),
    },
    targets={
        "fit": TargetEntry(
            entrypoint="targets:fit",
            path="src/targets.py",
            model_output="prevalence",
            data=("data/obs.csv",),
            data_digests={"data/obs.csv": digest(10)},
            weight=1e-05,
        )
    },
    target_sets={"all": TargetSet(targets=("fit",), weights={"fit": 2.0})},
    environments={
        ENVIRONMENT: EnvironmentEntry(
            python_version="3.11.7", platform="linux-x86_64", dependencies={"numpy": "1.10"}
        ),
        "unused": EnvironmentEntry(python_version="3.12.1", platform="linux-x86_64"),
    },
)


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_what_the_ecosystem_accepts_is_read_kept_and_still_accepted(path):
    data = path.read_bytes()
    seen = ecosystem_loader.load(data)
    loaded = load_document(data, str(path))
    saved = dump_document(loaded.registry)
    # A missing digest and an empty one say the same.
    for section, key in (("models", "model_digest"), ("targets", "target_digest")):
        for entry in seen[section].values():
            entry[key] = entry[key] or ""
    assert ecosystem_loader.load(saved) == seen
    assert dump_document(load_document(saved, "saved").registry) == saved


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_what_the_ecosystem_refuses_is_refused_with_place_and_mend(path):
    data = path.read_bytes()
    with pytest.raises(ecosystem_loader.RefusedError):
        ecosystem_loader.load(data)
    with pytest.raises(BrokenRegistryError) as caught:
        load_document(data, str(path))
    assert caught.value.mend


def test_unknown_keys_are_written_back_as_they_were_spelled():
    path = HERE / "accepted" / "unknown_keys.yaml"
    saved = dump_document(load_document(path.read_bytes(), "x").registry).decode()
    for kept in (
        "made: 2024-03-01",
        "- 2.50",
        "- 0x1F",
        "tilde: ~",
        "priority: 007",
        "reviewed: yes",
    ):
        assert kept in saved, saved
    assert 'notes: "two\\nlines\\n"' in saved
    assert "tolerance: 1e-3" in saved or 'tolerance: "1e-3"' in saved


def test_the_written_form_is_fixed():
    assert dump_document(WRITTEN) == (HERE / "written.yaml").read_bytes()


def test_the_written_form_is_read_back_and_accepted_by_the_ecosystem():
    data = (HERE / "written.yaml").read_bytes()
    registry = load_document(data, "x").registry
    assert registry.models["2024"] == WRITTEN.models["2024"]
    assert registry.targets == WRITTEN.targets
    assert registry.target_sets == WRITTEN.target_sets
    assert list(registry.environments) == [ENVIRONMENT]
    assert ecosystem_loader.load(data)["models"]["sir_stochasticsir"]["outputs"] == ["prevalence"]
