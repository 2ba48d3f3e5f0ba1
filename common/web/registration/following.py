"""What happens next, by whom, by when: the sentences of the last page and of the slip."""

from __future__ import annotations

from common.case import UNANSWERED, Status, TermKind, open_terms
from common.case.file import acts_in_effect
from common.catalogue.items import Item
from common.node import CaseFile, Node
from common.web.items.queries import intake_office
from common.web.items.words import term_words
from common.web.registration.tiles import is_electronic
from common.web.words import date_words


def following(node: Node, file: CaseFile) -> list[str]:
    """What comes next for a case that has just been registered, in order."""
    if file.edition is None:
        return []
    item, state = file.edition.item, file.view.state
    if state.decision is not None:
        return ["打印决定书,交给申请人。", "请申请人评价;不想评价,可以跳过。"]
    if state.status in UNANSWERED:
        return [
            _answer(node.reference.office_name(state.holder), _last_day(node, file, TermKind.NOTICE)),
            _promise(item),
        ]
    if state.status is not Status.REGISTERED:
        return []
    by = _last_day(node, file, TermKind.REPORT)
    if state.offer is None:
        return [
            f"还没有报送{f',最迟 {by}' if by else ''}。在「办件」里打开这一件,点「报送」。",
            _promise(item),
        ]
    to = node.reference.office_name(state.offer_to or "")
    sent = f"传到{to}{f',最迟 {by}' if by else ''}。有网自动传;没有网,连上以后再传,不用重填。"
    return [sent, *_originals(file, to), _answer(to, ""), _promise(item)]


def promised(node: Node, file: CaseFile) -> list[str]:
    """What the applicant is told on the slip: who answers by when, and the promise; nothing once he is answered."""
    state = file.view.state
    if file.edition is None or state.status not in (Status.REGISTERED, *UNANSWERED):
        return []
    item, made = file.edition.item, state.registration
    office = intake_office(node.reference, item, made.office, made.village) if made else state.holder
    by = _last_day(node, file, TermKind.NOTICE)
    return [_answer(node.reference.office_name(office), by), _promise(item)]


def _last_day(node: Node, file: CaseFile, kind: TermKind) -> str:
    """The last day of a short term that runs now, as people say it; empty if none runs (R-104, R-205)."""
    terms = open_terms(file.view, node.reference, node.today())
    return next((date_words(term.by, node.today()) for term in terms if term.kind is kind), "")


def _originals(file: CaseFile, to: str) -> list[str]:
    """Originals that were taken in travel by hand."""
    papers = [p for act in acts_in_effect(file.view) for p in act.body.get("papers") or ()]
    names = [str(p.get("name")) for p in papers if p.get("form") == "original" and not is_electronic(p)]
    return [f"收下的原件送到{to}:{'、'.join(names)}。"] if names else []


def _answer(office: str, by: str) -> str:
    """R-205."""
    when = f"最迟 {by} " if by else "收到后 5 个工作日内"
    return f"{office}{when}受理,或者一次性告知还要补什么。"


def _promise(item: Item) -> str:
    return "受理以后当场办结。" if item.instant else f"受理以后,承诺 {term_words(item.promised)}办结。"
