"""The project's own files, as the guards read them: modules with their syntax tree, and all other text."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("common", "sync", "township_node", "county_hub")
_SKIPPED = {"__pycache__", "build", "demo-data", "dist", "htmlcov", "node_modules"}


@dataclass(frozen=True)
class Module:
    """``name`` is dotted; ``path`` is relative to the project, with slashes."""

    name: str
    path: str
    tree: ast.Module
    is_package: bool = False

    @classmethod
    def of(cls, name: str, source: str) -> Module:
        """A made-up module, for a guard's test of itself."""
        return cls(name, name.replace(".", "/") + ".py", ast.parse(source))


def modules(*packages: str) -> Iterator[Module]:
    """Every module of these packages, by default of all that are shipped."""
    for package in packages or PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield Module(name, _relative(file), _parse(file), is_package)


def scripts() -> Iterator[Module]:
    """The files in scripts/: Python without an ending."""
    for file in sorted((ROOT / "scripts").iterdir()):
        if file.is_file():
            yield Module(file.stem, _relative(file), _parse(file))


def texts() -> Iterator[tuple[str, str]]:
    """(path, text) of every text file of the project, without environments, caches and data folders."""
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(name for name in below if _is_ours(name))
        for name in sorted(names):
            try:
                text = (Path(folder) / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture, a dictionary
            yield _relative(Path(folder) / name), text


def _is_ours(folder: str) -> bool:
    hidden = folder.startswith(".") and folder != ".ci"
    return not hidden and not folder.endswith(".egg-info") and folder not in _SKIPPED


def package_files(*suffixes: str) -> Iterator[Path]:
    """The files that are shipped with these endings (by default: all that are not Python)."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*")):
            if not file.is_file() or _SKIPPED & set(file.parts):
                continue
            if file.suffix in suffixes if suffixes else file.suffix != ".py":
                yield file


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of all that is imported anywhere in the module; each name of a ``from`` counts too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (_package_above(module, node.level), node.module)))
            yield base, node.lineno
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def is_below(name: str, *tops: str) -> bool:
    """Whether the dotted name is one of these modules or stands below one."""
    return any(name == top or name.startswith(top + ".") for top in tops)


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of an expression that reads so, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def documentation(tree: ast.Module) -> set[ast.AST]:
    """The docstrings: strings that stand alone as a statement."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _package_above(module: Module, level: int) -> str:
    if level == 0:
        return ""
    parts = module.name.split(".")
    dropped = level - 1 if module.is_package else level
    return ".".join(parts[: len(parts) - dropped])


def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def _relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
