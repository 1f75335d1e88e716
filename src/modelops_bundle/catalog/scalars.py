"""What single values of a catalog document may be, and what a person is told of one that may not.

A validator keeps a value as text, in the one spelling that the rest of the catalog reads. What may be a key
that somebody put in the wrong place is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from modelops_bundle.catalog.characters import is_seen
from modelops_bundle.catalog.dates import PartialDate, instant_text, read_instant
from modelops_bundle.catalog.entries import SLUG
from modelops_bundle.catalog.statuses import read_status
from modelops_bundle.catalog.trees import amount_text

__all__ = [
    "SECRET_HEADERS",
    "Amount",
    "BaseUrl",
    "Currency",
    "Day",
    "FuzzyDate",
    "HeaderName",
    "Hours",
    "Instant",
    "Limit",
    "Name",
    "Score",
    "Slug",
    "StatusText",
    "Text",
    "UrlPath",
    "Variable",
    "WebPage",
    "refusal",
]

# Lone surrogates, which YAML's escapes can make, cannot be written out again.
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_UNSEEN = "\x00-\x20\x7f\ud800-\udfff"
_NAME = re.compile(f"[^{_UNSEEN}]{{1,300}}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(f"/[^{_UNSEEN}?#]*")
_HOST = rf"https?://[^{_UNSEEN}/?#@\\]+"
_BASE_URL = re.compile(rf"{_HOST}(/[^{_UNSEEN}?#]*[^{_UNSEEN}?#/])?")
_WEB_PAGE = re.compile(rf"{_HOST}([/?#][^{_UNSEEN}]*)?")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]+")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")
_AMOUNT = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
_MOST_DIGITS = 18
_MOST_SHOWN = 60

#: Headers that carry keys. A key in a file that is shared is a key that is lost.
SECRET_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "api-key", "x-api-key", "x-goog-api-key")
)


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")


def refusal(reason: object) -> PydanticCustomError:
    """The error with which a validator refuses a value, in the words that a person is told."""
    return PydanticCustomError("catalog", "{reason}", {"reason": str(reason)})


def _checked(read: Callable[[str], Any], write: Callable[[Any], str] = str) -> AfterValidator:
    """A validator that reads text with ``read`` and keeps it as ``write`` puts it."""

    def check(text: str) -> str:
        try:
            return write(read(text))
        except ValueError as error:
            raise refusal(error) from None

    return AfterValidator(check)


def _like(pattern: re.Pattern[str], expected: str, shown: bool = True) -> AfterValidator:
    """A validator of text that a pattern describes; what may hold a secret is not shown."""

    def read(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError(f"{_quoted(text)} is {expected}" if shown else f"it is {expected}")
        return text

    return _checked(read)


def _read_text(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("it is empty: leave the key out where the value is unknown")
    if _CONTROL.search(text):
        raise ValueError("it holds a line break or another control character")
    return text


def _read_name(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    if _NAME.fullmatch(text) is None or not is_seen(text):
        blanks = "holds blanks or control characters"
        reason = "is longer than 300 characters" if len(text) > 300 else blanks
        raise ValueError(f"{_quoted(text)} {reason}: write the name as calls of the API do")
    return text


def _read_day(text: str) -> PartialDate:
    day = PartialDate.parse(text)
    if day.day is None:
        raise ValueError(f"{text!r} is not a day: write 2024-05-13")
    return day


def _read_hours(text: str) -> str:
    start, _, end = text.partition("-")
    if _HOURS.fullmatch(text) is None or start == end:
        raise ValueError(f"{_quoted(text)} is not a time of day: write 16:30-00:30, in UTC")
    return text


def _read_amount(text: str) -> Decimal:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{_quoted(text)} is not an amount: write a decimal number from 0 up, such as 2.50"
        )
    amount = Decimal(text)
    digits = amount_text(amount).replace(".", "").strip("0")
    if len(digits) > _MOST_DIGITS or amount > 10**9 or (amount and amount.adjusted() < -20):
        raise ValueError(
            f"{_quoted(text)} is no plausible amount: at most 10^9, with {_MOST_DIGITS} digits"
        )
    return amount


Text = Annotated[str, _checked(_read_text)]
Name = Annotated[str, _checked(_read_name)]
Slug = Annotated[str, _like(SLUG, "not a slug: small letters and digits, with . _ - between them")]
# Neither is shown: people put keys where their variables' names belong, and into addresses.
Variable = Annotated[
    str, _like(_VARIABLE, "not the name of an environment variable, such as OPENAI_API_KEY", False)
]
BaseUrl = Annotated[
    str,
    _like(
        _BASE_URL,
        "not the address of an API: write https://host/path, without a slash at its end, a query"
        " or credentials",
        False,
    ),
]
WebPage = Annotated[
    str, _like(_WEB_PAGE, "not the address of a page: write https://host/path", False)
]
UrlPath = Annotated[str, _like(_PATH, "not a path: begin it with a slash, without a query")]
HeaderName = Annotated[str, _like(_HEADER, "not the name of a header, such as x-api-key", False)]
Currency = Annotated[
    str, _like(re.compile("[A-Z]{3}"), "not a currency: write its ISO 4217 code, such as USD")
]
Limit = Annotated[int, Field(ge=1, le=10**12)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
FuzzyDate = Annotated[str, _checked(PartialDate.parse)]
Day = Annotated[str, _checked(_read_day)]
Instant = Annotated[str, _checked(read_instant, instant_text)]
Hours = Annotated[str, _checked(_read_hours)]
Amount = Annotated[str, _checked(_read_amount, amount_text)]
StatusText = Annotated[str, _checked(read_status)]
