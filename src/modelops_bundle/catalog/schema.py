"""The schema of a catalog document, for what people edit. pydantic judges it, and is loaded only for that.

A document has ``providers`` (configuration by slug) and ``models`` (a list). Validated models give *trees*
(:mod:`modelops_bundle.catalog.trees`) that hold only the keys that were given, so that a project's file can
override some values of a shipped entry and leave the others.
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from modelops_bundle.catalog.dates import PartialDate, instant_text, read_instant
from modelops_bundle.catalog.entries import METERS, UNITS
from modelops_bundle.catalog.statuses import read_status
from modelops_bundle.catalog.trees import amount_text

__all__ = ["CatalogFile", "ModelRow", "ProviderRow"]


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x20\x7f]+$")
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$")]
Limit = Annotated[int, Field(ge=1, le=10**12)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _refusal(reason: object) -> PydanticCustomError:
    return PydanticCustomError("catalog", "{reason}", {"reason": str(reason)})


def _checked(read: Any, write: Any = str) -> AfterValidator:
    """A validator that reads text with ``read`` and keeps it as ``write`` puts it."""

    def check(text: str) -> str:
        try:
            return str(write(read(text)))
        except ValueError as error:
            raise _refusal(error) from None

    return AfterValidator(check)


def _read_day(text: str) -> PartialDate:
    day = PartialDate.parse(text)
    if day.day is None:
        raise ValueError(f"{text!r} is not a day: write 2024-05-13")
    return day


def _read_hours(text: str) -> str:
    start, dash, end = text.replace(" ", "").partition("-")
    try:
        times = time.fromisoformat(start), time.fromisoformat(end)
    except ValueError:
        dash = ""
    if not dash or times[0] == times[1]:
        raise ValueError(f"{text!r} is not a time of day: write 16:30-00:30, in UTC")
    return "-".join(each.isoformat("minutes") for each in times)


def _read_amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount > 10**9 or amount.adjusted() < -20:
        raise ValueError(f"{text!r} is not an amount: write a decimal number, such as 2.50")
    return amount


FuzzyDate = Annotated[str, _checked(PartialDate.parse)]
Day = Annotated[str, _checked(_read_day)]
Instant = Annotated[str, _checked(read_instant, instant_text)]
Hours = Annotated[str, _checked(_read_hours)]
Amount = Annotated[str, _checked(_read_amount, amount_text)]
StatusText = Annotated[str, _checked(read_status)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, coerce_numbers_to_str=False)

    def given(self) -> dict[str, Any]:
        """The keys that stand in the document, as a tree."""
        return self.model_dump(exclude_unset=True)


class _Span(_Row):
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    source: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_to and _starts(self) >= _ends(self):
            raise _refusal(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}")
        return self


class WhenRow(_Row):
    """See ``When``."""

    service_tier: Text | None = None
    batch: bool = False
    time_of_day: Hours | None = None


class PriceRow(_Span):
    """See ``Price``."""

    meter: Literal[METERS]  # type: ignore[valid-type]
    unit: Literal[tuple(UNITS)]  # type: ignore[valid-type]
    amount: Amount
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    when: WhenRow | None = None
    min_context: Annotated[int, Field(ge=0)] = 0

    def clashes_with(self, other: PriceRow) -> bool:
        """Whether both would price the same use at some instant."""
        same = self._circumstances() == other._circumstances()
        return same and _starts(self) < _ends(other) and _starts(other) < _ends(self)

    def _circumstances(self) -> tuple[object, ...]:
        when = self.when or WhenRow()
        return self.meter, when.service_tier, when.batch, when.time_of_day, self.min_context


class AliasRow(_Span):
    """See ``Alias``; a bare name is one without dates."""

    name: Name

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given


class CapabilitiesRow(_Row):
    """See ``Capabilities``."""

    supports_vision: bool | None = None
    supports_function_calling: bool | None = None
    supports_structured_output: bool | None = None
    supports_reasoning: bool | None = None
    supports_streaming: bool | None = None
    coding_score: Score | None = None
    reasoning_score: Score | None = None


class ModelRow(_Row):
    """See ``ModelEntry``; ``cost_per_1k_input`` and ``cost_per_1k_output`` become rows of prices."""

    id: Annotated[Name, Field(validation_alias=AliasChoices("id", "model_id"))]
    provider: Slug
    developer: Text | None = None
    display_name: Text | None = None
    release_date: FuzzyDate | None = None
    status: StatusText | None = None
    context_window: Limit | None = None
    max_input_tokens: Limit | None = None
    max_output_tokens: Limit | None = None
    capabilities: CapabilitiesRow | None = None
    min_api_version: Text | None = None
    aliases: list[AliasRow] | None = None
    deprecation_date: FuzzyDate | None = None
    shutdown_date: FuzzyDate | None = None
    replacement: Name | None = None
    source: dict[str, Text] | None = None
    checked_on: Day | None = None
    prices: list[PriceRow] | None = None
    base_model: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _widen(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        row = dict(given)
        if isinstance(row.get("source"), str):
            row["source"] = {"*": row["source"]}
        for meter in ("input", "output"):
            amount = row.pop(f"cost_per_1k_{meter}", None)
            if amount is not None:
                prices = row.get("prices") or []
                price = {"meter": meter, "unit": "1k_tokens", "amount": amount}
                row["prices"] = [*prices, price] if isinstance(prices, list) else prices
        return row

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for one, other in combinations(self.prices or (), 2):
            if one.clashes_with(other):
                raise _refusal(
                    f"two prices of {one.meter} are in force at the same time: {one.amount} and"
                    f" {other.amount} per {other.unit}; give the earlier one a valid_to"
                )
        early, late = self.deprecation_date, self.shutdown_date
        if early and late and PartialDate.parse(early).first > PartialDate.parse(late).last:
            raise _refusal(f"shutdown_date {late} is before deprecation_date {early}")
        return self


class AuthenticationRow(_Row):
    """See ``Authentication``."""

    scheme: Literal["bearer", "header", "none"] = "bearer"
    header: Text | None = None
    headers: dict[Text, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.scheme == "header" and not self.header:
            raise _refusal("scheme header needs the header's name: `header: x-api-key`")
        return self


class PaginationRow(_Row):
    """See ``Pagination``."""

    style: Literal["none", "cursor", "token"] = "none"
    parameter: Text | None = None
    field: Text | None = None
    size_parameter: Text | None = None
    size: Limit | None = None


class ProviderRow(_Row):
    """See ``ProviderConfig``."""

    name: Text | None = None
    also_known_as: list[Slug] | None = None
    docs: Text | None = None
    base_url: BaseUrl | None = None
    models_path: Annotated[str, StringConstraints(pattern=r"^/[^\s?#]*$")] | None = None
    credential_variables: list[Variable] | None = None
    base_url_variables: list[Variable] | None = None
    authentication: AuthenticationRow | None = None
    pagination: PaginationRow | None = None
    requests_per_minute: Limit | None = None


class CatalogFile(_Row):
    """A whole document."""

    version: Literal["1"] | None = None
    providers: dict[Slug, ProviderRow] = Field(default_factory=dict)
    models: list[ModelRow] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _spread_provider(cls, given: Any) -> Any:
        """In a file of one provider its models need not repeat it."""
        if not isinstance(given, dict):
            return given
        providers, models = given.get("providers"), given.get("models")
        if isinstance(providers, dict) and len(providers) == 1 and isinstance(models, list):
            (slug,) = providers
            models = [{"provider": slug, **row} if isinstance(row, dict) else row for row in models]
        known = {"providers": providers or {}, "models": models or []}
        return {**given, **{key: value for key, value in known.items() if key in given}}


def _starts(row: _Span) -> float:
    return read_instant(row.valid_from).timestamp() if row.valid_from else float("-inf")


def _ends(row: _Span) -> float:
    return read_instant(row.valid_to).timestamp() if row.valid_to else float("inf")
