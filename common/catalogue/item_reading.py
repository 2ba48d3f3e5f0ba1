"""Reading an item edition from the body of its event, with every fault that it has; see ``Item.from_body``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from common.calendar import civil_date
from common.catalogue.amounts import decimal_of, fen_of
from common.catalogue.conditions import Condition, Shape, parse_condition
from common.catalogue.items import (
    STEP_LEVELS,
    TODAY,
    Agency,
    Alias,
    Basis,
    Charge,
    Excluded,
    Fee,
    Field,
    Item,
    Material,
    Option,
    Result,
    Season,
    Step,
    Term,
)
from common.catalogue.patterns import compile_pattern
from common.catalogue.reading import Reading
from common.clock import Unit

FIELD_TYPES = (
    "string", "text", "person_name", "cn_id", "uscc", "phone", "date", "datetime", "integer", "decimal",
    "money", "enum", "multi_enum", "bool", "division", "bank_account", "plate", "geo_point", "photo",
    "signature", "table",
)  # fmt: skip
AUTHORITIES = (
    "village_direct", "township_decides", "township_accepts_county_decides",
    "township_reviews_county_decides", "county_decides", "parallel_departments",
)  # fmt: skip
CASE_TYPES = ("instant", "promised", "forwarded", "joint")
APPLICANT_TYPES = ("natural_person", "organization")
STEP_KINDS = (
    "register", "accept", "check", "democratic_review", "publicity", "assess", "review", "forward",
    "parallel_opinion", "hearing_or_expert", "decide", "issue", "deliver", "file",
)  # fmt: skip
CLOCKS = ("not_started", "starts", "running", "stopped", "ends", "instant", "after_decision")
UNITS = ("working_day", "calendar_day")
MATERIAL_FORMS = ("original", "original_seen_copy", "photo", "electronic")
MATERIAL_SOURCES = ("applicant", "government", "third_party", "village", "form")
SCOPES = ("full", "partial", "booking_only", "none")
DIVISION_LEVELS = ("county", "township", "village")
MAX_SCALE = 6


def read_item(body: Mapping[str, Any]) -> Item:
    """See ``Item.from_body``."""
    code = body.get("code") if isinstance(body, Mapping) else None
    raw = Reading(body, f"事项 {code if isinstance(code, str) else '?'}")
    options = _read_enums(raw)
    form = _read_form(raw, options)
    limit = raw.below("time_limit")
    item = Item(
        code=raw.text("code"),
        edition=raw.text("edition"),
        name=raw.text("name"),
        name_en=raw.text_or_none("name_en") or "",
        department=raw.text("department"),
        co_departments=raw.texts("co_departments"),
        nature=raw.text("nature"),
        applicant_type=raw.choice("applicant_type", APPLICANT_TYPES),
        authority=raw.choice("authority", AUTHORITIES),
        case_type=raw.choice("case_type", CASE_TYPES),
        agency=_read_agency(raw.below("agency")),
        channels=raw.texts("channels"),
        legal_basis=tuple(Basis(b.text("title"), b.text_or_none("article")) for b in raw.each("legal_basis")),
        conditions=raw.texts("conditions"),
        materials=_read_materials(raw, form),
        procedure=_read_procedure(raw),
        promised=_read_term(limit.below("promised")),
        statutory=_read_term(limit.below("statutory")) if "statutory" in limit else None,
        excluded=tuple(_read_excluded(e) for e in limit.each("excluded")),
        fee=_read_fee(raw.below("fee")),
        result=_read_result(raw.below("result")),
        form=form,
        notify_and_commit=raw.flag("notify_and_commit", default=False),
        season=_read_season(raw.below("acceptance_window")) if "acceptance_window" in raw else None,
        note=raw.text_or_none("note"),
        pinyin=raw.text_or_none("pinyin") or "",
        initials=raw.text_or_none("initials") or "",
        aliases=tuple(_read_alias(a) for a in raw.each("aliases")),
        occasions=raw.texts("occasions"),
    )
    if sum(s.kind == "decide" for s in item.procedure) != 1:
        raw.fault("procedure", "应当正好有一个决定(decide)环节")
    raw.finish()
    return item


def _read_enums(raw: Reading) -> dict[str, tuple[Option, ...]]:
    enums = {}
    for name, _ in raw.items("enums"):
        found = tuple(Option(o.text("value"), o.text("name")) for o in raw.below("enums").each(name))
        if len({o.value for o in found}) != len(found) or not found:
            raw.fault(f"enums.{name}", "没有选项,或选项重复")
        enums[name] = found
    return enums


def _read_form(raw: Reading, enums: Mapping[str, tuple[Option, ...]]) -> tuple[Field, ...]:
    readings = list(raw.each("form"))
    shapes = {r.text("id"): _shape(r, enums) for r in readings}
    if len(shapes) != len(readings) or not readings:
        raw.fault("form", "没有字段,或字段重复")
    form = tuple(_read_field(r, enums, shapes) for r in readings)
    for reading, f in zip(readings, form, strict=True):
        for key, other in (
            ("derive_from", f.derive_from),
            ("min_field", f.not_before),
            ("same_as_warning", f.same_as),
        ):
            if other is not None and other not in shapes:
                reading.fault(key, f"表单里没有 {other}")
        if (
            f.derive_from is not None
            and (f.type, shapes.get(f.derive_from, shapes[f.id]).type) not in DERIVED
        ):
            reading.fault("derive_from", f"不能从 {f.derive_from} 得出")
        if f.not_before is not None and (f.type, shapes.get(f.not_before, shapes[f.id]).type) not in COMPARED:
            reading.fault("min_field", f"和 {f.not_before} 比不出先后")
    return form


# (type, type of the field it follows from): gender and birth date from an id number, age from a birth date
DERIVED = frozenset({("enum", "cn_id"), ("date", "cn_id"), ("integer", "date")})
COMPARED = frozenset({(kind, kind) for kind in ("date", "datetime", "integer", "money")})


def _shape(raw: Reading, enums: Mapping[str, tuple[Option, ...]]) -> Shape:
    options = enums.get(raw.text_or_none("enum") or "", ())
    return Shape(raw.choice("type", FIELD_TYPES), raw.text("name"), {o.value: o.name for o in options})


def _read_field(
    raw: Reading, enums: Mapping[str, tuple[Option, ...]], shapes: Mapping[str, Shape] | None
) -> Field:
    """``shapes`` is None for the columns of a table, which know nothing of other fields and hold no table."""
    kind = raw.choice("type", FIELD_TYPES if shapes is not None else FIELD_TYPES[:-1])
    chosen = raw.text_or_none("enum")
    if kind in ("enum", "multi_enum") and chosen not in enums:
        raw.fault("enum", f"没有选项表 {chosen}")
    min_px = raw.counts("min_px")
    if len(min_px) not in (0, 2):
        raw.fault("min_px", "应是宽和高两个数")
    return Field(
        id=raw.text("id"),
        name=raw.text("name"),
        type=kind,
        required=raw.flag("required", default=False),
        required_if=_read_condition(raw, "required_if", shapes or {}),
        hint=raw.text_or_none("hint"),
        pattern=_read_pattern(raw),
        least=_read_bound(raw, "min", kind),
        most=_read_bound(raw, "max", kind),
        scale=raw.count("scale", most=MAX_SCALE) if "scale" in raw else 2,
        min_length=raw.count_or_none("min_length"),
        max_length=raw.count_or_none("max_length", 1),
        options=enums.get(chosen or "", ()),
        columns=tuple(_read_field(c, enums, None) for c in raw.each("columns")),
        min_rows=raw.count("min_rows") if "min_rows" in raw else 0,
        max_rows=raw.count("max_rows", 1) if "max_rows" in raw else 50,
        level=raw.choice("level", DIVISION_LEVELS) if kind == "division" else None,
        derive_from=raw.text_or_none("derive_from"),
        not_before=raw.text_or_none("min_field"),
        same_as=raw.text_or_none("same_as_warning"),
        max_bytes=raw.count_or_none("max_bytes", 1),
        min_px=(min_px[0], min_px[1]) if len(min_px) == 2 else None,
    )


def _read_condition(raw: Reading, key: str, shapes: Mapping[str, Shape]) -> Condition | None:
    text = raw.text_or_none(key)
    if text is None:
        return None
    try:
        return parse_condition(text, shapes)
    except ValueError as exc:
        raw.fault(key, str(exc))
        return None


def _read_pattern(raw: Reading) -> str | None:
    text = raw.text_or_none("pattern")
    if text is not None:
        try:
            compile_pattern(text)
        except ValueError as exc:
            raw.fault("pattern", str(exc))
            return None
    return text


def _read_bound(raw: Reading, key: str, kind: str) -> str | None:
    if key not in raw:
        return None
    text = str(raw.value(key))
    try:
        match kind:
            case "integer" if text.removeprefix("-").isdigit():
                return text
            case "decimal":
                return str(decimal_of(text))
            case "money" if fen_of(text) >= 0:
                return text
            case "date":
                return text if text == TODAY else civil_date(text).isoformat()
    except ValueError:
        pass
    raw.fault(key, f"{text!r} 不能作 {kind} 的界限")
    return None


def _read_materials(raw: Reading, form: tuple[Field, ...]) -> tuple[Material, ...]:
    shapes = {f.id: Shape(f.type, f.name, {o.value: o.name for o in f.options}) for f in form}
    found = tuple(_read_material(m, shapes) for m in raw.each("materials"))
    if len({m.id for m in found}) != len(found):
        raw.fault("materials", "材料编号重复")
    return found


def _read_material(raw: Reading, shapes: Mapping[str, Shape]) -> Material:
    always = raw.choice("required", ("always", "conditional")) == "always"
    condition = _read_condition(raw, "condition", shapes)
    if always == ("condition" in raw):
        raw.fault("condition", "有条件的材料要写条件,必交的材料不写")
    return Material(
        id=raw.text("id"),
        name=raw.text("name"),
        form=raw.choice("form", MATERIAL_FORMS),
        copies=raw.count("copies", 1),
        always=always,
        source=raw.choice("source", MATERIAL_SOURCES),
        condition=condition,
        note=raw.text_or_none("note"),
    )


def _read_procedure(raw: Reading) -> tuple[Step, ...]:
    steps = tuple(_read_step(s) for s in raw.each("procedure"))
    if [s.number for s in steps] != list(range(1, len(steps) + 1)):
        raw.fault("procedure", "环节应从 1 起依次编号")
    return steps


def _read_step(raw: Reading) -> Step:
    return Step(
        number=raw.count("step", 1),
        level=raw.choice("level", STEP_LEVELS),
        kind=raw.choice("kind", STEP_KINDS),
        name=raw.text("name"),
        clock=raw.choice("clock", CLOCKS),
        days=raw.count_or_none("days"),
        unit=_read_unit(raw) if "unit" in raw or "days" in raw else None,
        department=raw.text_or_none("department"),
        parallel_group=raw.count_or_none("parallel_group"),
    )


def _read_unit(raw: Reading) -> Unit:
    return cast(Unit, raw.choice("unit", UNITS))


def _read_term(raw: Reading) -> Term:
    return Term(raw.count("days"), _read_unit(raw), raw.text_or_none("basis"))


def _read_excluded(raw: Reading) -> Excluded:
    return Excluded(raw.text("kind"), raw.text("name"), raw.count("days"), _read_unit(raw))


def _read_agency(raw: Reading) -> Agency:
    return Agency(raw.flag("allowed"), raw.choice("scope", SCOPES), raw.texts("in_person_steps"))


def _read_fee(raw: Reading) -> Fee:
    charges = (
        Charge(c.text("name"), c.text("per"), c.count_or_none("amount_fen")) for c in raw.each("amounts")
    )
    return Fee(raw.flag("charged"), raw.text_or_none("basis"), raw.text("standard"), tuple(charges))


def _read_result(raw: Reading) -> Result:
    return Result(raw.text("type"), raw.text("name"), raw.count_or_none("validity_months"))


def _read_season(raw: Reading) -> Season:
    return Season(raw.counts("months"), raw.text_or_none("note"))


def _read_alias(raw: Reading) -> Alias:
    return Alias(raw.text("name"), raw.text_or_none("pinyin") or "", raw.text_or_none("initials") or "")
