"""The shared pages without a whole node behind them: a node that only says who it is, accounts in memory."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Flask

from common.accounts import Accounts, Password, Reset, Session, Token
from common.clock import local_date
from common.reference import Appointment, Office, Reference
from common.web.app import make_app
from common.web.settings import Settings

TOWNSHIP, VILLAGE = "511322115", "511322115203"
NOON = 1_772_596_800_000  # 2026-03-04 12:00 in Beijing, a Wednesday
PASSWORD = "a made-up one"


class MemoryAccounts:
    """``AccountStore`` in dictionaries."""

    def __init__(self):
        self.passwords: dict[str, Password] = {}
        self.all_sessions: dict[bytes, Session] = {}
        self.tokens: dict[bytes, Token] = {}
        self.resets: dict[str, Reset] = {}
        self.attempts: dict[str, tuple[int, int]] = {}
        self.written = 0

    @contextmanager
    def write(self):
        self.written += 1
        yield

    def password(self, officer):
        return self.passwords.get(officer)

    def save_password(self, row):
        self.passwords[row.officer] = row

    def session(self, key):
        return self.all_sessions.get(key)

    def sessions(self, officer):
        return [row for row in self.all_sessions.values() if row.officer == officer]

    def save_session(self, row):
        self.all_sessions[row.key] = row

    def forget_sessions(self, before):
        self.all_sessions = {k: row for k, row in self.all_sessions.items() if row.created >= before}

    def token(self, key):
        return self.tokens.get(key)

    def save_token(self, row):
        self.tokens[row.key] = row

    def drop_tokens(self, officer):
        self.tokens = {k: row for k, row in self.tokens.items() if row.officer != officer}

    def reset(self, officer):
        return self.resets.get(officer)

    def save_reset(self, row):
        self.resets[row.officer] = row

    def drop_reset(self, officer):
        self.resets.pop(officer, None)

    def tries(self, key):
        return self.attempts.get(key, (0, 0))

    def count_try(self, key, at):
        self.attempts[key] = (self.tries(key)[0] + 1, at)
        return self.attempts[key][0]

    def clear_tries(self, key):
        self.attempts.pop(key, None)


@dataclass
class Clock:
    """A clock that tests move."""

    ms: int = NOON

    def __call__(self) -> int:
        return self.ms

    def go(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        self.ms += int(1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days))))


class Bytes:
    """Randomness that repeats from run to run and never within one."""

    def __init__(self):
        self.given = 0

    def __call__(self, size: int) -> bytes:
        self.given += 1
        return self.given.to_bytes(size)


@dataclass
class Staff:
    """``People``: the officers named in a test."""

    officers: dict[str, Appointment] = field(default_factory=dict)

    def get(self, officer):
        return self.officers.get(officer)

    def here(self):
        return list(self.officers.values())


def appointment(
    name: str, role: str = "clerk", office: str = TOWNSHIP, post: str | None = None
) -> Appointment:
    """An appointment whose id follows from its name."""
    id = name.encode().hex().ljust(64, "0")[:64]
    return Appointment(id, name, office, role, post, "hub000000000/AAAAAAAA", 1, 0)


AGENT = appointment("陈国秀", "agent", VILLAGE)
CLERK = appointment("王丽", "clerk", f"{TOWNSHIP}/MZ", "A岗")
LEAD = appointment("李强", "lead")
TECHNICIAN = appointment("周工", "technician")
ALL = (CLERK, LEAD, TECHNICIAN)


@dataclass
class FakeNode:
    """What the pages ask of a node (``common.web.settings.WebNode``)."""

    clock: Clock = field(default_factory=Clock)
    id: str = "nnnnnnnnnnnn"
    name: str = "回龙镇便民服务中心"
    practice: bool = False
    reference: Reference = field(default_factory=Reference)

    def __post_init__(self) -> None:
        self.reference.offices[TOWNSHIP] = Office(TOWNSHIP, "回龙镇便民服务中心")
        self.reference.offices[VILLAGE] = Office(VILLAGE, "双河村便民服务代办点")
        self.reference.county = "511322"
        self.reference.offices["511322/MZ"] = Office("511322/MZ", "县民政局", "民政岗")

    def now(self) -> int:
        return self.clock()

    def today(self) -> date:
        return local_date(self.clock())


def fast_hash(password: str, random) -> str:
    """Stands in for Argon2id, which takes its time."""
    return f"plain {random(4).hex()} {password}"


def fast_check(password: str, hashed: str) -> bool:
    return hashed.split(" ", 2)[2] == password


def accounts_of(*officers: Appointment, clock: Clock | None = None, store=None, **limits) -> Accounts:
    """Accounts of these officers, each with PASSWORD as his own."""
    store = store or MemoryAccounts()
    staff = Staff({o.id: o for o in officers})
    accounts = Accounts(
        store, staff, clock or Clock(), Bytes(), hash_password=fast_hash, check_password=fast_check, **limits
    )
    for officer in officers:
        accounts.set_password(officer.id, PASSWORD)
        store.save_password(replace(store.password(officer.id), changed_at=1))
    return accounts


@dataclass
class World:
    """An app with all that stands behind it."""

    app: Flask
    node: FakeNode
    accounts: Accounts
    clock: Clock


def make_world(
    *officers: Appointment, node: FakeNode | None = None, import_name: str = "tests.web_app", **settings
) -> World:
    node = node or FakeNode()
    accounts = accounts_of(*(officers or ALL), clock=node.clock)
    settings.setdefault("secret", b"sixteen bytes or more")
    settings.setdefault("start", "/account")
    app = make_app(import_name, node, accounts, settings=Settings(**settings))
    return World(app, node, accounts, node.clock)
