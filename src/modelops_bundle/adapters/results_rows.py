"""Records as the columns of the result store hold them, and back."""

from __future__ import annotations

import json

from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Failure, UndeclaredRead

__all__ = [
    "failure_record",
    "failure_text",
    "signed",
    "unsigned",
]


def signed(seed: int) -> int:
    """A seed as SQLite can hold it."""
    return seed - 2**64 if seed >= 2**63 else seed


def unsigned(seed: int) -> int:
    """A seed that SQLite held."""
    return seed + 2**64 if seed < 0 else seed


def failure_text(failure: Failure) -> str:
    """A failure as it is stored."""
    return json.dumps(
        {
            "param_id": failure.key.param_id,
            "seed": failure.key.seed,
            "error": failure.error,
            "traceback": failure.traceback,
            "started": failure.started,
            "duration": failure.duration,
            "undeclared": failure.undeclared,
        }
    )


def failure_record(text: str, context: Context) -> Failure:
    """A failure that was stored."""
    plain = json.loads(text)
    key = ResultKey(context, plain.pop("param_id"), plain.pop("seed"))
    undeclared = tuple(UndeclaredRead(*read) for read in plain.pop("undeclared"))
    return Failure(key=key, undeclared=undeclared, **plain)
