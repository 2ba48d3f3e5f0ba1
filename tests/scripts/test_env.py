"""How a script comes into its environment, tried on a copy of scripts/_env.py in a folder of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
import _env
_env.enter("dev")
print(sys.prefix, *sys.argv[1:], sys.flags.optimize)
sys.exit(7)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "_env.py", tmp_path / "scripts")
    (tmp_path / "scripts" / "try").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n", encoding="utf-8")
    return tmp_path


def make_environment(project: Path, extras: list[str]) -> None:
    """What a first run leaves behind, without its packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    digest = hashlib.sha256((project / "pyproject.toml").read_bytes()).hexdigest()
    stamp = {"project": digest, "extras": extras, "root": str(project.resolve())}
    (project / ".venv" / "bianmin.json").write_text(json.dumps(stamp), encoding="utf-8")


def run(project: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    script = str(project / "scripts" / "try")
    command = [sys.executable, "-O", script, *arguments]
    if before:
        run_it = f"{before}; import runpy; sys.argv[0] = {script!r}; sys.path.insert(0, {str(project / 'scripts')!r})"
        command = [sys.executable, "-c", f"import sys; {run_it}; runpy.run_path({script!r})"]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, env={**os.environ, "PYTHONUTF8": "1"}
    )


@pytest.mark.skipif(os.name == "nt", reason="a locale of POSIX")
def test_a_folder_in_chinese_can_be_named_in_the_locale_c(project, tmp_path_factory):
    """Python reads where an editable project lies from a file in the locale's encoding."""
    chinese = tmp_path_factory.mktemp("便民") / "源码"
    shutil.copytree(project, chinese)
    make_environment(chinese, ["dev"])
    (chinese / "scripts" / "try").write_text(
        SCRIPT.replace("sys.prefix", "__import__('locale').getencoding()")
    )
    ended = subprocess.run(
        [sys.executable, str(chinese / "scripts" / "try")],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert ended.stdout.split()[0].lower() == "utf-8", ended.stderr


def test_a_standing_environment_is_entered_with_the_same_arguments_flags_and_exit_code(project):
    make_environment(project, ["dev"])
    ended = run(project, "--once", "回龙镇")
    assert ended.stdout.split() == [str(project / ".venv"), "--once", "回龙镇", "1"]
    assert ended.returncode == 7
    assert ended.stderr == ""


@pytest.mark.parametrize("change", ["pyproject.toml", "extras", "folder"])
def test_an_environment_that_no_longer_fits_is_not_entered_as_it_is(project, change):
    make_environment(project, [] if change == "extras" else ["dev"])
    if change == "pyproject.toml":
        (project / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '2'\n", encoding="utf-8")
    if change == "folder":
        project = project.rename(project.with_name("moved"))
    # no pip stands in it, so that bringing it up to date fails: in words, and without running the script
    ended = run(project, before="sys.modules['ensurepip'] = None")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert (
        "apt install python3-venv" if change == "folder" else "Nothing is lost: run this again"
    ) in ended.stderr


def test_an_old_python_is_told_which_one_is_needed(project):
    ended = run(project, before="sys.version_info = (3, 9, 2)")
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer" in ended.stderr
    assert not (project / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(project):
    ended = run(project, before="sys.modules['ensurepip'] = None")
    assert ended.returncode == 1
    assert "apt install python3-venv" in ended.stderr
    assert not (project / ".venv").exists()
