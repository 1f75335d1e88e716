"""What a model starts through ``multiprocessing``, in a Python of its own, is watched as the worker is.

Forked processes inherit that; those that are started anew find what they need in the folder of temporary
files. What the kernel refuses it refuses to them in any case.
"""

from __future__ import annotations

import tempfile

from . import watch
from .imports import compile_from_source, library_folders, serve_ourselves
from .scratch import left_for_children

__all__ = ["begin"]


def begin() -> None:
    """Watch this process, if a worker has left what is needed for it."""
    scratch = tempfile.gettempdir()
    spec = left_for_children(scratch)
    if spec is not None:
        compile_from_source(library_folders())
        serve_ourselves(spec["package"])
        watch.install(spec, scratch, in_child=True)
