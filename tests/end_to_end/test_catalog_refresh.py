"""``catalog refresh`` as a program: what it prints, how it ends, and what runs it by the clock."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.providers import SLUGS
from tests.support.command import PROGRAM, Project, environment
from tests.support.model_servers import KEYS, ModelServer, Reply, payload

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "refresh_model_registry.yml"


@pytest.fixture
def server(usual_model_server: ModelServer) -> ModelServer:
    usual_model_server.behaviours["ollama"] = lambda _: Reply(b"", 404)
    return usual_model_server


@pytest.fixture
def project(server: ModelServer, tmp_path: Path) -> Project:
    """A project whose document says that the providers are on the server, and that has two keys."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "models" / "model_registry.yaml").write_text(server.document(*SLUGS))
    variables = server.variables("openai", "deepseek")
    return Project(folder, {**variables, "XDG_CACHE_HOME": str(tmp_path / "cache")})


def test_a_refresh_and_another_one(project: Project) -> None:
    done = project.run("catalog", "refresh")
    assert "deepseek: 2 models" in done.stdout
    assert done.stdout.endswith("Updated `models.json`.\n")
    output = project.folder / "models.json"
    os.utime(output, (1_000_000_000, 1_000_000_000))
    again = project.run("catalog", "refresh")
    assert again.stdout.splitlines()[-1] == "No changes to `models.json`."
    inside = project.run("-C", "models", "catalog", "refresh")
    assert inside.stdout.splitlines()[-1] == "No changes to `../models.json`."
    assert output.stat().st_mtime == 1_000_000_000
    assert "warning: deepseek lists 2 models" in again.stderr  # far fewer than are shipped


def test_as_a_module_with_another_output(project: Project) -> None:
    command = [sys.executable, "-m", "modelops_bundle.catalog.refresh", "--output", "out.json"]
    variables = environment(**project.variables)
    done = subprocess.run(
        command, cwd=project.folder, env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("Updated `out.json`.\n")
    assert json.loads((project.folder / "out.json").read_bytes())
    assert not (project.folder / "models.json").exists()


def test_json(project: Project, server: ModelServer) -> None:
    server.behaviours["deepseek"] = lambda _: Reply(b"", 404)
    found = project.json("catalog", "refresh")
    assert found["output"] == {"path": "models.json", "changed": True}
    assert found["written"] == ["models/model_registry.yaml"]
    deepseek, openai = found["providers"]
    assert (deepseek["provider"], deepseek["models"]) == ("deepseek", None)
    assert "404 Not Found" in deepseek["error"]
    assert openai["error"] is None
    assert openai["models"] == 10
    assert "gpt-4-shutdown-example" in openai["added"]


def test_it_fails_only_when_all_fail(project: Project, server: ModelServer) -> None:
    server.behaviours["deepseek"] = lambda _: Reply(b"", 404)
    done = project.run("catalog", "refresh")
    assert "warning: deepseek: DeepSeek did not tell its models" in done.stderr
    server.behaviours["openai"] = lambda _: Reply(b"", 404)
    before = project.content()
    failed = project.run("catalog", "refresh", "--no-cache", expect=1)
    assert "models.json" not in failed.stdout
    assert "openai: failed" in failed.stdout
    assert project.content() == before


def test_a_key_that_is_missing_is_named(project: Project) -> None:
    done = project.run("catalog", "refresh", "--provider", "groq", expect=1)
    assert "Set GROQ_API_KEY" in done.stderr
    project.variables = {"XDG_CACHE_HOME": project.variables["XDG_CACHE_HOME"]}
    assert "OPENAI_API_KEY" in project.refuse("catalog", "refresh")
    elsewhere = Project(project.folder.parent / "elsewhere", project.variables)
    elsewhere.folder.mkdir()
    elsewhere.run("catalog", "refresh", "--provider", "groq", expect=1)
    assert not (elsewhere.folder / "models").exists()
    assert "bedrock is no provider" in project.refuse("catalog", "refresh", "--provider", "bedrock")


def test_a_line_of_the_env_file_that_sets_nothing_is_told(project: Project) -> None:
    (project.folder / ".env").write_text("# keys\nno line of it\nMISTRAL_API_KEY=\n")
    done = project.run("catalog", "refresh")
    assert "warning: line 2 of .env sets no variable; it was left out\n" in done.stderr
    assert "dotenv" not in done.stderr
    assert project.json("catalog", "refresh")["unread_env_lines"] == [2]


def test_what_no_document_can_hold_is_told(project: Project, server: ModelServer) -> None:
    server.behaviours["ollama"] = lambda _: b'{"models": [{"name": "no name"}, {"name": "one"}]}'
    done = project.run("catalog", "refresh", "--provider", "ollama")
    assert "ollama: 2 models, 1 new" in done.stdout
    assert "warning: ollama: no name was left out: " in done.stderr


def test_keys_come_from_the_project_s_env_file_too_and_are_never_shown(project: Project) -> None:
    wrong = "sk-wrong-secret-key"
    variable, _ = KEYS["xai"]
    (project.folder / ".env").write_text(f"{variable}={wrong}\nOPENAI_API_KEY={wrong}\n")
    done = project.run("catalog", "refresh", "--debug")
    assert f"Check {variable}" in done.stderr  # the file's key is wrong
    assert "openai: 10 models" in done.stdout  # the environment's counts more than the file's
    for text in (done.stdout, done.stderr):
        assert not any(key in text for key in (wrong, *(key for _, key in KEYS.values())))


def test_a_secret_in_the_address_of_a_variable_is_shown_and_stored_nowhere(
    project: Project, server: ModelServer, tmp_path: Path
) -> None:
    secret = "GATEWAYTOKEN"
    place = f"http://127.0.0.1:{server.address.rpartition(':')[2]}"
    (project.folder / "models" / "model_registry.yaml").write_text(server.document("ollama"))
    del project.variables[KEYS["deepseek"][0]]
    project.variables |= {
        **server.variables("openai", "anthropic", "togetherai", "google", "cohere"),
        "OPENAI_BASE_URL": f"{place}/openai/{secret}",
        "ANTHROPIC_BASE_URL": f"{place}/anthropic/{secret}",
        "TOGETHER_BASE_URL": f"{place}/togetherai/{secret}",
        "GOOGLE_GEMINI_BASE_URL": f"{place}/google/{secret}",
        "CO_API_URL": f"http://me:{secret}@{place.removeprefix('http://')}/cohere",
    }
    server.behaviours["openai"] = lambda _: payload("openai_models")
    server.behaviours["anthropic"] = lambda _: payload("anthropic_models_page2")
    server.behaviours["togetherai"] = lambda _: Reply(b"", 404)
    server.behaviours["google"] = lambda _: Reply(b"", 302, {"Location": "http://a.example/"})
    done = project.run("catalog", "refresh", "--debug")
    assert f"{place} (from TOGETHER_BASE_URL) answers 404" in " ".join(done.stderr.split())
    server.behaviours["openai"] = lambda _: b'{"data": 1}'
    server.behaviours["anthropic"] = lambda _: Reply(b"", 302, {"Location": "/elsewhere"})
    again = project.run("catalog", "refresh", "--json", "--debug", expect=1)
    assert f"{place} (from ANTHROPIC_BASE_URL): it leads to another place" in again.stdout
    listed = json.loads((project.folder / "models.json").read_bytes())
    cited = {each["source"]["*"] for each in listed if each["source"]}
    assert f"{place} (from OPENAI_BASE_URL)" in cited
    assert f"{place} (from ANTHROPIC_BASE_URL)" in cited
    assert all(f"/{secret}/" in each.path for each in server.asked if each.slug == "openai")
    assert secret not in done.stdout + done.stderr + again.stdout + again.stderr
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not [file for file in files if secret.encode() in file.read_bytes()]


def test_a_document_cannot_have_keys_sent_elsewhere(project: Project, server: ModelServer) -> None:
    document = project.folder / "models" / "model_registry.yaml"
    openai = f"base_url: {server.url('openai')}\n"
    assert openai in document.read_text()
    elsewhere = document.read_text().replace(openai, "base_url: https://evil.example/v1\n")
    document.write_text(elsewhere)
    done = project.run("catalog", "refresh")
    said = " ".join(done.stderr.split())
    assert "openai: OpenAI was not asked: OPENAI_API_KEY is not sent to a server" in said
    assert "set OPENAI_BASE_URL to it" in said
    assert "deepseek: 2 models" in done.stdout


def test_a_maintainer_s_folder(project: Project, server: ModelServer) -> None:
    folder = project.folder / "data"
    folder.mkdir()
    own = f"# ours\nproviders:\n  deepseek: {{base_url: {server.url('deepseek')}}}\n"
    (folder / "deepseek.yaml").write_text(own)
    project.run("catalog", "refresh", "--catalog-dir", "data", "--provider", "deepseek")
    text = (folder / "deepseek.yaml").read_text()
    assert text.startswith(own + "models:\n  - id: deepseek-chat\n")
    assert [each.name for each in folder.iterdir()] == ["deepseek.yaml"]
    listed = json.loads((project.folder / "models.json").read_bytes())
    assert [each["model_id"] for each in listed] == ["deepseek-chat", "deepseek-reasoner"]
    project.run("catalog", "validate", "data/deepseek.yaml")


# --- the workflow -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return loaded


def test_the_workflow_runs_by_the_clock_and_never_in_a_fork(workflow: dict[Any, Any]) -> None:
    assert workflow["name"] == "Refresh model registry"
    triggers = workflow[True]  # YAML 1.1 reads `on` so
    assert triggers == {"schedule": [{"cron": "*/30 * * * *"}], "workflow_dispatch": None}
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["update"]["permissions"] == {"contents": "write"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    (job,) = workflow["jobs"].values()
    assert "github.repository" in job["if"]


def test_its_keys_are_those_that_the_catalog_names(workflow: dict[Any, Any]) -> None:
    (job,) = workflow["jobs"].values()
    (variables,) = [step["env"] for step in job["steps"] if "env" in step]
    for name, value in variables.items():
        assert value == f"${{{{ secrets.{name} }}}}"
    known = (shipped().providers[slug].credential_variables for slug in SLUGS)
    assert sorted(variables) == sorted(names[0] for names in known if names)


def test_its_steps_are_targets_that_commit_only_a_change(
    workflow: dict[Any, Any], project: Project, tmp_path: Path
) -> None:
    """The steps, as they stand there, in a repository of their own with a remote."""
    (job,) = workflow["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == ["make setup", "make catalog-refresh", "make catalog-commit"]
    shutil.copy(ROOT / "Makefile", project.folder)
    (project.folder / "dev").mkdir()
    for name in ("setup.sh", "commit_catalog.sh"):
        shutil.copy(ROOT / "dev" / name, project.folder / "dev")
    (project.folder / "uv.lock").write_text("")
    (project.folder / ".gitignore").write_text(".venv/\n")
    # What `make setup` would install is there already.
    (project.folder / ".venv").mkdir()
    (project.folder / ".venv" / ".ready").write_text("")
    path = f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"
    own = {**project.variables, "PATH": path, "HOME": str(tmp_path)}
    own["GIT_CONFIG_NOSYSTEM"] = "1"

    def run(command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=project.folder, env=environment(**own), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(f"git init -q --bare {tmp_path}/remote.git && git init -q -b main .")
    who = "-c user.name=me -c user.email=me@example.org"
    run(
        f"git add -A && git {who} commit -q -m first && git remote add origin {tmp_path}/remote.git"
    )
    run("git push -q -u origin main")

    steps = [f"{each} UV=uv RUN=" for each in runs[1:]]
    for step in steps:
        run(step)
    subject = run("git log -1 --format=%s origin/main").strip()
    assert re.fullmatch(r"chore: update models\.json \(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)", subject)
    names = run("git show --name-only --format= HEAD").split()
    assert names == ["models.json", "models/model_registry.yaml"]
    assert run("git status --porcelain") == ""

    assert "No changes to `models.json`." in run(steps[0])
    assert "nothing is committed" in run(steps[1])
    assert run("git rev-list --count HEAD").strip() == "2"
    # The list alone may change, as with a new version of what is shipped.
    (project.folder / "models.json").write_text("[]\n")
    (project.folder / "notes.txt").write_text("not of these")
    assert run(steps[1]).startswith("chore: update models.json (")
    assert run("git show --name-only --format= HEAD").split() == ["models.json"]
    assert run("git status --porcelain") == "?? notes.txt\n"
