"""Web apps over the nodes of the little county (tests/county.py): officers at their desks, with real cases.

desks = Desks(county)
clerk = desks.client(county.township, "王丽")      a PageClient, logged in
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask

from common import departments
from common.accounts import Accounts
from common.case import commands as c
from common.case.decide import Author
from common.events import Event
from common.node import Node
from common.offices import Level
from common.people import Here
from common.reference import Appointment
from common.web.app import make_app
from common.web.features import SHARED, may_act
from common.web.settings import NavLink, Settings
from tests.county import County, chance
from tests.page import PageClient
from tests.web_app import fast_check, fast_hash

PASSWORD = "a made-up one"
NEVER_MS = 10**15  # the clocks of tests jump; nobody is locked out by it


@dataclass
class Desks:
    """The apps, one a node; every officer has PASSWORD."""

    county: County
    apps: dict[str, Flask] = field(default_factory=dict)

    def app(self, node: Node) -> Flask:
        if node.id not in self.apps:
            self.apps[node.id] = self._app(node)
        return self.apps[node.id]

    def _app(self, node: Node) -> Flask:
        accounts = Accounts(
            node.store.local,
            Here(node),
            node.now,
            chance(node.id),
            hash_password=fast_hash,
            check_password=fast_check,
            idle_ms=NEVER_MS,
            life_ms=NEVER_MS,
        )
        for officer in accounts.people.here():
            accounts.set_password(officer.id, PASSWORD)
        size = "big" if node.level is Level.VILLAGE else "desk"
        settings = Settings(
            secret=b"sixteen bytes or more",
            may_act=may_act,
            size=size,
            nav=_nav(node),
            start="/worklists/todo",
        )
        app = make_app("tests.desks", node, accounts, settings=settings)
        for blueprint in SHARED:
            app.register_blueprint(blueprint)
        return app

    def officer(self, node: Node, name: str) -> Appointment:
        return next(o for o in Here(node).here() if o.name == name)

    def client(self, node: Node, name: str) -> PageClient:
        """A browser with this officer logged in."""
        client = PageClient(self.app(node))
        client.log_in(self.officer(node, name).id, PASSWORD)
        return client


def _nav(node: Node) -> Any:
    names = {"todo": "待办", "incoming": "待接收", "all": "全部办件"}
    if node.level is Level.VILLAGE:
        names = {"mine": "我的办件"}
    links = [NavLink(words, f"/worklists/{name}") for name, words in names.items()]
    return lambda officer: links if officer else []


# -- a case on its way, by the people of the little county


@dataclass
class Journey:
    """One case of the little county, moved on by its people; ``number`` finds it everywhere."""

    county: County
    made: Event

    @classmethod
    def start(cls, county: County, item: str = "MZ-005", **more: Any) -> Journey:
        """Registered in the village, and carried to the township."""
        journey = cls(county, county.register(county.village, item, **more))
        county.carry(county.village, county.township)
        return journey

    @property
    def number(self) -> str:
        return str(self.made.body["number"])

    def do(self, node: Node, name: str, command: c.Command, office: str | None = None) -> tuple[Event, ...]:
        """An act of this officer at a node, for the office (his own if None)."""
        officer = next(o for o in Here(node).here() if o.name == name)
        return node.act(command, Author(officer.id, office or officer.office), case=self.made.id)

    def at_township(self, command: c.Command, name: str = "王丽") -> tuple[Event, ...]:
        return self.do(self.county.township, name, command)

    def days(self, count: int) -> None:
        self.county.clock.now += int(timedelta(days=count).total_seconds() * 1000)

    def to_county(self) -> None:
        """Accepted, reviewed and reported up; at the county, not taken yet."""
        self.at_township(c.AcceptCase())
        self.at_township(c.OfferCase(f"{self.county.county}/MZ", "材料齐全,建议准予。"))
        self.county.level()

    def decided(self, *, granted: bool = True) -> None:
        """Taken and decided by the department, and carried everywhere."""
        self.to_county()
        hub, office = self.county.hub, f"{self.county.county}/MZ"
        self.do(hub, "罗小兰", c.TakeCase(), office)
        departments.ensure_key(hub, office)
        reasons = None if granted else "年龄不满八十周岁"
        self.do(hub, "唐建国", c.DecideCase(granted, reasons, document="决定书\n全文"), office)
        self.county.level()
