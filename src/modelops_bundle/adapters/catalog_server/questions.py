"""What can be asked: the parameters of every route. A parameter that is unknown or repeated is refused.

Each is read strictly, so that what the description calls invalid is never answered as if it meant something.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from modelops_bundle.adapters.catalog_server.problems import ProblemError
from modelops_bundle.catalog.dates import read_instant
from modelops_bundle.catalog.statuses import Status

__all__ = [
    "CostQuestion",
    "ListQuestion",
    "ModelId",
    "ModelQuestion",
    "NoQuestion",
    "ProviderName",
    "once_each",
]

_MOST_COUNTED = 10**12
_WHOLE = re.compile(r"[0-9]{1,16}")
_DAY_OR_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?)?"
)


def _instant(text: Any) -> datetime:
    if not isinstance(text, str) or not _DAY_OR_INSTANT.fullmatch(text):
        raise ValueError("write a day, 2024-05-13, or an instant, 2024-05-13T16:00:00Z")
    return read_instant(text.upper())


def _whole(text: Any) -> int:
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        raise ValueError("write a whole number, such as 128000")
    return int(text)


def _truth(text: Any) -> bool:
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return bool(text == "true")


def _amount(text: Any) -> Decimal:
    try:
        amount = Decimal(text if isinstance(text, str) and len(text) <= 40 else "NaN")
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError("write a decimal number, such as 2.50")
    return amount


_INSTANT_SCHEMA = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
}
_PRICE_SCHEMA = {"type": "number", "minimum": 0, "maximum": 10**9}

Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema(_INSTANT_SCHEMA)]
Flag = Annotated[bool, BeforeValidator(_truth)]
Count = Annotated[int, Field(ge=0, le=_MOST_COUNTED), BeforeValidator(_whole)]
MaxPrice = Annotated[
    Decimal, Field(ge=0, le=10**9), BeforeValidator(_amount), WithJsonSchema(_PRICE_SCHEMA)
]
SlugText = Annotated[str, Field(min_length=1, max_length=100)]

ProviderName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Slug of a provider, or another name of it.",
        examples=["openai"],
    ),
]
ModelId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=300,
        pattern=r"^[^\x00-\x20\x7f]+$",
        description="Id or alias of a model there. It may hold slashes and colons.",
        examples=["gpt-4o"],
    ),
]

_NOW = "A day, which is its beginning in UTC, or an instant; now by default."


class NoQuestion(BaseModel):
    """A route without parameters of its own."""

    model_config = ConfigDict(extra="forbid")


class ModelQuestion(NoQuestion):
    """When it is asked about."""

    on: Instant | SkipJsonSchema[None] = Field(None, description=_NOW)


class ListQuestion(ModelQuestion):
    """Which models are wanted; what is unknown of a model fulfils no condition."""

    provider: SlugText | SkipJsonSchema[None] = Field(None, description="Offered by this provider.")
    developer: SlugText | SkipJsonSchema[None] = Field(None, description="Made by this developer.")
    status: Status | SkipJsonSchema[None] = Field(None, description="Of this status at the date.")
    supports_vision: Flag | SkipJsonSchema[None] = Field(None, description="Takes images, or not.")
    supports_function_calling: Flag | SkipJsonSchema[None] = Field(
        None, description="Calls functions, or not."
    )
    supports_structured_output: Flag | SkipJsonSchema[None] = Field(
        None, description="Keeps to a schema, or not."
    )
    supports_reasoning: Flag | SkipJsonSchema[None] = Field(
        None, description="Reasons before it answers, or not."
    )
    supports_streaming: Flag | SkipJsonSchema[None] = Field(
        None, description="Streams its answer, or not."
    )
    min_context: Count | SkipJsonSchema[None] = Field(
        None,
        description="Tokens of context at least. Where no window is known, the most that goes in counts.",
    )
    max_input_price: MaxPrice | SkipJsonSchema[None] = Field(
        None,
        description="USD for a million tokens of input at most, at the date and standard tier.",
    )
    q: Annotated[str, Field(min_length=1, max_length=200)] | SkipJsonSchema[None] = Field(
        None, description="Words that its id, name, developer or an alias holds, in any case."
    )
    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(_whole)] = Field(
        50, description="Models on a page."
    )
    offset: Annotated[int, Field(ge=0, le=10**6), BeforeValidator(_whole)] = Field(
        0, description="Models before the page."
    )


class CostQuestion(ModelQuestion):
    """What a call used, each token under exactly one meter; see ``Usage``."""

    service_tier: Annotated[str, Field(min_length=1, max_length=100)] | SkipJsonSchema[None] = (
        Field(None, description="As the provider's answer named it; the standard one by default.")
    )
    batch: Flag = Field(False, description="Whether it came through the batch API.")
    input: Count = Field(0, description="Tokens of text, neither read from a cache nor written.")
    output: Count = Field(0, description="Tokens of text that came out.")
    cache_read: Count = Field(0, description="Tokens that were read from a cache.")
    cache_write_5m: Count = Field(0, description="Tokens kept for 5 minutes.")
    cache_write_1h: Count = Field(0, description="Tokens kept for an hour.")
    output_reasoning: Count = Field(0, description="Tokens of reasoning, not in `output`.")
    input_audio: Count = Field(0, description="Tokens of audio that went in.")
    output_audio: Count = Field(0, description="Tokens of audio that came out.")
    cache_read_audio: Count = Field(0, description="Tokens of audio read from a cache.")
    input_image: Count = Field(0, description="Tokens of images that went in.")
    output_image: Count = Field(0, description="Tokens of images that came out.")
    audio: Count = Field(0, description="Seconds of audio.")
    image: Count = Field(0, description="Images.")
    request: Count = Field(1, description="Requests.")
    search: Count = Field(0, description="Searches.")


def once_each(request: Request) -> None:
    """Refuse a parameter that is given twice: one of both would be ignored.

    Raises:
        ProblemError: One is.
    """
    counts = Counter(name for name, _ in request.query_params.multi_items())
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The question cannot be answered as it is asked.",
            errors=[{"in": "query", "name": n, "detail": "it is given twice"} for n in twice],
        )
