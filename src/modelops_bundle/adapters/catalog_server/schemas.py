"""The form of every answer, for the description of the interface. Answers are made in ``documents``.

Amounts are decimal text, dates ISO text of the precision that is known, and ``null`` is unknown.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from modelops_bundle.catalog.entries import METERS, UNITS
from modelops_bundle.catalog.pricing import REASONS
from modelops_bundle.catalog.statuses import Status

__all__ = [
    "CostDocument",
    "Health",
    "Index",
    "ModelDocument",
    "ModelPage",
    "Problem",
    "ProviderList",
    "Reloaded",
]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WhenDocument(_Document):
    """The circumstances that a price is for; what is left out is the usual."""

    service_tier: str = Field(
        default="", description="As the provider names it; left out for the standard one."
    )
    batch: bool = Field(default=False, description="Whether it is for calls through the batch API.")
    time_of_day: str = Field(
        default="", description="From and until, UTC; left out for the whole day."
    )


class PriceDocument(_Document):
    """A row of a price list."""

    meter: Literal[METERS]  # type: ignore[valid-type]
    unit: Literal[tuple(UNITS)]  # type: ignore[valid-type]
    amount: str = Field(description="Decimal, per unit.")
    currency: str
    when: WhenDocument = WhenDocument()
    min_context: int = Field(
        default=0, description="Tokens of context above which it prices the whole request."
    )
    valid_from: str = Field(
        default="", description="First instant, UTC; left out where nobody says."
    )
    valid_to: str = Field(
        default="", description="First instant at which it is not valid; left out while it is."
    )
    source: str = ""


class AliasDocument(_Document):
    """A name that means or meant the model."""

    name: str
    valid_from: str = ""
    valid_to: str = ""
    source: str = ""


class CapabilitiesDocument(_Document):
    """What the model can do."""

    supports_vision: bool | None
    supports_function_calling: bool | None
    supports_structured_output: bool | None
    supports_reasoning: bool | None
    supports_streaming: bool | None
    coding_score: float | None
    reasoning_score: float | None


class AtDocument(_Document):
    """What holds at the date that was asked about."""

    on: str | None = Field(description="The instant; null when none was asked for.")
    status: Status | None
    prices: list[PriceDocument] = Field(description="Those in force, whatever the circumstances.")
    reason: Literal["no_price", "no_price_at_date"] | None = Field(
        description="Why there are none."
    )


class ModelDocument(_Document):
    """A hosted model."""

    name: str = Field(description="Provider, slash, id.")
    provider: str
    model_id: str
    release_date: str | None
    developer: str | None
    status: Status | None = Field(description="As recorded; `at` has the one at the date.")
    display_name: str | None
    context_window: int | None
    max_input_tokens: int | None
    max_output_tokens: int | None
    capabilities: CapabilitiesDocument
    min_api_version: str | None
    deprecation_date: str | None
    shutdown_date: str | None
    replacement: str | None
    aliases: list[AliasDocument]
    prices: list[PriceDocument] = Field(description="All that are known, past ones included.")
    source: dict[str, str]
    checked_on: str | None
    base_model: str | None
    at: AtDocument


class ModelPage(_Document):
    """A part of the models that fulfil the conditions, by provider and id."""

    total: int = Field(description="How many fulfil them.")
    limit: int
    offset: int
    models: list[ModelDocument]


class CostLineDocument(_Document):
    """One meter of a cost."""

    meter: Literal[METERS]  # type: ignore[valid-type]
    count: int
    amount: str
    price: str = Field(description="Decimal, per unit.")
    unit: Literal[tuple(UNITS)]  # type: ignore[valid-type]
    source: str | None


class CostDocument(_Document):
    """What a call cost; unknown is null, with a reason."""

    asked: str
    name: str | None = Field(description="The model that it means at the date.")
    on: str | None = Field(description="The instant; null when none was asked for.")
    amount: str | None
    currency: str | None
    reason: Literal[tuple(REASONS)] | None  # type: ignore[valid-type]
    detail: str | None = Field(description="The reason in words.")
    meter: str | None = Field(description="What has no price.")
    undated: bool = Field(
        description="Whether no source says since when one of the prices is valid."
    )
    lines: list[CostLineDocument]


class ProviderDocument(_Document):
    """A provider."""

    slug: str
    name: str | None
    also_known_as: list[str]
    docs: str | None
    models: int = Field(description="How many are known.")


class ProviderList(_Document):
    """All providers, by slug."""

    total: int
    providers: list[ProviderDocument]


class Health(_Document):
    """That the server answers, and from what."""

    status: Literal["ok"]
    version: str
    models: int
    providers: int
    read_at: str = Field(description="When the catalog was read, UTC.")
    outdated: bool = Field(description="Whether the last attempt to read it again failed.")


class Reloaded(_Document):
    """That the catalog was read again."""

    models: int
    providers: int
    read_at: str


class Index(_Document):
    """What can be asked."""

    version: str
    links: dict[str, str]


class Fault(_Document):
    """One thing that is wrong: with a parameter (`in`, `name`) or a document (`file`, `line`, `key`)."""

    where: str = Field(default="", alias="in")
    name: str = ""
    file: str = ""
    line: int | None = None
    key: str = ""
    detail: str
    mend: str = ""


class Problem(_Document):
    """An error, as RFC 9457 has it."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    reason: str = Field(default="", description="For programs, such as `unknown_model`.")
    suggestions: list[str] = Field(default=[], description="Names that may have been meant.")
    errors: list[Fault] = []
