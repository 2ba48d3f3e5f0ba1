"""What is read at run time is installed with the packages, and what they import is a requirement."""

from __future__ import annotations

import sys
import tomllib

from tests.guards.sources import PACKAGES, ROOT, imports, modules, package_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Modules named otherwise than their distribution, and those that come with one and are used on its account.
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "jinja2": "flask",
    "nacl": "pynacl",
    "playhouse": "peewee",
    "urllib3": "requests",
    "werkzeug": "flask",
}


def _names(requirements: list[str]) -> set[str]:
    return {requirement.split(">=")[0].split("[")[0].lower() for requirement in requirements}


def test_every_file_of_a_package_is_installed_with_it():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    folders = [file.parent for package in PACKAGES for file in (ROOT / package).rglob("__init__.py")]
    installed = {file for folder in folders for pattern in patterns for file in folder.glob(pattern)}
    assert sorted(set(package_files()) - installed) == []


def test_every_folder_with_modules_is_a_package():
    folders = {(ROOT / module.path).parent for module in modules()}
    assert sorted(folder for folder in folders if not (folder / "__init__.py").exists()) == []


def test_every_foreign_module_is_a_stated_requirement():
    stated = _names(PROJECT["project"]["dependencies"]) | _names(
        PROJECT["project"]["optional-dependencies"]["hub"]
    )
    foreign = {name.split(".")[0] for module in modules() for name, _ in imports(module)}
    foreign -= sys.stdlib_module_names | set(PACKAGES)
    assert sorted({_DISTRIBUTIONS.get(name, name).lower() for name in foreign} - stated) == []


def test_every_requirement_has_a_lower_and_an_upper_bound():
    extras = PROJECT["project"]["optional-dependencies"].values()
    requirements = [line for lines in (PROJECT["project"]["dependencies"], *extras) for line in lines]
    assert [line for line in requirements if ">=" not in line or ",<" not in line] == []
