"""What the catalog knows, as frozen records: hosted models, their prices, aliases and providers.

``None`` means unknown, never zero and never no. A *registered* model is another record of the same
name, :class:`modelops_bundle.registry.ModelEntry`; these are *hosted* ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from types import MappingProxyType

from modelops_bundle.catalog.dates import PartialDate, as_instant
from modelops_bundle.catalog.statuses import Status

__all__ = [
    "METERS",
    "SLUG",
    "UNITS",
    "UNITS_OF",
    "Alias",
    "Authentication",
    "Capabilities",
    "Facts",
    "ModelEntry",
    "Pagination",
    "Price",
    "ProviderConfig",
    "When",
]

#: How slugs of providers are written.
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

#: What is counted, and so has a price. Each unit of use counts under exactly one meter: ``input`` are tokens
#: of text that were neither read from a cache nor written to one. Audio and images count by the token under
#: ``input_…`` and ``output_…``, by the second and the piece under ``audio`` and ``image``.
METERS = (
    "input",
    "output",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output_reasoning",
    "input_audio",
    "output_audio",
    "cache_read_audio",
    "input_image",
    "output_image",
    "audio",
    "image",
    "request",
    "search",
)

#: What an amount is for: the number of tokens, requests and so on that it buys.
UNITS: Mapping[str, int] = MappingProxyType(
    {
        "token": 1,
        "1k_tokens": 1_000,
        "1m_tokens": 1_000_000,
        "image": 1,
        "request": 1,
        "1k_requests": 1_000,
        "search": 1,
        "1k_searches": 1_000,
        "second": 1,
        "minute": 60,
        "hour": 3_600,
    }
)

_OF_TOKENS = ("token", "1k_tokens", "1m_tokens")
_OF_OTHERS = {
    "audio": ("second", "minute", "hour"),
    "image": ("image",),
    "request": ("request", "1k_requests"),
    "search": ("search", "1k_searches"),
}

#: The units that can price each meter: a price of tokens for an hour would be one of nothing.
UNITS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {meter: _OF_OTHERS.get(meter, _OF_TOKENS) for meter in METERS}
)


class Facts(Mapping[str, str]):
    """Texts by name that never change; unlike a ``MappingProxyType``, they can be pickled and hashed."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = dict(texts or {})

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __hash__(self) -> int:
        return hash(frozenset(self._texts.items()))

    def __repr__(self) -> str:
        return f"Facts({self._texts!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The circumstances that a price is for.

    Attributes:
        service_tier: ``priority``, ``flex`` and such, as the provider's API names it; ``None`` is the
            standard tier, and no other.
        batch: Whether it is for calls through the batch API, or for all others.
        time_of_day: From and until, UTC; the second is not in it, and is the earlier one where the range
            passes midnight. ``None`` is the whole day.
    """

    service_tier: str | None = None
    batch: bool = False
    time_of_day: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One row of a price list.

    Attributes:
        meter: One of :data:`METERS`.
        unit: One of :data:`UNITS`, among those that :data:`UNITS_OF` has for the meter.
        amount: Per ``unit``, not negative. Zero only where a source says that it is free.
        currency: ISO 4217 code.
        when: Circumstances under which it applies.
        min_context: Tokens of context (all that goes in, cached or not) above which the row prices the whole
            request; 0 for any.
        valid_from: First instant, UTC; ``None`` where no source says since when.
        valid_to: First instant at which it is no longer valid, UTC; ``None`` while it is.
        source: Where it was read, and in which version.
    """

    meter: str
    unit: str
    amount: Decimal
    currency: str = "USD"
    when: When = When()
    min_context: int = 0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    source: str | None = None

    @property
    def each(self) -> Decimal:
        """Price of a single token, request and so on."""
        return self.amount / UNITS[self.unit]

    def is_valid(self, on: date | datetime) -> bool:
        """Whether the row is in force at an instant."""
        return _within(self.valid_from, self.valid_to, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name that meant this model for a time.

    Attributes:
        name: The name, in the id space of the model's provider.
        valid_from: First instant at which it is attested, UTC; ``None`` when nobody said since when.
        valid_to: First instant at which it meant another model, UTC; ``None`` while it means this one.
        source: Who says so.
    """

    name: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    source: str | None = None

    def is_valid(self, on: date | datetime) -> bool:
        """Whether the name is attested to mean this model at an instant."""
        return _within(self.valid_from, self.valid_to, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a model can do; ``None`` where nobody says. Scores are from 0 to 1, by whoever gave them."""

    supports_vision: bool | None = None
    supports_function_calling: bool | None = None
    supports_structured_output: bool | None = None
    supports_reasoning: bool | None = None
    supports_streaming: bool | None = None
    coding_score: float | None = None
    reasoning_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model that a provider hosts.

    Attributes:
        id: The provider's id of it, as calls name it.
        provider: Slug of the provider.
        developer: Slug of who made it.
        display_name: Name for people.
        release_date: With the precision that is known.
        status: As recorded; see :meth:`status_on` for what it is at a date.
        context_window: Tokens that go in and come out together.
        max_input_tokens: Tokens that go in at most.
        max_output_tokens: Tokens that come out at most.
        capabilities: What it can do.
        min_api_version: The oldest API version that serves it.
        aliases: Names that mean or meant it.
        deprecation_date: Since when it should not be used for new work.
        shutdown_date: Since when it does not answer.
        replacement: Id of the model, at the same provider unless a provider stands before it, to go to.
        source: Where values come from: by field, parts as ``capabilities.supports_vision``, ``*`` for all
            others. Rows of prices and aliases have their own.
        checked_on: Day on which these values were last compared with their source and found changed.
        prices: Rows of its price list, past ones included.
        base_model: Where this is a fine-tuned or regional form that the catalog does not list: the id of the
            model that it is a form of.
    """

    id: str
    provider: str
    developer: str | None = None
    display_name: str | None = None
    release_date: PartialDate | None = None
    status: Status | None = None
    context_window: int | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: Capabilities = Capabilities()
    min_api_version: str | None = None
    aliases: tuple[Alias, ...] = ()
    deprecation_date: PartialDate | None = None
    shutdown_date: PartialDate | None = None
    replacement: str | None = None
    source: Mapping[str, str] = field(default_factory=Facts)
    checked_on: date | None = None
    prices: tuple[Price, ...] = ()
    base_model: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.source, Facts):
            object.__setattr__(self, "source", Facts(self.source))

    @property
    def name(self) -> str:
        """``provider/id``, which names it in the whole catalog."""
        return f"{self.provider}/{self.id}"

    @property
    def undated_status(self) -> Status | None:
        """The recorded status where no known date decides.

        A recorded ``retired`` or ``deprecated`` whose date had come when it was recorded says nothing about
        earlier days. Without such a date it holds always: a project may record it to keep a model from being
        used.
        """
        dates = {Status.RETIRED: self.shutdown_date, Status.DEPRECATED: self.deprecation_date}
        since = None if self.status is None else dates.get(self.status)
        had_come = since and self.checked_on and since.last <= self.checked_on
        return None if had_come else self.status

    def status_on(self, on: date | datetime) -> Status | None:
        """What its status is at a date. Of a month of deprecation or shutdown, its last day counts."""
        day = as_instant(on).date()
        recorded = self.undated_status
        if recorded is Status.RETIRED or (self.shutdown_date and day >= self.shutdown_date.last):
            return Status.RETIRED
        if self.deprecation_date and day >= self.deprecation_date.last:
            return Status.DEPRECATED
        return recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How a provider wants its key.

    Attributes:
        scheme: ``bearer`` (``Authorization: Bearer KEY``), ``header`` or ``none``.
        header: Name of the header for the scheme ``header``.
        headers: Further headers that every request carries, such as a version of the API.
    """

    scheme: str = "bearer"
    header: str | None = None
    headers: Mapping[str, str] = field(default_factory=Facts)

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Facts):
            object.__setattr__(self, "headers", Facts(self.headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """How a provider splits its list of models.

    Attributes:
        style: ``none``, ``cursor`` (the next page begins after the last item) or ``token`` (each page names
            the next).
        parameter: Query parameter that asks for the next page.
        field: Key of a page that says what to ask for.
        size_parameter: Query parameter for the number of items of a page.
        size: What to ask for.
    """

    style: str = "none"
    parameter: str | None = None
    field: str | None = None
    size_parameter: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """How a provider is reached.

    Attributes:
        slug: Its name in this catalog.
        name: Its name for people.
        also_known_as: Slugs that other catalogs and SDKs use for it.
        docs: Where its models are documented.
        base_url: Where its API is, without a slash at the end.
        other_base_urls: Where some of its SDKs ask for the same.
        models_path: Path below ``base_url`` that lists the models, with a slash before it.
        credential_variables: Environment variables of which one holds the key, the first choice first.
        base_url_variables: Environment variables that its SDKs take the base URL from.
        authentication: How the key is sent.
        pagination: How the list is split.
        requests_per_minute: Limit that is kept when it is asked.
    """

    slug: str
    name: str | None = None
    also_known_as: tuple[str, ...] = ()
    docs: str | None = None
    base_url: str | None = None
    other_base_urls: tuple[str, ...] = ()
    models_path: str | None = None
    credential_variables: tuple[str, ...] = ()
    base_url_variables: tuple[str, ...] = ()
    authentication: Authentication = Authentication()
    pagination: Pagination = Pagination()
    requests_per_minute: int | None = None


def _within(start: datetime | None, end: datetime | None, on: date | datetime) -> bool:
    instant = as_instant(on)
    return (start is None or start <= instant) and (end is None or instant < end)
