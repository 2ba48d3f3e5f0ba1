"""The county of the demonstration: founding the hub, enrolling the nodes, appointing the people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from _demo.machines import PASSWORD, Machine
from common.packs import Pack, load_pack

FOLDERS = ("hub", "township", "village-1", "village-2", "other-township", "other-village")

Say = Callable[[str], None]


@dataclass
class Place:
    """A node's office, and the names of its people by role."""

    machine: Machine
    office: str
    names: dict[str, str]


@dataclass
class County:
    """``names``: of the hub's people, by the story's keys: operator, window, ``window MZ``, ``chief MZ``, ..."""

    pack: Pack
    hub: Machine
    places: dict[str, Place]
    names: dict[str, str]

    @property
    def machines(self) -> list[Machine]:
        return [self.hub, *(place.machine for place in self.places.values())]

    def __getitem__(self, name: str) -> Place:
        return self.places[name]


def found(data: Path, pack_dir: Path | None, say: Say, machines: list[Machine], *, sync: bool) -> County:
    """Start the whole county; each machine is added to ``machines`` as soon as it may have a process.

    Args:
        sync: the nodes exchange by themselves, as in a real county.
    """
    pack = load_pack(pack_dir)
    hub = Machine("hub", "county_hub", data / "hub")
    machines.append(hub)
    arguments = ["init", "--county", pack.county, "--practice"]
    made = hub.ask(*arguments, *(["--pack", str(pack_dir)] if pack_dir else []))
    hub.id, hub.title = made["node"], made["name"]
    hub.start()
    hub.ask("url", "set", hub.url)
    say(f"{hub.title} 在 {hub.url},目录 {len(pack.items)} 项,{len(pack.townships)} 个乡镇")
    names = _people_of_the_hub(hub, pack, data)
    places: dict[str, Place] = {}
    home, other = pack.demo_townships((2, 1))
    for name, township, villages in (
        ("township", home, ("village-1", "village-2")),
        ("other-township", other, ("other-village",)),
    ):
        places[name] = _township(hub, name, data, township.code, say, machines)
        for village, (code, _) in zip(villages, township.villages, strict=False):
            places[village] = _village(hub, places[name], village, data, code, say, machines)
    for machine in machines:
        if sync and machine is not hub:
            machine.stop()
            machine.syncs = True
            machine.start()
    return County(pack, hub, {name: places[name] for name in FOLDERS if name in places}, names)


def _people_of_the_hub(hub: Machine, pack: Pack, data: Path) -> dict[str, str]:
    """Appoint them from a list, as a county would; key for the story -> name."""
    wanted = [("operator", pack.county, "operator", "何卫东"), ("window", pack.county, "window", "罗小梅")]
    surnames = iter("张王李赵刘陈杨黄周吴徐孙马朱胡郭林高郑")
    for department in (d for d in pack.catalogue.departments if d.window):
        surname, office = next(surnames, "唐"), f"{pack.county}/{department.code}"
        wanted.append((f"window {department.code}", office, "window", surname + "晓燕"))
        wanted.append((f"chief {department.code}", office, "chief", surname + "国强"))
    people = data / "people.csv"
    people.write_text(
        "\n".join(["name,office,role", *(f"{name},{office},{role}" for _, office, role, name in wanted)]),
        "utf-8",
    )
    hub.ask("officer", "import", str(people))
    listed = {(row["office"], row["role"]): row["officer"] for row in hub.ask("officer", "list")["officers"]}
    hub.officers = {key: listed[office, role] for key, office, role, _ in wanted}
    return {key: name for key, _, _, name in wanted}


def _township(hub: Machine, name: str, data: Path, code: str, say: Say, machines: list[Machine]) -> Place:
    machine = Machine(name, "township_node", data / name)
    machines.append(machine)
    slip = hub.ask("slip", code)
    made = machine.ask("init", "--slip", slip["text"])
    machine.id, machine.title = made["node"], made["name"]
    names = {"clerk": "王丽", "lead": "赵德明"}
    for role, person in names.items():
        add = ("officer", "add", person, "--office", code, "--role", role, "--password-stdin")
        machine.officers[role] = machine.ask(*add, stdin=PASSWORD)["officer"]
    machine.start()
    say(f"{machine.title} 在 {machine.url}")
    return Place(machine, code, names)


def _village(
    hub: Machine, township: Place, name: str, data: Path, code: str, say: Say, machines: list[Machine]
) -> Place:
    machine = Machine(name, "township_node", data / name)
    machines.append(machine)
    slip = hub.ask("slip", code, "--parent", township.machine.url)
    # the first village knows only its township: it enrols through it, and never speaks to the county
    only = ["--parent", township.machine.url] if name == "village-1" else []
    made = machine.ask("init", "--slip", slip["text"], *only)
    machine.id, machine.title = made["node"], made["name"]
    person = {"village-1": "陈国秀", "village-2": "邓光华", "other-village": "何桂英"}[name]
    agent = township.machine.ask("officer", "add", person, "--office", code, "--role", "agent")["officer"]
    machine.ask("sync")
    machine.officers["agent"] = agent
    machine.give_password("agent")
    machine.start()
    say(f"{machine.title} 在 {machine.url}")
    return Place(machine, code, {"agent": person})


def logins(county: County) -> Sequence[str]:
    """Who may log in where, with the password that all have."""
    hub = county.hub
    shown = county.pack.items[0].department
    keys = ("operator", "window", f"window {shown}", f"chief {shown}")
    for key in keys:
        hub.give_password(key)
    named = "、".join(county.names[key] for key in keys)
    rows = [f"{hub.title}  {hub.url}  {named}(其余人员用命令 officer password 设口令)"]
    rows += [
        f"{place.machine.title}  {place.machine.url}  {'、'.join(place.names.values())}"
        for place in county.places.values()
    ]
    return [*rows, f"口令都是 {PASSWORD}"]
