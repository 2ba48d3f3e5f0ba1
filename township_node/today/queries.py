"""What is to be done at a village: corrections to bring, results to deliver, drafts to finish, papers come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import url_for

from common.node import Node
from common.reference import Appointment
from common.store.views import CaseRow
from common.texts import STATES
from common.web.cases.wanted import handed_in, put_away
from common.web.registration.pages import application_of, drafts_of, path_to
from common.web.words import date_words, instant_words

MOST = 50
"""Lines of one kind; a village with more has the list of all its cases for the rest."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do, for the macro ``todo``."""

    kind: str
    name: str
    item: str
    rest: str
    act: str
    path: str
    tone: str | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """This month's cases of the village: registered, ended, under way, late."""

    registered: int
    ended: int
    under_way: int
    late: int


def todo(node: Node, officer: Appointment) -> list[Line]:
    """The lines, what is most pressing first."""
    return [*_corrections(node), *_offered(node), *_unsent(node), *_results(node), *_drafts(node, officer)]


def _item(node: Node, code: str) -> str:
    edition = node.reference.edition_in_force(code)
    return edition.item.name if edition else code


def _rows(node: Node, name: str) -> Iterator[CaseRow]:
    yield from node.worklist(name, [node.office], size=MOST).rows


def _corrections(node: Node) -> Iterator[Line]:
    """差 1 份:近期免冠照片。3月4日 周三一次性告知,3月30日 周一前补齐 (R-205, R-209)."""
    for row in _rows(node, "correcting"):
        view, today = node.case(row.case_id).view, node.today()
        if handed_in(view):
            continue
        notice = next(e for x in reversed(view.path) if (e := view.events[x]).type == "case.correction_asked")
        wanted = [str(one.get("what", "")) for one in notice.body["wanted"]]
        told = date_words(date.fromisoformat(notice.body["day"]), today)
        by = date_words(date.fromisoformat(notice.body["correct_by"]), today)
        rest = f"差 {len(wanted)} 份:{'、'.join(wanted)}。{told}一次性告知,{by}前补齐"
        path = url_for("registration.hand_in_page", case=row.case_id, kind="hand-in")
        yield Line("要补材料", row.applicant, _item(node, row.item), rest, "去补", path, tone="yellow")


def _offered(node: Node) -> Iterator[Line]:
    for row in _rows(node, "incoming"):
        rest = f"{node.reference.office_name(row.holder)}退回补充"
        yield Line("退回补充", row.applicant, _item(node, row.item), rest, "去看", _case(row), tone="yellow")


def _unsent(node: Node) -> Iterator[Line]:
    for row in _rows(node, "registered"):
        if row.offer_to is None:
            yield Line(
                "还没报送",
                row.applicant,
                _item(node, row.item),
                "登记了,还没报送",
                "报送",
                _case(row),
                quiet=True,
            )


def _results(node: Node) -> Iterator[Line]:
    """A decision is delivered against a signature; other ends are told by their notice, and put away."""
    for row in _rows(node, "results"):
        state, item = STATES.get(row.label, row.label), _item(node, row.item)
        if row.label in ("GRANTED", "REFUSED"):
            rest = f"{state},请打印后送给本人签收"
            yield Line("送达", row.applicant, item, rest, "送达", _case(row))
        elif not put_away(node.case(row.case_id).view):
            rest = f"{state},请打印通知书交给本人,再归档"
            yield Line("告知结果", row.applicant, item, rest, "去看", _case(row))


def _drafts(node: Node, officer: Appointment) -> Iterator[Line]:
    for draft in drafts_of(node, officer).all():
        edition = node.reference.edition_in_force(draft.item)
        if draft.case is not None or draft.empty or edition is None:
            continue
        application = application_of(node, officer, edition, draft)
        left = len(application.errors)
        kept = f"{instant_words(draft.at, node.now())} 存的"
        rest = f"{kept},还有 {left} 处要填" if left else f"{kept},填好了,还没登记"
        name = application.name or "还没填姓名"
        yield Line("没填完", name, edition.item.name, rest, "接着填", path_to(draft), quiet=True)


def _case(row: CaseRow) -> str:
    return f"/cases/{row.case_id}"


def this_month(node: Node) -> Month:
    """Counts of the cases that this village registered since the first of the month."""
    today = node.today()
    counts = node.store.views.registered_since(
        node.office, today.replace(day=1).isoformat(), today.isoformat()
    )
    return Month(*counts)
