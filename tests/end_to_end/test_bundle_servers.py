"""A registry with TLS and a login through the command line, and what another program copies."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command import PROGRAM, Project, environment
from tests.support.oci_servers import (
    PASSWORD,
    USER,
    RealRegistry,
    docker_registry,
    docker_registry_program,
)
from tests.support.places import Desk, layout_place, registry_place

pytestmark = [pytest.mark.slow, pytest.mark.needs_servers]


@dataclass
class Guarded:
    """A registry that wants TLS and a login, and a user's machine."""

    server: RealRegistry
    folder: Path
    ann: Project

    @property
    def place(self) -> str:
        return f"{self.server.host}/team/project"

    @property
    def secrets(self) -> dict[Path, str]:
        """Every file of the user that has the password in it, however it is written."""
        found = {}
        words = (PASSWORD.encode(), USER_AND_PASSWORD)
        for path in self.folder.rglob("*"):
            if path.is_file() and any(word in path.read_bytes() for word in words):
                found[path] = stat.filemode(path.stat().st_mode)
        return found

    def log_in(self, password: str, expect: int = 0) -> str:
        arguments = ("login", self.server.host, "-u", USER, "--password-stdin")
        return self.debugged(*arguments, typed=f"{password}\n", expect=expect)

    def debugged(self, *arguments: str, typed: str = "", expect: int = 0) -> str:
        """All that a command says, tracebacks included."""
        done = subprocess.run(
            [PROGRAM, *arguments, "--debug"],
            cwd=self.ann.folder, env=environment(**self.ann.variables), input=typed,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == expect, done.stderr
        return done.stdout + done.stderr


# As basic authentication has it.
USER_AND_PASSWORD = b"dGVzdGVyOmEtcGFzc3dvcmQtbmV2ZXItdG8tYmUtc2hvd24="


@pytest.fixture
def guarded(registered: Project, tmp_path: Path) -> Iterator[Guarded]:
    if docker_registry_program() is None:
        pytest.skip("docker-registry is not installed")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "server").mkdir()
    user = tmp_path / "user"
    (user / "home").mkdir(parents=True)
    with docker_registry(tmp_path / "server", tls=True, login=True) as server:
        ann = registered.copy(user / "ann")
        ann.variables = {
            "HOME": str(user / "home"),
            "XDG_CACHE_HOME": str(user / "cache"),
            "SSL_CERT_FILE": str(server.certificate),
        }
        yield Guarded(server, user, ann)


class TestLogin:
    def test_from_login_to_clone(self, guarded: Guarded) -> None:
        said = guarded.log_in(PASSWORD)
        assert "takes the credentials of tester" in said
        kept = guarded.folder / "home/.docker/config.json"
        assert guarded.secrets == {kept: "-rw-------"}
        commands = (("push", guarded.place), ("push",), ("tags",), ("manifest", "--full"))
        spoken = [said, *(guarded.debugged(*arguments) for arguments in commands)]
        Project(guarded.folder, guarded.ann.variables).run("clone", guarded.place, "bob")
        bob = Project(guarded.folder / "bob", guarded.ann.variables)
        assert set(bob.states().values()) == {"current"}
        (bob.folder / "src/rates.py").write_text(
            (bob.folder / "src/rates.py").read_text().replace("1.15", "1.25")
        )
        bob.run("push")
        guarded.ann.run("pull")
        assert "1.25" in (guarded.ann.folder / "src/rates.py").read_text()
        assert not any(PASSWORD in each for each in spoken)
        assert not any(USER_AND_PASSWORD.decode() in each for each in spoken)
        assert guarded.secrets == {kept: "-rw-------"}

    def test_a_wrong_password_is_told_and_not_kept(self, guarded: Guarded) -> None:
        said = guarded.log_in("a-guess-never-to-be-shown", expect=1)
        assert "error: " in said
        assert "a-guess-never-to-be-shown" not in said
        assert not (guarded.folder / "home/.docker").exists()
        for arguments in (("push", guarded.place), ("tags", guarded.place)):
            assert "cannot log in" in guarded.ann.run(*arguments, expect=1).stderr
        # Of variables it is told as well.
        guarded.ann.variables |= {
            "MODELOPS_BUNDLE_USERNAME": USER,
            "MODELOPS_BUNDLE_PASSWORD": "a-guess-never-to-be-shown",
            "MODELOPS_BUNDLE_REGISTRY": guarded.place,
        }
        assert "a-guess-never-to-be-shown" not in guarded.debugged("push", expect=1)
        guarded.ann.variables["MODELOPS_BUNDLE_PASSWORD"] = PASSWORD
        guarded.ann.run("push")
        assert guarded.secrets == {}

    def test_a_certificate_that_nobody_trusts(self, guarded: Guarded) -> None:
        del guarded.ann.variables["SSL_CERT_FILE"]
        said = guarded.log_in(PASSWORD, expect=1)
        assert "certificate" in said
        assert PASSWORD not in said
        assert guarded.secrets == {}


def skopeo(*arguments: str) -> str:
    done = subprocess.run(
        ["skopeo", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_copies_of_another_program_are_the_same_bundle(registered: Project, tmp_path: Path) -> None:
    (tmp_path / "layout").mkdir()
    (tmp_path / "registry").mkdir()
    with (
        layout_place(tmp_path / "layout") as layout,
        registry_place(tmp_path / "registry") as registry,
    ):
        ann = layout.user(registered, "ann")
        (ann.folder / "large.bin").write_bytes(bytes(range(256)) * 20_000)
        (ann.folder / "link.bin").symlink_to("large.bin")
        (ann.folder / "large.bin").chmod(0o755)
        ann.run("add", "large.bin", "link.bin")
        digest = ann.json("push", f"{layout.place}:v1")["digest"]
        there = f"docker://{registry.place}:v1"
        back = Desk(tmp_path, f"oci-layout:{tmp_path / 'back'}")
        skopeo(
            "copy", "--preserve-digests", "--dest-tls-verify=false",
            f"oci:{tmp_path / 'layout/bundles'}:v1", there,
        )  # fmt: skip
        skopeo(
            "copy", "--preserve-digests", "--src-tls-verify=false",
            there, f"oci:{tmp_path / 'back'}:v1",
        )  # fmt: skip
        for name, desk in (("bob", registry), ("eve", back)):
            copy = desk.clone(name, f"{desk.place}:v1")
            assert copy.json("manifest", "v1")["digest"] == digest
            assert copy.json("verify", "v1")["damaged"] == []
            for path in ann.json("manifest", f"{layout.place}:v1")["files"]:
                assert (copy.folder / path).read_bytes() == (ann.folder / path).read_bytes(), path
            assert (copy.folder / "link.bin").is_symlink()
            assert (copy.folder / "large.bin").stat().st_mode & 0o100
        # What was copied can be pushed to as well, and seen by the other program.
        eve = Project(back.folder / "eve", back.own("eve"))
        (eve.folder / "large.bin").write_bytes(b"smaller")
        pushed = eve.json("push", "v1")["digest"]
        seen = skopeo("inspect", "--raw", f"oci:{tmp_path / 'back'}:v1")
        assert json.loads(seen)["schemaVersion"] == 2
        found = skopeo("manifest-digest", _written(tmp_path / "seen.json", seen))
        assert found.strip() == pushed


def _written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_command_without_a_login_does_not_wait_for_one(guarded: Guarded) -> None:
    assert "cannot log in" in guarded.ann.run("clone", guarded.place, "bob", expect=1).stderr
