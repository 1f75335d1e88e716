"""What every simulation finds alike, whichever ran before it in the same process.

The working folder and the environment variables are put back before each one, and the generators of random
numbers that the process has are seeded: a model that forgets to use its seed then at least gives the same in
each run. ``numpy``'s is seeded where the model has loaded ``numpy`` before: to load it here would cost those
that use none.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import sys
import time
from collections.abc import Mapping

from .failures import RefusedError

__all__ = ["Workplace"]

_WORD = 0xFFFFFFFF
#: Seeded alike, both generators of numbers would give the same ones: they are the same algorithm.
_SALT = 0x6E756D70


class Workplace:
    """Settles this process in the project's folder.

    Args:
        root: The project's folder.
        variables: Environment variables to set; ``None`` unsets one.

    Raises:
        RefusedError: The folder is not there.
    """

    def __init__(self, root: str, variables: Mapping[str, str | None]) -> None:
        self._root = root
        try:
            os.chdir(root)
        except OSError as error:
            raise RefusedError(
                f"the project's folder {root} cannot be entered on this machine",
                error.strerror or str(error),
                "Share the folder under the same path with every machine that runs models.",
            ) from error
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if "TZ" in variables and hasattr(time, "tzset"):
            time.tzset()  # the C library has read it already
        self._environ = os.environ
        self._current = _behind(os.environ)
        self._settled = dict(self._current)

    def watched(self) -> None:
        """Take ``os.environ`` as it is now, with whatever watches it, for the one to be put back."""
        self._environ = os.environ
        self._current = _behind(os.environ)

    def settle(self) -> None:
        """Take the variables as they are now for those that every simulation finds.

        What a model sets when it is imported it has set for all of them.
        """
        self._settled = dict(self._current)

    def renew(self, seed: int) -> None:
        """Make it as it was, and seed the generators that the process has.

        Raises:
            OSError: The project's folder is gone.
        """
        os.chdir(self._root)
        os.environ = self._environ  # noqa: B003 - a model may have replaced it
        if self._current != self._settled:
            decode = os.fsdecode
            for name in self._current.keys() - self._settled.keys():
                del os.environ[decode(name)]
            for name, value in self._settled.items():
                if self._current.get(name) != value:
                    os.environ[decode(name)] = decode(value)
        random.seed(seed)
        if "numpy" in sys.modules:
            # Newer ones load this part, and seed it with something, when it is first used.
            with contextlib.suppress(ImportError, AttributeError):
                # It takes no seed of 64 bits, but the two halves of one.
                importlib.import_module("numpy.random").seed([_SALT, seed & _WORD, seed >> 32])


def _behind(environ: Mapping[str, str]) -> dict[bytes, bytes]:
    """The plain dictionary behind it: to look into that is no read of a variable for whoever watches."""
    current: dict[bytes, bytes] = vars(environ)["_data"]
    return current
