"""The command line of the county's hub."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from common.cli import DONE, Outcome, data_folder, program_parser, run
from common.clock import MAX_TERM_DAYS, Pause, Unit, due_date
from common.commands import Commands, a_count, a_day, add, add_group, add_shared_commands, an_address, iso
from common.errors import Misuse, NotFound
from common.node import Node
from common.program import HUB_PROGRAM, alone, new_store, opened, practice_clock, refuse_moved_clock, serve
from county_hub.slips import making

UNITS: Mapping[str, Unit] = {"working": "working_day", "calendar": "calendar_day"}


def main(argv: Sequence[str] | None = None) -> int:
    parser, commands = program_parser(HUB_PROGRAM, "便民 Bianmin: the county's hub")
    init = add(commands, "init", "start a county: its keys, divisions, calendar and catalogue", create)
    init.add_argument("--county", required=True, metavar="CODE", help="six-digit division code")
    init.add_argument("--url", type=an_address, help="the hub's public address, in slips and QR codes")
    init.add_argument(
        "--pack", type=Path, metavar="DIR", help="divisions, and where given calendar and catalogue"
    )
    init.add_argument("--practice", action="store_true", help="a practice county 演练: nothing in it counts")
    url = add_group(commands, "url", "the hub's public address")
    add(url, "set", "set the public address", set_url).add_argument("url", type=an_address)
    serving = add(commands, "serve", "serve pages and exchange until SIGTERM", serve_pages)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=a_count, default=0, help="0: a free one, which is printed")
    serving.add_argument(
        "--proxy", metavar="ADDRESS", help="the reverse proxy that speaks https for us, if any"
    )
    _slip_command(commands)
    add_shared_commands(commands)
    _due_command(commands)
    return run(parser, argv)


def _slip_command(commands: Commands) -> None:
    slip = add(commands, "slip", "a one-time slip by which an office's node is enrolled", make_slips)
    which = slip.add_mutually_exclusive_group(required=True)
    which.add_argument("office", nargs="?", help="9-digit township or 12-digit village code")
    which.add_argument("--township", metavar="CODE", help="a township and its villages")
    which.add_argument("--all", action="store_true", help="every township and village")
    slip.add_argument(
        "--parent",
        action="append",
        default=[],
        type=an_address,
        metavar="URL",
        help="an address before the hub's own",
    )


def _due_command(commands: Commands) -> None:
    due = add(commands, "due", "work out a due date", work_out_due)
    due.add_argument("--accepted", required=True, metavar="TIME", type=a_day)
    due.add_argument("--days", required=True, type=a_count, metavar="N", help=f"at most {MAX_TERM_DAYS}")
    due.add_argument("--unit", choices=tuple(UNITS), default="working")
    due.add_argument(
        "--pause",
        action="append",
        default=[],
        type=a_pause,
        metavar="FROM/TO",
        help="the local dates on which it starts and ends",
    )


def a_pause(text: str) -> Pause:
    """FROM/TO: the local dates on which a pause starts and ends (R-410)."""
    start, slash, end = text.partition("/")
    if not slash:
        raise argparse.ArgumentTypeError(f"not FROM/TO: {text}")
    first, last = a_day(start), a_day(end)
    if last < first:
        raise argparse.ArgumentTypeError(f"the pause ends before it starts: {text}")
    return first, last


def create(args: argparse.Namespace) -> Outcome:
    from common.packs import BadPack, load_pack  # the other commands start sooner without pinyin
    from county_hub.founding import ROOT_KEY, publish_pack, write_root_key

    refuse_moved_clock(args.practice)
    pack = load_pack(args.pack)
    if pack.county != args.county:
        raise BadPack([f"资料包是{pack.county_name}({pack.county})的,不是 {args.county} 的"])
    root_path = data_folder(args) / ROOT_KEY
    with new_store(args) as store:
        with store.write():
            node, root = Node.create_hub(
                store,
                practice_clock(),
                secrets.token_bytes,
                county=args.county,
                name=pack.county_name,
                practice=args.practice,
            )
            publish_pack(node, pack)
            if args.url:
                making.set_address(node, args.url)
        write_root_key(root_path, root)
        name, id = node.name, node.id
    data = {"node": id, "county": args.county, "name": name, "root": root.kid, "root_key": str(root_path)}
    text = (
        f"{name}已建立,节点 {id}。\n"
        f"根密钥在 {root_path}。请抄到两份离线介质上,分开保管,然后从这台机器上删去。"
    )
    return Outcome(data, text)


def set_url(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        making.set_address(program.node, args.url)
    return Outcome({"url": args.url}, args.url)


def serve_pages(args: argparse.Namespace) -> int:
    from county_hub.app import create_app  # the other commands start sooner without the pages
    from county_hub.chores import at_work

    with opened(args) as program, alone(program.folder):
        app = create_app(program)
        with at_work(program.node):
            serve(app, args.host, args.port, proxy=args.proxy)
    return DONE


def make_slips(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        node = program.node
        many = args.all or args.township
        offices = making.divisions(node, args.township) if many else [args.office]
        made = [slip.as_json() for slip in making.make(node, offices, args.parent)]
    if many:
        return Outcome({"slips": made}, "\n".join(f"{slip['office']}  {slip['text']}" for slip in made))
    return Outcome(made[0], str(made[0]["text"]))


def work_out_due(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        newest = program.node.reference.newest_calendar()
    if newest is None:
        raise NotFound("calendar.none")
    calendar = newest[1]
    ends = due_date(calendar, args.accepted, args.days, UNITS[args.unit], args.pause)
    if ends.due is None:  # every pause has an end here
        raise Misuse("due.too_long", most=MAX_TERM_DAYS)
    data = {
        "accepted_on": iso(args.accepted),
        "due": iso(ends.due),
        "provisional": ends.provisional,
        "counted": [iso(day) for day in ends.counted],
        "calendar": calendar.version,
    }
    return Outcome(data, _due_words(ends.due, provisional=ends.provisional))


def _due_words(last: date, *, provisional: bool) -> str:
    return f"{last}{'(暂定:节假日安排还没公布)' if provisional else ''}"


if __name__ == "__main__":
    raise SystemExit(main())
