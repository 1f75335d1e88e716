"""Words of the pages, and the two kinds of text that are more than text: code in backticks, and addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from html import escape
from types import MappingProxyType

from modelops_bundle.catalog.dates import as_instant, instant_text
from modelops_bundle.catalog.entries import When

__all__ = [
    "METER_WORDS",
    "UNIT_WORDS",
    "circumstances",
    "code_html",
    "linked_html",
    "money_text",
    "number_text",
    "span_text",
    "standing",
]

METER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "input": "Input",
        "output": "Output",
        "cache_read": "Input read from the cache",
        "cache_write_5m": "Input written to the cache for 5 minutes",
        "cache_write_1h": "Input written to the cache for 1 hour",
        "output_reasoning": "Reasoning",
        "input_audio": "Audio in, by the token",
        "output_audio": "Audio out, by the token",
        "cache_read_audio": "Audio read from the cache",
        "input_image": "Images in, by the token",
        "output_image": "Images out, by the token",
        "audio": "Audio, by its length",
        "image": "Images, each",
        "request": "Requests",
        "search": "Searches",
    }
)
UNIT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "token": "token",
        "1k_tokens": "thousand tokens",
        "1m_tokens": "million tokens",
        "image": "image",
        "request": "request",
        "1k_requests": "thousand requests",
        "search": "search",
        "1k_searches": "thousand searches",
        "second": "second",
        "minute": "minute",
        "hour": "hour",
    }
)

_CODE = re.compile(r"`([^`]*)`")
_ADDRESS = re.compile(r"https://[^\s<>\"'`]+[^\s<>\"'`.,;:)\]]")


def code_html(text: str) -> str:
    """Escaped text, what stands in backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def linked_html(text: str) -> str:
    """Escaped text, addresses of pages as links to them."""
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        address = escape(match[0])
        pieces += [escape(text[end : match.start()])]
        pieces += [f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = match.end()
    return "".join([*pieces, escape(text[end:])])


def money_text(text: str) -> str:
    """A price as a row has it, for people: ``$2.50``, ``CNY 2.50``, ``free``."""
    currency, _, amount = text.rpartition(" ")
    if amount == "0":
        return "free"
    whole, _, part = amount.partition(".")
    return f"{currency + ' ' if currency else '$'}{int(whole):,}.{part:0<2}"


def number_text(number: int | None) -> str | None:
    """``128,000``."""
    return None if number is None else f"{number:,}"


def circumstances(when: When, min_context: int) -> str:
    """What a price is for, in words; empty for an ordinary call."""
    parts = []
    if when.service_tier is not None:
        parts.append(f"service tier {when.service_tier}")
    if when.batch:
        parts.append("batch")
    if when.time_of_day is not None:
        start, end = (each.isoformat("minutes") for each in when.time_of_day)
        parts.append(f"{start} to {end} UTC")
    if min_context:
        parts.append(f"context over {min_context:,} tokens")
    return ", ".join(parts)


def span_text(start: datetime | None, end: datetime | None) -> str:
    """From when to when, in words; the end is the first instant that is out."""
    if start is None and end is None:
        return "no dates given"
    first = "before" if start is None else f"from {instant_text(start)}"
    if end is None:
        return first
    return f"{first} {instant_text(end)}" if start is None else f"{first} to {instant_text(end)}"


def standing(start: datetime | None, end: datetime | None, on: date) -> str:
    """Whether a span is ``now``, ``past`` or ``to come`` at the beginning of a day."""
    day = as_instant(on)
    if end is not None and end <= day:
        return "past"
    return "to come" if start is not None and start > day else "now"
