"""Which docstrings count, where a definition is reached through a package."""

import pytest
from tests.fakes.code_project import CodeProject

RATES = '''
def f():
    """F."""

def g():
    """G."""
'''


def documents(**sources: str) -> dict[str, set[str]]:
    """Names of the definitions whose docstrings are read, by path; ``__`` stands for ``/``."""
    files = {
        f"{name.replace('__', '/').replace('INIT', '__init__')}.py": text
        for name, text in sources.items()
    }
    readings = CodeProject(files).closure().readings
    return {
        path.removeprefix("/p/"): set(reading.docstrings)
        for path, reading in readings.items()
        if reading.docstrings
    }


@pytest.mark.parametrize(
    "model",
    [
        "from lib import rates\nrates.f.__doc__",
        "import lib.rates\nlib.rates.f.__doc__",
        "import lib.rates as r\nr.f.__doc__",
        "from lib.rates import f\nf.__doc__",
    ],
)
@pytest.mark.parametrize(
    "package", ["", "from . import rates", "from lib.other import *", "X = 1", "import lib.rates"]
)
def test_only_the_docstring_that_is_named_counts(model: str, package: str) -> None:
    found = documents(m=model, lib__INIT=package, lib__other="Y = 1", lib__rates=RATES)
    assert found == {"lib/rates.py": {"f"}}


@pytest.mark.parametrize("package", ["rates = make()", "class rates:\n    '''C.'''\n    f = 1"])
def test_a_name_that_the_package_binds_itself_may_be_meant(package: str) -> None:
    sources = {"lib__INIT": package, "lib__rates": RATES}
    found = documents(m="from lib import rates\nrates.f.__doc__", **sources)
    assert found["lib/rates.py"] == {"f", "g"}
