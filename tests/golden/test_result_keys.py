"""Keys of results never change: results that are stored under them would be lost."""

from __future__ import annotations

from dataclasses import replace

from modelops_bundle.digests.leaves import HostedModel, Leaves
from modelops_bundle.identity.recipes import content_digest, evaluation_digest, make_param_id
from modelops_bundle.results.key import Context, ResultKey

CONTEXT = Context("blake2b:" + "ab" * 32, "model:Sir", "lockdown", ("cases", "deaths"))
BARE = "blake2b:13c9d13c2f7b4cc8dfcbb729a6ccbd1b54975443fab9ada4a464d083ab9e8bde"
COMPONENT = "blake2b:d9836a72ef55e4984d07ea46eceffb6337dbc64c0f2558660fbc60a664737572"
KEY = ResultKey(CONTEXT, make_param_id({"beta": 0.3}), 2**64 - 1)


def test_the_documents_and_digests_are_fixed() -> None:
    assert KEY.document() == {
        "model": "blake2b:" + "ab" * 32,
        "entrypoint": "model:Sir",
        "scenario": "lockdown",
        "outputs": ["cases", "deaths"],
        "param_id": make_param_id({"beta": 0.3}),
        "seed": 2**64 - 1,
    }
    assert CONTEXT.digest == "37f5fce5ffda6d34bfc933bd48170629efdac1fdbc624658c1f7168a7c4ad59d"
    assert KEY.digest == "b58622eef5443d4d85a9a0a42d40dd1b65c80bc6d61e246a21a02861cf49b710"


def test_what_a_loss_is_computed_from() -> None:
    one, other = content_digest(b"1"), content_digest(b"2")
    judged = [("a", [("x", one), ("y", other)]), ("b", [("x", other)])]
    turned = [("b", [("x", other)]), ("a", [("y", other), ("x", one)])]
    fixed = "31e3cf3cb3c993cdc78f4f4ebf5b93f44379e34bdc836af80b90a0b5b9aed7c5"
    assert evaluation_digest(judged) == evaluation_digest(turned) == fixed
    others = [judged[:1], [("a", judged[0][1]), ("b", [("x", one)])], [*judged, ("c", [])]]
    assert len({evaluation_digest(each) for each in [judged, *others]}) == 4


def test_every_part_counts() -> None:
    others = [
        CONTEXT,
        Context("blake2b:" + "ac" * 32, "model:Sir", "lockdown", ("cases", "deaths")),
        Context(CONTEXT.model, "model:Other", "lockdown", ("cases", "deaths")),
        Context(CONTEXT.model, "model:Sir", None, ("cases", "deaths")),
        Context(CONTEXT.model, "model:Sir", "lockdown", ("cases",)),
        Context(CONTEXT.model, "model:Sir", "lockdown", None),
    ]
    keys = {
        ResultKey(each, param, seed).digest for each in others for param in "ab" for seed in (0, 1)
    }
    assert len(keys) == len(others) * 4


def test_hosted_models_count_by_provider_id_and_content() -> None:
    model = HostedModel("openai", "gpt-4o-2024-08-06")
    bare = Leaves("MODEL", "m.py", "blake3:" + "00" * 32, environment_digest="11" * 32)
    calls = replace(bare, llms={"openai/gpt-4o": model})
    assert bare.digest() == BARE
    assert calls.components()[-1] == ("LLM", "openai/gpt-4o", COMPONENT)
    others = [
        {"openai/gpt-4o-2024-08-06": model},
        {"openai/gpt-4o": model._replace(id="gpt-4o-2024-11-20")},
        {"openai/gpt-4o": model._replace(provider="azure")},
        {"openai/gpt-4o": model._replace(digest="22" * 32)},
    ]
    digests = {replace(bare, llms=each).digest() for each in others}
    assert len(digests | {bare.digest(), calls.digest()}) == 6
