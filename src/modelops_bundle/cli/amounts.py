"""Ages and sizes as they are typed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelops_bundle.errors import UsageError

__all__ = ["read_age", "read_size"]

_AMOUNT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*")
_AGES = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"b": 1, "": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def read_age(text: str) -> float:
    """Seconds of an age such as ``30d``, ``12h`` or ``90min``.

    Raises:
        UsageError: It is none.
    """
    return _amount(text, _AGES, "an age", "Write 30d, 12h or 90min: d, h, min, s and w are known.")


def read_size(text: str) -> int:
    """Bytes of a size such as ``10GB``.

    Raises:
        UsageError: It is none.
    """
    return int(
        _amount(text, _SIZES, "a size", "Write 500MB or 10GB: B, kB, MB, GB and TB are known.")
    )


def _amount(text: str, units: Mapping[str, int], what: str, mend: str) -> float:
    match = _AMOUNT.fullmatch(text)
    if match is None or match[2].lower() not in units:
        raise UsageError(f"{text} is not {what}", "", mend)
    return float(match[1]) * units[match[2].lower()]
