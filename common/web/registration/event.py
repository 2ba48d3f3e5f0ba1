"""What stands of an application in the registering event: the applicant, the papers, the mandate; and the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.case.commands import FinishNow, RegisterCase
from common.reference import Appointment, Edition
from common.web.registration import applicant
from common.web.registration.application import Application
from common.web.registration.tiles import DRAWING, OF_FIELD, Tile, paper_body

SCOPE = "代为填写申请、交材料,代收一次性告知等文书,代领办理结果"
"""What an agent may do under the mandate (R-102); the steps that the applicant must take himself are left out."""


def register_command(
    application: Application,
    edition: Edition,
    officer: Appointment,
    *,
    salt: str,
    reused: Mapping[str, Any] | None = None,
    village: str | None = None,
    submit: bool,
    urgent: bool,
    finish: FinishNow | None,
) -> RegisterCase:
    """The command that registers an application in which nothing is wrong.

    Args:
        reused: what an earlier application lent.  village: the applicant's, where neither form nor office says it.
    """
    return RegisterCase(
        salt=salt,
        number="",
        item=edition.item.code,
        edition=edition.id,
        channel=application.channel,
        applicant=applicant_body(application, reused),
        form=application.checked.values,
        query_code="",
        papers=tuple(papers_body(application, officer.id)),
        village=application.village or village,
        mandate=mandate_body(application, officer),
        first_asked=officer.id,
        ticked=tuple(application.ticked),
        urgent=urgent,
        submit=submit,
        finish=finish,
    )


def applicant_body(application: Application, reused: Mapping[str, Any] | None) -> dict[str, Any]:
    """The applicant.  ``reused``: what an earlier application lent with his consent: ``from`` and ``values``."""
    body = applicant.applicant_body(
        application.item, application.kind, application.checked.values, application.extra
    )
    if reused is None:
        return body
    return {**body, "reused": {"agreed": True, "from": reused["from"], "fields": sorted(reused["values"])}}


def papers_body(application: Application, officer: str) -> list[dict[str, Any]]:
    """The papers that were given, each with its grade of evidence; a page is named once."""
    given = [tile for tile in application.tiles if tile.given and tile.state != "closed"]
    drawn = [_drawing(application, officer)] if application.drawing else []
    return [*(_paper(application, tile, officer) for tile in given), *drawn]


def _paper(application: Application, tile: Tile, officer: str) -> dict[str, Any]:
    material = application.item.material(tile.id)
    itself = not tile.to_sign and (material is None or material.form in ("photo", "electronic"))
    form, count = "photo", tile.sheets
    if tile.electronic:
        form = "original"
    elif material is not None and not itself:
        if material.form == "original" and tile.seen:
            form, count = "original", count or material.copies
        elif count:
            form = "copy"
    body = paper_body(
        tile.id,
        tile.name,
        tile.pages,
        form=form,
        count=count,
        officer=officer,
        office=application.office,
        electronic=tile.electronic or itself,
        seen=tile.seen or tile.electronic,
    )
    if tile.electronic and application.drawing:
        body["signed"] = application.drawing["hash"]
    return body


def _drawing(application: Application, officer: str) -> dict[str, Any]:
    """The signature on the screen, a paper of its own."""
    f = application.signature_field
    return paper_body(
        OF_FIELD + (f.id if f else "signature"),
        f.name if f else "委托人签名",
        tuple(application.pages[DRAWING][:1]),
        form="original",
        count=0,
        officer=officer,
        office=application.office,
        electronic=True,
        seen=True,
    )


def mandate_body(application: Application, officer: Appointment) -> dict[str, Any] | None:
    """代办委托 (R-102), where an agent acts and the mandate is signed, on paper or on the screen."""
    proxy = application.tile(application.proxy_material.id) if application.proxy_material else None
    if not application.by_agent or proxy is None:
        return None
    if proxy.pages:
        signature = {"kind": "sheet", "paper": proxy.pages[0]["hash"]}
    elif application.drawing:
        signature = {"kind": "drawing", "paper": application.drawing["hash"]}
    else:
        return None
    return {
        "principal": application.name,
        "agent": officer.name,
        "officer": officer.id,
        "item": application.item.code,
        "scope": SCOPE,
        "excluded": list(application.item.agency.in_person_steps),
        "day": application.today.isoformat(),
        "signature": signature,
    }
