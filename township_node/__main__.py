"""The command line of a village's or a township's node."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext

from common.cli import DONE, NO_LINK, REFUSED, Outcome, program_parser, run
from common.commands import a_count, add, add_group, add_shared_commands, an_address
from common.errors import PeerRefused
from common.offices import level
from common.program import alone, opened, serve
from common.texts import words
from sync.child import SyncReport, parents, set_parents
from township_node.exchanging import Exchanging
from township_node.joining import join, require_enrolled

_CODES = {"level": DONE, "cut": NO_LINK, "refused": REFUSED}


def main(argv: Sequence[str] | None = None) -> int:
    parser, commands = program_parser("township-node", "便民 Bianmin: a village's or a township's node")
    init = add(commands, "init", "enrol this machine by its slip; run it again after a missing link", create)
    init.add_argument("--slip", required=True, metavar="FILE|TEXT")
    init.add_argument(
        "--parent",
        action="append",
        default=[],
        type=an_address,
        metavar="URL",
        help="instead of the slip's addresses",
    )
    serving = add(commands, "serve", "serve pages and exchange until SIGTERM", serve_pages)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=a_count, default=0, help="0: a free one, which is printed")
    serving.add_argument("--no-sync", action="store_true", help="do not exchange with the parents by itself")
    sync = add(commands, "sync", "exchange with the first parent that answers until level", sync_now)
    sync.add_argument("--parent", action="append", default=[], type=an_address, metavar="URL")
    parent = add_group(commands, "parent", "the parents' addresses")
    add(parent, "list", "the parents' addresses in order", list_parents)
    change = add(parent, "set", "set the parents' addresses, in the order to be tried", change_parents)
    change.add_argument("url", nargs="+", type=an_address)
    add_shared_commands(commands)
    return run(parser, argv)


def create(args: argparse.Namespace) -> Outcome:
    chain = join(args)
    return Outcome(
        {"node": chain.node, "office": chain.office, "name": chain.name, "level": level(chain.office).value},
        f"{chain.name} 已启用,节点 {chain.node}",
    )


def serve_pages(args: argparse.Namespace) -> int:
    from township_node.app import create_app  # the other commands start sooner without the pages

    with opened(args) as program:
        require_enrolled(program.node)
        exchanging = Exchanging(program.node, program.papers)
        with alone(program.folder), nullcontext() if args.no_sync else exchanging.running():
            return serve(create_app(program, exchanging), args.host, args.port)


def sync_now(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        require_enrolled(program.node)
        report = Exchanging(program.node, program.papers).once(args.parent or None)
    return Outcome(report.as_json(), _said(report), _CODES[report.result])


def _said(report: SyncReport) -> str:
    match report.result:
        case "level":
            papers = f",还有 {report.papers_left} 页材料要传" if report.papers_left else ""
            return f"同步完毕:传出 {report.sent} 条,取到 {report.taken} 条{papers}"
        case "cut":
            return "连不上上级,什么都没有丢;有了网络再同步"
    return words(PeerRefused(report.code or "sync.refused", url=report.parent))


def list_parents(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        urls = list(parents(program.node))
    return Outcome({"parents": urls}, "\n".join(urls))


def change_parents(args: argparse.Namespace) -> Outcome:
    with opened(args) as program:
        set_parents(program.node, args.url)
    return Outcome({"parents": args.url}, "\n".join(args.url))


if __name__ == "__main__":
    raise SystemExit(main())
