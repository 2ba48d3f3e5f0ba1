"""The text of a decision 决定书: what the department signs, and word for word what is printed (R-502, R-507)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from common.case import CaseView
from common.case.file import acts_in_effect
from common.catalogue.items import Item
from common.ids import mask_id
from common.reference import Reference
from common.web.cases.wanted import registration
from common.web.words import formal_day

NOT_NUMBERED = "(签发时编号)"
"""Stands in a preview for the number that the office's series gives at the decision (R-511)."""


def decision_text(
    view: CaseView,
    item: Item,
    reference: Reference,
    *,
    office: str,
    granted: bool,
    reasons: str,
    basis: str,
    number: str | None,
    day: date,
) -> str:
    """The whole document as text, a paragraph a line; the first line is its title.

    Args:
        office: that decides.  reasons: the facts and the opinion; of a refusal never empty (R-502).
        number: None in a preview.
    """
    made = registration(acts_in_effect(view))
    applicant: Mapping[str, Any] = made.body["applicant"] if made else {}
    state = view.state
    name, identity = str(applicant.get("name", "")), id_words(applicant)
    applied = f"于{formal_day(state.registration.day)}" if state.registration else ""
    accepted = (
        f"，{_accepter(view, reference, office)}自{formal_day(state.accepted)}起受理"
        if state.accepted
        else ""
    )
    lines = [
        decision_title(item, granted=granted),
        f"文号：{number or NOT_NUMBERED}",
        f"申请人：{name}{f'({identity})' if identity else ''}",
        f"办件编号：{state.registration.number if state.registration else ''}",
        f"申请事项：{item.name}",
        "",
        f"申请人{applied}提出上述申请{accepted}。{_closed(reasons, '审查意见' if granted else '不予的理由')}",
        f"依据{basis.rstrip('。')}，决定{'准予' if granted else '不予'}{_object(item)}。",
    ]
    if granted:
        lines.append(f"办理结果：{item.result.name}。")
    else:
        lines.append(
            f"申请人如不服本决定，可以自收到本决定书之日起60日内依法申请行政复议（复议机关：{reference.county_name}人民政府），"
            "也可以自收到本决定书之日起6个月内依法向人民法院提起行政诉讼。"
        )
    return "\n".join([*lines, "", full_office(reference, office), formal_day(day)])


def _accepter(view: CaseView, reference: Reference, office: str) -> str:
    """Who accepted: 本机关, or by its name another office, that passed the case on (R-107, R-208)."""
    acts = [event for event in acts_in_effect(view) if event.type in ("case.accepted", "case.lapsed")]
    by = str(acts[-1].body["office"]) if acts else office
    return "本机关" if by == office else full_office(reference, by)


def _closed(reasons: str, words: str) -> str:
    text = reasons.strip().rstrip(",，;；、")
    if not text:
        return "经审查，符合规定的条件。"
    return f"{words}：{text if text.endswith(('。', '!', '?', '！', '？')) else text + '。'}"


def _object(item: Item) -> str:
    return "行政许可" if item.nature == "行政许可" else "所申请的事项"


def decision_title(item: Item, *, granted: bool) -> str:
    """准予行政许可决定书 where it is a licence, 准予决定书 elsewhere; 不予 likewise."""
    return f"{'准予' if granted else '不予'}{'行政许可' if item.nature == '行政许可' else ''}决定书"


def full_office(reference: Reference, office: str) -> str:
    """营山县民政局, 营山县回龙镇便民服务中心: as it stands above a document."""
    county, name = reference.county_name, reference.office_name(office)
    if name.startswith(county):
        return name
    return county + (name[1:] if county and name[:1] == county[-1] else name)


def id_words(applicant: Mapping[str, Any]) -> str:
    """身份证号 5113**********0024, masked; or the credit code, which is public; or nothing."""
    if number := applicant.get("id_number"):
        return f"身份证号 {mask_id(str(number))}"
    if code := applicant.get("credit_code"):
        return f"统一社会信用代码 {code}"
    return ""
