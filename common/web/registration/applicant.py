"""Who applies 申请人: what the item's form says of it already, what is asked beside it, how it stands in the event.

The catalogue's forms share the names of their first fields; what a form asks is never asked twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.catalogue.field_types import FIELD_CHECKS, FormContext, Wrong, blank
from common.catalogue.items import Field, Item

PREFIX = "_who."
"""Before the names of the inputs that stand beside the item's form."""

NAMES = ("applicant_name", "org_name")
ID_NUMBER, CREDIT_CODE, PHONE, VILLAGE, ADDRESS = "id_number", "uscc", "mobile", "village", "address"
LEGAL_PERSON, GUARDIAN_NAME, GUARDIAN_PHONE = "legal_person", "guardian_name", "guardian_mobile"
NUMBERS = (ID_NUMBER, CREDIT_CODE)

IDENTITY = frozenset({
    *NAMES, *NUMBERS, PHONE, VILLAGE, ADDRESS, LEGAL_PERSON, GUARDIAN_NAME, GUARDIAN_PHONE,
    "gender", "birth_date", "ethnicity", "group_no", "hukou_address",
})  # fmt: skip
ACCOUNT = frozenset({"bank_name", "bank_account", "account_holder"})
REUSABLE = IDENTITY | ACCOUNT
"""What an earlier application may lend, with the applicant's consent: never health, money or papers."""


class Kind(StrEnum):
    """Who applies, as the event names it."""

    PERSON = "person"
    WITHOUT_ID = "person_without_id"
    ORGANISATION = "organisation"


KIND_WORDS: Mapping[Kind, str] = {
    Kind.PERSON: "个人,带了身份证",
    Kind.WITHOUT_ID: "个人,没带身份证",
    Kind.ORGANISATION: "单位",
}


def kinds(item: Item) -> tuple[Kind, ...]:
    """Who may apply; the first is the usual one."""
    if item.applicant_type == "organization":
        return (Kind.ORGANISATION,)
    return (Kind.PERSON, Kind.WITHOUT_ID) if item.field(ID_NUMBER) else (Kind.PERSON,)


def kind_of(item: Item, typed: str) -> Kind:
    """The kind that was chosen, or the usual one."""
    possible = kinds(item)
    return next((kind for kind in possible if kind == typed), possible[0])


def extra_fields(item: Item, kind: Kind, *, guarded: bool) -> tuple[Field, ...]:
    """What is asked beside the form.  ``guarded``: a guardian acts for the applicant."""
    wanted: list[Field] = []
    organisation = kind is Kind.ORGANISATION
    if not any(item.field(name) for name in NAMES):
        kind_of_name = "string" if organisation else "person_name"
        wanted.append(
            Field("name", "单位名称" if organisation else "申请人姓名", kind_of_name, required=True)
        )
    if kind is Kind.WITHOUT_ID:
        hint = "例如:证件遗失正在补办;在外务工,证件在身边"
        wanted.append(Field("reason", "没带身份证的原因", "string", required=True, hint=hint, max_length=100))
    if not item.field(PHONE):
        wanted.append(Field("phone", "联系电话", "phone", required=True))
    if organisation:
        wanted.append(Field("handler_name", "经办人姓名", "person_name", hint="法定代表人自己来办的,不用填"))
        wanted.append(Field("handler_phone", "经办人电话", "phone"))
    if guarded and not organisation:
        if not item.field(GUARDIAN_NAME):
            wanted.append(Field("guardian_name", "监护人姓名", "person_name", required=True))
            wanted.append(Field("guardian_phone", "监护人电话", "phone", required=True))
        relation = "例如:父亲、母亲、儿子"
        wanted.append(
            Field(
                "guardian_relation", "与申请人的关系", "string", required=True, hint=relation, max_length=20
            )
        )
    return tuple(wanted)


def check_extra(
    wanted: Iterable[Field], typed: Mapping[str, Any], ctx: FormContext
) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed beside the form: (values, words of what is wrong by input name)."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in wanted:
        raw = typed.get(field.id)
        if not blank(raw):
            try:
                values[field.id] = FIELD_CHECKS[field.type](field, raw, ctx)
            except Wrong as wrong:
                errors[PREFIX + field.id] = f"「{field.name}」:{wrong.advice.rstrip('。')}。"
        elif field.required:
            errors[PREFIX + field.id] = f"「{field.name}」没有填。"
    return values, errors


def name_of(item: Item, form: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    """The applicant's name as far as it is known; empty if it is not."""
    return str(next((form[name] for name in NAMES if form.get(name)), extra.get("name", "")))


def applicant_body(
    item: Item, kind: Kind, form: Mapping[str, Any], extra: Mapping[str, Any]
) -> dict[str, Any]:
    """The applicant as the event carries it; checked values in, what is not known left out."""
    guardian = {
        "name": extra.get("guardian_name") or form.get(GUARDIAN_NAME),
        "phone": extra.get("guardian_phone") or form.get(GUARDIAN_PHONE),
        "relation": extra.get("guardian_relation"),
    }
    handler = {"name": extra.get("handler_name"), "phone": extra.get("handler_phone")}
    body: dict[str, Any] = {
        "kind": kind.value,
        "name": name_of(item, form, extra),
        "id_number": form.get(ID_NUMBER),
        "credit_code": form.get(CREDIT_CODE),
        "phone": form.get(PHONE) or extra.get("phone"),
        "address": form.get(ADDRESS),
        "legal_person": form.get(LEGAL_PERSON),
        "reason": extra.get("reason"),
        "guardian": _known(guardian) if guardian["name"] else None,
        "handler": _known(handler) if handler["name"] else None,
    }
    return _known(body)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who acts beside the applicant: a guardian, a handler."""

    name: str
    phone: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """The applicant as a page or a print shows him; what an event does not say is empty or None."""

    kind: str
    name: str
    id_number: str = ""
    credit_code: str = ""
    phone: str = ""
    address: str = ""
    legal_person: str = ""
    reason: str = ""
    guardian: Party | None = None
    handler: Party | None = None

    @property
    def number(self) -> str:
        """The number that identifies him, if one is known."""
        return self.id_number or self.credit_code


def read_applicant(body: Mapping[str, Any]) -> Applicant:
    """The applicant in the body of an event; total, whatever stands there."""
    texts = {key: str(body.get(key) or "") for key in _TEXTS}
    return Applicant(**texts, guardian=_party(body.get("guardian")), handler=_party(body.get("handler")))


_TEXTS = ("kind", "name", "id_number", "credit_code", "phone", "address", "legal_person", "reason")


def _party(body: object) -> Party | None:
    if not isinstance(body, Mapping) or not body.get("name"):
        return None
    return Party(str(body["name"]), str(body.get("phone") or ""), str(body.get("relation") or ""))


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
