"""Drafts 没填完的: an application being filled in, kept at each keystroke (design 4; R-101).

The salt in the page's address exists before anything is typed.  It names the draft, and it is the registration's
idempotency key: a page that is sent twice, or again after a restart, leads to the one case.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from common.catalogue.items import Item
from common.catalogue.showing import as_typed
from common.errors import CommandRefused, NotFound
from common.node import Node
from common.papers import Page, Papers
from common.reference import Appointment
from common.store.local import Draft
from common.web.registration import applicant
from common.web.registration.queries import Earlier
from common.web.registration.versions import Order, Stamp, Version

_SALT = re.compile(r"[0-9a-f]{32}")
_HOUSE = (
    "_kind",
    "_guarded",
    "_ticked",
    "_seen.",
    "_count.",
    "_reuse",
    "_partial",
    "_name",
    "_note",
    applicant.PREFIX,
)
HAND_IN, ADD = "hand-in", "add-papers"
"""Stand in the place of an item's code where papers are handed in to a case."""
MAX_TYPED = 400_000
"""Characters of all that was typed: more than any form takes, less than would hurt."""


def new_salt() -> str:
    return secrets.token_hex(16)


class StaleDraft(CommandRefused):
    """A page that does not know the newest version would change it (versions.py).

    Args:
        inputs: names of the inputs that say something else there.
    """

    def __init__(self, inputs: list[str]) -> None:
        super().__init__("draft.stale")
        self.inputs = inputs


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft as it is kept.

    Args:
        inputs: what was typed, by input name.  pages: captured pages by where they belong.
        reused: ``from``, the id of the earlier application, and ``values``, what it lent with the applicant's consent.
        case: the case that was registered from it already; then nothing else stands here.
        version: the save that made it what it is; None while no page has saved it.
        last: number of the newest save of that page, which may have changed no word since.
        stamp: what the page that shows it says when it saves; None: a new page, which knows this version.
    """

    salt: str
    item: str
    inputs: MultiDict[str, str] = field(default_factory=MultiDict)
    pages: Mapping[str, list[Page]] = field(default_factory=dict)
    reused: Mapping[str, Any] | None = None
    case: str | None = None
    at: int = 0
    version: Version | None = None
    last: int = 0
    stamp: Stamp | None = None

    @property
    def empty(self) -> bool:
        return not (self.inputs or self.pages)


class Drafts:
    """The drafts of one officer.  Each change reads and writes in one transaction: a photo and a keystroke may meet."""

    def __init__(self, node: Node, officer: Appointment, papers: Papers) -> None:
        self._node = node
        self._local = node.store.local
        self._officer = officer
        self._papers = papers

    def get(self, salt: str, item: str) -> Typed:
        """The draft, or an empty one under this salt.  NotFound: no salt, another officer's or another item's."""
        if not _SALT.fullmatch(salt):
            raise NotFound("web.not_found")
        if row := self._node.store.views.by_salt(salt, self._officer.office):
            return Typed(salt, item, case=row.case_id)
        kept = self._local.draft(salt)
        if kept is None:
            return Typed(salt, item)
        if kept.officer != self._officer.id or kept.item != item:
            raise NotFound("draft.not_yours")
        return _typed(kept)

    def all(self) -> list[Typed]:
        """The applications that this officer has begun and not registered, the newest first."""
        kept = self._local.drafts(self._officer.id)
        return [_typed(draft) for draft in kept if draft.item not in (HAND_IN, ADD)]

    def shown(self, salt: str, item: str, inputs: MultiDict[str, str]) -> Typed:
        """The draft as the page that sent this shows it: it knows no more than it did; what is kept stays as it is."""
        draft = self.get(salt, item)
        if draft.case is not None:
            return draft
        return replace(draft, inputs=_ours(inputs), stamp=Stamp.of(inputs))

    def keep(
        self,
        salt: str,
        item: str,
        inputs: MultiDict[str, str],
        then: Callable[[Typed], Typed] = lambda draft: draft,
    ) -> Typed:
        """Keep what was typed; ``then`` may fill in what follows from it.

        StaleDraft: the page does not know the newest version.
        """
        stamp, typed = Stamp.of(inputs), _ours(inputs)
        with self._node.store.write():
            draft = self.get(salt, item)
            order = stamp.order(draft.version, draft.last)
            if draft.case is not None or order is Order.LATE:
                return draft
            if order is Order.STALE and typed != draft.inputs:
                raise StaleDraft(_differing(typed, draft.inputs))
            now = then(replace(draft, inputs=typed))
            version, last = stamp.after(draft.version, draft.last, changed=now.inputs != draft.inputs)
            now = replace(now, version=version, last=last)
            self._save(now)
            return now

    def add_pages(
        self, salt: str, item: str, place: str, pages: Iterable[Page], *, instead: bool = False
    ) -> Typed:
        """Captured pages go where they belong; ``instead``: in place of what was there."""
        with self._node.store.write():
            draft = self.get(salt, item)
            if draft.case is not None:
                raise CommandRefused("draft.registered")
            old = draft.pages.get(place, [])
            now = [*([] if instead else old), *pages]
            draft = replace(draft, pages={**draft.pages, place: now})
            self._save(draft)
        if instead:
            self._discard(old)
        return draft

    def drop_page(self, salt: str, item: str, place: str, hash: str) -> Typed:
        """A page is taken away."""
        with self._node.store.write():
            draft = self.get(salt, item)
            pages = draft.pages.get(place, [])
            rest = [page for page in pages if page["hash"] != hash]
            kept = {**draft.pages, place: rest}
            draft = replace(draft, pages={key: value for key, value in kept.items() if value})
            self._save(draft)
        self._discard([page for page in pages if page["hash"] == hash])
        return draft

    def give_up(self, salt: str, item: str, stamp: Stamp) -> None:
        """The officer drops the draft, and the pages with it.  StaleDraft: it is not what he saw of it."""
        draft = self.get(salt, item)
        if stamp.order(draft.version, draft.last) is Order.STALE:
            raise StaleDraft([])
        if draft.case is None:
            self._local.drop_draft(salt)
            self._discard([page for pages in draft.pages.values() for page in pages])

    def done(self, salt: str) -> None:
        """The draft has become a case; its pages are the case's now."""
        self._local.drop_draft(salt)

    def _save(self, draft: Typed) -> None:
        data = {
            "inputs": {name: draft.inputs.getlist(name) for name in draft.inputs},
            "pages": draft.pages,
            "reused": draft.reused,
            "version": draft.version and str(draft.version),
            "last": draft.last,
        }
        at = self._node.now()
        self._local.save_draft(Draft(draft.salt, self._officer.id, draft.item, data, at))

    def _discard(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self._papers.discard(page["hash"])


def _typed(kept: Draft) -> Typed:
    data = kept.data
    return Typed(
        kept.salt,
        kept.item,
        MultiDict(data.get("inputs", {})),
        data.get("pages", {}),
        data.get("reused"),
        at=kept.at,
        version=Version.read(data.get("version")),
        last=data.get("last", 0),
    )


def _ours(inputs: MultiDict[str, str]) -> MultiDict[str, str]:
    """The inputs of the application; never a password, never a token, and not without end."""
    kept: MultiDict[str, str] = MultiDict()
    room = MAX_TYPED
    for name, value in inputs.items(multi=True):
        if name.startswith("_") and not name.startswith(_HOUSE):
            continue
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.add(name, value)
    return kept


def _differing(mine: MultiDict[str, str], newer: MultiDict[str, str]) -> list[str]:
    """Names of the inputs that do not say the same; one that is blank says as much as one that is not there."""

    def said(inputs: MultiDict[str, str], name: str) -> list[str]:
        return [value for value in inputs.getlist(name) if value.strip()]

    return [name for name in {**newer, **mine} if said(mine, name) != said(newer, name)]


def lend(draft: Typed, item: Item, earlier: Earlier | None) -> Typed:
    """Copies what is blank from the earlier application, or takes back what it lent once consent is withdrawn.

    Only identity, address, telephone and account are lent, each to the same field (``applicant.REUSABLE``), and only
    to the applicant with the same number.
    """
    inputs, lent = draft.inputs.copy(), {}
    if earlier is not None and not any(
        _same(earlier.form.get(name), inputs.get(name)) for name in applicant.NUMBERS
    ):
        earlier = None
    if draft.reused is not None:
        if earlier is not None and earlier.case == draft.reused["from"]:
            lent = dict(draft.reused["values"])
        else:
            for name, value in draft.reused["values"].items():
                if inputs.get(name) == value:
                    inputs[name] = ""
    if earlier is None:
        return replace(draft, inputs=inputs, reused=None)
    for f in item.form:
        value = earlier.form.get(f.id)
        fits = f.id in applicant.REUSABLE and f.derive_from is None and earlier.types.get(f.id) == f.type
        if fits and value is not None and f.id not in lent and not inputs.get(f.id):
            inputs[f.id] = lent[f.id] = str(as_typed(f, value))
    return replace(draft, inputs=inputs, reused={"from": earlier.case, "values": lent})


def _same(number: object, typed: str | None) -> bool:
    return bool(typed) and number == "".join(str(typed).split()).upper()
