"""Made-up names, places, phrases and codes, drawn one by one.  See ``samples``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from common.catalogue.patterns import compile_pattern
from common.errors import BadInput
from common.ids import parse_citizen_id, parse_credit_code

T = TypeVar("T")
Draw = Callable[[int], int]
"""``draw(n)`` is a whole number from 0 to n - 1."""

NOWHERE = "511399"  # an address code that is assigned to no place

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝"
)
_COMPOUND = ("欧阳", "上官", "诸葛", "司马")
_GIVEN = (
    "秀英桂兰玉珍淑华素芳明德国强建军志永富贵春梅翠莲文武光荣学成世昌开祥天福小平晓燕丽娟勇刚波涛"
    "洪林辉云霞红敏静雪峰松柏长寿安泰仁义礼智信和顺清泉朝阳忠孝䶮㛃𬭚"
)
_HAMLETS = "湾坝沟坡梁垭坪塘嘴岩坎塝堡桥冲"
_FEATURES = (
    "李家 王家 石板 黄桷 大石 柏树 双河 青龙 白鹤 观音 桐子 楠木 龙井 磨子 新房 老屋 土地 回水 金竹 花椒"
).split()
_BEGINNINGS = "本人 家中老人 全家五口 我与老伴 家里两个孩子 因故 多年来 去年冬月 今年开春 上月".split()
_MIDDLES = (
    "长年在家务农 外出打工受了伤 住院花费较大 收入只靠几亩薄田 房屋年久漏雨 常年服药 一人带两个孙辈 遭了风灾 "
    "刚刚返乡 子女在外读书 行走不便 养了几十只鸡鸭 承包了后山的果园 腿脚有旧伤 老伴卧床 还有外债 新添了孙子"
).split()
_ENDINGS = (
    "生活较困难 望按政策给予照顾 特提出申请 请予审核 情况属实愿接受核查 恳请尽早办理 材料随后补来 邻里可以作证 "
    "村上已经了解 请组织考虑"
).split()
_SHOP_WORDS = "兴隆 顺发 福来 万家 聚贤 春风 一品 鸿运 乡情 惠民 好邻居 老街".split()
_SHOPS = "副食店 小吃店 农资经营部 五金店 理发店 零售点 养殖场 建材经营部 餐馆 种植专业合作社".split()
_HOSPITALS = "县人民医院 县中医医院 市中心医院 中心卫生院 省人民医院 骨科医院".split()
_REMARKS = "家用 自留 按图施工 照原样恢复 由本人看管 沿河一侧 靠公路 与邻居已商定 附清单 详见附件".split()

_SIGNS = "".join(map(chr, range(33, 127))) + "京沪渝川粤"
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\{(\d*)(,?)(\d*)\}|.", re.DOTALL)
_MORE = 3  # how often an open-ended repeat goes on


def one_of(draw: Draw, choices: Sequence[T]) -> T:
    return choices[draw(len(choices))]


def between(draw: Draw, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``; ``low`` where that is the greater."""
    return low + draw(high - low + 1) if high > low else low


# -- people


def person_name(draw: Draw) -> str:
    """Two to four characters, rare ones among them; now and then a long name with a dot."""
    if draw(60) == 0:
        return "·".join("".join(one_of(draw, _GIVEN) for _ in range(between(draw, 2, 4))) for _ in range(2))
    surname = one_of(draw, _COMPOUND) if draw(40) == 0 else one_of(draw, _SURNAMES)
    return surname + "".join(one_of(draw, _GIVEN) for _ in range(between(draw, 1, 2)))


def birth_date(draw: Draw, today: date, youngest: int, oldest: int) -> date:
    """A day of birth of one who is ``youngest`` to ``oldest`` years old today."""
    year = today.year - between(draw, youngest, oldest)
    birthday = date(year, today.month, min(today.day, 28) if today.month == 2 else today.day)
    return birthday - timedelta(draw(365))


def citizen_id(draw: Draw, birth: date) -> str:
    """A valid number that belongs to nobody."""
    body = f"{NOWHERE}{birth:%Y%m%d}{between(draw, 1, 999):03d}"
    return _completed(body, "0123456789X", lambda text: parse_citizen_id(text, birth).value)


def credit_code(draw: Draw) -> str:
    """A valid credit code that belongs to nobody."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"92{NOWHERE}" + "".join(one_of(draw, alphabet) for _ in range(9))
    return _completed(body, alphabet, parse_credit_code)


def phone(draw: Draw) -> str:
    """A mobile number with so many zeros that it looks made up."""
    return f"1990000{draw(10_000):04d}"


def account(draw: Draw) -> str:
    return f"6200000{draw(10**12):012d}"


# -- words


def place(draw: Draw) -> str:
    return one_of(draw, _FEATURES) + one_of(draw, _HAMLETS)


def address(draw: Draw) -> str:
    return f"{between(draw, 1, 12)}组{place(draw)}{between(draw, 1, 199)}号"


def sentence(draw: Draw) -> str:
    return f"{one_of(draw, _BEGINNINGS)}{one_of(draw, _MIDDLES)},{one_of(draw, _MIDDLES)},{one_of(draw, _ENDINGS)}。"


def shop(draw: Draw) -> str:
    return place(draw) + one_of(draw, _SHOP_WORDS) + one_of(draw, _SHOPS)


def hospital(draw: Draw) -> str:
    return one_of(draw, _HOSPITALS)


def remark(draw: Draw) -> str:
    return one_of(draw, _REMARKS)


def serial(draw: Draw) -> str:
    """Like the number on a machine."""
    return one_of(draw, "ABCDEFGHJK") + one_of(draw, "LMNPQRSTUV") + f"{draw(10**8):08d}"


# -- what matches a pattern


def matching(draw: Draw, pattern: str) -> str:
    """A text that a field's pattern matches, for any pattern that ``patterns`` lets pass.

    Errors:
        ValueError: the text drawn does not match after all (a sign that is not among those tried).
    """
    compiled = compile_pattern(pattern)
    parts = list(_PART.finditer(pattern))
    text, _ = _alternatives(draw, parts, 0)
    if compiled.fullmatch(text) is None:
        raise ValueError(f"no text drawn for {pattern!r}")
    return text


def _alternatives(draw: Draw, parts: Sequence[re.Match[str]], at: int) -> tuple[str, int]:
    """One of the alternatives from ``at`` to the end of the group, and where that is."""
    found = []
    while True:
        text, at = _sequence(draw, parts, at)
        found.append(text)
        if at >= len(parts) or parts[at].group() == ")":
            return one_of(draw, found), at
        at += 1  # past the bar


def _sequence(draw: Draw, parts: Sequence[re.Match[str]], at: int) -> tuple[str, int]:
    text = ""
    while at < len(parts) and (mark := parts[at].group()) not in ("|", ")"):
        if mark in ("(", "(?:"):
            atom, at = _alternatives(draw, parts, at + 1)
            times, at = _times(draw, parts, at + 1)
            text += atom * times
        else:
            times, at = _times(draw, parts, at + 1)
            if mark not in ("^", "$"):
                signs = [sign for sign in _SIGNS if re.fullmatch(mark, sign, re.ASCII)]
                text += "".join(one_of(draw, signs) for _ in range(times)) if signs else ""
    return text, at


def _times(draw: Draw, parts: Sequence[re.Match[str]], at: int) -> tuple[int, int]:
    """How often the part before ``at`` is written, and where the next one begins."""
    if at >= len(parts):
        return 1, at
    mark = parts[at].group()
    low, comma, high = parts[at].groups()
    if mark in ("?", "*", "+"):
        return between(draw, mark == "+", 1 if mark == "?" else _MORE), at + 1
    if mark[0] != "{" or len(mark) < 3:
        return 1, at
    least = int(low or 0)
    most = least if not comma else min(int(high or least + _MORE), least + _MORE)
    return between(draw, least, most), at + 1


def _completed(body: str, checks: str, parse: Callable[[str], str]) -> str:
    """The body with the check character that makes it valid."""
    for check in checks:
        try:
            return parse(body + check)
        except BadInput:
            continue
    raise ValueError(body)
