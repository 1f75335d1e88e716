"""The commands as people use them, one story a test."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from operator import itemgetter
from pathlib import Path

import pytest

from tests.support.command import Project, environment

MODELS = {"model_deterministicsir", "model_networksir", "model_stochasticsir"}
TARGETS = {"targets_incidence_distance", "targets_peak_timing"}
HELPER = "src/model.py -> src/rates.py: SEASONAL_BOOST changed 1.15 -> 1.25"


def boost(project: Project) -> None:
    project.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")


class TestFirstSteps:
    def test_the_printed_steps_work_as_printed(self, tmp_path: Path) -> None:
        steps = Project(tmp_path).run("sample-create", "epidemic").stdout
        done = subprocess.run(
            ["sh", "-e", "-c", steps],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "All 5 entries are current." in done.stdout

    def test_init_twice(self, tmp_path: Path) -> None:
        project = Project(tmp_path)
        assert "A project was made" in project.run("init").stderr
        before = project.content()
        assert set(before) >= {".modelops-bundle/.gitignore", ".modelops-bundle/registry.yaml"}
        assert "a project already" in project.run("init").stderr
        assert project.content() == before

    def test_init_of_another_folder(self, tmp_path: Path) -> None:
        Project(tmp_path).run("init", "new/project")
        assert (tmp_path / "new/project/.modelops-bundle/registry.yaml").is_file()

    def test_init_as_other_tools_run_it(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "modelops_bundle.cli", "init"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        assert (tmp_path / ".modelops-bundle" / "registry.yaml").is_file()

    def test_outside_a_project(self, tmp_path: Path) -> None:
        said = Project(tmp_path).refuse("status")
        assert "mops-bundle init" in said


class TestRegistering:
    def test_lines_say_what_was_done(self, sample: Project) -> None:
        again = sample.run("register-model", "src/model.py").stdout.splitlines()
        assert {tuple(line.split()[:2]) for line in again} == {("=", name) for name in MODELS}
        boost(sample)
        changed = sample.run("register-model", "src/model.py", "--class", "NetworkSIR").stdout
        assert changed.splitlines()[0].split()[:2] == ["~", "model_networksir"]
        assert "src/rates.py changed" in changed
        assert sample.states()["model_networksir"] == "current"
        assert sample.states()["model_stochasticsir"] == "stale"

    def test_a_dry_run_says_the_same_and_writes_nothing(self, sample: Project) -> None:
        boost(sample)
        before = sample.content()
        dry = sample.run("register-model", "src/model.py", "--dry-run").stdout
        assert sample.content() == before
        assert sample.run("register-model", "src/model.py").stdout == dry

    def test_a_class_that_is_gone_is_pruned(self, sample: Project) -> None:
        text = (sample.folder / "src/model.py").read_text()
        (sample.folder / "src/model.py").write_text(text.partition("class NetworkSIR")[0])
        assert sample.states()["model_networksir"] == "missing"
        lines = sample.run("register-model", "src/model.py").stdout.splitlines()
        assert any(line.split()[:2] == ["-", "model_networksir"] for line in lines)
        assert set(sample.states()) == MODELS - {"model_networksir"} | TARGETS

    @pytest.mark.parametrize(
        "arguments",
        [
            ["src/nowhere.py"],
            ["README.md"],
            ["data"],
            ["../elsewhere.py"],
            ["/etc/hosts"],
            [],
            ["src/model.py", "--class", "Nobody"],
            ["src/model.py", "--exclude", "Nobody"],
            ["src/model.py", "--id", "x"],
            ["src/model.py", "--data", "data/nowhere.csv"],
            ["src/model.py", "--data", "data/*.parquet"],
            ["src/model.py", "--data", "empty"],
            ["src/model.py", "--data", "../outside.csv"],
            ["src/model.py", "--label", "nonsense"],
            ["src/model.py", "--class", "NetworkSIR", "--id", "model_stochasticsir"],
            ["src/model.py", "--class", "NetworkSIR", "--id", "not an id"],
        ],
    )
    def test_what_cannot_be_is_refused(self, sample: Project, arguments: list[str]) -> None:
        (sample.folder / "empty").mkdir()
        sample.refuse("register-model", *arguments)

    @pytest.mark.parametrize(
        ("asked", "mend"),
        [
            ("register-model src/model.py --class Nobody", "mops-bundle discover"),
            ("register-model src/model.py --exclude Nobody", "mops-bundle discover"),
            ("register-target src/targets.py --target nobody", "mops-bundle discover"),
            (
                "register-model src --class NetworkSIR --exclude NetworkSIR",
                "Leave one of them out.",
            ),
            (
                "register-target src --exclude peak_timing --exclude incidence_distance",
                "Leave one of them out.",
            ),
            ("status --python nope", "Name one of these"),
            ("target-set set s nobody", "mops-bundle register-target"),
            (
                "target-set set s targets_peak_timing --weight targets_incidence_distance=1",
                "leave out its weight",
            ),
            ("target-set set s targets_peak_timing --weight x", "Write --weight"),
            ("target-set delete s", "mops-bundle target-set list"),
        ],
    )
    def test_what_is_refused_says_what_to_do(self, sample: Project, asked: str, mend: str) -> None:
        assert mend in sample.refuse(*asked.split()).splitlines()[1]

    def test_undeclared_data_is_told_and_can_be_taken(self, tmp_path: Path) -> None:
        Project(tmp_path).run("sample-create", "x")
        project = Project(tmp_path / "x")
        project.run("init")
        told = project.run("register-model", "src/model.py").stderr
        assert (
            "names data/population.csv, which is not declared: add --data data/population.csv"
            in told
        )
        taken = project.run("register-model", "src/model.py", "--auto-data")
        assert "not declared" not in taken.stderr
        project.edit("data/population.csv", "310", "311")
        assert set(project.states().values()) == {"stale"}

    def test_json(self, sample: Project) -> None:
        document = sample.json("register-model", "src/model.py", "--dry-run")
        assert document["written"] is False
        assert {entry["id"] for entry in document["entries"]} == MODELS


class TestStatus:
    def test_json_has_the_documented_form(self, sample: Project) -> None:
        boost(sample)
        entries = {each["id"]: each for each in sample.json("status")["entries"]}
        assert set(entries) == MODELS | TARGETS
        stale = entries["model_stochasticsir"]
        assert (stale["kind"], stale["state"], stale["changes"]) == ("model", "stale", 1)
        assert stale["digest"] != stale["recorded_digest"]
        current = entries["targets_peak_timing"]
        assert (current["kind"], current["state"], current["changes"]) == ("target", "current", 0)
        assert current["digest"] == current["recorded_digest"]

    def test_check_is_for_scripts(self, sample: Project) -> None:
        sample.run("status", "--check")
        boost(sample)
        sample.run("status")
        sample.run("status", "--check", expect=3)
        sample.run("status", "--check", "targets_peak_timing")
        sample.run("status", "--check", "--json", expect=3)

    def test_from_a_subfolder_and_from_outside(self, sample: Project, tmp_path: Path) -> None:
        here = sample.run("status").stdout
        assert sample.run("status", cwd=sample.folder / "src").stdout == here
        assert Project(tmp_path).run("-C", "sample", "status").stdout == here
        assert Project(tmp_path).run("status", "-C", "sample/data").stdout == here

    def test_paths_are_relative_to_the_folder_that_was_named(
        self, sample: Project, tmp_path: Path
    ) -> None:
        lines = Project(tmp_path).run("-C", "sample/src", "register-model", "model.py").stdout
        assert {line[0] for line in lines.splitlines()} == {"="}

    def test_what_is_gone_and_what_is_broken(self, sample: Project) -> None:
        (sample.folder / "src/targets.py").unlink()
        sample.edit("src/rates.py", "def force", "def (")
        states = sample.states()
        assert {states[name] for name in TARGETS} == {"missing"}
        assert {states[name] for name in MODELS} <= {"invalid", "stale"}
        (sample.folder / "data/population.csv").unlink()
        assert {sample.states()[name] for name in MODELS} == {"invalid"}
        said = sample.run("status").stdout
        assert "data/population.csv" in said

    def test_what_does_not_parse_does_not_seem_to_lose_its_imports(self, sample: Project) -> None:
        sample.edit("src/model.py", "class NetworkSIR", "class (")
        assert "src/model.py:63 does not parse" in sample.run("status").stdout
        (reason,) = sample.json("why", "model_networksir")["reasons"]
        assert (reason["path"], reason["definitions"]) == ("src/model.py", [])
        assert "its bytes count" in reason["note"]

    def test_an_unknown_name(self, sample: Project) -> None:
        assert "model_stochasticsir" in sample.refuse("status", "model_stochasticsr")

    def test_a_class_name_will_do(self, sample: Project) -> None:
        assert sample.states("NetworkSIR") == {"model_networksir": "current"}


class TestWhy:
    def test_a_constant_by_its_chain(self, sample: Project) -> None:
        boost(sample)
        assert f"└── {HELPER}" in sample.run("why", "model_networksir").stdout
        (reason,) = sample.json("why", "model_networksir")["reasons"]
        assert reason["kind"] == "code"
        assert (reason["path"], reason["change"]) == ("src/rates.py", "modified")
        assert reason["chain"] == ["src/model.py", "src/rates.py"]
        assert reason["definitions"] == [
            {"name": "SEASONAL_BOOST", "change": "modified", "before": "1.15", "after": "1.25"}
        ]

    def test_the_difference(self, sample: Project) -> None:
        boost(sample)
        lines = sample.run("why", "model_networksir", "--diff").stdout.splitlines()
        assert "-SEASONAL_BOOST = 1.15" in lines
        assert "+SEASONAL_BOOST = 1.25" in lines

    def test_a_method_and_a_table(self, sample: Project) -> None:
        sample.edit("src/model.py", "return people * probability", "return probability * people")
        sample.edit("data/population.csv", "65+,110\n", "65+,110\n80+,20\n")
        out = sample.run("why", "model_deterministicsir").stdout
        assert "src/model.py: DeterministicSIR.draw changed" in out
        assert "data/population.csv: columns age_group, people changed, 3 rows -> 4 rows" in out

    def test_a_variable(self, sample: Project) -> None:
        sample.edit(
            "src/rates.py",
            "SEASONAL_BOOST = 1.15",
            'import os\n\nSEASONAL_BOOST = float(os.environ.get("BOOST", 1.15))',
        )
        sample.run("update")
        sample.variables["BOOST"] = "secret-value"
        assert "variable BOOST has another value" in sample.run("why", "model_networksir").stdout
        sample.run("update")
        assert not any(b"secret-value" in data for data in sample.content().values())

    def test_a_current_entry(self, sample: Project) -> None:
        assert "is current" in sample.run("why", "model_networksir").stdout
        assert sample.json("why", "model_networksir")["reasons"] == []


class TestUpdate:
    def test_all_or_one(self, sample: Project) -> None:
        boost(sample)
        sample.run("update", "model_networksir")
        assert sample.states()["model_networksir"] == "current"
        assert sample.states()["model_stochasticsir"] == "stale"
        sample.run("update")
        sample.run("status", "--check")

    def test_a_dry_run(self, sample: Project) -> None:
        boost(sample)
        before = sample.content()
        dry = sample.run("update", "--dry-run").stdout
        assert sample.content() == before
        assert sample.run("update").stdout == dry

    def test_what_is_broken_stays_as_recorded(self, sample: Project) -> None:
        (sample.folder / "data/population.csv").unlink()
        sample.refuse("update", "model_networksir")
        done = sample.run("update", expect=1)
        assert {
            line.split()[1] for line in done.stdout.splitlines() if line.startswith("!")
        } == MODELS


class TestRegistry:
    def test_list_is_show_registry(self, sample: Project) -> None:
        out = sample.run("show-registry").stdout
        assert sample.run("list").stdout == out
        assert all(name in out for name in MODELS | TARGETS)

    def test_one_entry_in_full(self, sample: Project) -> None:
        out = sample.run("list", "model_networksir").stdout
        for text in (
            "model:NetworkSIR",
            "src/rates.py",
            "data/population.csv",
            "blake2b:",
            "python 3.",
        ):
            assert text in out

    def test_the_tree(self, sample: Project) -> None:
        out = sample.run("show-registry", "--tree", "model_networksir").stdout
        assert "├── src/model.py" in out
        assert "│   ├── src/rates.py" in out
        assert "├── data\n" in out

    def test_json(self, sample: Project) -> None:
        document = sample.json("list")
        assert {entry["id"] for entry in document["models"]} == MODELS
        assert {entry["id"] for entry in document["targets"]} == TARGETS
        (one,) = sample.json("list", "model_networksir")["models"]
        assert set(one["data"]) == {"data/population.csv", "config/settings.json"}

    def test_target_sets(self, sample: Project) -> None:
        both = sorted(TARGETS)
        sample.run("target-set", "set", "all", *both, "--weight", f"{both[0]}=0.5")
        assert sample.json("target-set", "list")["target_sets"] == [
            {"name": "all", "targets": both, "weights": {both[0]: 0.5}}
        ]
        assert "(weight 0.5)" in sample.run("target-set", "list").stdout
        sample.refuse("target-set", "set", "x", "nobody")
        sample.refuse("target-set", "set", "x", both[0], "--weight", "nonsense")
        sample.refuse("target-set", "delete", "nobody")
        sample.run("unregister", both[0])
        assert sample.json("target-set", "list")["target_sets"][0]["targets"] == both[1:]
        sample.run("target-set", "delete", "all")
        assert sample.json("target-set", "list")["target_sets"] == []

    def test_unregister(self, sample: Project) -> None:
        sample.refuse("unregister", "model_networksir", "nobody")
        assert sample.run("unregister", "model_networksir").stdout == "- model_networksir\n"
        assert set(sample.states()) == MODELS - {"model_networksir"} | TARGETS

    def test_the_save_that_loses_comments_says_so(self, sample: Project) -> None:
        registry = sample.folder / ".modelops-bundle/registry.yaml"
        registry.write_text(registry.read_text() + "# mine\n")
        line = len(registry.read_text().splitlines())
        assert "comments" not in sample.run("register-model", "src/model.py").stderr
        said = sample.run("unregister", "model_networksir").stderr
        assert (
            f"the registry keeps no comments: the first that is gone stood in line {line}" in said
        )
        assert "comments" not in sample.run("unregister", "model_stochasticsir").stderr

    def test_a_broken_registry_is_left_alone(self, sample: Project) -> None:
        registry = sample.folder / ".modelops-bundle/registry.yaml"
        registry.write_text(registry.read_text().replace("models:", "models: [", 1))
        before = sample.content()
        for arguments in (["status"], ["register-model", "src/model.py"], ["update"], ["init"]):
            done = sample.run(*arguments, expect=2)
            assert "registry.yaml" in done.stderr
            assert "line" in done.stderr
        assert sample.content() == before


class TestEnvironment:
    def test_show(self, sample: Project) -> None:
        document = sample.json("env", "show", "model_networksir")
        assert document["python"].startswith("3.")
        assert document["dependencies"] == {}
        everything = sample.json("env", "show")
        assert "modelops-bundle" not in everything["dependencies"]
        assert "interpreter" in sample.run("env", "show").stdout

    def test_diff(self, sample: Project) -> None:
        assert sample.json("env", "diff", "model_networksir")["changes"] == []
        sample.variables["OMP_NUM_THREADS"] = "4"
        (change,) = sample.json("env", "diff", "model_networksir")["changes"]
        assert (change["path"], change["before"], change["after"]) == ("threads", "1", "4")
        assert sample.run("env", "diff", "model_networksir").stdout == "threads 1 -> 4\n"
        out = sample.run("status").stdout
        assert out.count("threads 1 -> 4") == 1
        assert "for every entry" in out

    def test_an_interpreter_that_is_none(self, sample: Project) -> None:
        sample.refuse("status", "--python", "nowhere/python")


class TestDiscoverAndHash:
    def test_discover(self, sample: Project) -> None:
        document = sample.json("discover")
        assert {each["id"] for each in document["models"]} == MODELS
        assert document["unresolved"] == document["skipped"] == []
        assert set(document["models"][0]) == {
            "id", "class_name", "module", "entrypoint", "path", "line", "bases", "abstract", "outputs",
            "scenarios", "parameters",
        }  # fmt: skip
        assert "3 models, 2 targets in 4 files." in sample.run("discover").stderr

    def test_discover_with_another_base(self, sample: Project) -> None:
        found = sample.json("discover", "src", "--base", "model.StochasticSIR")["models"]
        assert {each["class_name"] for each in found} == {"DeterministicSIR", "NetworkSIR"}

    def test_hash(self, sample: Project) -> None:
        files = sample.json("hash", "src/model.py", "data/population.csv", "data")["files"]
        assert [(each["kind"], each["exact"]) for each in files] == [
            ("token", False),
            ("file", True),
            ("tree", True),
        ]
        sample.refuse("hash", "src/model.py", "nowhere")

    def test_thousands_of_paths(self, tmp_path: Path) -> None:
        names = [f"{number}.csv" for number in range(3000)]
        for name in names:
            (tmp_path / name).write_text(name)
        files = Project(tmp_path).json("hash", *names)["files"]
        assert [each["path"] for each in files] == names
        assert len({each["digest"] for each in files}) == 3000


class TestDoctor:
    def test_a_sound_project(self, sample: Project) -> None:
        assert sample.run("doctor").stderr == "No problems found.\n"
        assert sample.json("doctor")["problems"] == []

    def test_each_problem_has_a_mend(self, sample: Project) -> None:
        (sample.folder / "data/population.csv").unlink()
        (sample.folder / "src/targets.py").unlink()
        (sample.folder / ".modelops-bundle/.gitignore").unlink()
        problems = sample.json("doctor", expect=1)["problems"]
        named = {name for problem in problems for name in problem["where"].split(", ")}
        assert named >= MODELS | TARGETS | {".modelops-bundle/.gitignore"}
        assert all(problem["what"] and problem["mend"] for problem in problems)
        (mend,) = [text for text in map(itemgetter("mend"), problems) if "unregister" in text]
        assert mend.endswith("unregister targets_incidence_distance targets_peak_timing`.")
        assert mend in sample.run("doctor", expect=1).stdout

    def test_a_broken_registry(self, sample: Project) -> None:
        registry = sample.folder / ".modelops-bundle/registry.yaml"
        registry.write_text("models: [\n")
        before = sample.content()
        assert "registry.yaml, line" in sample.run("doctor", expect=1).stdout
        assert sample.content() == before

    def test_undeclared_data(self, sample: Project) -> None:
        sample.run("register-model", "src/model.py", "--reset")
        out = sample.run("doctor", expect=1).stdout
        assert "names data/population.csv, which is not declared" in out

    def test_the_registry_in_git(self, sample: Project) -> None:
        def git(*arguments: str) -> None:
            options = ("-c", "user.name=x", "-c", "user.email=x@example.org")
            command = ["git", *options, *arguments]
            subprocess.run(command, cwd=sample.folder, check=True, capture_output=True)

        git("init")
        assert "is not in git" in sample.run("doctor", expect=1).stdout
        git("add", ".modelops-bundle")
        sample.run("doctor")
        listed = subprocess.run(
            ["git", "ls-files"], cwd=sample.folder, check=True, capture_output=True, text=True
        )
        assert set(listed.stdout.split()) == {
            ".modelops-bundle/.gitignore",
            ".modelops-bundle/registry.yaml",
        }
        git("rm", "--cached", "-r", "-q", ".modelops-bundle")
        (sample.folder / ".gitignore").write_text(".modelops-bundle\n")
        assert "is ignored by git" in sample.run("doctor", expect=1).stdout

    def test_what_was_recorded_is_elsewhere(self, sample: Project) -> None:
        for path in (sample.folder / ".modelops-bundle/objects").iterdir():
            path.unlink()
        assert "not on this machine" in sample.run("doctor", expect=1).stdout
        boost(sample)
        why = sample.run("why", "model_networksir")
        assert "src/rates.py: changed" in why.stdout
        assert "file level" in why.stderr

    def test_what_is_recorded_cannot_be_kept(self, sample: Project) -> None:
        objects = sample.folder / ".modelops-bundle/objects"
        shutil.rmtree(objects)
        objects.write_text("")
        boost(sample)
        done = sample.run("update", "model_networksir")
        assert "name files only" in done.stderr
        assert sample.states("model_networksir") == {"model_networksir": "current"}
        objects.unlink()
        assert "name files only" not in sample.run("update", "model_networksir").stderr


class TestQuestions:
    def test_they_write_nothing(self, sample: Project) -> None:
        boost(sample)
        before = sample.content()
        for question in (
            ["status"], ["why", "model_networksir", "--diff"], ["list"], ["list", "--tree"], ["doctor"],
            ["discover"], ["hash", "src"], ["env", "show"], ["env", "diff", "model_networksir"],
            ["target-set", "list"], ["register-model", "src/model.py", "--dry-run"], ["update", "--dry-run"],
        ):  # fmt: skip
            sample.run(*question)
        assert sample.content() == before

    def test_the_cache_can_go_and_can_be_refused(self, sample: Project) -> None:
        expected = sample.run("status").stdout
        for path in (sample.folder / ".modelops-bundle/cache").iterdir():
            path.unlink()
        assert sample.run("status").stdout == expected
        assert sample.run("--no-cache", "status").stdout == expected
        assert sample.run("status", "--no-cache").stdout == expected

    def test_talk_is_not_data(self, sample: Project) -> None:
        boost(sample)
        done = sample.run("status")
        assert "Next:" in done.stderr
        assert "Next:" not in done.stdout
        json.loads(sample.run("status", "--json").stdout)
