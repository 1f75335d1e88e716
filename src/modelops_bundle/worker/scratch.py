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
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
}
#: Numba takes a compiled function from its cache when its own file is as it was, whatever has become of the
#: functions of other files that it calls and of the data that it has as constants.
_NUMBA = "NUMBA_CACHE_DIR"


def scratch_variables(scratch: str, *, hermetic: bool) -> Mapping[str, str]:
    """Environment variables that lead temporary files and numba's cache into the folder.

    Of hermetic runs, they lead all other caches there too. In others, the user's own folder of numba's cache is
    respected.

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
