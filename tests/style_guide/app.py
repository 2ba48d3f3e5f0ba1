"""The style guide's pages; ``python -m tests.style_guide.app`` serves them to a browser."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace as Thing
from typing import Any

from flask import Blueprint, redirect, render_template, request

from common.catalogue.items import Field, Option
from common.errors import CommandRefused
from common.web import fields
from common.web.rights import right
from common.web.settings import NavLink, ResetChoice
from common.web.words import SyncState
from tests.web_app import AGENT, ALL, NOON, VILLAGE, FakeNode, World, appointment, make_world

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
guide = Blueprint("guide", __name__)


def _enum(*words: str) -> tuple[Option, ...]:
    return tuple(Option(str(n), w) for n, w in enumerate(words))


MEMBERS = Field(
    "members",
    "家庭成员",
    "table",
    required=True,
    min_rows=1,
    max_rows=4,
    columns=(
        Field("name", "姓名", "person_name", required=True),
        Field("id_number", "公民身份号码", "cn_id"),
        Field("relation", "与户主关系", "enum", required=True, options=_enum("户主", "配偶", "子女", "父母")),
        Field("income", "月收入(元)", "money", required=True),
    ),
)

FORM = (
    Field("name", "申请人姓名", "person_name", required=True),
    Field("id_number", "公民身份号码", "cn_id", required=True),
    Field("gender", "性别", "enum", required=True, options=_enum("男", "女"), derive_from="id_number"),
    Field("birth", "出生日期", "date", required=True),
    Field("mobile", "联系电话", "phone", required=True),
    Field("village", "所在村(社区)", "division", required=True, level="village"),
    Field("address", "现居住地址", "string", required=True, max_length=120),
    Field("ethnicity", "民族", "enum", options=_enum("汉族", "藏族", "彝族", "羌族", "回族", "土家族")),
    Field("group_no", "村民小组", "integer"),
    Field("reason", "申请理由", "text", required=True, max_length=500),
    Field(
        "kinds",
        "补贴类别",
        "multi_enum",
        required=True,
        options=_enum("困难残疾人生活补贴", "重度残疾人护理补贴"),
    ),
    Field("vehicle", "是否有机动车辆", "bool", required=True),
    Field("plate", "车牌号", "plate"),
    Field(
        "account",
        "惠农“一卡通”/社会保障卡账号",
        "bank_account",
        required=True,
        hint="卡正面的数字,每四位一组也行",
    ),
    Field("income", "家庭月人均收入", "money", required=True),
    Field("area", "面积(平方米)", "decimal"),
    Field("company", "统一社会信用代码", "uscc"),
    Field("start", "用火起", "datetime"),
    Field("gps", "定位坐标", "geo_point"),
    Field("photo", "近期免冠照片", "photo", required=True),
    Field("signature", "申请人签名(按印)", "signature", required=True),
    MEMBERS,
)
PLACES = {
    "回龙镇": ((VILLAGE, "双河村"), ("511322115204", "石庙村")),
    "渌井镇": (("511322102201", "金竹村"),),
}
ERRORS = {
    "id_number": "公民身份号码:第 17 位可能看错了。请对照证件再看一次。",
    "mobile": "联系电话:没有填。没有手机的填座机。",
    "kinds": "补贴类别:至少选一种。",
    "members.0.income": "家庭成员第 1 行,月收入:只写数字。",
    "signature": "申请人签名:还没有。请拍下签名的纸,或在屏幕上写。",
}
TYPED: dict[str, Any] = {
    "name": "李秀英",
    "id_number": "511322193912180026",
    "gender": "1",
    "birth": "1939-12-18",
    "village": VILLAGE,
    "address": "回龙镇双河村 4 组 17 号(原双河乡中心小学旁边,新修的集中安置点二期三栋)",
    "reason": "年满八十周岁,子女长期在外。",
    "income": "1,200.00",
    "members": [
        {"name": "李秀英", "id_number": "511322193912180026", "relation": "0", "income": "一百二"},
        {"name": "欧阳娜娜", "id_number": "", "relation": "2", "income": "3000"},
    ],
}


def _row(**facts: Any) -> Thing:
    return Thing(**{"late": False, "tag": None, "tone": None, "quiet": False, **facts})


ROWS = [
    _row(lamp="red", left=-1, due=date(2026, 3, 3), person="张*福", item="农村宅基地和建房(规划许可)审批",
         village="双河村", now="国土岗 · 6 天", truth="county", act="说明原因", late=True),
    _row(lamp="yellow", left=0, due=date(2026, 3, 4), person="刘*珍", item="临时救助(小额)", village="石庙村",
         now="我 · 2 天", truth="confirmed", act="准予 / 不予"),
    _row(lamp="yellow", left=1, due=date(2026, 3, 5), person="邓*", item="生育登记", village="回龙社区",
         now="卫健岗 · 今天", truth="township", act="打开", quiet=True),
    _row(lamp=None, left=None, due=None, person="李*英", item="高龄津贴申领", village="双河村",
         now="等群众补材料", truth="county", act="打开", quiet=True, tag="补正"),
    _row(lamp="green", left=14, due=date(2026, 3, 24), person="欧阳**", item="最低生活保障对象认定、特困人员供养",
         village="金竹村", now="我 · 3 天", truth="here", act="上报县里", tag="绿色通道", tone="deep"),
]  # fmt: skip
DUTIES = [
    Thing(kind="要补材料", tone="yellow", name="李秀英", item="高龄津贴申领", quiet=False, act="去补", path="#main",
          rest="差 1 份:近期免冠照片。镇上 3月4日 一次性告知,3月30日前补齐"),
    Thing(kind="送达", tone=None, name="邓光明", item="临时救助", quiet=False, act="送达", path="#main",
          rest="县里 3月3日 准予。决定书已取到,打印后请他签收"),
    Thing(kind="没填完", tone=None, name="王桂芳", item="城乡居民基本养老保险参保登记", quiet=True, act="接着填",
          path="#main", rest="昨天 16:40 停在「银行账户」"),
    Thing(kind="原件要交", tone=None, name="赵成", item="农村危房改造补助", quiet=True, act="移交单", path="#main",
          rest="户口簿原件 1 袋,编号 0312,带去回龙镇"),
]  # fmt: skip


def _act(at: int, who: str, did: str, rest: str = "", truth: str = "county", **more: Any) -> Thing:
    return Thing(**{"at": at, "who": who, "did": did, "rest": rest, "truth": truth, "truth_words": None, "aside": None,
                    "ruler": None, "reached": None, **more})  # fmt: skip


TRAIL = [
    _act(NOON - 3 * HOUR, "李秀英", "补齐材料", "代办员 陈国秀 上传照片 1 份", "township"),
    _act(
        NOON - 2 * DAY,
        "王丽",
        "一次性告知",
        "近期免冠照片 1 张",
        "confirmed",
        reached="村里 3月2日 17:30 取到",
    ),
    _act(
        NOON - 2 * DAY - HOUR,
        "李强",
        "受理",
        truth="county",
        aside="同一时刻王丽已接收此件",
        ruler="县对账台",
    ),
    _act(NOON - 18 * DAY, "回龙镇", "收到", "5 个工作日内(2月27日前)告知或受理"),
    _act(NOON - 19 * DAY, "陈国秀", "代办登记", "首问责任人。双河村,离线"),
]
PAPERS = [
    Thing(name="申请表", path="#main", picture=None, marks="2 页", truth="county", way=None),
    Thing(name="身份证", path="#main", picture=None, marks="原件已核", truth="county", way=None),
    Thing(
        name="户口簿(首页、户主页、本人页)",
        path="#main",
        picture=None,
        marks="原件已核",
        truth="township",
        way=None,
    ),
    Thing(name="近期免冠照片", path=None, picture=None, marks="1 张", truth="here", way="路上 60%"),
    Thing(name="委托书", path="#main", picture=None, marks="1 页", truth="here", way=None),
]
SHARES = [("村", 1, "village"), ("路上", 1, "way"), ("乡镇", 5, "township"), ("群众补材料", 7, "applicant")]


@guide.get("/")
@right("login")
def village() -> str:
    return render_template("village.html", todo=DUTIES)


@guide.get("/worklist")
@right("login")
def worklist() -> str:
    return render_template("worklist.html", rows=[] if "empty" in request.args else ROWS)


@guide.get("/case")
@right("login")
def case() -> str:
    return render_template("case.html", trail=TRAIL, papers=PAPERS, shares=SHARES, due=date(2026, 3, 5))


@guide.get("/form")
@right("login")
def form() -> str:
    wrong = "wrong" in request.args
    return render_template(
        "form.html", form=FORM, values=TYPED if wrong else {}, errors=ERRORS if wrong else {}, places=PLACES
    )


@guide.post("/form")
@right("login")
def typed():
    values = fields.with_row_act(fields.typed(FORM, request.form), request.form, FORM)
    return render_template("form.html", form=FORM, values=values, errors={}, places=PLACES)


@guide.post("/form/draft")
@right("login")
def draft():
    values = fields.typed(FORM, request.form)
    guide.kept = values  # type: ignore[attr-defined]
    closed = [] if values.get("vehicle") == "true" else ["plate"]
    return {
        "closed": closed,
        "derived": {"birth": "1939-12-18"} if values.get("id_number") else {},
        "errors": {},
    }


@guide.get("/parts")
@right("login")
def parts() -> str:
    return render_template("parts.html")


@guide.get("/document")
@right("login")
def document() -> str:
    return render_template("notice.html", final="draft" not in request.args)


@guide.get("/slip")
@right("login")
def slip() -> str:
    return render_template("slip.html")


@guide.get("/refused")
@right("login")
def refused():
    raise CommandRefused("case.stale")


@guide.get("/broken")
@right("login")
def broken():
    raise RuntimeError("broken on purpose")


@guide.post("/again")
@right("act:case.accepted")
def again():
    return redirect("/", 303)


def make_guide(*, village: bool = True, **settings: Any) -> World:
    """The guide as a village sees it, or as a township does."""
    state = SyncState(waiting=3, last_peer_name="回龙镇便民服务中心", last_at_ms=NOON - 3 * HOUR)
    settings.setdefault("sync_state", lambda: state)
    settings.setdefault("sync_now", lambda: None)
    settings.setdefault("start", "/")
    settings.setdefault("size", "big" if village else "desk")
    settings.setdefault("reset_keys", lambda: [bytes(32)])
    settings.setdefault("may_act", lambda officer, act: officer.role != "technician")
    if village:
        links = [NavLink("今天", "/"), NavLink("办件", "/case"), NavLink("事项目录", "/form")]
        node = FakeNode(name="双河村便民服务代办点")
        people = (AGENT,)
    else:
        links = [
            NavLink("待办", "/worklist"), NavLink("窗口登记", "/form"), NavLink("待接收", "/case", 3),
            NavLink("待上传", "/parts"), NavLink("我的村", "/document"),
        ]  # fmt: skip
        node = FakeNode()
        people = (
            *ALL,
            *(appointment(n, "clerk", post="B岗") for n in ("张建国", "欧阳娜娜", "古丽娜尔·买买提")),
        )
    settings.setdefault("nav", lambda officer: links if officer else [])
    node.practice = settings.pop("practice", False)
    choices = [ResetChoice("双河村便民服务代办点", AGENT, lambda: bytes(32))]
    settings.setdefault("reset_choices", lambda: [] if village else choices)
    world = make_world(*people, node=node, import_name="tests.style_guide", **settings)
    world.app.register_blueprint(guide)
    return world


if __name__ == "__main__":
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", 5000, make_guide().app)
