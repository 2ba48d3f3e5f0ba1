"""An application as it is being filled in: what was typed and captured, and what follows from it.

Nothing here reads or writes anything: what was typed and what is known come in.  Names of inputs: a field's id for the
item's form; an underscore before the house's own.

    _kind                who applies            _guarded        a guardian acts
    _who.<field>         beside the form        _ticked         ids of papers whose condition, in words, holds
    _seen.<material>     original seen          _count.<material>   sheets of paper that were taken in
    _reuse               the earlier application that the applicant lets us copy from
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from werkzeug.datastructures import MultiDict

from common import papers
from common.catalogue.conditions import AGENT, BY_AGENT, Requirement, Words, evaluate, materials_required
from common.catalogue.field_types import FormContext, PaperFacts, blank
from common.catalogue.forms import Checked, check_form
from common.catalogue.items import Field, Item, Material
from common.catalogue.showing import as_read
from common.offices import Level, level
from common.papers import Page
from common.web import fields
from common.web.items.words import months_words
from common.web.registration import applicant
from common.web.registration.applicant import PREFIX, Kind
from common.web.registration.tiles import DRAWING, OF_FIELD, PAPER, SEEN_WORDS, Tile

CAPTURED = ("photo", "signature")
"""Types of fields that are never typed."""
CHANNELS = {Level.VILLAGE: AGENT, Level.TOWNSHIP: "township_window", Level.COUNTY: "county_window"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of the form as the page shows it.

    Args:
        field: a place outside the county, of which there is no list, is typed by its code.
        closed: not asked for now.  wanted: must be filled in now.
        output: the value in words, of a field that follows from another one: empty while it does not, None where it
            is typed.
    """

    field: Field
    closed: bool
    wanted: bool
    output: str | None = None


class Application:
    """See the module.

    Args:
        item: of the edition that the case will be pinned to.
        office: for which the officer acts; at a village he is the applicant's agent, elsewhere an authority's counter.
        typed: every input of the page, as typed.
        pages: material, ``form.<field>`` or ``drawing`` -> captured pages.
        divisions: codes that exist in the county.
    """

    def __init__(
        self,
        item: Item,
        *,
        office: str,
        today: date,
        typed: MultiDict[str, str],
        pages: Mapping[str, list[Page]],
        divisions: Collection[str],
    ) -> None:
        self.item = item
        self.office = office
        self.today = today
        self.typed = typed
        self.pages = pages
        self.kind = applicant.kind_of(item, typed.get("_kind", ""))
        self.guarded = "_guarded" in typed
        self.channel = CHANNELS[level(office)]
        self.by_agent = self.channel == AGENT
        self._divisions = divisions

    # -- the form

    @cached_property
    def values(self) -> dict[str, Any]:
        """What was typed, by field id, for the page."""
        return fields.typed((f for f in self.item.form if f.type not in CAPTURED), self.typed)

    @cached_property
    def context(self) -> FormContext:
        facts = {p["hash"]: _facts(p) for pages in self.pages.values() for p in pages}
        # What is not captured is a missing paper: it is said, and the case may still be registered.
        captured = {f.id for f in self.item.form if f.type in CAPTURED}
        return FormContext(self.today, self._divisions, facts, self._excused | captured)

    @property
    def _excused(self) -> frozenset[str]:
        """The id number that nobody has at hand, for the reason that is recorded."""
        return frozenset({applicant.ID_NUMBER} if self.kind is Kind.WITHOUT_ID else ())

    @cached_property
    def checked(self) -> Checked:
        given = (f for f in self.item.form if f.id in self.values and f.id not in self._excused)
        answers = {f.id: self.values[f.id] for f in given if not self._is_output(f)}
        for f in self.item.form:
            if f.type == "photo" and (taken := self.pages.get(self._photo_key(f))):
                answers[f.id] = [page["hash"] for page in taken]
        if self.signature_field and self.signature:
            answers[self.signature_field.id] = self.signature
        return check_form(self.item, answers, self.context)

    @cached_property
    def extra_fields(self) -> tuple[Field, ...]:
        return applicant.extra_fields(self.item, self.kind, guarded=self.guarded)

    @cached_property
    def all_extra_fields(self) -> tuple[Field, ...]:
        """Whatever may be asked beside the form, of any kind of applicant."""
        found: dict[str, Field] = {}
        for kind in applicant.kinds(self.item):
            for f in applicant.extra_fields(self.item, kind, guarded=True):
                found.setdefault(f.id, f)
        return tuple(found.values())

    @property
    def extra_typed(self) -> dict[str, str]:
        return {f.id: self.typed.get(PREFIX + f.id, "").strip() for f in self.all_extra_fields}

    @cached_property
    def _extra(self) -> tuple[dict[str, Any], dict[str, str]]:
        return applicant.check_extra(self.extra_fields, self.extra_typed, self.context)

    @property
    def extra(self) -> dict[str, Any]:
        """The checked values of what is asked beside the form."""
        return self._extra[0]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The fields that the page asks, in the form's order; photos and signatures are papers."""
        return tuple(self._entry(_as_asked(f)) for f in self.item.form if f.type not in CAPTURED)

    def _entry(self, f: Field) -> Entry:
        if f.id in self._excused:
            return Entry(f, closed=True, wanted=False)
        if self._is_output(f):
            value = self.checked.values.get(f.id)
            return Entry(f, closed=False, wanted=False, output="" if value is None else as_read(f, value))
        if f.required_if is None:
            return Entry(f, closed=False, wanted=f.required)
        holds = bool(evaluate(f.required_if, self.checked.values, channel=self.channel, today=self.today))
        return Entry(f, closed=not holds and blank(self.values.get(f.id)), wanted=holds)

    def _is_output(self, f: Field | None) -> bool:
        """Does it follow from another field, so that nobody types it?"""
        if f is None or f.derive_from is None:
            return False
        source = self.item.field(f.derive_from)
        return not (source is not None and source.type == "cn_id" and self.kind is Kind.WITHOUT_ID)

    @property
    def who(self) -> list[Entry]:
        """The number that identifies the applicant comes first: much follows from it."""
        found = [entry for entry in self.entries if self._is_of_who(entry.field)]
        return sorted(found, key=lambda entry: entry.field.id not in applicant.NUMBERS)

    @property
    def account(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.field.id in applicant.ACCOUNT]

    @property
    def matter(self) -> list[Entry]:
        rest = (entry for entry in self.entries if entry.field.id not in applicant.ACCOUNT)
        return [entry for entry in rest if not self._is_of_who(entry.field)]

    def _is_of_who(self, f: Field) -> bool:
        """Does it say who applies, or follow from what does?"""
        return f.id in applicant.IDENTITY or f.derive_from in applicant.IDENTITY

    # -- what is wrong

    @cached_property
    def errors(self) -> dict[str, str]:
        """All that must be put right before the case can be registered: input name -> words, in the page's order."""
        found = {self._input_of(key): words for key, (_, words) in reversed(self.checked.errors.items())}
        found |= self._extra[1] | dict(self._page_errors())
        order = [e.field.id for e in (*self.who, *self.matter, *self.account)]
        rank = {name: place for place, name in enumerate(order)}
        return dict(sorted(found.items(), key=lambda pair: _place(pair[0], rank)))

    @property
    def live_errors(self) -> dict[str, str]:
        """Those of them that a person can see while still typing: of what is there, not of what is yet to come."""
        required = (key for key, (code, _) in self.checked.errors.items() if code == "form.required")
        missing = {self._input_of(key) for key in required}
        empty = {PREFIX + f.id for f in self.extra_fields if not self.extra_typed[f.id]}
        return {key: words for key, words in self.errors.items() if key not in missing | empty}

    @property
    def warnings(self) -> list[str]:
        """What a person should look at; a value that follows from another one shows by itself."""
        found = [words for code, words in self.checked.warnings.values() if code != "form.derived"]
        season = self.item.season
        if season and self.today.month not in season.months:
            found.append(
                f"这个事项只在 {months_words(season.months)}收,现在报送可能不受理。{season.note or ''}"
            )
        return found

    def _input_of(self, key: str) -> str:
        """Where a fault of a field is put right: at its paper, or at the field that it follows from."""
        f = self.item.field(key)
        while f is not None and self._is_output(f):
            f = self.item.field(str(f.derive_from))
        if f is None:
            return key
        if f.type == "photo":
            return PAPER + self._photo_key(f)
        return PAPER + self._sheet_key if f.type == "signature" else f.id

    def _page_errors(self) -> Iterator[tuple[str, str]]:
        for tile in self.tiles:
            if len(tile.pages) > papers.MAX_PAGES:
                yield (
                    PAPER + tile.id,
                    f"「{tile.name}」最多 {papers.MAX_PAGES} 页,现在有 {len(tile.pages)} 页。",
                )
        if sum(len(pages) for pages in self.pages.values()) > papers.MAX_PAGES_IN_ALL:
            yield "", f"材料一共最多 {papers.MAX_PAGES_IN_ALL} 页。请先附必要的,其余的登记后再「补充材料」。"

    # -- papers

    @cached_property
    def requirements(self) -> list[Requirement]:
        return materials_required(self.item, self.checked.values, self.channel, self.ticked, today=self.today)

    @property
    def ticked(self) -> list[str]:
        """Ids of the papers whose condition, in words, a person said holds."""
        known = {m.id for m in self.item.materials if isinstance(m.condition, Words)}
        return [one for one in self.typed.getlist("_ticked") if one in known]

    @cached_property
    def form_material(self) -> Material | None:
        """The application form itself 申请表: what the system prints from the answers, and the applicant signs."""
        made = (m for m in self.item.materials if m.source == "form" and m.always)
        return next(made, None)

    @cached_property
    def proxy_material(self) -> Material | None:
        """代办委托书 (R-102)."""
        return proxy_of(self.item)

    @cached_property
    def signature_field(self) -> Field | None:
        return next((f for f in self.item.form if f.type == "signature"), None)

    @property
    def drawing(self) -> Page | None:
        return next(iter(self.pages.get(DRAWING, ())), None)

    @property
    def can_sign(self) -> bool:
        """Is there anything to sign on the screen?"""
        return bool(self.signature_field or (self.by_agent and self.proxy_material))

    @property
    def signature(self) -> dict[str, str] | None:
        """The applicant's, as the form stores it: drawn on the screen, or the signed sheet photographed."""
        if self.drawing:
            return {"kind": "drawing", "paper": self.drawing["hash"]}
        sheet = self._sheet_key
        return next(({"kind": "sheet", "paper": page["hash"]} for page in self.pages.get(sheet, ())), None)

    @property
    def _sheet_key(self) -> str:
        """Where the photo of the signed sheet is: the application form's, or the signature's own."""
        if self.form_material:
            return self.form_material.id
        return OF_FIELD + (self.signature_field.id if self.signature_field else "")

    def _photo_key(self, f: Field) -> str:
        """Where the pictures of a photo field are.  An item with one photo field and one paper that is a photo asks for
        the same picture twice; it is taken once."""
        twin = self._photo_twin
        return twin.id if twin and f.type == "photo" else OF_FIELD + f.id

    @cached_property
    def _photo_twin(self) -> Material | None:
        asked = [f for f in self.item.form if f.type == "photo"]
        listed = [m for m in self.item.materials if m.form == "photo" and m.source == "applicant"]
        return listed[0] if len(asked) == len(listed) == 1 else None

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        """Each paper of the published list (R-210), then what belongs to fields of the form."""
        listed = [self._tile(requirement) for requirement in self.requirements]
        photos = [f for f in self.item.form if f.type == "photo" and self._photo_key(f) == OF_FIELD + f.id]
        own = [self._field_tile(f) for f in photos]
        if self.signature_field and not self.form_material:
            own.append(self._field_tile(self.signature_field))
        return (*listed, *own)

    def _tile(self, requirement: Requirement) -> Tile:
        material = requirement.material
        by_hand = isinstance(material.condition, Words) and material.condition.words != BY_AGENT
        pages = tuple(self.pages.get(material.id, ()))
        signs = material in (self.form_material, self.proxy_material)
        electronic = bool(signs and self.drawing and not pages and requirement.required)
        made_here = material.source == "form"
        state = "wanted" if requirement.required else "maybe" if by_hand else "closed"
        if state == "closed" and pages:
            state = "maybe"  # nothing that was captured is hidden
        photo = next(
            (f for f in self.item.form if f.type == "photo" and self._photo_key(f) == material.id), None
        )
        return Tile(
            id=material.id,
            name=material.name,
            state=state,
            why=material.note or ("" if by_hand or material.always else requirement.why),
            pages=pages,
            seen=bool(made_here and pages) or f"_seen.{material.id}" in self.typed,
            seen_words=None if made_here else SEEN_WORDS.get(material.form),
            count=self.typed.get(f"_count.{material.id}", "").strip(),
            electronic=electronic,
            to_sign=made_here,
            max_bytes=photo.max_bytes if photo else None,
            condition=requirement.why if by_hand else None,
        )

    def _field_tile(self, f: Field) -> Tile:
        signs = f.type == "signature"
        return Tile(
            id=OF_FIELD + f.id,
            name=f.name,
            state="wanted" if f.required else "maybe",
            why=f.hint or ("签了字、按了印的纸拍下来,或者在屏幕上签" if signs else ""),
            pages=tuple(self.pages.get(OF_FIELD + f.id, ())),
            seen=False,
            seen_words=None,
            count="",
            electronic=bool(signs and self.drawing),
            to_sign=signs,
            max_bytes=f.max_bytes,
        )

    def tile(self, tile_id: str) -> Tile | None:
        return next((tile for tile in self.tiles if tile.id == tile_id), None)

    @property
    def missing(self) -> list[Tile]:
        """The papers that are wanted and not there: 差 N 份."""
        return [tile for tile in self.tiles if tile.missing]

    @property
    def unseen(self) -> list[Tile]:
        """Papers that are there, whose original somebody must still see before the case is accepted."""
        needed = {m.id for m in self.item.materials if m.original_needed}
        wanted = (t for t in self.tiles if t.id in needed and t.state == "wanted" and t.given)
        return [tile for tile in wanted if not (tile.seen or tile.electronic)]

    # -- who and where

    @property
    def name(self) -> str:
        """The applicant's name, as far as it was typed."""
        checked = applicant.name_of(self.item, self.checked.values, self.extra)
        return checked or applicant.name_of(self.item, self.values, self.extra_typed)

    @property
    def village(self) -> str | None:
        """The applicant's village: as typed, else the agent's own."""
        chosen = self.checked.values.get(applicant.VILLAGE)
        if isinstance(chosen, str) and len(chosen) == 12:
            return chosen
        return self.office if level(self.office) is Level.VILLAGE else None


def _as_asked(f: Field) -> Field:
    if f.type == "division" and f.level == "county":
        return replace(f, type="string", max_length=6, hint="写 6 位行政区划代码,就是当地身份证号的前 6 位")
    return f


def _facts(page: Page) -> PaperFacts:
    px = (page["width"], page["height"]) if "width" in page else None
    return PaperFacts(page["size"], px)


def _place(name: str, rank: Mapping[str, int]) -> tuple[float, str]:
    """Where an input stands on the page: what is asked beside the form comes after the applicant's number."""
    head = name.partition(".")[0]
    if name.startswith(PREFIX):
        return 0.5, ""
    return (rank[head], name) if head in rank else (len(rank), "")


def proxy_of(item: Item) -> Material | None:
    """The item's 代办委托书, that an agent's applicant signs (R-102)."""
    return next((m for m in item.materials if m.condition == Words(BY_AGENT)), None)
