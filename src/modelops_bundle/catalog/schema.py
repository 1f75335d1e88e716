"""The schema of a catalog document, for what people edit. pydantic judges it, and is loaded only for that.

A document has ``providers`` (configuration by slug) and ``models`` (a list). Validated models give *trees*
(:mod:`modelops_bundle.catalog.trees`) that hold only the keys that were given, so that a project's file can
override some values of a shipped entry and leave the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import METERS, SLUG, UNITS, UNITS_OF
from modelops_bundle.catalog.scalars import (
    SECRET_HEADERS,
    Amount,
    BaseUrl,
    Currency,
    Day,
    FuzzyDate,
    HeaderName,
    Hours,
    Instant,
    Limit,
    Name,
    Score,
    Slug,
    StatusText,
    Text,
    UrlPath,
    Variable,
    WebPage,
    refusal,
)
from modelops_bundle.catalog.trees import time_span

__all__ = ["CatalogFile", "ModelRow", "ProviderRow", "row_at"]


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
        start, end = self.span()
        if start >= end:
            raise refusal(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}")
        return self

    def span(self) -> tuple[float, float]:
        """From and until, as seconds since 1970; infinite where open."""
        return time_span({"valid_from": self.valid_from, "valid_to": self.valid_to})


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
    currency: Currency = "USD"
    when: WhenRow | None = None
    min_context: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _countable(self) -> Self:
        units = UNITS_OF[self.meter]
        if self.unit not in units:
            raise refusal(f"{self.meter} is not counted by {self.unit}: write {' or '.join(units)}")
        return self

    def group(self) -> tuple[object, ...]:
        """What two rows have to have in common to price the same use."""
        when = self.when or WhenRow()
        return self.meter, when.service_tier, when.batch, self.min_context

    def hours(self) -> tuple[str, str] | None:
        """From and until, or ``None`` for the whole day."""
        hours = None if self.when is None else self.when.time_of_day
        if hours is None:
            return None
        start, _, end = hours.partition("-")
        return start, end


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
    """See ``ModelEntry``; ``cost_per_1k_input`` and ``cost_per_1k_output`` are rows of prices for short."""

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
    source: dict[Text, Text] | None = None
    checked_on: Day | None = None
    prices: list[PriceRow] | None = None
    base_model: Name | None = None
    cost_per_1k_input: Amount | None = None
    cost_per_1k_output: Amount | None = None

    @model_validator(mode="before")
    @classmethod
    def _widen(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if isinstance(given.get("source"), str):
            return {**given, "source": {"*": given["source"]}}
        return given

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for one, other in _clashes([*(self.prices or ()), *self._short_prices()]):
            raise refusal(
                f"two prices of {one.meter} are in force at the same time: {one.amount} per"
                f" {one.unit} and {other.amount} per {other.unit}; give the earlier one a valid_to"
                + (", or let their times of day not overlap" if one.hours() else "")
            )
        early, late = self.deprecation_date, self.shutdown_date
        if early and late and PartialDate.parse(early).first > PartialDate.parse(late).last:
            raise refusal(f"shutdown_date {late} is before deprecation_date {early}")
        return self

    def _short_prices(self) -> list[PriceRow]:
        amounts = {"input": self.cost_per_1k_input, "output": self.cost_per_1k_output}
        return [
            PriceRow(meter=meter, unit="1k_tokens", amount=amount)
            for meter, amount in amounts.items()
            if amount is not None
        ]

    def given(self) -> dict[str, Any]:
        """The keys that stand in the document, as a tree; those for short are written out."""
        tree = super().given()
        for key in ("cost_per_1k_input", "cost_per_1k_output"):
            tree.pop(key, None)
        if short := [price.given() for price in self._short_prices()]:
            tree["prices"] = [*(tree.get("prices") or ()), *short]
        return tree


class AuthenticationRow(_Row):
    """See ``Authentication``."""

    scheme: Literal["bearer", "header", "none"] = "bearer"
    header: HeaderName | None = None
    headers: dict[HeaderName, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.scheme == "header" and not self.header:
            raise refusal("scheme header needs the header's name: `header: x-api-key`")
        secret = SECRET_HEADERS | {(self.header or "").lower()}
        if any(name.lower() in secret for name in self.headers):
            raise refusal(
                "headers hold one that carries a key: name its variable under credential_variables"
            )
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
    docs: WebPage | None = None
    base_url: BaseUrl | None = None
    other_base_urls: list[BaseUrl] | None = None
    models_path: UrlPath | None = None
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
        document = {key: value for key, value in given.items() if value is not None}
        providers, models = document.get("providers"), document.get("models")
        if isinstance(models, list) and (slug := _only(providers)) is not None:
            document["models"] = [
                {"provider": slug, **row} if isinstance(row, dict) else row for row in models
            ]
        return document


def _only(providers: Any) -> str | None:
    """The slug that models of a file with one provider may leave out."""
    if isinstance(providers, dict) and len(providers) == 1:
        (slug,) = providers
        # One fault is told as one, not once more for each model.
        return slug if SLUG.fullmatch(slug) else "unknown"
    return "unknown" if providers is not None and not isinstance(providers, dict) else None


_ROWS: dict[str, type[_Row]] = {
    "models": ModelRow,
    "capabilities": CapabilitiesRow,
    "aliases": AliasRow,
    "prices": PriceRow,
    "when": WhenRow,
    "authentication": AuthenticationRow,
    "pagination": PaginationRow,
}


def row_at(path: tuple[int | str, ...]) -> type[BaseModel]:
    """What describes the mapping at a place in a document."""
    if len(path) == 2 and path[0] == "providers":
        return ProviderRow
    names = [part for part in path if isinstance(part, str)]
    return _ROWS.get(names[-1], CatalogFile) if names else CatalogFile


def _clashes(prices: Iterable[PriceRow]) -> Iterable[tuple[PriceRow, PriceRow]]:
    """Pairs that would price the same use at the same instant."""
    groups: dict[tuple[object, ...], list[PriceRow]] = {}
    for price in prices:
        groups.setdefault(price.group(), []).append(price)
    for group in groups.values():
        # Going through time, those that still hold are few: a pair of them that clash ends it.
        holding: list[PriceRow] = []
        for price in sorted(group, key=PriceRow.span):
            holding = [other for other in holding if other.span()[1] > price.span()[0]]
            for other in holding:
                if _meet(other.hours(), price.hours()):
                    yield other, price
            holding.append(price)


def _meet(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """Whether two times of day overlap; one with hours stands before one for the whole day."""
    if one is None or other is None:
        return one is other
    return _covers(one, other[0]) or _covers(other, one[0])


def _covers(hours: tuple[str, str], at: str) -> bool:
    start, end = hours
    return start <= at < end if start < end else (at >= start or at < end)
