"""A made-up county at work: signed events that read like real ones, in any number, the same for the same seed.

For vectors, for the training of the messages' dictionary, and for load.  Items, offices and forms are those of the
shipped pack; people, numbers and words are invented and belong to nobody.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from copy import copy
from datetime import date, timedelta
from random import Random
from typing import Any

from common.catalogue.items import Item
from common.catalogue.sample_text import person_name, phone
from common.catalogue.samples import fill_form, made_up_person
from common.event_types import EVENT_TYPES
from common.events import Event, Seen, compose, decode
from common.ids import DEVICE_ALPHABET, CaseNumber
from common.keys import SealKey, SigningKey, jws_sign, node_id
from common.offices import Level, level
from common.packs import Pack, with_item_ids

DAY_MS = 86_400_000
FIRST_DAY = date(2026, 3, 2)
FIRST_MS = 1_772_409_600_000  # that day, 08:00 in Asia/Shanghai

RELATIONS = ("配偶", "儿子", "女儿", "孙子", "父亲", "母亲", "侄子", "邻居")
PLACES = ("堂屋", "院坝", "村口", "河边", "后山", "老屋基", "垭口", "水库", "学校旁", "卫生站", "晒场")
THINGS = (
    "土坯房", "青瓦房", "猪圈", "承包地", "柑橘树", "水井", "三轮车", "拖拉机", "电表", "低压线路", "化粪池", "鱼塘",
    "退耕还林地", "花椒苗", "山羊", "竹林", "门面", "砖墙", "灶房", "粮仓",
)  # fmt: skip
EVENTS = (
    "去年冬天摔伤了腿", "上月在县医院住院{n}天", "暴雨后{thing}垮了一角", "{relation}外出打工没有回来",
    "孩子今年上初中", "家里只有{n}亩地", "{place}的{thing}年久失修", "每月要吃药花{n}0元",
    "户口簿上的名字有一个字不对", "原来的证件丢了", "{relation}叫{name}可以作证", "电话改成了{phone}",
    "与{name}家的{thing}界线说不清", "银行卡过期还没有换", "身份证上的住址还是老地名", "前年办过一次没有办成",
    "村里{name}主任知道这个情况", "过几天要到{village}去住", "已经在{place}公示了{n}天没有人提意见",
    "入户看到{thing}{n}处", "邻居{name}说情况属实", "原件在{relation}手里下次带来",
)  # fmt: skip
WISHES = (
    "请尽快办理", "希望按政策给予帮助", "请核实", "请乡镇审核", "同意上报", "建议补充说明", "材料齐全,符合受理条件",
    "经核查属实", "不符合规定的条件", "请当事人本人到场", "已电话告知本人", "已当面说明", "照片看不清,请重拍",
)  # fmt: skip


class Author:
    """One node with one origin."""

    def __init__(self, random: Random, office: str) -> None:
        self.office = office
        self.seed = random.randbytes(32)
        self.signing = SigningKey(self.seed)
        self.seal_seed = random.randbytes(32)
        self.sealing = SealKey(self.seal_seed)
        self.id = node_id(self.signing.public_jwk())
        self.begin_epoch(random)

    def begin_epoch(self, random: Random) -> None:
        self.epoch = "".join(random.choices(DEVICE_ALPHABET, k=8))
        self.origin = f"{self.id}/{self.epoch}"
        self.seq = 0
        self.head: str | None = None
        self.serial = 0
        self.actor: str | None = None

    def write(
        self, kind: str, body: dict[str, Any], signer: SigningKey | None = None, **envelope: Any
    ) -> Event:
        """The next event of the origin, signed by the node's key or another."""
        self.seq += 1
        payload = compose(
            **{
                "type": kind,
                "moves": EVENT_TYPES[kind].moves,
                "origin": self.origin,
                "seq": self.seq,
                "prev": self.head,
                "seen": None,
                "ref": None,
                "actor": None,
                "case": None,
                "base": None,
                "body": body,
                **envelope,
            }
        ).payload
        event = decode(payload, jws_sign(signer or self.signing, payload))
        self.head = event.id
        return event


class County:
    """A county with ``townships`` townships of ``villages`` villages each; its reference ledger stands at once."""

    def __init__(self, seed: int, pack: Pack, townships: int = 1, villages: int = 2) -> None:
        self.random = Random(seed)
        self.pack = pack
        self.items = pack.items  # that people apply for
        self.papers = True  # named in the acts
        self.now = FIRST_MS
        self.pause_ms = (20_000, 3_000_000)  # between one act and the next, shortest and longest
        self.publisher = Author(self.random, pack.county)  # the hub, writing the reference ledger
        self.hub = copy(self.publisher)  # the hub, acting on cases: the same keys, an origin of its own
        self.hub.begin_epoch(self.random)
        self.root_seed = self.random.randbytes(32)
        self.root = SigningKey(self.root_seed)
        self.townships = [Author(self.random, t.code) for t in pack.demo_townships([villages] * townships)]
        self.villages = [
            Author(self.random, village)
            for township in pack.demo_townships([villages] * townships)
            for village, _ in township.villages[:villages]
        ]
        self.editions: dict[str, str] = {}
        self.calendar = ""
        self.seen: Seen | None = None
        self.phrases = _phrases(pack.items)
        self.reference = list(self._reference())

    # -- reference

    def _reference(self) -> Iterator[Event]:
        at = self.now
        for kind, body in self._beginnings():
            if kind == "catalogue.published":
                body = with_item_ids(body, self.editions)
            event = self.publish(kind, body, at)
            if kind == "item.published":
                self.editions[body["code"]] = event.id
            elif kind == "calendar.published":
                self.calendar = event.id
            elif kind == "officer.appointed":
                for author in (self.hub, *self.townships, *self.villages):
                    if author.office == body["office"]:
                        author.actor = event.id
            yield event
            at += 40

    def publish(self, kind: str, body: dict[str, Any], at: int) -> Event:
        """The next event of the reference ledger."""
        signer = self.root if kind == "hub.enrolled" else None
        return self.publisher.write(kind, body, signer, at=at, ref=self.publisher.head)

    def _beginnings(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield (
            "hub.enrolled",
            {
                "county": self.pack.county,
                "name": self.pack.county_name,
                "node": self.hub.id,
                "root": self.root.public_jwk(),
                **self._keys(self.hub),
                "generation": 1,
                "practice": False,
            },
        )
        yield "origin.opened", {"origin": self.hub.origin, "generation": 1}
        yield from self.pack.reference_events(self.pack.county)
        for author in (*self.townships, *self.villages):
            name = f"{self.place(author.office)}便民服务{'代办点' if self.is_village(author) else '中心'}"
            yield (
                "node.enrolled",
                {"node": author.id, "office": author.office, "name": name, **self._keys(author)},
            )
        for author in (self.hub, *self.townships, *self.villages):
            role = "agent" if self.is_village(author) else "clerk" if author is not self.hub else "operator"
            yield "officer.appointed", {"name": self.name(), "office": author.office, "role": role}

    @staticmethod
    def _keys(author: Author) -> dict[str, Any]:
        return {"sign": author.signing.public_jwk(), "seal": author.sealing.public_jwk()}

    @staticmethod
    def is_village(author: Author) -> bool:
        return level(author.office) is Level.VILLAGE

    # -- cases

    def cases(self) -> Iterator[list[Event]]:
        """Without end: the events of one case after another, each case in the order of its acts."""
        while True:
            yield list(self.life())

    def life(self) -> Iterator[Event]:
        """The events of one case, each written when it is asked for."""
        village = self.random.choice(self.villages)
        township = next(t for t in self.townships if village.office.startswith(t.office))
        return self._case(village, township, self.random.choice(self.items))

    def events(self, count: int) -> list[Event]:
        """Events of many cases, mixed as they come in: each origin in order."""
        mixed: list[Event] = []
        for case in self.cases():
            if len(mixed) >= count:
                return mixed[:count]
            mixed += case
        raise AssertionError("cases never end")

    def _case(self, village: Author, township: Author, item: Item) -> Iterator[Event]:
        r, hub = self.random, self.hub
        department = f"{self.pack.county}/{item.department}"
        first = self.act(village, "case.registered", self.registration(village, item))
        case = first.id
        yield first
        sent = self.act(village, "case.submitted", {"to": township.office}, case, case)
        yield sent
        got = {"of": sent.id, "of_kind": "submit", "notice_by": self.day(5), "calendar": self.calendar}
        tip = self.act(township, "case.arrived", {**got, "edition": self.editions[item.code]}, case, sent.id)
        yield tip
        if r.random() < 0.3:
            wanted = [self.wanted(item) for _ in range(r.randint(1, 3))]
            tip = self.act(
                township,
                "case.correction_asked",
                {"correct_by": self.day(30), "wanted": wanted},
                case,
                tip.id,
            )
            yield tip
            handed = self.act(
                village,
                "correction.handed_in",
                {
                    "papers": [self.paper(item, w["material"]) for w in wanted] if self.papers else [],
                    "note": self.text(1),
                },
                case,
                tip.id,
            )
            yield handed
            got = {"of": handed.id, "of_kind": "supply", "notice_by": self.day(5), "calendar": self.calendar}
            tip = self.act(township, "case.arrived", got, case, tip.id)
            yield tip
        if r.random() < 0.2:
            yield self.act(village, "case.urged", {"text": self.text(1)}, case, tip.id)
        accepted = {
            "originals": None,
            "checked": [m.id for m in item.materials if m.always],
            "note": self.text(1),
        }
        tip = self.act(township, "case.accepted", accepted, case, tip.id)
        yield tip
        for step in item.procedure[1:-1]:
            if step.level == "township" and step.kind not in ("accept", "decide") and r.random() < 0.7:
                done = {"step": step.number, "opinion": self.text(2), "people": [self.name(), self.name()]}
                tip = self.act(township, "case.stepped", done, case, tip.id)
                yield tip
        decider: Author = township
        if item.decide_step.level == "county":
            offer = {"to": department, "direction": "up", "opinion": self.text(2)}
            tip = self.act(township, "case.offered", offer, case, tip.id)
            yield tip
            tip = self.act(hub, "case.taken", {"of": tip.id, "office": department}, case, tip.id)
            yield tip
            decider = hub
        if r.random() < 0.3:
            yield self.act(decider, "case.noted", {"text": self.text(2)}, case, tip.id)
        tip = self.act(decider, "case.decided", self.decision(decider, item), case, tip.id)
        yield tip
        yield self.act(hub, "case.confirmed", {}, case, tip.id)
        yield self.act(village, "case.delivered", self.delivery(tip.id), case, tip.id)
        if r.random() < 0.6:
            rating = {"score": r.randint(3, 5), "text": self.text(1), "named": r.random() < 0.8}
            yield self.act(village, "case.rated", rating, case, tip.id)

    def act(
        self,
        author: Author,
        kind: str,
        body: dict[str, Any],
        case: str | None = None,
        base: str | None = None,
    ) -> Event:
        """An act of a case, or of a node if it names none."""
        self.now += self.random.randint(*self.pause_ms)
        if self.seen is None or self.random.random() < 0.05:
            size = (self.seen.size if self.seen else 190) + self.random.randint(5, 60)
            log = f"{self.pack.county}.bianmin/{self.hub.origin}"
            self.seen = Seen(log, size, self.id(), self.now - self.random.randint(1, 3_600_000))
        return author.write(
            kind,
            {"office": author.office, "day": self.day(0), **_without_nulls(body)},
            at=self.now,
            seen=self.seen,
            ref=self.reference[-1].id,
            actor=None if EVENT_TYPES[kind].automatic else author.actor,
            case=case,
            base=base,
        )

    # -- what stands in the bodies

    def registration(self, author: Author, item: Item) -> dict[str, Any]:
        r = self.random
        author.serial = author.serial % 9999 + 1
        draw = self.random.randrange
        form = fill_form(item, draw, today=self.date(0), village=author.office, paper_for=lambda _: self.id())
        papers = [self.paper(item, m.id) for m in item.materials if m.always or r.random() < 0.2]
        number = CaseNumber(author.office.ljust(12, "0"), self.date(0), author.epoch[:4], author.serial)
        return {
            "salt": _b64u(r.randbytes(16)),
            "number": number.text,
            "item": item.code,
            "edition": self.editions[item.code],
            "channel": "village_agent",
            "village": author.office,
            "applicant": self.applicant(item, form),
            "form": form,
            "papers": papers if self.papers else [],
            "mandate": {"agent": self.name(), "scope": item.agency.scope, "day": self.day(0)},
            "query_code": f"{r.randrange(10**6):06}",
            "first_asked": author.actor,
        }

    def applicant(self, item: Item, form: dict[str, Any]) -> dict[str, Any]:
        """Who applies, as the form says it; what it does not ask is made up."""
        person = made_up_person(self.random.randrange, self.date(0))
        known = {"name": person.name, "id_number": person.id_number, "phone": person.phone}
        for field in reversed(item.form):
            name = {"person_name": "name", "cn_id": "id_number", "phone": "phone"}.get(field.type)
            if name and field.id in form:
                known[name] = form[field.id]
        return known

    def wanted(self, item: Item) -> dict[str, Any]:
        material = self.random.choice(item.materials)
        return {"material": material.id, "what": material.name, "why": self.text(1)}

    def decision(self, author: Author, item: Item) -> dict[str, Any]:
        r = self.random
        granted = r.random() < 0.9
        return {
            "office": author.office if author is not self.hub else f"{self.pack.county}/{item.department}",
            "result": "granted" if granted else "refused",
            "reasons": None if granted else self.text(3),
            "basis": "".join(f"《{b.title}》{b.article or ''}" for b in item.legal_basis[:1]),
            "document": item.result.name,
            "number": f"{self.date(0).year}-{r.choice(DEVICE_ALPHABET)}-{r.randint(1, 900):04}",
            "signature": _b64u(r.randbytes(64)),
            "key": _b64u(r.randbytes(32)),
        }

    def delivery(self, decision: str) -> dict[str, Any]:
        relation = self.random.choice(("本人", *RELATIONS))
        return {"of": decision, "way": "handed_over", "received_by": self.name(), "relation": relation}

    def paper(self, item: Item, material: str) -> dict[str, Any]:
        r = self.random
        found = item.material(material)
        seen = r.random() < 0.7
        return {
            "material": material,
            "name": found.name if found else material,
            "pages": [self.page() for _ in range(r.choice((1, 1, 1, 2)))],
            "form": found.form if found else "copy",
            "grade": r.choice("AAAB"),
            "original_seen": seen,
            "seen_by": self.townships[0].actor if seen else None,
            "count": r.randint(1, 3),
        }

    def page(self) -> dict[str, Any]:
        r = self.random
        picture = {"type": "image/jpeg", "width": r.randint(900, 2400), "height": r.randint(900, 2400)}
        return {
            "hash": self.id(),
            "size": r.randint(60_000, 300_000),
            "key": _b64u(r.randbytes(32)),
            **picture,
        }

    def name(self) -> str:
        return person_name(self.random.randrange)

    def place(self, office: str) -> str:
        for township in self.pack.townships:
            if office == township.code:
                return township.name
            for code, name in township.villages:
                if office == code:
                    return name.removesuffix("村委会") + ("村" if not name.endswith("村村委会") else "")
        return self.pack.county_name

    def text(self, sentences: int) -> str:
        """What people write: each sentence another."""
        return "".join(f"{self._sentence()}。" for _ in range(sentences))

    def _sentence(self) -> str:
        r = self.random
        parts = [r.choice(EVENTS) for _ in range(r.randint(1, 2))]
        if r.random() < 0.6:
            parts.insert(r.randint(0, len(parts)), r.choice(self.phrases))
        if r.random() < 0.6:
            parts.append(r.choice(WISHES))
        return ",".join(parts).format(
            n=r.randint(2, 40),
            thing=r.choice(THINGS),
            place=r.choice(PLACES),
            relation=r.choice(RELATIONS),
            name=self.name(),
            phone=phone(r.randrange),
            village=self.place(r.choice(self.villages).office),
        )

    def id(self) -> str:
        return self.random.randbytes(32).hex()

    def date(self, days: int) -> date:
        return FIRST_DAY + timedelta(days=(self.now - FIRST_MS) // DAY_MS + days)

    def day(self, days: int) -> str:
        return self.date(days).isoformat()


def _phrases(items: tuple[Item, ...]) -> list[str]:
    """Short runs of Chinese from the catalogue, as people take them up."""
    texts = [
        t for item in items for t in (*item.conditions, *(m.note or "" for m in item.materials), item.name)
    ]
    return sorted({p for text in texts for p in re.findall("[\u4e00-\u9fff]{4,14}", text)})


def _b64u(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
