"""Records as the columns of the result store hold them, and back."""

from __future__ import annotations

import json

from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Failure, UndeclaredRead
from modelops_bundle.results.store import ContextRecord

__all__ = [
    "context_record",
    "context_text",
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


def context_text(record: ContextRecord) -> str:
    """A context as it is stored."""
    return json.dumps(
        {
            "context": record.context.document(),
            "model_id": record.model_id,
            "components": record.components,
            "environment": dict(record.environment),
            "environment_digest": record.environment_digest,
        }
    )


def context_record(text: str, created: float) -> ContextRecord:
    """A context that was stored."""
    plain = json.loads(text)
    outputs = plain["context"]["outputs"]
    plain["context"]["outputs"] = None if outputs is None else tuple(outputs)
    return ContextRecord(
        context=Context(**plain["context"]),
        model_id=plain["model_id"],
        components=tuple((kind, path, digest) for kind, path, digest in plain["components"]),
        environment=plain["environment"],
        environment_digest=plain["environment_digest"],
        created=created,
    )


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
