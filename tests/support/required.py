"""Skips that count as failures, where a machine is known to have what the tests need.

Tests say what they need by a marker: ``needs_strace``, ``needs_root`` and the like. ``MOPS_TESTS_REQUIRE``
lists what is there (``strace,root``): a test that needs nothing else and is skipped all the same has failed.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

__all__ = ["VARIABLE", "pytest_configure", "pytest_runtest_makereport"]

VARIABLE = "MOPS_TESTS_REQUIRE"

_PREFIX = "needs_"
_MARKERS = (
    "needs_browser: needs Debian's chromium",
    "needs_git: needs git",
    "needs_pythons: needs another supported Python than the running one",
    "needs_servers: needs servers: SeaweedFS, Azurite (which npm installs), docker-registry, skopeo",
    "needs_strace: needs strace, and the right to trace processes",
)


def pytest_configure(config: pytest.Config) -> None:
    """Say what the markers mean."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a failure of the skip of a test that has all it needs."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        needs = _needs(item)
        if needs and needs <= set(os.environ.get(VARIABLE, "").split(",")):
            report.outcome = "failed"
            has = f"{VARIABLE} has {', '.join(sorted(needs))}"
            report.longrepr = f"{has}, yet it is skipped: {_reason(report)}"
    return report


def _needs(item: pytest.Item) -> set[str]:
    names = (marker.name for marker in item.iter_markers())
    return {name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)}


def _reason(report: Any) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
