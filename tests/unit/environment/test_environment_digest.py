from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelops_bundle.environment import EnvironmentDigest

VECTORS = json.loads(
    (Path(__file__).parents[2] / "golden" / "vectors.json").read_text(encoding="utf-8")
)["environment_digest"]


@pytest.mark.parametrize("vector", VECTORS)
def test_golden_vectors(vector: dict[str, object]) -> None:
    assert EnvironmentDigest(**vector["environment"]).compute_digest() == vector["digest"]


def test_defaults() -> None:
    plain = EnvironmentDigest("3.11.7", "linux-x86_64")
    assert (plain.rng_algorithm, plain.thread_count) == ("PCG64", 1)
    assert plain.container_image is None
    assert plain.cuda_version is None
    assert dict(plain.dependencies) == {}


def test_order_of_dependencies_does_not_count() -> None:
    one = EnvironmentDigest("3.11.7", "linux-x86_64", {"a": "1", "b": "2"})
    other = EnvironmentDigest("3.11.7", "linux-x86_64", {"b": "2", "a": "1"})
    assert one == other
    assert hash(one) == hash(other)
    assert one.compute_digest() == other.compute_digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"python_version": "3.11.8"},
        {"platform": "darwin-arm64"},
        {"dependencies": {"a": "1"}},
        {"container_image": "x"},
        {"cuda_version": "12"},
        {"rng_algorithm": "Philox"},
        {"thread_count": 2},
    ],
)
def test_every_field_counts(changed: dict[str, object]) -> None:
    base = {"python_version": "3.11.7", "platform": "linux-x86_64"}
    assert (
        EnvironmentDigest(**{**base, **changed}).compute_digest()
        != EnvironmentDigest(**base).compute_digest()
    )
