"""The number of values in each column of a Parquet file, from its footer.

pyarrow has them too, and ends the process where the footer holds statistics that do not fit a column: the
error is thrown where nobody of its own catches it. So the footer is walked here, for this one number. It is a
struct in the compact protocol of Thrift; the numbers of fields are those of the Parquet format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["FooterError", "values_by_group"]

_ROW_GROUPS, _COLUMNS, _META_DATA, _NUM_VALUES = 4, 1, 3, 5

_I64, _BINARY, _LIST, _MAP, _STRUCT = 6, 8, 9, 11, 12
_BOOLEANS = (1, 2)
_WIDTHS = {3: 1, 7: 8, 13: 16}
_VARINTS = (4, 5, 6)
_LISTS = (_LIST, 10)
_DEEPEST = 32
_LONGEST_VARINT = 10
_TRAILER = 8


class FooterError(ValueError):
    """The bytes are no footer."""


def values_by_group(data: bytes) -> list[list[int]]:
    """Values of every leaf column, by row group.

    Args:
        data: The whole file.

    Raises:
        FooterError: Its footer cannot be read, or says nothing of a column.
    """
    size = int.from_bytes(data[-_TRAILER:-4], "little")
    start = len(data) - _TRAILER - size
    if start < 0:
        raise FooterError("its footer is longer than the file")
    walk = _Compact(data[start:-_TRAILER])

    def meta_data() -> int:
        return int(walk.struct({_NUM_VALUES: (_I64, walk.integer)})[_NUM_VALUES])

    def column() -> int:
        return int(walk.struct({_META_DATA: (_STRUCT, meta_data)})[_META_DATA])

    def group() -> list[int]:
        columns = walk.struct({_COLUMNS: (_LIST, lambda: walk.structs(column))})
        return list(columns[_COLUMNS])

    try:
        found = walk.struct({_ROW_GROUPS: (_LIST, lambda: walk.structs(group))})
        groups: list[list[int]] = found[_ROW_GROUPS]
    except LookupError as error:
        raise FooterError("its footer ends early") from error
    if any(count < 0 for counts in groups for count in counts):
        raise FooterError("its footer holds a count below zero")
    return groups


_Wanted = Mapping[int, tuple[int, Callable[[], Any]]]


class _Compact:
    """A cursor over values in the compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, wanted: _Wanted) -> dict[int, Any]:
        """Pass over a struct; returns its fields that are wanted, where they have the type expected."""
        found = {}
        number = 0
        while head := self._byte():
            kind, step = head & 0x0F, head >> 4
            number = number + step if step else self.integer()
            expected, take = wanted.get(number, (None, None))
            if take is not None and kind == expected:
                found[number] = take()
            else:
                self._skip(kind, 0)
        return found

    def structs(self, take: Callable[[], Any]) -> list[Any]:
        """A list of structs, each as ``take`` makes it."""
        count, kind = self._list_head()
        if kind != _STRUCT:
            raise FooterError("its footer holds a list of something else")
        return [take() for _ in range(count)]

    def integer(self) -> int:
        """A signed integer."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value

    def _varint(self) -> int:
        value = 0
        for place in range(_LONGEST_VARINT):
            byte = self._byte()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return value
        raise FooterError("its footer holds a number without end")

    def _list_head(self) -> tuple[int, int]:
        head = self._byte()
        count = head >> 4
        return (self._varint() if count == 15 else count), head & 0x0F

    def _skip(self, kind: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise FooterError("its footer is nested too deeply")
        if kind in _BOOLEANS:
            return
        if kind in _VARINTS:
            self._varint()
        elif kind in _WIDTHS:
            self._move(_WIDTHS[kind])
        elif kind == _BINARY:
            self._move(self._varint())
        elif kind == _STRUCT:
            while head := self._byte():
                if not head >> 4:
                    self._varint()
                self._skip(head & 0x0F, depth + 1)
        elif kind in _LISTS:
            self._skip_items(*self._list_head(), depth)
        else:
            self._skip_map(kind, depth)

    def _skip_items(self, count: int, kind: int, depth: int) -> None:
        if kind in _BOOLEANS:  # which are a byte each here, and none as a field
            self._move(count)
            return
        for _ in range(count):
            self._skip(kind, depth + 1)

    def _skip_map(self, kind: int, depth: int) -> None:
        if kind != _MAP:
            raise FooterError("its footer holds a type that is none")
        count = self._varint()
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._skip_items(1, kinds >> 4, depth)
            self._skip_items(1, kinds & 0x0F, depth)

    def _move(self, size: int) -> None:
        self._at += size
        if self._at > len(self._data):
            raise FooterError("its footer ends early")
