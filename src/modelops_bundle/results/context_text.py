"""What a context's model was made from, as text: the same in every store."""

from __future__ import annotations

import json

from modelops_bundle.results.key import Context
from modelops_bundle.results.store import ContextRecord

__all__ = ["context_record", "context_text"]


def context_text(record: ContextRecord) -> str:
    """A context as it is stored."""
    document = {
        "context": record.context.document(),
        "model_id": record.model_id,
        "components": record.components,
        "environment": dict(record.environment),
        "environment_digest": record.environment_digest,
    }
    if record.llms:
        document["llms"] = dict(record.llms)
    return json.dumps(document)


def context_record(text: str, created: float) -> ContextRecord:
    """A context that was stored.

    Raises:
        AttributeError, KeyError, RecursionError, TypeError, ValueError: It is none.
    """
    plain = json.loads(text)
    context = plain["context"]
    outputs, scenario = context["outputs"], context["scenario"]
    context["outputs"] = None if outputs is None else tuple(outputs)
    _require_texts(context["model"], context["entrypoint"], scenario or "", *(outputs or ()))
    _require_texts(plain["model_id"], plain["environment_digest"], *dict(plain["environment"]))
    llms = dict(plain.get("llms", {}))
    _require_texts(*llms, *llms.values())
    return ContextRecord(
        context=Context(**context),
        model_id=plain["model_id"],
        components=tuple((kind, path, digest) for kind, path, digest in plain["components"]),
        environment=plain["environment"],
        environment_digest=plain["environment_digest"],
        llms=llms,
        created=created,
    )


def _require_texts(*values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{type(value).__name__} stands where a text should")
