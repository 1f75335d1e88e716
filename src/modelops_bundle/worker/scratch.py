"""The folder of temporary files, which the parent makes and removes, and who is told of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping

__all__ = ["scratch_variables"]

_TEMPORARY = ("TMPDIR", "TEMP", "TMP")
#: Where programs keep what they could make again, for runs that may not read what others have left there.
_CACHES = {
    "HOME": "home",
    "JOBLIB_TEMP_FOLDER": "joblib",
    "MPLCONFIGDIR": "matplotlib",
    "NUMBA_CACHE_DIR": "numba",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
}


def scratch_variables(scratch: str, *, hermetic: bool) -> Mapping[str, str]:
    """Environment variables that lead temporary files, and of hermetic runs caches too, into the folder.

    Args:
        scratch: The folder.
        hermetic: Whether nothing else may be read.
    """
    tempfile.tempdir = None  # it may have been looked up before
    variables = dict.fromkeys(_TEMPORARY, scratch)
    if hermetic:
        for name, folder in _CACHES.items():
            variables[name] = os.path.join(scratch, folder)
            os.makedirs(variables[name], exist_ok=True)
    return variables
