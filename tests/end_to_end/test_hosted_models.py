"""Hosted models as dependencies, with the real command, the providers' own SDKs and a server on this machine.

The catalog of each project dates nothing near today, so that no test depends on the day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Project
from tests.support.hosted_server import HostedServer, serving

SLOW = pytest.mark.slow
#: What asks nobody, and so takes no time.
ASKS_NOBODY = ("--set", "how=key_")
CATALOG = """\
models:
  - id: talk-1
    provider: openai
    status: production
    aliases: [{name: talk, valid_from: 2020-01-01}]
  - id: talk-2
    provider: openai
    status: production
  - id: muse-1
    provider: anthropic
    status: production
"""
MODEL = """\
import os
import modelops_bundle as mb


class Calls(mb.BaseModel):
    PARAMS = ("how", "url")
    OUTPUTS = ("n",)

    def simulate(self, params, seed):
        return {"n": len(globals()[params.get("how", "openai_")](params))}


def openai_(params):
    from openai import OpenAI

    client = OpenAI(max_retries=0, base_url=params.get("url"))
    ask = [{"role": "user", "content": "2 + 2?"}]
    answer = client.chat.completions.create(model="talk", messages=ask)
    return answer.choices[0].message.content


def async_(params):
    import asyncio
    from openai import AsyncOpenAI

    async def ask():
        async with AsyncOpenAI(max_retries=0) as client:
            words = [{"role": "user", "content": "2 + 2?"}]
            return await client.chat.completions.create(model="talk", messages=words)

    return asyncio.run(ask()).choices[0].message.content


def anthropic_(params):
    from anthropic import Anthropic

    client = Anthropic(max_retries=0)
    words = [{"role": "user", "content": "2 + 3?"}]
    answer = client.messages.create(model="muse-1", max_tokens=9, messages=words)
    return answer.content[0].text


def key_(params):
    return os.environ["OPENAI_API_KEY"]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[HostedServer]:
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, server: HostedServer) -> Project:
    """A project that calls two providers and declares both. Copy it; do not change it."""
    folder = tmp_path_factory.mktemp("hosted")
    (folder / "models").mkdir()
    (folder / "models" / "model_registry.yaml").write_text(CATALOG)
    (folder / "model.py").write_text(MODEL)
    project = Project(
        folder,
        {
            "OPENAI_BASE_URL": f"{server.url}/v1",
            "OPENAI_API_KEY": "key-of-a",
            "ANTHROPIC_BASE_URL": server.url,
            "ANTHROPIC_API_KEY": "key-of-b",
        },
    )
    project.run("init")
    project.run("register-model", "model.py", "--llm", "openai/talk", "--llm", "muse-1")
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return made.copy(tmp_path / "project")


def move(project: Project) -> None:
    """Let the alias mean the other model."""
    project.edit("models/model_registry.yaml", "2020-01-01}", "2020-01-01, valid_to: 2021-01-01}")
    alias = "    aliases: [{name: talk, valid_from: 2021-01-01}]\n"
    project.edit("models/model_registry.yaml", "id: talk-2\n", f"id: talk-2\n{alias}")


def test_names_are_resolved_stored_and_kept(project: Project) -> None:
    (entry,) = project.json("show-registry")["models"]
    rows = [(each["provider"], each["name"], each["id"]) for each in entry["llms"]]
    assert rows == [("anthropic", "muse-1", "muse-1"), ("openai", "talk", "talk-1")]
    registry = project.folder / ".modelops-bundle" / "registry.yaml"
    before = registry.read_bytes()
    assert "=" in project.run("register-model", "model.py").stdout
    assert registry.read_bytes() == before
    shown = project.run("show-registry", "model_calls").stdout
    assert "openai/talk  talk-1," in shown
    assert "2 hosted models" in project.run("list").stdout
    project.run("register-model", "model.py", "--reset")
    (entry,) = project.json("show-registry")["models"]
    assert entry["llms"] == []
    assert "llms" not in registry.read_text()


def test_an_alias_that_moves_makes_stale_and_why_says_so(project: Project) -> None:
    assert project.states() == {"model_calls": "current"}
    move(project)
    assert "stale" in project.run("status").stdout
    assert "openai/talk means talk-2, was talk-1" in project.run("why", "model_calls").stdout
    (reason,) = project.json("why", "model_calls")["reasons"]
    assert (reason["kind"], reason["path"]) == ("llm", "openai/talk")
    assert (reason["before"], reason["after"]) == ("talk-1", "talk-2")
    project.run("update")
    assert project.states() == {"model_calls": "current"}
    assert '"talk-2"' in json.dumps(project.json("show-registry"))


def test_unknown_names_are_refused_with_what_is_close(project: Project) -> None:
    said = project.refuse("register-model", "model.py", "--llm", "openai/talk-3")
    assert "no hosted model openai/talk-3 is known" in said
    assert "openai/talk-2" in said


def test_a_catalog_that_breaks_is_neither_current_nor_an_end(project: Project) -> None:
    project.edit("models/model_registry.yaml", "status: production", "status: fine")
    said = project.run("status").stdout
    assert "invalid" in said
    assert "what anthropic/muse-1, openai/talk means is not known" in said
    assert "line 4" in said
    why = project.json("why", "model_calls")
    assert (why["state"], why["reasons"], why["digest"]) == ("invalid", [], None)
    assert "cannot be run" in project.run("run", "model_calls", expect=2).stderr
    assert "cannot be recorded" in project.run("update", "model_calls", expect=2).stderr
    project.edit("models/model_registry.yaml", "status: fine", "status: production")
    assert project.states() == {"model_calls": "current"}


@pytest.mark.parametrize(
    ("level", "how", "path", "key"),
    [
        (("--hermetic",), "openai_", "/v1/chat/completions", "Bearer key-of-a"),
        (("--hermetic",), "anthropic_", "/v1/messages", "key-of-b"),
        pytest.param((), "openai_", "/v1/chat/completions", "key-of-a", marks=SLOW),
        pytest.param((), "anthropic_", "/v1/messages", "key-of-b", marks=SLOW),
        pytest.param((), "async_", "/v1/chat/completions", "key-of-a", marks=SLOW),
        pytest.param(("--hermetic",), "async_", "/v1/chat/completions", "key-of-a", marks=SLOW),
    ],
)
def test_the_sdks_reads_raise_no_alarm(
    project: Project, server: HostedServer, level: tuple[str, ...], how: str, path: str, key: str
) -> None:
    project.variables |= {
        "OPENAI_ORG_ID": "org-a",
        "OPENAI_PROJECT_ID": "proj-a",
        "OPENAI_LOG": "info",
        "ANTHROPIC_LOG": "info",
    }
    done = project.run("run", "model_calls", *level, "--set", f"how={how}", expect=None)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert server.asked[-1][0] == path
    assert key in server.asked[-1][2]
    count = len(server.asked)
    report = project.json("run", "model_calls", *level, "--set", f"how={how}")
    assert len(server.asked) == count
    assert (report["hits"], report["warnings"]) == (1, [])


@SLOW
def test_other_hosts_are_refused_where_nothing_else_may_be_read(
    project: Project, server: HostedServer
) -> None:
    """At a port of its own by the kernel; at a declared one by who watches: the kernel knows no hosts."""
    for port in (0, server.port):
        with serving("127.0.0.2", port) as other:
            asked = ("--set", f"url={other.url}/v1")
            done = project.run("run", "model_calls", "--hermetic", *asked, expect=1)
            assert other.asked == []
        assert f"{other.place}, read at model.py:18, is a connection" in done.stdout + done.stderr


@SLOW
def test_another_host_makes_a_result_unsound(project: Project) -> None:
    with serving() as other:
        url = f"url={other.url}/v1"
        report = project.json("run", "model_calls", "--set", url, expect=3)
        assert len(other.asked) == 1
    assert report["unsound"] == 1
    (read,) = report["undeclared"]
    assert (read["kind"], read["name"]) == ("network", f"127.0.0.1:{other.port}")


def test_keys_are_never_part_of_a_digest(project: Project) -> None:
    """Not even where the model's own code reads one, or the user declares it."""
    project.run("register-model", "model.py", "--variable", "OPENAI_API_KEY")
    (entry,) = project.json("show-registry")["models"]
    assert sorted(entry["variables"]) == ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"]
    first = project.json("run", "model_calls", "--set", "how=key_")
    assert (first["computed"], first["unsound"], first["undeclared"]) == (1, 0, [])
    project.variables["OPENAI_API_KEY"] = "another-key"
    assert project.states() == {"model_calls": "current"}
    assert project.json("run", "model_calls", "--set", "how=key_")["hits"] == 1
    for data in project.content().values():
        assert b"key-of-a" not in data


def test_a_target_that_asks_is_told_why_it_has_no_key(project: Project) -> None:
    (project.folder / "judge.py").write_text(
        "from modelops_bundle import calibration_target\n"
        "from openai import OpenAI\n"
        '@calibration_target(model_output="n")\n'
        "def judge(simulated, observed):\n"
        "    return len(OpenAI().models.list().data)\n"
    )
    project.run("register-target", "judge.py")
    done = project.run("evaluate", "judge", "--set", "how=key_", expect=1)
    (told,) = [line for line in done.stderr.splitlines() if "OPENAI_API_KEY is set" in line]
    assert "Let the model ask hosted models, or declare it with --variable OPENAI_API_KEY" in told
    assert "--llm" not in told


def test_where_requests_go_is_part_of_a_digest(project: Project) -> None:
    project.variables["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    why = project.run("why", "model_calls").stdout
    assert "variable OPENAI_BASE_URL has another value" in why
    del project.variables["OPENAI_BASE_URL"]
    assert project.states() == {"model_calls": "stale"}


def test_retired_models_are_reused_and_only_a_miss_is_refused(project: Project) -> None:
    project.run("run", "model_calls", *ASKS_NOBODY)
    retired = "provider: openai\n    shutdown_date: 2021-06-30\n    replacement: talk-2\n    status"
    document = project.folder / "models" / "model_registry.yaml"
    document.write_text(document.read_text().replace("provider: openai\n    status", retired, 1))
    assert project.states() == {"model_calls": "current"}
    done = project.run("run", "model_calls", *ASKS_NOBODY)
    assert "hits      1" in done.stdout
    assert "openai/talk (talk-1) is retired, shut down on 2021-06-30" in done.stderr
    said = project.run("run", "model_calls", *ASKS_NOBODY, "--seeds", "0:3", expect=1).stderr
    assert "2 simulations cannot be computed" in said
    assert "Declare talk-2 with --llm" in said
    said = project.run("trace", "model_calls", *ASKS_NOBODY, expect=1).stderr
    assert "1 simulation cannot be computed" in said
    assert (
        project.json("run", "model_calls", *ASKS_NOBODY, "--seeds", "0:3", "--dry-run")["misses"]
        == 2
    )
    told = project.run("run", "model_calls", *ASKS_NOBODY, "--seeds", "0:3", "--dry-run").stderr
    assert "what is not stored is refused" in told
    done = project.run("results", "verify", "--rerun", "1")
    assert (
        "results of model_calls are not computed again: openai/talk (talk-1) is re" in done.stderr
    )
    assert "its replacement is talk-2" in done.stderr
    assert "0 results computed again" in done.stdout
    (refused,) = project.json("results", "verify", "--rerun", "1")["refused"]
    assert "openai/talk (talk-1) is retired" in refused
    told = project.run("doctor", expect=1).stdout
    assert "is retired" in told
    assert "`mops-bundle catalog show openai/talk` says what is known" in told


def test_nothing_is_dropped_while_nobody_can_tell_what_is_true(project: Project) -> None:
    project.run("run", "model_calls", *ASKS_NOBODY)
    document = project.folder / "models" / "model_registry.yaml"
    registry = project.folder / ".modelops-bundle" / "registry.yaml"
    for file in (document, registry):
        content = file.read_bytes()
        file.write_bytes(content + b"<<<<<<< HEAD\n")
        project.run("results", "gc", "--delete", expect=None)
        file.write_bytes(content)
    assert "hits      1" in project.run("run", "model_calls", *ASKS_NOBODY).stdout
    move(project)
    assert project.json("results", "gc", "--delete")["removed"] == 1


def test_deprecated_models_warn_everywhere(project: Project) -> None:
    project.edit(
        "models/model_registry.yaml",
        "muse-1\n    provider: anthropic\n",
        "muse-1\n    provider: anthropic\n    deprecation_date: 2022-02\n"
        "    shutdown_date: 2999-01-01\n    replacement: muse-2\n",
    )
    told = (
        "anthropic/muse-1 is deprecated, since 2022-02, to be shut down on 2999-01-01,"
        " its replacement is muse-2"
    )
    assert told in project.run("status").stderr
    assert told in project.json("status")["warnings"]
    assert told in project.run("register-model", "model.py").stderr
    assert told in project.run("run", "model_calls", *ASKS_NOBODY).stderr
    assert project.states() == {"model_calls": "current"}


def test_what_code_names_and_nobody_declared_is_told(project: Project) -> None:
    said = project.run("register-model", "model.py", "--reset").stderr
    assert (
        "model.py:18 names the hosted model talk, which is not declared: add --llm openai/talk"
        in said
    )
    assert "add --llm anthropic/muse-1" in said
    listed = project.run("doctor", expect=1).stdout
    assert "register-model model.py --llm openai/talk" in listed
    project.run("register-model", "model.py", "--llm", "talk", "--llm", "anthropic/muse-1")
    assert "hosted model" not in project.run("doctor", expect=None).stdout


def test_what_is_stored_names_what_answered(project: Project) -> None:
    key = project.json("run", "model_calls", *ASKS_NOBODY)["simulations"][0]["key"]
    shown = project.json("results", "show", key)
    assert shown["llms"] == {"anthropic/muse-1": "muse-1", "openai/talk": "talk-1"}
    assert "openai/talk meant talk-1" in project.run("results", "show", key).stdout


@SLOW
def test_a_bundle_brings_the_same_digest(project: Project, tmp_path: Path) -> None:
    (project.folder / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\n')
    project.run("update")
    place = f"oci-layout:{tmp_path}/layout:v1"
    project.run("push", place)
    clone = Project(tmp_path, dict(project.variables))
    clone.run("clone", place, "clone")
    there = Project(tmp_path / "clone", dict(project.variables))
    assert there.states() == {"model_calls": "current"}
    assert there.json("status")["entries"] == project.json("status")["entries"]


@SLOW
def test_a_manifest_of_ollama_is_what_its_name_means(project: Project) -> None:
    document = project.folder / "models" / "model_registry.yaml"
    document.write_text(document.read_text() + "  - {id: 'tiny:1b', provider: ollama}\n")
    with serving() as ollama:
        project.variables["OLLAMA_HOST"] = f"127.0.0.1:{ollama.port}"
        ollama.tags = {"models": [{"name": "tiny:1b", "model": "tiny:1b", "digest": "a" * 64}]}
        project.run("register-model", "model.py", "--llm", "ollama/tiny:1b")
        (entry,) = project.json("show-registry")["models"]
        assert [each["digest"] for each in entry["llms"] if each["provider"] == "ollama"] == [
            "a" * 64
        ]
        assert project.states() == {"model_calls": "current"}
        ollama.tags["models"][0]["digest"] = "b" * 64
        (reason,) = project.json("why", "model_calls")["reasons"]
        assert reason["kind"] == "llm"
        assert (reason["before"], reason["after"]) == (f"tiny:1b@{'a' * 64}", f"tiny:1b@{'b' * 64}")
        ollama.tags = {"models": []}
        assert project.states() == {"model_calls": "invalid"}
    said = project.run("status").stdout
    assert "what ollama/tiny:1b means is not known" in said
