"""The pages of registration on a real node of a real little county, and what a person brings to the table."""

from __future__ import annotations

import io
from datetime import date

from flask import Blueprint, Flask, render_template_string
from PIL import Image, ImageDraw

from common.accounts import Accounts
from common.catalogue.samples import made_up_person
from common.node import Node
from common.offices import Level
from common.people import Here
from common.reference import Appointment
from common.rights import RIGHTS, place
from common.web import items, notices, papers_view, prints, registration
from common.web.app import make_app
from common.web.rights import right
from common.web.settings import Settings
from tests.county import chance
from tests.web_app import PASSWORD, fast_check, fast_hash


def may_act(officer: Appointment, kind: str) -> bool:
    return officer.role in RIGHTS[kind].roles.get(place(officer.office), ())


def app_of(node: Node) -> Flask:
    """The pages of this node; every officer's password is PASSWORD."""
    accounts = Accounts(
        node.store.local,
        Here(node),
        node.now,
        chance("accounts"),
        hash_password=fast_hash,
        check_password=fast_check,
    )
    for officer in Here(node).here():
        accounts.set_password(officer.id, PASSWORD)
    settings = Settings(
        secret=b"sixteen bytes or more",
        start="/items",
        size="big" if node.level is Level.VILLAGE else "desk",
        may_act=may_act,
    )
    app = make_app("tests.registering", node, accounts, settings=settings)
    app.testing = True
    for blueprint in (
        registration.blueprint,
        items.blueprint,
        prints.blueprint,
        papers_view.blueprint,
        notices.blueprint,
        _cases(),
    ):
        app.register_blueprint(blueprint)
    return app


def _cases() -> Blueprint:
    """Stands in for the page of a case, which other tests look at."""
    cases = Blueprint("cases", __name__)

    @cases.get("/cases/<key>")
    @right("login")
    def page(key: str) -> str:
        return render_template_string(
            '{% extends "base.html" %}{% block title %}办件{% endblock %}'
            "{% block main %}<h1>{{ key }}</h1>{% endblock %}",
            key=key,
        )

    return cases


def photo(width: int = 900, height: int = 1200, words: str = "") -> bytes:
    """A made-up sheet of paper as a JPEG."""
    image = Image.new("RGB", (width, height), (246, 244, 238))
    draw = ImageDraw.Draw(image)
    for line in range(60, height - 40, 42):
        draw.line([(50, line), (width - 60 - line % 130, line)], fill=(90, 96, 104), width=5)
    draw.text((60, 20), words, fill="black")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def drawing() -> bytes:
    """A made-up signature as a PNG."""
    image = Image.new("RGB", (560, 200), "white")
    ImageDraw.Draw(image).line(
        [(40, 160), (120, 40), (200, 150), (300, 60), (420, 140), (520, 50)], fill="black", width=5
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def file(data: bytes | None = None, name: str = "photo.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(photo() if data is None else data), name


def old_person(today: date, seed: int = 7, ages: tuple[int, int] = (81, 95)):
    """Somebody old enough for 高龄津贴, who does not exist."""
    import random

    return made_up_person(random.Random(seed).randrange, today, ages)
