"""The folder of temporary files, which the parent makes and removes, and who is told of it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

__all__ = ["leave_for_children", "left_for_children", "scratch_variables"]

_TEMPORARY = ("TMPDIR", "TEMP", "TMP", "JOBLIB_TEMP_FOLDER")
#: Where programs keep what they could make again, for runs that may not read what others have left there.
_CACHES = {
    "HOME": "home",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
}
_FOR_CHILDREN = ".for-children.json"
#: Numba takes a compiled function from its cache when its own file is as it was, whatever has become of the
#: functions of other files that it calls and of the data that it has as constants.
_NUMBA = "NUMBA_CACHE_DIR"


def scratch_variables(scratch: str, *, hermetic: bool) -> Mapping[str, str]:
    """Environment variables that lead temporary files and numba's cache into the folder.

    Of hermetic runs, they lead all other caches there too. In others, a folder that the user has named for
    numba's cache is respected.

    Args:
        scratch: The folder.
        hermetic: Whether nothing else may be read.
    """
    tempfile.tempdir = None  # it may have been looked up before
    variables = dict.fromkeys(_TEMPORARY, scratch)
    caches = dict(_CACHES) if hermetic else {}
    if hermetic or _NUMBA not in os.environ:
        caches[_NUMBA] = "numba"
    for name, folder in caches.items():
        variables[name] = os.path.join(scratch, folder)
        os.makedirs(variables[name], exist_ok=True)
    return variables


def leave_for_children(spec: Mapping[str, Any], scratch: str) -> None:
    """Leave the specification of the run to processes that a model starts.

    Args:
        spec: The specification.
        scratch: The folder.

    Raises:
        OSError: It cannot be written.
    """
    with open(os.path.join(scratch, _FOR_CHILDREN), "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(dict(spec), file)


def left_for_children(scratch: str) -> Mapping[str, Any] | None:
    """The specification that was left in a folder, if one was."""
    try:
        with open(os.path.join(scratch, _FOR_CHILDREN), encoding="utf-8") as file:  # noqa: PTH123
            spec: Mapping[str, Any] = json.load(file)
    except OSError:
        return None
    return spec
