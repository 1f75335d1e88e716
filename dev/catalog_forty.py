"""The 40 best-known models: what each source says of them, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelops_bundle.catalog.entries import UNITS

FORTY = (
    "openai/gpt-3.5-turbo-0125",
    "openai/gpt-4-0613",
    "openai/gpt-4-turbo-2024-04-09",
    "openai/gpt-4o-2024-05-13",
    "openai/gpt-4o-2024-08-06",
    "openai/gpt-4o-mini-2024-07-18",
    "openai/gpt-4.1-2025-04-14",
    "openai/gpt-4.1-mini-2025-04-14",
    "openai/gpt-5-2025-08-07",
    "openai/gpt-5-mini-2025-08-07",
    "openai/gpt-5.1-2025-11-13",
    "openai/gpt-5.2-2025-12-11",
    "openai/gpt-5.5",
    "openai/o1-2024-12-17",
    "openai/o3-2025-04-16",
    "openai/o3-mini-2025-01-31",
    "openai/o4-mini-2025-04-16",
    "anthropic/claude-3-haiku-20240307",
    "anthropic/claude-3-opus-20240229",
    "anthropic/claude-3-5-haiku-20241022",
    "anthropic/claude-3-5-sonnet-20241022",
    "anthropic/claude-3-7-sonnet-20250219",
    "anthropic/claude-sonnet-4-20250514",
    "anthropic/claude-opus-4-1-20250805",
    "anthropic/claude-sonnet-4-5-20250929",
    "anthropic/claude-haiku-4-5-20251001",
    "anthropic/claude-opus-4-5-20251101",
    "google/gemini-2.0-flash",
    "google/gemini-2.5-pro",
    "google/gemini-2.5-flash",
    "google/gemini-2.5-flash-lite",
    "google/gemini-3-pro-preview",
    "mistral/mistral-large-2512",
    "mistral/mistral-small-2603",
    "xai/grok-3",
    "xai/grok-4-0709",
    "deepseek/deepseek-chat",
    "deepseek/deepseek-reasoner",
    "cohere/command-a-03-2025",
    "groq/llama-3.3-70b-versatile",
)

METERS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


#: What was found when these were compared by hand, and why the value that stands was taken.
NOTES: Mapping[str, str] = {
    "openai/gpt-3.5-turbo-0125": "all agree; models.dev prices a cached read of `gpt-3.5-turbo` above its"
    " input, which is left out",
    "openai/gpt-4-0613": "all agree",
    "openai/gpt-4-turbo-2024-04-09": "all agree",
    "openai/gpt-4o-2024-05-13": "all agree",
    "openai/gpt-4o-2024-08-06": "all agree; since when cached reads have a price is kept by hand",
    "openai/gpt-4o-mini-2024-07-18": "a search has two prices; that of the first source is taken",
    "openai/gpt-4.1-2025-04-14": "genai-prices rounds the context, LiteLLM's limit of input is full",
    "openai/gpt-4.1-mini-2025-04-14": "genai-prices rounds the context, LiteLLM's limit of input is full",
    "openai/gpt-5-2025-08-07": "all agree",
    "openai/gpt-5-mini-2025-08-07": "all agree",
    "openai/gpt-5.1-2025-11-13": "all agree",
    "openai/gpt-5.2-2025-12-11": "all agree",
    "openai/gpt-5.5": "models.dev takes the 128,000 tokens of output off the input, LiteLLM does not;"
    " genai-prices rounds the context",
    "openai/o1-2024-12-17": "all agree",
    "openai/o3-2025-04-16": "all agree on the price since 2025-06-10; the one before it is kept by hand",
    "openai/o3-mini-2025-01-31": "all agree",
    "openai/o4-mini-2025-04-16": "all agree",
    "anthropic/claude-3-haiku-20240307": "the id is dated before the release, which is taken",
    "anthropic/claude-3-opus-20240229": "the id is dated before the release, which is kept by hand",
    "anthropic/claude-3-5-haiku-20241022": "all agree; only genai-prices knows the cache of an hour",
    "anthropic/claude-3-5-sonnet-20241022": "all agree; only genai-prices knows the cache of an hour",
    "anthropic/claude-3-7-sonnet-20250219": "the id is dated before the announcement, which is kept by hand",
    "anthropic/claude-sonnet-4-20250514": "the id is dated before the release, which is taken",
    "anthropic/claude-opus-4-1-20250805": "all agree; when it ended is kept by hand",
    "anthropic/claude-sonnet-4-5-20250929": "prices agree; LiteLLM's date is that of the shutdown",
    "anthropic/claude-haiku-4-5-20251001": "the id is dated before the release, which is taken",
    "anthropic/claude-opus-4-5-20251101": "models.dev has 2025-11-24 for the undated name alone",
    "google/gemini-2.0-flash": "models.dev dates the experimental version, Google's list the model",
    "google/gemini-2.5-pro": "models.dev dates the experimental version, Google's list the model;"
    " LiteLLM's other date is that of the shutdown",
    "google/gemini-2.5-flash": "as `gemini-2.5-pro`",
    "google/gemini-2.5-flash-lite": "models.dev dates the preview, Google's list the model",
    "google/gemini-3-pro-preview": "prices agree",
    "mistral/mistral-large-2512": "models.dev repeats the date of its predecessor, which the id contradicts",
    "mistral/mistral-small-2603": "256,000 is 256 x 1,000 in one source and 256 x 1,024 in two; the"
    " first source is taken, which is the smaller one",
    "xai/grok-3": "one source only, no date of release; since the shutdown the name is answered, and billed,"
    " as `grok-4.3`, which is kept by hand",
    "xai/grok-4-0709": "one source only; since the shutdown as `grok-3`",
    "deepseek/deepseek-chat": "a name that moved until it was shut down: every source describes another"
    " version, LiteLLM one of before 2026-04-24, models.dev the last one. All prices are kept by hand, the"
    " last one is models.dev's; LiteLLM's date of deprecation is that of the shutdown",
    "deepseek/deepseek-reasoner": "as `deepseek-chat`",
    "cohere/command-a-03-2025": "all agree",
    "groq/llama-3.3-70b-versatile": "both agree",
}


def standard(tree: Mapping[str, Any]) -> dict[str, str]:
    """Standard prices in force now, per million tokens, by meter."""
    found = {}
    for row in tree.get("prices", ()):
        plain = not (row.get("when") or row.get("min_context") or row.get("valid_to"))
        if plain and row["meter"] in METERS and UNITS[row["unit"]] == 1_000_000:
            found[row["meter"]] = row["amount"]
    return found
