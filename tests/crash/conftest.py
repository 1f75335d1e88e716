from __future__ import annotations

import os
import sys

import pytest

DRIVER = """
import sys
from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.errors import MopsError
from modelops_bundle.registry import ModelEntry

file = RegistryFile(sys.argv[1])
try:
    for name in sys.argv[2:]:
        if name == "init":
            file.create()
            continue
        with file.edit() as registry:
            registry.models[name] = ModelEntry(entrypoint="a:B", path="a.py", class_name="B")
except MopsError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
print("done", flush=True)
"""


@pytest.fixture
def driver():
    """The command that edits a registry: ``init`` creates it, any other word registers a model."""

    def command(registry, *words):
        return [sys.executable, "-c", DRIVER, os.fspath(registry), *words]

    return command
