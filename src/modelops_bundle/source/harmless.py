"""What may be called, decorated with or derived from at import without anything else taking notice.

By dotted name, methods by their own. A call that is not here may change something that another import sees,
so its place among the imports counts.
"""

from __future__ import annotations

import builtins

__all__ = ["is_builtin", "is_harmless_base", "is_harmless_call", "is_harmless_method"]

_BUILTINS = frozenset(
    {
        "abs",
        "all",
        "any",
        "bin",
        "bool",
        "bytearray",
        "bytes",
        "chr",
        "classmethod",
        "complex",
        "dict",
        "divmod",
    }
    | {
        "enumerate",
        "float",
        "format",
        "frozenset",
        "getattr",
        "hasattr",
        "hex",
        "int",
        "isinstance",
    }
    | {
        "issubclass",
        "len",
        "list",
        "max",
        "memoryview",
        "min",
        "object",
        "oct",
        "ord",
        "pow",
        "property",
    }
    | {
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "staticmethod",
        "str",
        "sum",
        "tuple",
    }
    | {"zip"}
)
_EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)

_CALLS: dict[str, str] = {
    "abc": "abstractclassmethod abstractmethod abstractproperty abstractstaticmethod",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "contextlib": "asynccontextmanager contextmanager",
    "contextvars": "ContextVar",
    "copy": "copy deepcopy",
    "dataclasses": "dataclass field",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "enum": "auto unique",
    "fractions": "Fraction",
    "functools": "cache cached_property lru_cache partial partialmethod singledispatch total_ordering wraps",
    "importlib.metadata": "version",
    "itertools": "accumulate chain combinations count cycle permutations product repeat",
    "logging": "NullHandler getLogger",
    "modelops_bundle": "calibration_target",
    "numba": "guvectorize jit njit vectorize",
    "numpy": "arange array asarray concatenate cos cumsum diag dtype empty exp eye finfo float32 float64 "
    "full geomspace identity iinfo int32 int64 linspace log log10 logspace ones random.RandomState "
    "random.SeedSequence random.default_rng sin sqrt stack uint32 uint64 zeros",
    "operator": "attrgetter itemgetter methodcaller",
    "os": "cpu_count environ.get fspath getcwd getenv",
    "os.path": "abspath basename dirname exists expanduser isdir isfile join normpath realpath "
    "relpath splitext",
    "pandas": "DataFrame Index Series Timedelta Timestamp",
    "pathlib": "Path Path.cwd Path.home PosixPath PurePath PurePosixPath PureWindowsPath",
    "random": "Random",
    "re": "compile escape",
    "string": "Template",
    "struct": "Struct calcsize",
    "threading": "Lock RLock local",
    "types": "MappingProxyType SimpleNamespace",
    "typing": "ForwardRef NamedTuple NewType ParamSpec TypeVar TypeVarTuple TypedDict cast final "
    "no_type_check overload runtime_checkable",
    "uuid": "UUID",
    "weakref": "WeakKeyDictionary WeakSet WeakValueDictionary",
}
_BASES: dict[str, str] = {
    "abc": "ABC ABCMeta",
    "collections": "Counter OrderedDict UserDict UserList UserString defaultdict deque",
    "collections.abc": "Callable Collection Container Generator Hashable Iterable Iterator Mapping "
    "MutableMapping MutableSequence MutableSet Sequence Set Sized",
    "contextlib": "AbstractContextManager ContextDecorator",
    "enum": "Enum EnumMeta EnumType Flag IntEnum IntFlag StrEnum",
    "logging": "Filter Formatter Handler Logger LoggerAdapter",
    "modelops_bundle": "BaseModel",
    "threading": "Thread local",
    "types": "ModuleType SimpleNamespace",
    "typing": "Any Callable Generic Iterable Iterator Mapping NamedTuple Protocol Sequence "
    "SupportsFloat TypedDict",
}


def _full_names(table: dict[str, str]) -> frozenset[str]:
    names = {f"{module}.{name}" for module, text in table.items() for name in text.split()}
    # Newer typing features come from a package that gives the same to older Pythons.
    names |= {f"typing_extensions.{name[7:]}" for name in names if name.startswith("typing.")}
    return frozenset(names)


_HARMLESS_CALLS = _full_names(_CALLS) | _BUILTINS | _EXCEPTIONS
_HARMLESS_BASES = (
    _full_names(_BASES)
    | _EXCEPTIONS
    | {"dict", "float", "int", "list", "object", "set", "str", "tuple"}
)
_HARMLESS_BASES |= {"bytes", "frozenset", "type"}

_METHOD_NAMES = """
absolute as_integer_ratio as_posix astype bit_length casefold copy count cumsum
decode deleter difference encode endswith exists expanduser format fromkeys get
getter glob hex index intersection is_dir is_file isoformat items iterdir join
joinpath keys lower lstrip max mean min partition read_bytes read_text
relative_to removeprefix removesuffix replace reshape resolve rglob rpartition
rsplit rstrip setter split splitlines startswith strip sum title tolist
total_seconds union upper values with_name with_suffix zfill
"""
_METHODS = frozenset(_METHOD_NAMES.split())


def is_builtin(name: str) -> bool:
    """Whether a dotted name starts with a name that is everywhere."""
    return hasattr(builtins, name.partition(".")[0])


def is_harmless_call(name: str) -> bool:
    """Whether calling, or decorating with, what has this dotted name only makes a value."""
    return name in _HARMLESS_CALLS or name.startswith("math.")


def is_harmless_base(name: str) -> bool:
    """Whether deriving from the class of this dotted name runs no code of its own."""
    return name in _HARMLESS_BASES


def is_harmless_method(name: str) -> bool:
    """Whether a method of this name, of whichever object, only makes a value."""
    return name in _METHODS
