from __future__ import annotations

import pytest
from tests.fakes.site_packages import make_interpreter

from modelops_bundle.environment import Settings, environment_of, read_settings
from modelops_bundle.project.config import EnvironmentConfig


def test_nothing_said() -> None:
    assert read_settings(EnvironmentConfig(), {}) == Settings(None, None, "PCG64", 1)


def test_the_configuration_comes_first() -> None:
    config = EnvironmentConfig(
        container_image="c", cuda_version="12", rng_algorithm="Philox", thread_count=4
    )
    variables = {
        "MODELOPS_CONTAINER_IMAGE": "v",
        "MODELOPS_CUDA_VERSION": "v",
        "MODELOPS_RNG_ALGORITHM": "v",
        "MODELOPS_THREADS": "9",
        "OMP_NUM_THREADS": "none",
    }
    assert read_settings(config, variables) == Settings("c", "12", "Philox", 4)


def test_variables_their_own_before_the_usual() -> None:
    usual = {"CUDA_VERSION": "12.4", "OMP_NUM_THREADS": "8"}
    assert read_settings(EnvironmentConfig(), usual) == Settings(None, "12.4", "PCG64", 8)
    own = {
        **usual,
        "MODELOPS_CONTAINER_IMAGE": " image@sha256:1 ",
        "MODELOPS_CUDA_VERSION": "11",
        "MODELOPS_RNG_ALGORITHM": "MT19937",
        "MODELOPS_THREADS": "2",
    }
    assert read_settings(EnvironmentConfig(), own) == Settings("image@sha256:1", "11", "MT19937", 2)


def test_empty_is_unset() -> None:
    variables = {"MODELOPS_THREADS": "", "OMP_NUM_THREADS": "3", "CUDA_VERSION": " "}
    assert read_settings(EnvironmentConfig(), variables) == Settings(None, None, "PCG64", 3)


@pytest.mark.parametrize("text", ["many", "0", "-1", "2.5", "٣", "9" * 5000, ","])
def test_threads_that_make_no_sense(text: str) -> None:
    settings = read_settings(EnvironmentConfig(), {"OMP_NUM_THREADS": text})
    assert settings.thread_count == 1
    assert "OMP_NUM_THREADS" in settings.warnings[0]


def test_nested_threads_count_by_the_outermost() -> None:
    assert read_settings(EnvironmentConfig(), {"OMP_NUM_THREADS": "4,2"}).thread_count == 4


def test_a_value_that_is_no_unicode_has_a_digest() -> None:
    settings = read_settings(EnvironmentConfig(), {"CUDA_VERSION": "1\udcff"})
    record = environment_of(make_interpreter(), {"a": "1"}, settings)
    assert len(record.compute_digest()) == 64
    assert record.cuda_version == "1\\xff"
    assert record.python_version == "3.11.7"
    assert record.dependencies == {"a": "1"}
