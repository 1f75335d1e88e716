"""Calls by which code imports, runs, or reads what is named in a text: a table by dotted name.

Each entry says which argument holds the text: its position, and its keyword.
"""

from __future__ import annotations

__all__ = [
    "BUILTIN_SINKS",
    "MAPPINGS",
    "MAPPING_METHODS",
    "MODULE_KINDS",
    "RESOURCE_FOLDERS",
    "SINKS",
    "STDLIB_INTEREST",
    "Sink",
    "canonical",
    "is_interesting",
    "sink_of",
]

from functools import lru_cache
from typing import NamedTuple


class Sink(NamedTuple):
    """What a call does with a text.

    Attributes:
        kind: ``module`` (imports it), ``run`` (runs it, or the ``__main__`` in it), ``probe`` (asks whether
            it is there), ``package`` (likely imports what is in it), ``file`` (runs it), ``path`` (looks for
            modules there), ``inside`` (looks there for modules of the package that does it), ``portions``
            (looks for modules of the package wherever a folder has its name), ``variable`` (reads it),
            ``expansion`` (reads the variables that it names after ``$``), ``code`` (runs it as source),
            ``plugins`` (loads what distributions announce).
        arguments: Where the text stands: positions as digits, or keywords.
    """

    kind: str
    arguments: tuple[str, ...]


#: Kinds of those that are given the name of a module.
MODULE_KINDS = frozenset({"module", "run", "probe"})

_VARIABLE = Sink("variable", ("0", "key", "varname"))
MAPPING_METHODS = ("get", "pop", "setdefault", "__getitem__", "__contains__")

#: Mappings of environment variables.
MAPPINGS = frozenset(
    f"{module}.{name}" for module in ("os", "posix", "nt") for name in ("environ", "environb")
)

SINKS: dict[str, Sink] = {
    "importlib.import_module": Sink("module", ("0", "name")),
    "importlib.__import__": Sink("module", ("0", "name")),
    "importlib.find_loader": Sink("probe", ("0", "name")),
    "importlib.util.find_spec": Sink("probe", ("0", "name")),
    "runpy.run_module": Sink("run", ("0", "mod_name")),
    "pkgutil.resolve_name": Sink("module", ("0", "name")),
    "pkgutil.find_loader": Sink("probe", ("0", "fullname")),
    "pkgutil.get_loader": Sink("probe", ("0", "module_or_name")),
    "__import__": Sink("module", ("0", "name")),
    "lazy_loader.load": Sink("module", ("0", "fullname")),
    "lazy_loader.attach": Sink("package", ("0", "package_name")),
    "lazy_loader.attach_stub": Sink("package", ("0", "package_name")),
    "pkgutil.iter_modules": Sink("package", ("1", "prefix")),
    "pkgutil.walk_packages": Sink("package", ("1", "prefix")),
    "runpy.run_path": Sink("file", ("0", "path_name")),
    "importlib.util.spec_from_file_location": Sink("file", ("1", "location")),
    "importlib.machinery.SourceFileLoader": Sink("file", ("1", "path")),
    "importlib.machinery.SourcelessFileLoader": Sink("file", ("1", "path")),
    "importlib.machinery.ExtensionFileLoader": Sink("file", ("1", "path")),
    "imp.load_source": Sink("file", ("1", "pathname")),
    "imp.load_compiled": Sink("file", ("1", "pathname")),
    "imp.load_dynamic": Sink("file", ("1", "pathname")),
    "sys.path.insert": Sink("path", ("1",)),
    "sys.path.append": Sink("path", ("0",)),
    "sys.path.extend": Sink("path", ("0",)),
    "__path__.append": Sink("inside", ("0",)),
    "pkgutil.extend_path": Sink("portions", ("1", "name")),
    "site.addsitedir": Sink("path", ("0", "sitedir")),
    "os.getenv": _VARIABLE,
    "os.getenvb": _VARIABLE,
    "os.path.expandvars": Sink("expansion", ("0", "path")),
    "posixpath.expandvars": Sink("expansion", ("0", "path")),
    "ntpath.expandvars": Sink("expansion", ("0", "path")),
    "exec": Sink("code", ()),
    "eval": Sink("code", ()),
    "importlib.metadata.entry_points": Sink("plugins", ()),
    "pkg_resources.iter_entry_points": Sink("plugins", ()),
    **{
        f"sys.{name}{method}": Sink("hook", ())
        for name in ("meta_path", "path_hooks")
        for method in ("", ".append", ".insert", ".extend")
    },
    **{f"{mapping}.{method}": _VARIABLE for mapping in MAPPINGS for method in MAPPING_METHODS},
}

#: Calls that give the folder of a package.
RESOURCE_FOLDERS = frozenset({"importlib.resources.files", "importlib_resources.files"})

BUILTIN_SINKS = frozenset({"__import__", "exec", "eval"})

#: Modules of the standard library whose names are looked at; every other is of no interest.
STDLIB_INTEREST = frozenset(
    {
        "builtins",
        "imp",
        "importlib",
        "inspect",
        "linecache",
        "nt",
        "ntpath",
        "os",
        "pkgutil",
        "posix",
    }
    | {"posixpath", "pydoc", "runpy", "site", "sys"}
)

_PREFIXES = tuple(MAPPINGS)
_READERS = frozenset({"inspect", "linecache", "pydoc"})


@lru_cache(maxsize=1 << 14)
def canonical(target: str) -> str | None:
    """The dotted name of an absolute target, ``None`` of any other; see :mod:`.use_scopes`."""
    if target.startswith("*|"):
        return target[2:]
    if not target.startswith("0|"):
        return None
    name = target[2:].replace("|", ".").rstrip(".")
    return name.removeprefix("builtins.")


def sink_of(target: str) -> Sink | None:
    """What a call of ``target`` does with a text, if it is in the table."""
    name = canonical(target)
    return None if name is None else SINKS.get(name)


def is_interesting(name: str) -> bool:
    """Whether a dotted name of the standard library is worth keeping."""
    return name in SINKS or name.startswith(_PREFIXES) or name.partition(".")[0] in _READERS
