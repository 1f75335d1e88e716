"""YAML text to plain values, built from the C parser's events.

The C loader dies on deep nesting and takes seconds over a few hundred bytes of merge keys or aliases; its
events do neither. So the tree is built here, on an explicit stack, with a limit on bytes, depth, nodes and
what aliases may expand to. Merge keys, keys that stand twice, keys that are no text and tags are refused:
each is a way for a document to say something else than it seems to.

A scalar becomes ``str`` when the ecosystem's loader reads it as text, else :class:`Bare`: ``no``, ``1.10``
and ``2024-01-01`` are kept as they were written, so that saving does not change what nobody asked to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple

from modelops_bundle.errors import MopsError
from modelops_bundle.yamltext.problems import Problem

__all__ = [
    "MAX_ALIASED",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Bare",
    "DocumentError",
    "Parsed",
    "find_lines",
    "read_yaml",
]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 3_000_000
MAX_ALIASED = 100_000

Path = tuple[str, ...]

_BOM = b"\xef\xbb\xbf"
_CONFLICT = re.compile(rb"^(?:<<<<<<< |=======\r?$|>>>>>>> )", re.MULTILINE)
_DIRECTIVE = re.compile(rb"^%TAG", re.MULTILINE)
_COMMENT = re.compile(r"(?:\A|[ \t\r\n])#")
_ESCAPED_SURROGATE = re.compile("\0(d[89a-f][0-9a-f]{2})")
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_RESTORE = "Mend it there, or take an intact copy from version control or a backup."


class Bare(str):
    """A plain scalar that YAML reads as something else than text, as it was written."""

    __slots__ = ()


class DocumentError(Exception):
    """The text is no document that can be read; holds the first :class:`Problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class Parsed(NamedTuple):
    """A document.

    Attributes:
        root: Its ``dict``, ``list``, ``str`` or :class:`Bare`, or what ``plain`` has made of a scalar.
        comment_line: The 1-based line of its first comment; ``None`` without one.
    """

    root: Any
    comment_line: int | None


def read_yaml(data: bytes, plain: Callable[[str], Any] | None = None) -> Parsed:
    """The one document in ``data``, UTF-8.

    Args:
        data: The document.
        plain: What to make of a plain scalar that is no key, in place of :class:`Bare`. It raises a
            :class:`~modelops_bundle.errors.MopsError` for one that it refuses.

    Raises:
        DocumentError: ``data`` is not UTF-8, no YAML, over a limit, or uses what is refused here.
    """
    data = data.removeprefix(_BOM)
    _check_bytes(data)
    builder = _Builder(plain=plain)
    comments = _CommentSearch(data)
    takers = builder.takers
    for event in _events(data, builder):
        taker = takers.get(type(event))
        if taker is not None:
            taker(event)
            if comments.suspect is not None:
                comments.pass_over(event)
    if builder.root is None:
        raise DocumentError(Problem(None, "", "it holds only comments", _RESTORE))
    return Parsed(builder.root, comments.line())


def find_lines(data: bytes, paths: Iterable[Path]) -> dict[Path, int]:
    """The 1-based lines of keys and items in a document that :func:`read_yaml` accepts.

    Args:
        data: The document.
        paths: What to look for: keys, and numbers of items, from the root down. What stands behind an
            alias is not found.
    """
    wanted = set(paths)
    found: dict[Path, int] = {}
    data = data.removeprefix(_BOM)
    builder = _Builder(wanted, found)
    for event in _events(data, builder):
        if len(found) == len(wanted):
            break
        taker = builder.takers.get(type(event))
        if taker is not None:
            taker(event)
    return found


class _CommentSearch:
    """Finds the first ``#`` that is in no scalar: the events do not tell of comments."""

    def __init__(self, data: bytes) -> None:
        self._text = data.decode("utf-8") if b"#" in data else ""
        self._matches = _COMMENT.finditer(self._text)
        self._found: int | None = None
        self.suspect: int | None = None
        self._advance()

    def pass_over(self, event: Any) -> None:
        """Give up the suspects that the event's scalar holds; keep the first before it for good."""
        if getattr(event, "value", None) is None or self.suspect is None:
            return
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in ("|", ">"):
            # The header line of a block scalar may hold a comment, its body cannot.
            start = min(end, self._text.find("\n", start) + 1 or end)
        if self.suspect < start:
            self._found, self.suspect = self.suspect, None
        while self.suspect is not None and self.suspect < end:
            self._advance()

    def line(self) -> int | None:
        """The line of the first comment, once every event was passed over."""
        at = self._found if self.suspect is None else self.suspect
        return None if at is None else self._text.count("\n", 0, at) + 1

    def _advance(self) -> None:
        match = next(self._matches, None)
        self.suspect = None if match is None else match.end() - 1


def _check_bytes(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        size = f"{len(data)} bytes, {MAX_BYTES} at most are read"
        raise DocumentError(Problem(None, "", size, "Check what wrote the file."))
    if not data.strip():
        raise DocumentError(Problem(None, "", "it is empty", _RESTORE))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        mend = "Save the file as UTF-8."
        raise DocumentError(Problem(1, "", "it is UTF-16, expected UTF-8", mend))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise DocumentError(Problem(line, "", what, _RESTORE)) from error
    if directive := _DIRECTIVE.search(data):
        # The C parser compares each of them with all before it: a megabyte of them takes minutes.
        line = data.count(b"\n", 0, directive.start()) + 1
        raise DocumentError(Problem(line, "", "%TAG is not allowed", "Remove the line."))
    if conflict := _CONFLICT.search(data):
        line = data.count(b"\n", 0, conflict.start()) + 1
        mend = "Take one side whole (git checkout --ours), then add what only the other had."
        raise DocumentError(Problem(line, "", "a merge left a conflict marker", mend))


def _events(data: bytes, builder: _Builder) -> Iterator[Any]:
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(data)
        # Not ``yaml.parse``, which asks twice for each event.
        event = loader.get_event()
        while type(event) is not yaml.StreamEndEvent:
            yield event
            event = loader.get_event()
    except yaml.YAMLError as error:
        raise DocumentError(_syntax_problem(error, data, builder)) from error


def _syntax_problem(error: Exception, data: bytes, builder: _Builder) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    texts = data.splitlines()
    # What is missing at the end of the file is missing on a line that is not there.
    line = None if mark is None else min(mark.line + 1, len(texts))
    if mark is None and (control := re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data)):
        line = data.count(b"\n", 0, control.start()) + 1
        reason = f"byte 0x{control[0][0]:02x} is not allowed in YAML"
    mend = "Indent with spaces." if line and b"\t" in texts[line - 1] else _RESTORE
    return Problem(line, ".".join(builder.path()), f"not YAML: {reason}", mend)


class _Frame:
    """A container that is being filled."""

    __slots__ = ("anchor", "key", "nodes_before", "value")

    def __init__(self, value: dict[str, Any] | list[Any], anchor: str | None, nodes: int) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None
        self.nodes_before = nodes


class _Builder:
    """Holds what has been built so far; ``takers`` has what takes an event of each type."""

    def __init__(
        self,
        wanted: Collection[Path] = (),
        found: dict[Path, int] | None = None,
        plain: Callable[[str], Any] | None = None,
    ) -> None:
        import yaml

        self.root: Any = None
        self._plain = plain
        self._wanted = wanted
        self._found = {} if found is None else found
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._aliased = 0
        self._documents = 0
        self._resolvers = yaml.SafeLoader.yaml_implicit_resolvers
        self.takers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def path(self) -> Path:
        """Where the next value will stand."""
        return tuple(
            str(len(frame.value)) if type(frame.value) is list else frame.key or ""
            for frame in self._stack
            if type(frame.value) is list or frame.key is not None
        )

    def _fail(self, event: Any, what: str, mend: str) -> DocumentError:
        line = event.start_mark.line + 1
        return DocumentError(Problem(line, ".".join(self.path()), what, mend))

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._fail(event, "a second document begins here", "Keep one, without `---`.")

    def _scalar(self, event: Any) -> None:
        value: Any = event.value
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            raise self._fail(event, f"tag {event.tag} is not allowed", "Remove the tag.")
        if "\0" in value:
            value = self._unescaped(event, value)
        # Plain scalars have the style "" here and None in the pure Python parser.
        elif not event.style and event.tag is None:
            value = self._resolved(event, value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._place(event, value)

    def _resolved(self, event: Any, value: str) -> Any:
        if self._plain is not None and not (self._stack and self._expects_key()):
            try:
                return self._plain(value)
            except MopsError as error:
                raise self._fail(event, error.summary, error.mend) from error
        for _, pattern in self._resolvers.get(value[:1], ()):
            if pattern.match(value):
                return Bare(value)
        return value

    def _unescaped(self, event: Any, value: str) -> str:
        text = _ESCAPED_SURROGATE.sub(lambda match: chr(int(match[1], 16)), value)
        if "\0" in text:
            raise self._fail(event, "a text holds a NUL", "Remove `\\0` from it.")
        return text

    def _start(self, event: Any) -> None:
        if event.tag is not None:
            raise self._fail(event, f"tag {event.tag} is not allowed", "Remove the tag.")
        if len(self._stack) >= MAX_DEPTH:
            raise self._fail(event, f"nested deeper than {MAX_DEPTH} levels", _RESTORE)
        if self._stack and self._expects_key():
            raise self._fail(event, "a key is no text", "Write the key as one quoted text.")
        if self._wanted:
            self._note(event, self.path())
        value: dict[str, Any] | list[Any] = {} if "Mapping" in type(event).__name__ else []
        self._stack.append(_Frame(value, event.anchor, self._nodes))

    def _end(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.value, self._nodes - frame.nodes_before + 1)
        self._place(event, frame.value)

    def _alias(self, event: Any) -> None:
        known = self._anchors.get(event.anchor)
        if known is None:
            what = f"alias *{event.anchor} has no finished anchor before it"
            raise self._fail(event, what, "Write the value out.")
        value, nodes = known
        self._aliased += nodes
        if self._aliased > MAX_ALIASED:
            what = f"aliases expand to more than {MAX_ALIASED} values"
            raise self._fail(event, what, "Write the values out.")
        self._nodes += nodes
        if type(value) in (dict, list) and self._stack and self._expects_key():
            raise self._fail(event, "a key is no text", "Write the key as one quoted text.")
        self._place(event, value)

    def _expects_key(self) -> bool:
        frame = self._stack[-1]
        return frame.key is None and type(frame.value) is dict

    def _place(self, event: Any, value: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._fail(event, f"more than {MAX_NODES} values", "Check what wrote the file.")
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if type(frame.value) is list:
            if self._wanted:
                self._note(event, self.path())
            frame.value.append(value)
        elif frame.key is None:
            frame.key = self._new_key(event, frame.value, value)
        else:
            frame.value[frame.key] = value  # type: ignore[call-overload]
            frame.key = None

    def _new_key(self, event: Any, mapping: Any, key: str) -> str:
        if key in mapping:
            what = f"key {key!r} stands twice"
            raise self._fail(
                event, what, "Remove one of the two: readers would silently take the last."
            )
        if key == "<<" and type(key) is Bare:
            raise self._fail(event, "merge keys are not read", "Write the merged keys out.")
        if self._wanted:
            self._note(event, (*self.path(), key))
        return key

    def _note(self, event: Any, path: Path) -> None:
        if path in self._wanted:
            self._found.setdefault(path, event.start_mark.line + 1)
