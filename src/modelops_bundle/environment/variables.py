"""Environment variables that say only where things are or who asks: never an input of a model."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["PLACE_VARIABLES", "counting"]

#: Excluded from the start. A model that really depends on one is rare; a result that is stale on every other
#: machine because of one would be the rule.
PLACE_VARIABLES = frozenset(
    {
        "APPDATA",
        "CONDA_PREFIX",
        "DISPLAY",
        "HOME",
        "HOMEDRIVE",
        "HOMEPATH",
        "HOSTNAME",
        "LOCALAPPDATA",
        "LOGNAME",
        "MPLCONFIGDIR",
        "NUMBA_CACHE_DIR",
        "OLDPWD",
        "PATH",
        "PWD",
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "SHELL",
        "SYSTEMROOT",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "USER",
        "USERNAME",
        "USERPROFILE",
        "VIRTUAL_ENV",
        "WINDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "XDG_STATE_HOME",
    }
)


def counting(names: Iterable[str], ignored: Iterable[str]) -> list[str]:
    """Those variables that are inputs, sorted.

    Args:
        names: What the code reads.
        ignored: ``environment.ignore_variables``.
    """
    return sorted(set(names) - PLACE_VARIABLES - set(ignored))
