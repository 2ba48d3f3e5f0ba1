"""What the two command lines share: arguments, exit codes, one JSON object on stdout, words for people on stderr.

Exit codes: 0 done; 1 refused, or the check failed; 2 wrong use, path, port, pack, database, key; 75 no link: nothing is
lost, run it again (75 is EX_TEMPFAIL of sysexits).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from common.errors import AppError, Misuse, PeerUnreachable
from common.store.database import StoreDamaged
from common.texts import words

DONE, REFUSED, WRONG_USE, NO_LINK, INTERRUPTED = 0, 1, 2, 75, 130

KEY_NAME = "store.key"


class Terminated(SystemExit):
    """SIGTERM came: leave the with-blocks in order, end with 0."""


class Outcome:
    """What a command gives back: the object for ``--json``, the words for people, the exit code."""

    def __init__(self, data: dict[str, Any], text: str = "", code: int = DONE) -> None:
        self.data = data
        self.text = text
        self.code = code


Handler = Callable[[argparse.Namespace], Outcome | int]


class Parser(argparse.ArgumentParser):
    """argparse with our exit code for wrong use, and without abbreviations of options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        raise Misuse("cli.wrong_use", what=f"{self.prog}: {message}")


def program_parser(prog: str, description: str) -> tuple[Parser, Any]:
    """The parser of a program, and the place where its commands are added."""
    parser = Parser(prog=prog, description=description)
    parser.set_defaults(program=prog)
    common_options(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    return parser, commands


def common_options(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """The options of every command, before its name or (``again``) behind it."""

    def value(otherwise: object) -> Any:
        return argparse.SUPPRESS if again else otherwise

    parser.add_argument("--data", metavar="DIR", default=value(None), help="data folder (or BIANMIN_DATA)")
    parser.add_argument(
        "--key-file", metavar="FILE", default=value(None), help="key of the store (or BIANMIN_KEY_FILE)"
    )
    parser.add_argument(
        "--json", action="store_true", default=value(False), help="exactly one JSON object on stdout"
    )


def data_folder(args: argparse.Namespace) -> Path:
    """The data folder that was named.  Misuse ``cli.no_data`` if none was."""
    text = args.data or os.environ.get("BIANMIN_DATA")
    if not text:
        raise Misuse("cli.no_data")
    return Path(text)


def key_file(args: argparse.Namespace) -> Path:
    """The key file: named, or beside the data."""
    text = args.key_file or os.environ.get("BIANMIN_KEY_FILE")
    return Path(text) if text else data_folder(args) / KEY_NAME


def key_beside_data(args: argparse.Namespace) -> bool:
    """True while the key lies in the data folder itself: then no real personal data may be entered."""
    folder = data_folder(args).resolve()
    return folder in key_file(args).resolve().parents


def read_password(args: argparse.Namespace) -> str | None:
    """The first line of stdin where ``--password-stdin`` was given.  Misuse ``cli.empty_password``."""
    if not args.password_stdin:
        return None
    text: str = sys.stdin.readline().rstrip("\r\n").removeprefix("\ufeff")  # some shells put a mark before it
    if not text:
        raise Misuse("cli.empty_password")
    return text


def run(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> int:
    """Parse, run the handler of the command, print, and give the exit code."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given  # wrong use is told as asked too, and then there are no arguments to look at
    try:
        args = parser.parse_args(given)
        handler: Handler = args.handler
        outcome = handler(args)
        if isinstance(outcome, int):
            return outcome
        _print(outcome, as_json)
        return outcome.code
    except Terminated:
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except AppError as exc:
        return _failed(exc, as_json)
    except BrokenPipeError:  # who reads has seen enough; nothing is left to be written at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED


def exit_code(error: AppError) -> int:
    if isinstance(error, Misuse | StoreDamaged):
        return WRONG_USE
    if isinstance(error, PeerUnreachable):
        return NO_LINK
    return REFUSED


def _failed(error: AppError, as_json: bool) -> int:
    if as_json:
        _say(sys.stdout, json.dumps({"error": error.code, "words": words(error)}, ensure_ascii=False))
    _say(sys.stderr, words(error))
    return exit_code(error)


def _print(outcome: Outcome, as_json: bool) -> None:
    if as_json or not outcome.text:
        indent = None if as_json else 2
        _say(sys.stdout, json.dumps(outcome.data, ensure_ascii=False, indent=indent))
    if outcome.text:
        _say(sys.stderr if as_json or outcome.code else sys.stdout, outcome.text)


def _say(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


def end_on_sigterm() -> None:
    """SIGTERM ends ``serve`` with 0, through the with-blocks."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise Terminated(DONE)

    signal.signal(signal.SIGTERM, stop)
