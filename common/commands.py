"""The commands that both programs have: officers, settings, cases, log, keys, verify, rebuild, status."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from common import people
from common.accounts import People
from common.cli import DONE, REFUSED, Handler, Outcome, common_options, read_password
from common.clock import BEIJING, local_date
from common.errors import BadInput, Misuse, NotFound
from common.event_types import is_address
from common.keys import jwk_set
from common.node import Fault
from common.node.checking import STUMBLED
from common.papers import DEFAULT_LIMIT_KB, DEFAULT_RESERVE_MB, SETTING_LIMIT_KB, SETTING_RESERVE_MB
from common.program import alone, opened
from common.store.database import StoreDamaged
from common.summary import case_summary
from common.texts import ROLES, words

DAMAGED = ("store.damaged", "store.damaged_now")  # seen at once as the store is opened, or later
Commands = Any  # what add_subparsers gives; argparse names its type only privately


def add(commands: Commands, name: str, help: str, handler: Handler) -> argparse.ArgumentParser:
    """A command with the common options."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    common_options(parser, again=True)
    parser.set_defaults(handler=handler)
    return parser


def add_group(commands: Commands, name: str, help: str) -> Commands:
    """A command that has commands of its own, like ``officer add``."""
    group = commands.add_parser(name, help=help, description=help)
    common_options(group, again=True)
    return group.add_subparsers(dest="part", required=True, metavar="COMMAND", parser_class=type(group))


def add_shared_commands(commands: Commands) -> None:
    _officer_commands(commands)
    case = add(commands, "case", "what this node knows of a case", show_case)
    case.add_argument("number", metavar="NO", help="the case's number, or its id")
    case.add_argument("--as-of", metavar="TIME", type=a_day, help="the day for the lamp (default: today)")
    log = add(commands, "log", "the event lines in the order taken", show_log)
    log.add_argument("--case", metavar="NO", help="of this case only")
    log.add_argument("--from", metavar="POS", type=a_count, default=1, dest="from_pos")
    add(commands, "keys", "JWK Set of all nodes and departments known, and of the root", show_keys)
    add(commands, "verify", "check signatures, chains, keys, and the views against the fold", verify)
    add(commands, "rebuild", "make the views again from the ledger (not while serve runs)", rebuild)
    add(commands, "status", "what this node is and holds", status)
    settings = add_group(commands, "setting", "what this node may be told otherwise")
    add(settings, "list", "the settings and their values", list_settings)
    change = add(settings, "set", "change a setting", change_setting)
    change.add_argument("name", choices=sorted(SETTINGS))
    change.add_argument("value", type=a_count)
    token = add(commands, "token", "a bearer token for the API", issue_token)
    token.add_argument("--officer", metavar="ID", required=True)
    token.add_argument("--days", metavar="N", type=a_count, default=30)


def a_day(text: str) -> date:
    """An ISO date, or the local date of an ISO time."""
    try:
        return local_date(text)
    except BadInput as exc:
        raise argparse.ArgumentTypeError(f"not an ISO date or time: {text}") from exc


def a_count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"not a count: {text}")
    return int(text)


def an_address(text: str) -> str:
    """A node's base address, a slash at its end dropped.  Misuse ``slip.bad_address``."""
    url = text.removesuffix("/")
    if not is_address(url):
        raise Misuse("slip.bad_address", url=text[:200])
    return url


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def iso_instant(ms: int) -> str:
    """UTC milliseconds as a time in Beijing, ISO 8601 with its offset."""
    return datetime.fromtimestamp(ms // 1000, BEIJING).isoformat()


def listed(data: Mapping[str, Any]) -> str:
    """An object as lines for people, all but plain text as JSON has it."""
    return "\n".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in data.items()
    )


# -- officers


def _officer_commands(commands: Commands) -> None:
    parts = add_group(commands, "officer", "appoint officers, give passwords")
    new = add(parts, "add", "appoint an officer", add_officer)
    new.add_argument("name")
    new.add_argument("--office", required=True)
    new.add_argument("--role", required=True, help=", ".join(ROLES))
    new.add_argument("--password-stdin", action="store_true", help="read the first password from stdin")
    add(parts, "list", "the officers known here", list_officers)
    many = add(parts, "import", "appoint from a CSV file: name,office,role", import_officers)
    many.add_argument("file", type=Path)
    password = add(parts, "password", "give an officer who works at this node a password", set_password)
    password.add_argument("id")
    password.add_argument("--password-stdin", action="store_true", help="read it from stdin")


def add_officer(args: argparse.Namespace) -> Outcome:
    if args.role not in ROLES:
        raise Misuse("officer.unknown_role", role=args.role, roles=", ".join(ROLES))
    password = read_password(args)
    with opened(args) as program:
        node = program.node
        people.check_appointment(node, args.name, args.office, args.role)
        if password is not None and not people.serves_here(node, args.office):
            raise Misuse("officer.password_elsewhere", office=node.reference.office_name(args.office))
        with node.store.write():
            officer, new = people.appoint(node, args.name, args.office, args.role)
            if password is not None and (new or not program.accounts.has_password(officer)):
                program.accounts.set_password(officer, password)
    return Outcome({"officer": officer}, officer)


def list_officers(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        reference = program.node.reference
        rows = [
            {
                "officer": person.id,
                "name": person.name,
                "office": person.office,
                "role": person.role,
                "ended": person.ended,
                "here": people.serves_here(program.node, person.office),
                "password": program.accounts.has_password(person.id),
            }
            for person in reference.appointments.values()
        ]
    return Outcome({"officers": rows}, "\n".join(map(_officer_line, rows)))


def _officer_line(row: Mapping[str, Any]) -> str:
    ended = "(已解除)" if row["ended"] else ""
    return f"{row['officer']}  {row['office']:<14} {ROLES.get(row['role'], row['role'])} {row['name']}{ended}"


def import_officers(args: argparse.Namespace) -> Outcome:
    try:
        with args.file.open("rb") as file:
            data = file.read(people.MAX_LIST_BYTES + 1)
    except OSError as exc:
        raise Misuse("cli.unreadable", path=str(args.file), reason=exc.strerror) from exc
    with opened(args) as program:
        done = people.import_list(program.node, data)
    bad = [{"line": line, "error": error.code, "words": words(error)} for line, error in done.bad]
    text = "\n".join(f"第 {row['line']} 行:{row['words']}" for row in bad) or done.words()
    return Outcome({"new": list(done.new), "known": done.known, "bad": bad}, text, REFUSED if bad else DONE)


def set_password(args: argparse.Namespace) -> Outcome:
    password = read_password(args)
    if password is None:
        raise Misuse("cli.password_needed")
    with opened(args) as program:
        _require_here(program.accounts.people, args.id)
        program.accounts.set_password(args.id, password)
    return Outcome({"officer": args.id}, args.id)


def issue_token(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        _require_here(program.accounts.people, args.officer)
        token, expires = program.accounts.issue_token(args.officer, args.days)
    return Outcome({"token": token, "expires": iso_instant(expires)}, token)


def _require_here(here: People, officer: str) -> None:
    if here.get(officer) is None:
        raise NotFound("officer.not_here", officer=officer)


# -- settings


@dataclass(frozen=True)
class Setting:
    """A whole number from ``least`` to ``most``."""

    default: int
    least: int
    most: int


SETTINGS = {
    SETTING_LIMIT_KB: Setting(DEFAULT_LIMIT_KB, 50, 5_000),
    SETTING_RESERVE_MB: Setting(DEFAULT_RESERVE_MB, 50, 100_000),
}


def list_settings(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        local = program.node.store.local
        values = {name: local.setting(name, setting.default) for name, setting in SETTINGS.items()}
    return Outcome({"settings": values}, "\n".join(f"{name} {value}" for name, value in values.items()))


def change_setting(args: argparse.Namespace) -> Outcome:
    setting = SETTINGS[args.name]
    if not setting.least <= args.value <= setting.most:
        raise Misuse("setting.out_of_range", name=args.name, least=setting.least, most=setting.most)
    with opened(args) as program:
        program.node.store.local.set_setting(args.name, args.value)
    return Outcome({"settings": {args.name: args.value}}, f"{args.name} {args.value}")


# -- cases and the ledger


def show_case(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        node = program.node
        data = case_summary(node.case(args.number), node, args.as_of or node.today())
    return Outcome(data, listed(data))


def show_log(args: argparse.Namespace) -> int:
    """The lines, whether ``--json`` is asked or not."""
    with opened(args) as program:
        case = program.node.case(args.case).id if args.case else None
        out = getattr(sys.stdout, "buffer", None)
        for line in program.node.log(args.from_pos, case):
            if out is not None:
                out.write(line + b"\n")
            else:
                sys.stdout.write(line.decode("utf-8") + "\n")
        sys.stdout.flush()
    return DONE


def show_keys(args: argparse.Namespace) -> Outcome:
    """Revoked ones too: every line of the log can be checked with these.  The root key signed the first."""
    with opened(args) as program:
        node, reference = program.node, program.node.reference
        keys = [key for known in reference.nodes.values() for key in (known.sign, known.seal)]
        keys += [key for known in reference.department_keys.values() for _, _, key in known]
        opening = next(node.store.ledger.reference(), None)
        if opening is not None:
            keys.insert(0, opening.body["root"])
    return Outcome(dict(jwk_set(keys)))


def verify(args: argparse.Namespace) -> Outcome:
    try:
        with opened(args) as program:
            events, cases, fault = program.node.verify()
    except (Misuse, StoreDamaged) as exc:
        if exc.code not in DAMAGED:
            raise
        events, cases, fault = 0, 0, Fault(str(exc.detail["what"]), exc.code)
    except STUMBLED as exc:  # as it was opened
        events, cases, fault = 0, 0, Fault(f"{type(exc).__name__}: {exc}", DAMAGED[1])
    data = {
        "ok": fault is None,
        "events": events,
        "cases": cases,
        "fault": {"where": fault.where, "code": fault.code} if fault else None,
    }
    if fault is None:
        return Outcome(data, f"核对完毕:{events} 条留痕,{cases} 件办件,全部一致")
    return Outcome(data, f"不一致:{fault.where} ({fault.code})", REFUSED)


def rebuild(args: argparse.Namespace) -> Outcome:
    with opened(args) as program, alone(program.folder):
        cases = program.node.rebuild()
    return Outcome({"cases": cases}, f"已按办理留痕重建 {cases} 件办件的列表")


def status(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        data = program.node.status().as_json()
    return Outcome(data, listed(data))
