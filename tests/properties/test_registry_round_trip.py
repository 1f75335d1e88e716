"""Laws of the registry's text: what is written is read back, and writing it again changes no byte."""

from __future__ import annotations

import math
from dataclasses import replace

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import ecosystem_loader

from modelops_bundle.records.memo import from_memo, to_memo
from modelops_bundle.registry import (
    BrokenRegistryError,
    BundleRegistry,
    EnvironmentEntry,
    LlmEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
    dump_document,
    load_document,
)
from modelops_bundle.yamltext.events import Bare, read_yaml
from modelops_bundle.yamltext.writing import write_yaml

# Whatever a file system or a hand can produce, surrogates for bytes that are not UTF-8 included.
special = "\udc80\udcff\n\r\t\x85\u2028\ufeff#:'\"\\-[]{}"
anything = st.text(
    st.characters(exclude_characters="\0") | st.sampled_from(special),
    max_size=30,
)
awkward = st.sampled_from(
    [
        "", "no", "Yes", "null", "~", "1.0", "1e3", "1:2:3", "0x1F", "2024-01-01", "<<", "=", "- a", "a: b",
        "a #b", "#", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "'", '"', ".inf", ".nan", "_1", "1_0", "?",
        "blake3:" + "1" * 64, "1" * 64, "a" * 64, "e" * 20, "key " * 400, "\0".replace("\0", "x"), "y", "N",
    ]
)  # fmt: skip
texts = anything | awkward
names = st.lists(texts, max_size=3).map(tuple)
files = st.lists(texts, max_size=3).map(lambda paths: tuple(sorted(paths)))
text_maps = st.dictionaries(texts, texts, max_size=3)
numbers = st.floats(allow_nan=False, allow_infinity=False)
spelled = ["1", "1.10", "no", "True", "~", "2024-01-01", "1:2:3", "0x1F", "-0.0", ".inf", "null"]
bare = st.sampled_from(spelled).map(Bare)
unknown = st.recursive(
    texts | bare,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def extras(kind):
    known = set(kind.__dataclass_fields__)
    return st.dictionaries(texts.filter(lambda key: key not in known), unknown, max_size=2)


dependencies = {
    "data": files,
    "data_digests": text_maps,
    "data_patterns": names,
    "code": files,
    "code_digests": text_maps,
    "code_patterns": names,
    "declared_variables": names,
    "auto_code": st.booleans(),
    "discovered": st.booleans(),
    "external": text_maps,
    "distributions": text_maps,
    "variables": text_maps,
    "digest": texts,
    "labels": text_maps,
}
environments = st.builds(
    EnvironmentEntry,
    python_version=texts,
    platform=texts,
    dependencies=text_maps,
    container_image=st.none() | texts,
    cuda_version=st.none() | texts,
    rng_algorithm=texts,
    thread_count=st.integers(0, 999),
    extra=extras(EnvironmentEntry),
)
llms = st.builds(
    LlmEntry,
    name=texts,
    provider=texts,
    id=texts,
    resolved_on=texts,
    digest=texts,
    extra=extras(LlmEntry),
)
models = st.builds(
    ModelEntry,
    entrypoint=texts,
    path=texts,
    class_name=texts,
    scenarios=names,
    parameters=names,
    outputs=names,
    llms=st.lists(llms, max_size=2).map(tuple),
    model_digest=texts,
    extra=extras(ModelEntry),
    **dependencies,
)
targets = st.builds(
    TargetEntry,
    entrypoint=texts,
    path=texts,
    model_output=texts,
    target_digest=texts,
    weight=st.none() | numbers,
    extra=extras(TargetEntry),
    **dependencies,
)
sets = st.builds(
    TargetSet,
    targets=names,
    weights=st.dictionaries(texts, numbers, max_size=2),
    extra=extras(TargetSet),
)


@st.composite
def registries(draw):
    recorded = draw(st.dictionaries(texts.filter(bool), environments, max_size=2))
    used = st.sampled_from(["", *recorded])
    entries = {
        "models": draw(st.dictionaries(texts, models, max_size=2)),
        "targets": draw(st.dictionaries(texts, targets, max_size=2)),
    }
    for section in entries.values():
        for name, entry in section.items():
            section[name] = replace(entry, environment=draw(used))
    registry = BundleRegistry(
        **entries,
        target_sets=draw(st.dictionaries(texts, sets, max_size=2)),
        environments=recorded,
        extra=draw(extras(BundleRegistry)),
    )
    return replace(registry, environments=registry.used_environments())


@settings(deadline=None, max_examples=60)
@given(registries())
def test_a_registry_is_read_back_as_it_was_written(registry):
    data = dump_document(registry)
    loaded = load_document(data, "x")
    assert loaded.registry == registry
    assert loaded.comment_line is None


@settings(deadline=None, max_examples=60)
@given(registries())
def test_writing_what_was_read_changes_no_byte(registry):
    data = dump_document(registry)
    assert dump_document(load_document(data, "x").registry) == data


@settings(deadline=None, max_examples=60)
@given(registries())
def test_the_ecosystem_accepts_and_reads_the_same(registry):
    seen = ecosystem_loader.load(dump_document(registry))
    assert len(seen["models"]) == len(registry.models)
    assert len(seen["targets"]) == len(registry.targets)
    written = {name.encode("utf-8", "surrogatepass") for name in registry.models}
    if not any(b"\xed" in name for name in written):
        for name, entry in registry.models.items():
            assert seen["models"][name]["entrypoint"] == entry.entrypoint or "\0" in str(seen)


@settings(deadline=None, max_examples=60)
@given(registries(), st.none() | st.integers(1, 9))
def test_what_was_parsed_is_kept_and_found_again(registry, comment_line):
    loaded = load_document(dump_document(registry), "x")._replace(comment_line=comment_line)
    again = from_memo(to_memo(loaded))
    assert again == loaded
    assert dump_document(again.registry) == dump_document(registry)


@settings(deadline=None)
@given(st.dictionaries(texts, unknown, min_size=1, max_size=4))
def test_any_tree_of_text_survives(tree):
    assert read_yaml(write_yaml(tree)).root == tree


@given(texts)
def test_other_readers_see_the_same_text(text):
    seen = yaml.safe_load(write_yaml({"key": text}))["key"]
    assert seen == "".join(f"\0{ord(c):04x}" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    assert yaml.load(write_yaml({"key": text}), Loader=yaml.CSafeLoader)["key"] == seen


@given(numbers)
def test_other_readers_see_the_same_number(number):
    seen = yaml.safe_load(write_yaml({"key": number}))["key"]
    assert type(seen) is float
    assert seen == number
    assert math.copysign(1, seen) == math.copysign(1, number)


@settings(deadline=None)
@given(st.binary(max_size=200) | anything.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_registry_or_an_error(data):
    try:
        loaded = load_document(data, "x")
    except BrokenRegistryError as error:
        mended = bool(error.mend)
    else:
        mended = dump_document(loaded.registry) != b""
    assert mended
