"""The story in six acts, each checked as it is played.

Steps, levels and holders come from the items themselves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from _demo.county import County, Place
from _demo.machines import PASSWORD, Broken, Machine
from _demo.papers import photo
from common.catalogue.conditions import materials_required
from common.catalogue.items import Item
from common.catalogue.samples import fill_form
from common.clock import BEIJING
from common.event_types import EVENT_TYPES

CHANNELS = {"village": "village_agent", "township": "township_window", "county": "county_window"}
Say = Callable[[str], None]


@dataclass
class Case:
    """A case of the story and what must come of it."""

    name: str
    number: str
    item: Item
    state: str = ""
    nodes: tuple[str, ...] = ()


@dataclass
class Story:
    county: County
    say: Say
    cases: list[Case] = field(default_factory=list)
    known: dict[tuple[str, str], Any] = field(
        default_factory=dict
    )  # (number, machine) -> what it says at the end
    pictures: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    # -- what people do

    def register(
        self,
        name: str,
        place: Place,
        role: str,
        item: Item,
        seed: int,
        *,
        lacking: bool = False,
        finish: bool = False,
    ) -> Case:
        """Register an application with every paper that the catalogue requires for it, or with one of them lacking."""
        machine = place.machine
        level = {12: "village", 9: "township", 6: "county"}[len(place.office.partition("/")[0])]
        today = datetime.now(BEIJING).date()
        village = self.village_of(place)
        pages: dict[str, Any] = {}
        draw = random.Random(seed).randrange
        form = fill_form(
            item,
            draw,
            today=today,
            village=village,
            paper_for=lambda f: self.page(machine, role, f"form.{f.id}", pages)["hash"],
        )
        papers = [
            self.paper(f"form.{f.id}", pages[f"form.{f.id}"]) for f in item.form if f"form.{f.id}" in pages
        ]
        for f in item.form:
            if f.type == "signature" and f.id in form:
                form[f.id] = {"kind": "sheet", "paper": pages[f"form.{f.id}"]["hash"]}
        wanted = [
            r.material for r in materials_required(item, form, CHANNELS[level], (), today=today) if r.required
        ]
        if lacking:
            wanted = (
                wanted[:-1] if wanted[-1].source != "form" else [m for m in wanted if m.id != wanted[0].id]
            )
        for material in wanted:
            page = self.page(machine, role, material.id, pages)
            papers.append(self.paper(material.id, page, seen=material.original_needed))
        asked: dict[str, Any] = {"item": item.code, "form": form, "papers": papers, "village": village}
        if finish:
            asked["finish"] = {"granted": True, "reasons": "当面核验,情况属实"}
        made = machine.api(role, "POST", "/cases", asked)
        case = Case(name, made["number"], item)
        self.cases.append(case)
        self.say(f"  {machine.title}:登记 {item.name} {case.number},{len(papers)} 份材料")
        return case

    def village_of(self, place: Place) -> str:
        code = place.office.partition("/")[0]
        if len(code) == 12:
            return code
        home = code if len(code) == 9 else self.county["township"].office
        return next(
            code
            for township in self.county.pack.townships
            if township.code == home
            for code, _ in township.villages
        )

    def page(self, machine: Machine, role: str, key: str, pages: dict[str, Any]) -> Any:
        pages[key] = machine.api(role, "POST", "/papers", photo(next(self.pictures)))
        return pages[key]

    @staticmethod
    def paper(material: str, page: Any, *, seen: bool = False) -> dict[str, Any]:
        return {"material": material, "pages": [page], "count": 1, "original_seen": seen}

    def sync(self, name: str, expect: int = 0) -> None:
        """The command ``sync`` of a node; 75 while its parents are cut off."""
        code, report = self.county[name].machine.run("sync", expect=(expect,))
        words = {0: "已同步", 75: "连不上,什么都没丢,稍后再同步"}[code]
        self.say(f"  {self.county[name].machine.title}:{words}(传出 {report['sent']},取到 {report['taken']})")
        if expect == 0 and report["result"] != "level":
            raise Broken(f"{name} is not level: {report}")

    def look(self, machine: Machine, case: Case) -> Any:
        return machine.ask("case", case.number)

    def must(self, machine: Machine, case: Case, **wanted: Any) -> Any:
        """What this node says of the case."""
        found = self.look(machine, case)
        for key, value in wanted.items():
            if found[key] != value:
                raise Broken(f"{machine.name}: {case.name} {key} is {found[key]!r}, not {value!r}")
        return found

    # -- items, by what the catalogue says of them

    def item(self, fits: Callable[[Item], bool], *preferred: str) -> Item:
        fitting = [item for item in self.county.pack.items if fits(item)]
        if not fitting:
            raise Broken("the catalogue has no item for this part of the story")
        return next((item for item in fitting if item.name in preferred), fitting[0])

    # -- the acts of the story

    def play(self) -> None:
        self.villages_alone()
        self.county_cut_off()
        self.at_the_township()
        self.county_is_back()
        self.down_in_the_villages()
        self.all_level()

    def villages_alone(self) -> None:
        self.say("一、村里断网,照常登记")
        county = self.county
        county["township"].machine.stop()
        county["other-township"].machine.stop()
        county.hub.stop()
        first, second = county["village-1"], county["village-2"]
        reported = self.item(
            lambda i: i.authority == "township_reviews_county_decides" and plain(i), "高龄津贴申领"
        )
        small = self.item(
            lambda i: i.authority == "township_decides" and i.promised and plain(i) and needs_papers(i)
        )
        handed = self.item(lambda i: i.authority == "township_accepts_county_decides" and plain(i))
        direct = self.item(lambda i: i.village_decides)
        self.reported = self.register("上报", first, "agent", reported, 1)
        self.declined = self.register("误报", first, "agent", handed, 2)
        self.corrected = self.register("补正", second, "agent", small, 3, lacking=True)
        self.direct = self.register("村办", second, "agent", direct, 4, finish=True)
        self.guide_and_prints(first.machine, self.reported)
        for case, machine, state in (
            (self.reported, first.machine, "REGISTERED"),
            (self.corrected, second.machine, "REGISTERED"),
            (self.direct, second.machine, "GRANTED"),
        ):
            self.must(machine, case, state=state, synced="here")
        self.sync("village-1", expect=75)
        self.sync("village-2", expect=75)

    def guide_and_prints(self, machine: Machine, case: Case) -> None:
        """The guide that the agent reads; form, proxy and slip that he prints (R-102, R-201)."""
        id = self.look(machine, case)["id"]
        prints = [f"/cases/{id}/print/{paper}" for paper in ("form", "proxy", "slip")]
        guide, form, proxy, slip = machine.page("agent", f"/items/{case.item.code}", *prints)
        for page, wanted in (
            (guide, [case.item.name, *(material.name for material in case.item.materials)]),
            (form, [case.item.name, case.number]),
            (proxy, ["委托", case.item.name]),
            (slip, [case.number, "<svg", "查询码", "不是受理通知书", "演练"]),
        ):
            if lacking := [words for words in wanted if words not in page]:
                raise Broken(f"{machine.name}: a page of {case.name} lacks {lacking}")
        self.say(f"  {machine.title}:看指南,打印申请表、委托书和收件凭证(不是受理通知书)")

    def county_cut_off(self) -> None:
        self.say("二、乡镇开机,县里还断着")
        township = self.county["township"]
        machine = township.machine
        machine.start()
        self.sync("village-1")
        self.sync("village-2")
        self.sync("township", expect=75)
        for case in (self.reported, self.declined, self.corrected):
            self.must(machine, case, state="RECEIVED", holder=township.office)
        self.must(machine, self.direct, state="GRANTED")
        for case in (self.reported, self.declined):
            machine.act("clerk", case.number, "case.accepted")
            found = self.must(machine, case, state="ACCEPTED")
            if found["due"] is None or found["confirmed"]:
                raise Broken(f"{case.name}: accepted without a due date, or confirmed without the county")
            self.own_steps(machine, case, township.office)
            department = self.department(case.item)
            if case is self.declined:
                department = next(o for key, o in self.departments() if o != department)
            machine.act(
                "clerk", case.number, "case.offered", to=department, opinion="材料齐全,情况属实,请审批"
            )
            self.must(machine, case, state="FORWARDED", holder=township.office)
        wanted = [{"what": "缺的材料", "why": "清单要求,没有交"}]
        machine.act("clerk", self.corrected.number, "case.correction_asked", wanted=wanted)
        self.must(machine, self.corrected, state="CORRECTING")
        machine.act("clerk", self.corrected.number, "case.correction_asked", expect=409, wanted=wanted)
        self.say(f"  {machine.title}:受理、审查、上报;一次性告知只许一次(R-205)")

    def own_steps(self, machine: Machine, case: Case, office: str) -> None:
        """The steps of the procedure that this office must finish before it passes the case on."""
        for step in case.item.steps_to_decide:
            if case.item.office_for(step, None, office, office[:6]) != office or step.kind in (
                "accept",
                "register",
                "forward",
            ):
                continue
            if step.kind in ("review", "check"):
                people = ["王丽", "赵德明"]
                machine.act(
                    "clerk", case.number, "case.stepped", step=step.number, opinion="属实", people=people
                )

    def departments(self) -> list[tuple[str, str]]:
        county = self.county.pack.county
        return [(d.code, f"{county}/{d.code}") for d in self.county.pack.catalogue.departments if d.window]

    def department(self, item: Item) -> str:
        return item.office_for(item.decide_step, None, None, self.county.pack.county)

    def at_the_township(self) -> None:
        self.say("三、乡镇柜台,离线办结")
        township = self.county["township"]
        item = self.item(lambda i: i.authority == "township_decides" and i.instant and plain(i))
        self.counter = case = self.register("柜台", township, "clerk", item, 5)
        machine = township.machine
        machine.act("clerk", case.number, "case.accepted")
        machine.act("clerk", case.number, "case.decided", granted=True, reasons="符合规定")
        self.must(machine, case, state="GRANTED", confirmed=False)
        self.say(f"  {machine.title}:{case.number} 准予")

    def county_is_back(self) -> None:
        self.say("四、县里恢复")
        hub = self.county.hub
        hub.start()
        self.sync("township")
        self.must(hub, self.reported, state="FORWARDED")
        code = self.department(self.reported.item).partition("/")[2]
        hub.act(f"window {code}", self.reported.number, "case.taken")
        self.county_decides(self.reported)
        wrong = next(key for key, o in self.departments() if o != self.department(self.declined.item))
        hub.act(f"window {wrong}", self.declined.number, "case.declined", reason="不属我局职权,请报主管部门")
        item = self.item(
            lambda i: i.authority == "county_decides" and first_accepts_at_county(i) and plain(i)
        )
        code = self.department(item).partition("/")[2]
        window = Place(hub, f"{self.county.pack.county}/{code}", {})
        self.counted = self.register("县柜台", window, f"window {code}", item, 6)
        hub.act(f"window {code}", self.counted.number, "case.accepted")
        self.county_decides(self.counted)
        self.sync("township")
        township = self.county["township"].machine
        self.must(township, self.declined, state="HANDLING", holder=self.county["township"].office)
        self.must(township, self.reported, state="GRANTED", confirmed=True, synced="county")
        self.must(township, self.counter, confirmed=True, synced="county")

    def county_decides(self, case: Case) -> None:
        """The chief representative decides and signs for the department with his own secret."""
        hub, code = self.county.hub, self.department(case.item).partition("/")[2]
        chief = f"chief {code}"
        base = hub.api(chief, "GET", f"/cases/{case.number}")["base"]
        body = {"granted": True, "reasons": "经审查,符合规定条件"}
        hub.api(
            chief,
            "POST",
            f"/cases/{case.number}/acts",
            {"type": "case.decided", "base": base, "body": body, "secret": PASSWORD},
        )
        self.must(hub, case, state="GRANTED", confirmed=True)
        self.say(f"  {hub.title}:{case.item.name} {case.number} 准予,部门电子签名,县级确认")

    def down_in_the_villages(self) -> None:
        self.say("五、结果回到村里")
        first, second, township = self.county["village-1"], self.county["village-2"], self.county["township"]
        self.sync("village-1")
        self.sync("village-2")
        self.must(first.machine, self.reported, state="GRANTED", confirmed=True, synced="county")
        self.must(second.machine, self.corrected, state="CORRECTING", confirmed=True, synced="county")
        first.machine.act("agent", self.reported.number, "case.delivered", way="agent", received_by="本人")
        first.machine.act("agent", self.reported.number, "case.rated", score=5)
        self.must(first.machine, self.reported, state="RATED")
        page = self.page(second.machine, "agent", "late", {})
        paper = self.paper(self.missing_material(), page, seen=True)
        second.machine.act("agent", self.corrected.number, "correction.handed_in", papers=[paper])
        self.sync("village-2")
        machine = township.machine
        self.must(machine, self.corrected, state="RECEIVED")
        machine.act("clerk", self.corrected.number, "case.accepted")
        self.own_steps(machine, self.corrected, township.office)
        machine.act("clerk", self.corrected.number, "case.decided", granted=True, reasons="补齐后符合规定")
        machine.act(
            "clerk",
            self.declined.number,
            "case.offered",
            to=self.department(self.declined.item),
            opinion="改报主管部门",
        )
        self.sync("village-1")

    def missing_material(self) -> str:
        made = self.county["village-2"].machine.api("agent", "GET", f"/cases/{self.corrected.number}")
        there = {paper["material"] for paper in made["papers"]}
        return next(
            (m.id for m in self.corrected.item.materials if m.always and m.id not in there),
            self.corrected.item.materials[0].id,
        )

    def all_level(self) -> None:
        self.say("六、全部一致")
        for _ in range(2):
            for name in ("village-1", "village-2", "township", "other-township", "other-village"):
                if name == "other-township" and self.county[name].machine.process is None:
                    self.county[name].machine.start()
                self.sync(name)
        everyone, county = self.county.machines, self.county
        hub, township, first, second = (
            m.name
            for m in (
                county.hub,
                county["township"].machine,
                county["village-1"].machine,
                county["village-2"].machine,
            )
        )
        expected = {
            self.reported.name: ("RATED", (hub, township, first)),
            self.declined.name: ("FORWARDED", (hub, township, first)),
            self.corrected.name: ("GRANTED", (hub, township, second)),
            self.direct.name: ("GRANTED", (hub, township, second)),
            self.counter.name: ("GRANTED", (hub, township)),
            self.counted.name: ("GRANTED", (hub,)),
        }
        for case in self.cases:
            case.state, case.nodes = expected[case.name]
            digests = set()
            for machine in everyone:
                code, found = machine.run("case", case.number, expect=(0, 1))
                if (code == 0) != (machine.name in case.nodes):
                    raise Broken(f"{machine.name} {'holds' if code == 0 else 'lacks'} {case.name}")
                if code == 0:
                    self.known[case.number, machine.name] = found
                    digests.add(found["digest"])
                    if found["state"] != case.state or not found["confirmed"] or found["papers_left"]:
                        raise Broken(f"{machine.name}: {case.name} is {found}")
            if len(digests) != 1:
                raise Broken(f"{case.name}: the nodes differ: {digests}")
        for machine in everyone:
            machine.ask("verify")
            status = machine.ask("status")
            if (
                status["unsent_events"]
                or status["unsent_papers"]
                or status["waiting"]
                or status["refused"]
                or status["set_aside"]
            ):
                raise Broken(f"{machine.name} is not level: {status}")
        shown = {case.item.authority for case in self.cases}
        known = {item.authority for item in county.pack.items} - {"parallel_departments"}
        if known - shown:
            raise Broken(f"no case of {sorted(known - shown)}")

    # -- what is told at the end

    def trails(self) -> Iterator[str]:
        for case in self.cases:
            yield f"\n{case.name} {case.item.name} {case.number}"
            for machine in self.county.machines:
                if machine.name not in case.nodes:
                    continue
                role = next(iter(machine.officers))  # at the hub the operator, who sees all
                found = machine.api(role, "GET", f"/cases/{case.number}")
                yield f"  {machine.title} 看到:{found['state']},在 {found['holder']},{found['digest'][:12]}"
                yield from map(_told, found["acts"])

    def report(self) -> dict[str, Any]:
        """FILE: what each node knows of each case, and where the nodes are."""
        cases = []
        for case in self.cases:
            found = {m.folder.name: self.known.get((case.number, m.name)) for m in self.county.machines}
            nodes = {
                name: {key: said[key] for key in ("state", "digest", "holder")}
                for name, said in found.items()
                if said is not None
            }
            cases.append({"number": case.number, "item": case.item.code, "nodes": nodes})
        places = {
            m.folder.name: {"name": m.title, "id": m.id, "data": str(m.folder.resolve()), "url": m.url}
            for m in self.county.machines
        }
        return {"cases": cases, "nodes": places}


def plain(item: Item) -> bool:
    """An agent may do it for the villager, and no other authority gives opinions."""
    return (
        item.agency.allowed
        and item.case_type != "joint"
        and not any(step.kind == "parallel_opinion" for step in item.procedure)
    )


def needs_papers(item: Item) -> bool:
    return sum(material.always and material.source != "form" for material in item.materials) >= 2


def first_accepts_at_county(item: Item) -> bool:
    return item.receiving_step.level == "county"


def _told(act: dict[str, Any]) -> str:
    """An act as a line: how far it has got, the day, what was done, by which office."""
    mark = {"here": "○", "township": "◐", "county": "●"}[act["synced"]]
    words = EVENT_TYPES[act["type"]].chinese
    effect = "" if act["in_effect"] else "(未生效)"
    return f"    {mark} {act['day']} {words} {act['office'] or ''}{effect}"
