"""The 21 types of form fields: what was typed becomes the value that is stored, or a word on what is wrong with it.

Stored values are JSON without floats: text, whole numbers, booleans, lists and objects of these.  A stored
value given again is taken as it is, which is how a draft, a correction and the API all come to the same form;
so money as a whole number is fen and money as text is yuan.  ``FIELD_CHECKS`` has one function for each type
but ``table``, which ``forms`` reads row by row.

| type | stored as |
|---|---|
| string, text, person_name, phone, bank_account, plate, cn_id, uscc | text, normalised |
| date, datetime | ``2026-02-13``, ``2026-02-13T08:30``: civil, no zone |
| integer, money | whole number; money in fen |
| decimal | text with the field's number of decimals |
| enum, multi_enum | the option's value; a list of them in the catalogue's order |
| bool | true or false |
| division | 12, 9 or 6 digits |
| geo_point | ``{"lat": "39.904200", "lng": "116.407400"}``, WGS-84 |
| photo | list of papers' hashes (64 hex digits) |
| signature | ``{"kind": "drawing" or "sheet", "paper": hash}``; never typed text |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common.catalogue.amounts import decimal_of, fen_of
from common.catalogue.items import TODAY, Field
from common.catalogue.patterns import matches
from common.errors import BadInput
from common.ids import parse_citizen_id, parse_credit_code
from common.texts import words

DEFAULT_LENGTHS = {"string": 200, "text": 2000, "person_name": 30}
MAX_PHOTOS = 9
MAX_NUMBER = 10**13 - 1  # in the field's own unit; in fen it is still below 2^53

NAME_PATTERN = r"[〇\u3400-\u9FFF\U00020000-\U0003FFFF·A-Za-z .]{2,30}"
PHONE_PATTERN = r"(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})"
ACCOUNT_PATTERN = r"\d{12,19}"
PLATE_PATTERN = r"[\u4e00-\u9fa5][A-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]"


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What is known of a captured paper: its size, and its pixels if it is a picture."""

    size_bytes: int
    px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FormContext:
    """What a form is checked against.

    Args:
        today: the day of the application; ages and bounds of dates are taken on it.
        divisions: 9- and 12-digit codes that exist in this county; None where they are not known.
        papers: the papers captured for this application, by hash; None where they are not known.
        excused: ids of fields that may stay empty for a reason that is recorded elsewhere (no id card
            at hand).
    """

    today: date
    divisions: Collection[str] | None = None
    papers: Mapping[str, PaperFacts] | None = None
    excused: frozenset[str] = field(default_factory=frozenset)


class Wrong(Exception):
    """A value that cannot be stored: a stable code, and advice in Chinese that follows the field's name."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(code)
        self.code = code
        self.advice = advice


def blank(raw: object) -> bool:
    """Nothing was answered: no value, an empty one, or text that no one can see."""
    if isinstance(raw, str):
        return all(c.isspace() or unicodedata.category(c) == "Cf" for c in raw)
    return raw is None or (isinstance(raw, list | dict) and not raw)


# -- text

_FULL_WIDTH = {0x3000: " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･․᛫", "·"))
_HAN = r"[〇\u2E80-\u2FDF\u3400-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF·]"
_SPACE_IN_NAME = re.compile(f"(?<={_HAN}) +(?={_HAN})")
_POINT_IN_NAME = re.compile(rf"(?<={_HAN})\.(?={_HAN})")


def _clean(raw: object, *, lines: bool = False) -> str:
    """Text in Unicode's composed form, without invisible characters, on one line or on lines as typed."""
    if not isinstance(raw, str):
        raise Wrong("form.wrong_type", "应填文字")
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    if any(unicodedata.category(c) in ("Cs", "Cc") and c not in "\n\t" for c in text):
        raise Wrong("form.bad_characters", "里面有存不了的字符,请删掉后重新输入")
    text = unicodedata.normalize("NFC", text)
    if lines:
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return " ".join(text.split())


def _code(raw: object) -> str:
    """A number or code as it should have been typed: half-width, capitals, no spaces."""
    return "".join(_clean(raw).translate(_FULL_WIDTH).split()).upper()


def _fits(f: Field, text: str) -> str:
    longest = f.max_length or DEFAULT_LENGTHS.get(f.type, 200)
    if len(text) > longest:
        raise Wrong("form.too_long", f"最多 {longest} 个字,现在有 {len(text)} 个,请写短些")
    if f.min_length is not None and len(text) < f.min_length:
        raise Wrong("form.too_short", f"至少写 {f.min_length} 个字,请写详细些")
    return text


def _string(f: Field, raw: object, ctx: FormContext) -> str:
    text = _clean(raw)
    if f.pattern is not None and not matches(f.pattern, text):
        text = _code(raw)
        if not matches(f.pattern, text):
            raise Wrong("form.pattern", f"格式不对,请对照证件再看一次{f'({f.hint})' if f.hint else ''}")
    return _fits(f, text)


def _text(f: Field, raw: object, ctx: FormContext) -> str:
    return _fits(f, _clean(raw, lines=True))


def _person_name(f: Field, raw: object, ctx: FormContext) -> str:
    text = _clean(raw).translate(_FULL_WIDTH).translate(_DOTS)
    text = _POINT_IN_NAME.sub("·", _SPACE_IN_NAME.sub("", " ".join(text.split())))
    pattern = f.pattern or NAME_PATTERN
    if matches(pattern, text):
        return _fits(f, text)
    if odd := next((c for c in text if unicodedata.category(c) == "Co"), None):
        raise Wrong("form.name", f"「{odd}」是自造字,别的电脑显示不了,请换输入法打出标准字,或写大写拼音")
    if odd := next((c for c in text if not matches(pattern, c * 2)), None):
        raise Wrong("form.name", f"「{odd}」不能用在姓名里,只写汉字、字母和间隔号「·」")
    raise Wrong("form.name", "应是 2 到 30 个字的姓名,请照证件写全")


def _phone(f: Field, raw: object, ctx: FormContext) -> str:
    text = re.sub(r"^((\+|00)86-?)+", "", _code(raw))
    if re.fullmatch(r"1[0-9]{2}-?[0-9]{4}-?[0-9]{4}", text):
        text = text.replace("-", "")
    if not matches(f.pattern or PHONE_PATTERN, text):
        raise Wrong("form.phone", "号码不对:手机是 11 位,座机要带区号,如 010-88880000")
    return text


def _bank_account(f: Field, raw: object, ctx: FormContext) -> str:
    text = _code(raw).replace("-", "")
    if not matches(f.pattern or ACCOUNT_PATTERN, text):
        raise Wrong(
            "form.bank_account", f"账号不对:应是 12 到 19 位数字,现在有 {len(text)} 位,请对照卡片再看一次"
        )
    return text


def _plate(f: Field, raw: object, ctx: FormContext) -> str:
    text = re.sub("[·.•・-]", "", _code(raw))
    if not matches(f.pattern or PLATE_PATTERN, text):
        raise Wrong("form.plate", "车牌号不对:应像「京A12345」,里面没有字母 I 和 O")
    return text


# -- identifiers


def _cn_id(f: Field, raw: object, ctx: FormContext) -> str:
    try:
        return parse_citizen_id(_clean(raw), ctx.today).value
    except BadInput as exc:
        raise Wrong(exc.code, words(exc)) from exc


def _uscc(f: Field, raw: object, ctx: FormContext) -> str:
    try:
        return parse_credit_code(_clean(raw))
    except BadInput as exc:
        raise Wrong(exc.code, words(exc)) from exc


_DIVISION_DIGITS = {"county": 6, "township": 9, "village": 12}


def _division(f: Field, raw: object, ctx: FormContext) -> str:
    level = f.level or "village"
    text = _code(raw)
    if not re.fullmatch(f"[1-9][0-9]{{{_DIVISION_DIGITS[level] - 1}}}", text):
        raise Wrong("form.division", "请从名单里选一个地方")
    if level != "county" and ctx.divisions is not None and text not in ctx.divisions:
        raise Wrong("form.division", "本县没有这个地方,请从名单里选")
    return text


# -- days and hours

_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{4})([0-9]{2})([0-9]{2})")
_DATETIME = re.compile(r"(.{8,11}?)[T ]*([0-9]{1,2}):([0-9]{2})(?::00)?")


def _date(f: Field, raw: object, ctx: FormContext) -> str:
    day = _day(_code(raw))
    if f.least is not None and day < (least := _bound_day(f.least, ctx)):
        raise Wrong("form.too_small", f"不能早于{_day_words(f.least, least)}")
    if f.most is not None and day > (most := _bound_day(f.most, ctx)):
        raise Wrong("form.too_large", f"不能晚于{_day_words(f.most, most)}")
    return day.isoformat()


def _datetime(f: Field, raw: object, ctx: FormContext) -> str:
    found = _DATETIME.fullmatch(_clean(raw).translate(_FULL_WIDTH))
    if found is None:
        raise Wrong("form.datetime", "请写日期和时间,如 2026-03-04 09:30")
    day = _day("".join(found[1].split()))
    try:
        moment = datetime(day.year, day.month, day.day, int(found[2]), int(found[3]))  # noqa: DTZ001
    except ValueError as exc:
        raise Wrong("form.datetime", "没有这个时间,小时是 0 到 23,分是 0 到 59") from exc
    return moment.isoformat(timespec="minutes")


def _day(text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise Wrong("form.date", "请写年月日,如 2026-03-04")
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        if year < 1850:
            raise ValueError(year)
        return date(year, month, day)
    except ValueError as exc:
        raise Wrong("form.date", "没有这一天,请再看一次年、月、日") from exc


def _bound_day(bound: str, ctx: FormContext) -> date:
    return ctx.today if bound == TODAY else date.fromisoformat(bound)


def _day_words(bound: str, day: date) -> str:
    return "今天" if bound == TODAY else f" {day.isoformat()}"


# -- numbers


def _integer(f: Field, raw: object, ctx: FormContext) -> int:
    if type(raw) is int:
        value = raw
    else:
        text = _code(raw)
        if not re.fullmatch(r"-?[0-9]+", text):
            raise Wrong("form.integer", "应填整数,只写数字,如 4")
        value = int(text[:20])
    if abs(value) > MAX_NUMBER:
        raise Wrong("form.integer", "数太大,最多 13 位")
    _in_range(f, Decimal(value), "")
    return value


def _decimal(f: Field, raw: object, ctx: FormContext) -> str:
    try:
        value = decimal_of(str(raw) if type(raw) is int and abs(raw) <= MAX_NUMBER else _code(raw))
    except ValueError as exc:
        raise Wrong("form.decimal", "应填数字,如 120.5") from exc
    if value != round(value, f.scale):
        raise Wrong("form.scale", f"小数最多 {f.scale} 位" if f.scale else "应填整数,不要小数")
    _in_range(f, value, "")
    return f"{value:.{f.scale}f}"


def _money(f: Field, raw: object, ctx: FormContext) -> int:
    if type(raw) is int:
        fen = raw
    else:
        try:
            fen = fen_of(re.sub(r"^[¥¥]|元$", "", _code(raw)))
        except ValueError as exc:
            raise Wrong("form.money", "应填金额,以元为单位,最多两位小数,如 85.50") from exc
    if not 0 <= fen <= MAX_NUMBER * 100:
        raise Wrong("form.money", "金额不能小于 0,元以上最多 13 位")
    _in_range(f, Decimal(fen) / 100, " 元")
    return fen


def _in_range(f: Field, value: Decimal, unit: str) -> None:
    if f.least is not None and value < Decimal(f.least):
        raise Wrong("form.too_small", f"不能小于 {f.least}{unit}")
    if f.most is not None and value > Decimal(f.most):
        raise Wrong("form.too_large", f"不能大于 {f.most}{unit}")


# -- choices


def _enum(f: Field, raw: object, ctx: FormContext) -> str:
    if isinstance(raw, str) and raw.strip() in {option.value for option in f.options}:
        return raw.strip()
    raise Wrong("form.not_a_choice", "请从列出的里面选一个")


def _multi_enum(f: Field, raw: object, ctx: FormContext) -> list[str]:
    chosen = raw if isinstance(raw, list) else [raw]
    values = {_enum(f, one, ctx) for one in chosen}
    return [option.value for option in f.options if option.value in values]


_YES_NO = {"true": True, "是": True, "1": True, "false": False, "否": False, "0": False}


def _bool(f: Field, raw: object, ctx: FormContext) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _YES_NO:
        return _YES_NO[raw.strip().lower()]
    raise Wrong("form.not_a_choice", "请选「是」或「否」")


# -- places and papers

_COORDINATE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,15})?")


def _geo_point(f: Field, raw: object, ctx: FormContext) -> dict[str, str]:
    if isinstance(raw, str):
        lat, _, lng = _code(raw).partition(",")
    elif isinstance(raw, dict) and raw.keys() == {"lat", "lng"}:
        lat, lng = _code(raw["lat"]), _code(raw["lng"])
    else:
        raise Wrong("form.geo_point", "应填纬度和经度,如 39.9042,116.4074")
    if not (_COORDINATE.fullmatch(lat) and _COORDINATE.fullmatch(lng)):
        raise Wrong("form.geo_point", "应填纬度和经度,如 39.9042,116.4074")
    north, east = round(Decimal(lat), 6), round(Decimal(lng), 6)
    if not (3 <= north <= 54 and 73 <= east <= 136):
        raise Wrong("form.geo_point", "这个位置不在国内,是不是把纬度和经度写反了")
    return {"lat": f"{north:.6f}", "lng": f"{east:.6f}"}


_HASH = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"(drawing|sheet):([0-9a-f]{64})")


def _photo(f: Field, raw: object, ctx: FormContext) -> list[str]:
    listed = raw if isinstance(raw, list) else [raw]
    if len(listed) > MAX_PHOTOS:
        raise Wrong("form.photo", f"最多 {MAX_PHOTOS} 张")
    return list(dict.fromkeys(_paper(f, one, ctx, "form.photo", "请拍照或选一张照片") for one in listed))


def _signature(f: Field, raw: object, ctx: FormContext) -> dict[str, str]:
    if isinstance(raw, str) and (found := _SIGNATURE.fullmatch(raw.strip())):
        raw = {"kind": found[1], "paper": found[2]}
    if isinstance(raw, str):
        raise Wrong("form.signature_typed", "签名不能打字:请在屏幕上写,或拍下签字、按印的纸")
    advice = "请在屏幕上签名,或拍下签字、按印的纸"
    if (
        not isinstance(raw, dict)
        or raw.keys() != {"kind", "paper"}
        or raw["kind"] not in ("drawing", "sheet")
    ):
        raise Wrong("form.signature", advice)
    return {"kind": raw["kind"], "paper": _paper(f, raw["paper"], ctx, "form.signature", advice)}


def _paper(f: Field, raw: object, ctx: FormContext, code: str, advice: str) -> str:
    if not isinstance(raw, str) or not _HASH.fullmatch(raw):
        raise Wrong(code, advice)
    if ctx.papers is None:
        return raw
    facts = ctx.papers.get(raw)
    if facts is None:
        raise Wrong(code, "这张照片不在本件里,请重新拍")
    if f.max_bytes is not None and facts.size_bytes > f.max_bytes:
        raise Wrong(code, f"照片太大,最大 {f.max_bytes // 1024} KB,请重新拍")
    if f.min_px and facts.px and (facts.px[0] < f.min_px[0] or facts.px[1] < f.min_px[1]):
        raise Wrong(code, f"照片太小,至少 {f.min_px[0]}×{f.min_px[1]},请靠近些重新拍")
    return raw


FIELD_CHECKS: Mapping[str, Callable[[Field, object, FormContext], Any]] = {
    "string": _string,
    "text": _text,
    "person_name": _person_name,
    "cn_id": _cn_id,
    "uscc": _uscc,
    "phone": _phone,
    "date": _date,
    "datetime": _datetime,
    "integer": _integer,
    "decimal": _decimal,
    "money": _money,
    "enum": _enum,
    "multi_enum": _multi_enum,
    "bool": _bool,
    "division": _division,
    "bank_account": _bank_account,
    "plate": _plate,
    "geo_point": _geo_point,
    "photo": _photo,
    "signature": _signature,
}
