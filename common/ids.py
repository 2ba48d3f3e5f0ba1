"""Numbers and codes of people, bodies and cases: reading, checking, making and masking them (R-1002 to R-1007).

What is read is normalised first: full-width forms become plain ones, white space goes, letters become capitals.
Randomness comes in as bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from common.errors import BadInput

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HYPHENS = re.compile("[-\u2010-\u2015\u2212]")


def _normalised(text: str) -> str:
    return "".join(text.translate(_HALF_WIDTH).split()).upper()


# -- citizen id 公民身份号码, GB 11643-1999

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A valid citizen id with what follows from it.  The address part is advisory and never judged (R-1003)."""

    value: str
    birth: date
    sex: Literal["male", "female"]

    def age_on(self, day: date) -> int:
        """Full years on a day; one born on 29 February grows older on 1 March of common years."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


def parse_citizen_id(text: str, today: date) -> CitizenId:
    """The citizen id that ``text`` writes.

    Args:
        today: no one was born after it.
    Errors:
        BadInput: ``citizen_id.empty``; ``citizen_id.first_generation`` (15 digits, not valid since 2013);
        ``citizen_id.length``; ``citizen_id.characters``; ``citizen_id.birth_date``;
        ``citizen_id.birth_in_future``; ``citizen_id.check_character``.
    Source: R-1002, R-1003.
    """
    value = _normalised(text)
    if not value:
        raise BadInput("citizen_id.empty")
    if re.fullmatch("[0-9]{15}", value):
        raise BadInput("citizen_id.first_generation")
    if len(value) != 18:
        raise BadInput("citizen_id.length", length=len(value))
    if not re.fullmatch("[0-9]{17}[0-9X]", value):
        raise BadInput("citizen_id.characters")
    birth = _basic_date(value[6:14], "citizen_id.birth_date")
    if birth > today:
        raise BadInput("citizen_id.birth_in_future")
    total = sum(int(digit) * weight for digit, weight in zip(value[:17], _ID_WEIGHTS, strict=True))
    if value[17] != _ID_CHECKS[total % 11]:
        raise BadInput("citizen_id.check_character")
    return CitizenId(value, birth, "male" if int(value[16]) % 2 else "female")


# -- disability certificate 残疾人证号


@dataclass(frozen=True, slots=True)
class DisabilityCertificate:
    """A valid certificate number: its holder, type 1-7, level 1-4, and the digit of its re-issue, None if first."""

    value: str
    citizen: CitizenId
    kind: int
    level: int
    reissue: int | None


def parse_disability_certificate(text: str, today: date) -> DisabilityCertificate:
    """The disability certificate that ``text`` writes.

    Errors:
        BadInput: ``disability_certificate.format``, or the holder's ``citizen_id.*``.
    Source: R-1004.
    """
    value = _normalised(text)
    found = re.fullmatch("([0-9]{17}[0-9X])([1-7])([1-4])(?:B([0-9]))?", value)
    if not found:
        raise BadInput("disability_certificate.format")
    citizen, kind, level, reissue = found.groups()
    return DisabilityCertificate(
        value,
        parse_citizen_id(citizen, today),
        int(kind),
        int(level),
        None if reissue is None else int(reissue),
    )


# -- unified social credit code 统一社会信用代码, GB 32100-2015

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def parse_credit_code(text: str) -> str:
    """The credit code that ``text`` writes, normalised.

    Errors:
        BadInput: ``credit_code.length``, ``credit_code.characters``, ``credit_code.check_character``.
    Source: R-1005.
    """
    value = _normalised(text)
    if len(value) != 18:
        raise BadInput("credit_code.length", length=len(value))
    if not set(value) <= set(_CREDIT_ALPHABET):
        raise BadInput("credit_code.characters")
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(value[:17]))
    if value[17] != _CREDIT_ALPHABET[-total % 31]:
        raise BadInput("credit_code.check_character")
    return value


# -- case number 办件编号

DEVICE_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # no I, L, O, U, 0, 1: read out and copied by hand
MAX_SERIAL = 9999
_PLACE = re.compile("[0-9]{12}")
_DEVICE = re.compile(f"[{DEVICE_ALPHABET}]{{4}}")
_CASE_NUMBER = re.compile(f"({_PLACE.pattern})([0-9]{{8}})({_DEVICE.pattern})([0-9]{{4}})([0-9]{{2}})")


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """The label of a case, ``511322101203-20260213-K7QD-0007-57`` in full; never its identity.

    Args:
        place: 12-digit village code, or township code with 000.
        day: local date of registration.
        device: four of ``DEVICE_ALPHABET``, drawn with the node's epoch.
        serial: 1 to ``MAX_SERIAL``, of that device on that day.
    Errors:
        ValueError: a part is not of this form.
    Source: R-1007.
    """

    place: str
    day: date
    device: str
    serial: int

    def __post_init__(self) -> None:
        if not (_PLACE.fullmatch(self.place) and _DEVICE.fullmatch(self.device)):
            raise ValueError(f"not the parts of a case number: {self.place} {self.device}")
        if not 1 <= self.serial <= MAX_SERIAL:
            raise ValueError(f"a day's serial is 1 to {MAX_SERIAL}, not {self.serial}")

    @property
    def text(self) -> str:
        """The number as printed, with hyphens and its two check digits."""
        parts = (self.place, self.day.isoformat().replace("-", ""), self.device, f"{self.serial:04}")
        return "-".join((*parts, _check_digits("".join(parts))))

    def __str__(self) -> str:
        return self.text


def parse_case_number(text: str) -> CaseNumber:
    """The case number that ``text`` writes, with or without hyphens.

    Errors:
        BadInput: ``case_number.format`` (length or characters), ``case_number.date``, ``case_number.serial`` (0000),
        ``case_number.check_digits``.
    Source: R-1007.
    """
    value = _HYPHENS.sub("", _normalised(text))
    found = _CASE_NUMBER.fullmatch(value)
    if not found:
        raise BadInput("case_number.format")
    place, day, device, serial, check = found.groups()
    if check != _check_digits(value[:-2]):
        raise BadInput("case_number.check_digits")
    if serial == "0000":
        raise BadInput("case_number.serial")
    return CaseNumber(place, _basic_date(day, "case_number.date"), device, int(serial))


def new_device_code(random_bytes: bytes) -> str:
    """A device code from at least 8 random bytes: enough for every code to be as likely as any other."""
    drawn = _drawn(random_bytes, len(DEVICE_ALPHABET) ** 4)
    code = ""
    for _ in range(4):
        drawn, place = divmod(drawn, len(DEVICE_ALPHABET))
        code += DEVICE_ALPHABET[place]
    return code


def _check_digits(text: str) -> str:
    """ISO/IEC 7064 MOD 97-10: the number with these at its end leaves 1; letters count A = 10 to Z = 35."""
    number = int("".join(str(int(char, 36)) for char in text))
    return f"{98 - number * 100 % 97:02}"


# -- query code 查询码


def new_query_code(random_bytes: bytes) -> str:
    """Six digits from at least 8 random bytes: who gives them with the number may see how the case stands."""
    return f"{_drawn(random_bytes, 10**6):06}"


def parse_query_code(text: str) -> str:
    """The six digits that ``text`` writes; BadInput ``query_code.format``."""
    value = _normalised(text)
    if not re.fullmatch("[0-9]{6}", value):
        raise BadInput("query_code.format")
    return value


# -- masking (R-504, R-1203)

# Two-character surnames still in use: kept whole, and all of the given name is masked.
_SURNAMES = """
    欧阳 上官 司马 司徒 司空 诸葛 东方 东郭 南宫 南门 西门 百里 第五 夏侯 尉迟 皇甫 慕容 令狐 宇文 长孙 公孙 仲孙
    闻人 公羊 公冶 赫连 澹台 宗政 濮阳 太叔 太史 申屠 钟离 鲜于 闾丘 梁丘 左丘 谷梁 呼延 轩辕 拓跋 独孤 端木 万俟
"""
COMPOUND_SURNAMES = frozenset(_SURNAMES.split())


def mask_name(name: str) -> str:
    """李小英 → 李*英, 张三 → 张*, 欧阳娜娜 → 欧阳**: as many stars as characters are hidden."""
    name = name.strip()
    if len(name) > 2 and name[:2] in COMPOUND_SURNAMES:
        return _masked(name, 2, 0)
    return _masked(name, 1 if len(name) > 1 else 0, 1 if len(name) > 2 else 0)


def mask_id(number: str) -> str:
    """511322199001010012 → 511322**********12, a credit code or an account likewise; shorter ones keep less."""
    number = number.strip()
    return _masked(number, 6, 2) if len(number) >= 15 else _masked(number, 0, 2 if len(number) >= 8 else 0)


def mask_phone(number: str) -> str:
    """13812345678 → 138****5678; a shorter number keeps its last two digits."""
    number = number.strip()
    return _masked(number, 3, 4) if len(number) >= 11 else _masked(number, 0, 2 if len(number) >= 6 else 0)


def _masked(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[head + hidden :]


def _drawn(random_bytes: bytes, below: int) -> int:
    if len(random_bytes) < 8:
        raise ValueError("at least 8 random bytes are needed")
    return int.from_bytes(random_bytes) % below


def _basic_date(text: str, code: str) -> date:
    """The date in eight digits; BadInput ``code``."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as exc:
        raise BadInput(code) from exc
