"""Starts a worker: ``python start.py FD_IN FD_OUT``, the two being pipes that the process has inherited.

The package is loaded from its own folder under a name of its own, so that neither ``modelops_bundle`` has to
be installed nor its folder to be searched: the model finds nothing on its path that its project has not.
"""

import sys

#: What the interpreter has loaded by itself, which no project can put anything in the place of.
AT_START = frozenset(sys.modules) | {"__main__"}
_FOLDER = __file__.rpartition("/")[0]
_NAME = "_mops_worker"


def load() -> None:
    """Make the package importable under its name here."""
    from importlib.util import module_from_spec, spec_from_file_location

    place = f"{_FOLDER}/__init__.py"
    spec = spec_from_file_location(_NAME, place, submodule_search_locations=[_FOLDER])
    if spec is None or spec.loader is None:
        raise ImportError(f"{place} cannot be loaded")
    package = module_from_spec(spec)
    sys.modules[_NAME] = package
    spec.loader.exec_module(package)


def start() -> None:
    """Serve the parent until it closes its end."""
    from importlib import import_module

    load()
    reader, writer = map(int, sys.argv[1:3])
    import_module(f"{_NAME}.runner").main(reader, writer, AT_START)


if __name__ == "__mp_main__":
    # ``multiprocessing`` runs the script of its parent under this name in processes that it starts anew.
    from importlib import import_module

    if _NAME not in sys.modules:
        load()
        import_module(f"{_NAME}.child").begin()
elif __name__ == "__main__":
    # An interpreter that was told to be safe or isolated has not put it there.
    if sys.path and sys.path[0] == _FOLDER:
        del sys.path[0]
    start()
