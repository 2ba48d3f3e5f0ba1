"""The command ``scripts/bench``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from _bench import bulk, full, growth, singles
from _bench.figures import Figure, machine, table
from _bench.sizes import QUICK, Say, Sizes

Part = Callable[[Path, Sizes, Say], Iterator[Figure]]

PARTS: Mapping[str, Part] = {
    "bulk": bulk.measure,
    "singles": singles.measure,
    "growth": growth.measure,
    "full": full.measure,
}


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="bench", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    parser.add_argument("--only", metavar="PART,...", help=f"of {', '.join(PARTS)}")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: tries the benchmark, measures nothing"
    )
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(PARTS)
    if unknown := set(chosen) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    figures = list(_measured(chosen, QUICK if options.quick else Sizes()))
    if options.json:
        said = {"machine": machine(), "quick": options.quick, "figures": [one.as_json() for one in figures]}
        print(json.dumps(said, ensure_ascii=False))
    else:
        print(table(figures))
    return 0


def _measured(chosen: Sequence[str], sizes: Sizes) -> Iterator[Figure]:
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
            yield from PARTS[name](Path(folder), sizes, say)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
