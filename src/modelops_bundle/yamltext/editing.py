"""Changes in YAML that people write: what changed is written anew, every other byte stays.

A document is changed where it differs and no higher up: a scalar in its place, a key or an item at the end of
what holds it. What is in flow style (``{a: 1}``), or is an anchor or alias, is written anew as a whole, in
block style. Comments stand outside of values, and so survive, except within a value that is written anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelops_bundle.yamltext.events import Path
from modelops_bundle.yamltext.writing import write_yaml

__all__ = ["edit_yaml"]

_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class _Node:
    """A value and where it stands, in characters.

    ``keys`` has where each key of a mapping begins. ``plain`` says whether parts of it can be changed.
    """

    start: int
    end: int
    column: int
    plain: bool = False
    keys: dict[str, int] = field(default_factory=dict)
    children: list[_Node] = field(default_factory=list)
    is_mapping: bool = False

    def child(self, part: str) -> _Node | None:
        """The value of a key, or the item of a number, if it is there."""
        if self.is_mapping:
            names = list(self.keys)
            return self.children[names.index(part)] if part in self.keys else None
        number = int(part)
        return self.children[number] if number < len(self.children) else None


def edit_yaml(data: bytes, tree: Mapping[str, Any], touched: Collection[Path]) -> bytes:
    """``data`` with what ``tree`` says at some places.

    Args:
        data: A document that :func:`~modelops_bundle.yamltext.events.read_yaml` accepts, a mapping in block
            style; or nothing.
        tree: The whole document as it is to be. Only what is at ``touched`` is read, or what holds that where
            a smaller part cannot be changed.
        touched: What is to change: keys, and numbers of items, from the root down. Items may be added at the
            end of a list, and keys to a mapping; keys may be gone from one.

    Returns:
        The new document. Read it again before it replaces anything: what aliases share cannot be told apart.
    """
    if not touched:
        return data
    mark = _BOM if data.startswith(_BOM) else b""
    text = data.removeprefix(_BOM).decode("utf-8")
    newline = "\r\n" if "\r\n" in text else "\n"
    root = _nodes(text)
    if root is None:
        # Nothing, or comments only, which stay above.
        start = "" if not text or text.endswith("\n") else "\n"
        pieces = [(len(text), len(text), start + "\n".join(_lines(tree)) + "\n")]
    else:
        pieces = sorted(_replacements(text, root, tree, list(touched)), key=lambda p: p[:2])
    done: list[str] = []
    position = 0
    for begin, end, new in pieces:
        done += [text[position:begin], new.replace("\n", newline)]
        position = end
    done.append(text[position:])
    return mark + "".join(done).encode("utf-8")


Replacement = tuple[int, int, str]


def _replacements(text: str, node: _Node, new: Any, paths: Sequence[Path]) -> Iterator[Replacement]:
    parts: dict[str, list[Path]] = {}
    for path in paths:
        parts.setdefault("".join(path[:1]), []).append(path[1:])
    gone = [part for part in node.keys if part in parts and part not in new]
    if () in paths or not node.plain or any(_shares_line(text, node.keys[each]) for each in gone):
        yield node.start, node.end, _value_text(new, node.column)
        return
    names = list(node.keys)
    for part in gone:
        end = node.children[names.index(part)].end
        yield _line_before(text, node.keys[part]), _end_of_line(text, end), ""
    added = []
    # New ones come in the order of the new document, whatever the order of the paths.
    order = [key for key in new if key in parts] if node.is_mapping else sorted(parts, key=int)
    for part in order:
        rest = parts[part]
        child = node.child(part)
        value = new[part] if node.is_mapping else new[int(part)]
        if child is None:
            added.append(_added(node, part, value))
        elif node.is_mapping and (() in rest or not child.plain):
            yield node.keys[part], child.end, _pair_text(part, value, node.column)
        else:
            yield from _replacements(text, child, value, rest)
    if added:
        place = _end_of_line(text, node.end)
        yield place, place, "".join("\n" + " " * node.column + each for each in added)


def _added(node: _Node, part: str, value: Any) -> str:
    if node.is_mapping:
        return _pair_text(part, value, node.column)
    return "- " + _value_text(value, node.column + 2)


def _pair_text(key: str, value: Any, column: int) -> str:
    return _indented(_lines({key: value}), column)


def _value_text(value: Any, column: int) -> str:
    """A value to stand at a column; its first line is not indented."""
    if isinstance(value, Mapping) and value:
        return _indented(_lines(value), column)
    if isinstance(value, (list, tuple)) and value:
        return _indented(_items(value), column)
    (line,) = _lines({"x": value})
    return line.removeprefix("x: ")


def _lines(tree: Mapping[str, Any]) -> list[str]:
    """Lines of a mapping, items of its lists on the line of their dash."""
    lines: list[str] = []
    for key, value in tree.items():
        head = write_yaml({key: None}).decode().removesuffix(" null\n")
        if isinstance(value, Mapping) and value:
            lines += [head, *("  " + line for line in _lines(value))]
        elif isinstance(value, (list, tuple)) and value:
            lines += [head, *("  " + line for line in _items(value))]
        else:
            lines += write_yaml({key: value}).decode().splitlines()
    return lines


def _items(values: Sequence[Any]) -> list[str]:
    lines: list[str] = []
    for value in values:
        first, *others = _value_text(value, 0).split("\n")
        lines += ["- " + first, *("  " + line for line in others)]
    return lines


def _indented(lines: Sequence[str], column: int) -> str:
    return ("\n" + " " * column).join(lines)


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" and end > position else end


def _shares_line(text: str, position: int) -> bool:
    """Whether something stands before a key on its line, as the dash of an item does."""
    return bool(text[text.rfind("\n", 0, position) + 1 : position].strip())


def _line_before(text: str, position: int) -> int:
    """Where the line before that of a position ends."""
    end = max(text.rfind("\n", 0, position), 0)
    return end - 1 if text[end - 1 : end] == "\r" else end


def _nodes(text: str) -> _Node | None:
    """The root of a document with all that is in it; ``None`` when there is no document."""
    import yaml

    reading = _Reading()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            reading.leave(event)
        elif isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
                reading.texts[event.anchor] = event.value
            if not reading.takes_key(event):
                reading.place(_node_of(event, text), isinstance(event, yaml.CollectionStartEvent))
    return reading.root


class _Reading:
    """The tree of nodes so far, texts by anchor, and the containers that are open."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self.texts: dict[str, str] = {}
        self._open: list[_Node] = []

    def takes_key(self, event: Any) -> bool:
        """Whether a key was due, and this is it."""
        node = self._open[-1] if self._open else None
        if node is None or not node.is_mapping or len(node.keys) > len(node.children):
            return False
        # An alias may stand as a key, too.
        key = event.value if hasattr(event, "value") else self.texts[event.anchor]
        node.keys[key] = event.start_mark.index
        return True

    def place(self, node: _Node, opens: bool) -> None:
        """Put a node where one is due."""
        if self._open:
            self._open[-1].children.append(node)
        self.root = self.root or node
        if opens:
            self._open.append(node)

    def leave(self, event: Any) -> None:
        """Close the innermost container."""
        node = self._open.pop()
        # The end of one in block style is told only where the next thing begins, comments passed over.
        inner = node.children[-1].end if node.plain and node.children else event.end_mark.index
        node.end = inner


def _node_of(event: Any, text: str) -> _Node:
    import yaml

    start, end = event.start_mark.index, event.end_mark.index
    node = _Node(start, end, event.start_mark.column)
    if isinstance(event, yaml.CollectionStartEvent):
        node.is_mapping = isinstance(event, yaml.MappingStartEvent)
        node.plain = not event.flow_style and event.anchor is None
    elif getattr(event, "style", None) in ("|", ">"):
        # Its end is where the next line begins.
        node.end = len(text[:end].rstrip())
    return node
