"""A page as the tests read it: what every page must be, its forms, and a client that fills them in as a person would.

``check_page`` holds for every page that a test fetches: title, language, one h1, a label for every input, the form's
token, ids given once, nothing loaded from elsewhere, nothing that the content security policy would block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_CLOSES = {
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "option": {"option"},
    "tr": {"tr"},
    "td": {"td", "th"},
}
_ADDRESSES = ("href", "src", "action", "formaction", "poster", "data", "srcset")
_HANDLER = re.compile(r"on[a-z]+")
_NOT_SHOWN = frozenset({"dialog", "template", "script", "style"})
_NO_LABEL = frozenset({"hidden", "submit", "button", "reset", "image"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *tags: str) -> list[Element]:
        """The elements below with one of these tags, in the page's order."""
        return [e for e in self.walk() if e.tag in tags and e is not self]

    def above(self) -> Iterator[Element]:
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def inside(self, *tags: str) -> bool:
        return any(e.tag in tags for e in self.above())

    def classed(self, name: str) -> list[Element]:
        return [e for e in self.walk() if name in e.get("class").split()]

    @property
    def text(self) -> str:
        """What a person reads: scripts, templates and closed sheets left out, white space folded."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in _NOT_SHOWN and "hidden" not in child.attributes:
                yield from child._words()
                if child.tag not in ("b", "strong", "small", "span", "a", "i", "em", "time", "kbd", "wbr"):
                    yield " "


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._at = self.root
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._at.tag in _CLOSES.get(tag, ()):
            self._at = self._at.parent or self.root
        names = [name for name, _ in attrs]
        for name in sorted({n for n in names if names.count(n) > 1}):
            self.faults.append(f"<{tag}> has {name} twice")
        element = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.children.append(element)
        if tag not in _VOID:
            self._at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._at.tag == tag:
            self._at = self._at.parent or self.root
        elif any(e.tag == tag for e in self._at.above()):
            while self._at.tag != tag:
                if self._at.tag not in _CLOSES:
                    self.faults.append(f"<{self._at.tag}> is closed by </{tag}>")
                self._at = self._at.parent or self.root
            self._at = self._at.parent or self.root
        else:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self._at.children.append(data)


@dataclass
class Page:
    """A page that was fetched, parsed."""

    path: str
    status: int
    root: Element
    source: str

    @property
    def title(self) -> str:
        return next((e.text for e in self.root.all("title")), "")

    @property
    def h1(self) -> str:
        return next((e.text for e in self.root.all("h1")), "")

    @property
    def main(self) -> Element:
        return next(iter(self.root.all("main")), self.root)

    @property
    def text(self) -> str:
        """The words of the page's main part."""
        return self.main.text

    @property
    def errors(self) -> list[str]:
        """The sentences of the error summary."""
        return [li.text for box in self.root.classed("summary") for li in box.all("li")]

    @property
    def forms(self) -> list[Form]:
        """The forms of the page itself; those in sheets over it are left out."""
        return [Form(e) for e in self.root.all("form") if not e.inside("dialog", "template")]

    def form(self, action: str | None = None) -> Form:
        """The form with this action, or the only one in the main part.  AssertionError if there is none, or several."""
        if action is not None:
            found = [f for f in self.forms if f.action == action]
        else:
            found = [f for f in self.forms if f.element.inside("main")]
        assert len(found) == 1, f"{len(found)} forms fit on {self.path}: {[f.action for f in self.forms]}"
        return found[0]

    def link(self, words: str) -> str:
        """The address of the link with these words."""
        found = [a.get("href") for a in self.root.all("a") if words in a.text]
        assert found, f"no link {words!r} on {self.path}: {[a.text for a in self.root.all('a')]}"
        return found[0]


@dataclass
class Form:
    element: Element

    @property
    def action(self) -> str:
        """Where it goes; empty for the page's own address."""
        return self.element.get("action")

    @property
    def method(self) -> str:
        return self.element.get("method", "get").lower()

    @property
    def inputs(self) -> list[Element]:
        return [e for e in self.element.all("input", "select", "textarea") if not e.inside("template")]

    @property
    def buttons(self) -> list[Element]:
        return [b for b in self.element.all("button") if b.get("type", "submit") == "submit"]

    @property
    def fields(self) -> MultiDict[str, str]:
        """What a browser would send if nobody touched it, without any button."""
        sent: MultiDict[str, str] = MultiDict()
        for element in self.inputs:
            name, kind = element.get("name"), element.get("type", "text")
            if not name or "disabled" in element.attributes or kind in ("file", "submit", "button"):
                continue
            if element.tag == "select":
                options = element.all("option")
                chosen = [o for o in options if "selected" in o.attributes] or options[:1]
                for option in chosen:
                    sent.add(name, option.get("value"))
            elif element.tag == "textarea":
                words = "".join(c for c in element.children if isinstance(c, str))
                sent.add(name, words.removeprefix("\n"))  # as browsers do
            elif kind not in ("radio", "checkbox"):
                sent.add(name, element.get("value"))
            elif "checked" in element.attributes:
                sent.add(name, element.get("value", "on"))
        return sent

    @property
    def names(self) -> set[str]:
        return {e.get("name") for e in self.inputs if e.get("name")}

    def options(self, name: str) -> dict[str, str]:
        """What may be chosen for a name: value -> words."""
        found: dict[str, str] = {}
        for element in self.inputs:
            if element.get("name") != name:
                continue
            if element.tag == "select":
                found.update({o.get("value"): o.text for o in element.all("option") if o.get("value")})
            else:
                label = next((e for e in element.above() if e.tag == "label"), element)
                found[element.get("value")] = label.text
        return found


def read_page(response: TestResponse) -> Page:
    source = response.get_data(as_text=True)
    parser = _Parser()
    parser.feed(source)
    parser.close()
    page = Page(response.request.path, response.status_code, parser.root, source)
    page.root.attributes["faults"] = "\n".join(parser.faults)
    return page


def check_page(response: TestResponse) -> Page:
    """The page in the response.  AssertionError that lists all that is wrong with it."""
    page = read_page(response)
    faults = [*_faults(page), *_header_faults(response)]
    assert not faults, f"{page.path} ({page.status}):\n" + "\n".join(faults)
    return page


def _faults(page: Page) -> Iterator[str]:
    root = page.root
    yield from filter(None, root.get("faults").split("\n"))
    if not page.source.lstrip().lower().startswith("<!doctype html>"):
        yield "no doctype"
    if [e.get("lang") for e in root.all("html")] != ["zh-CN"]:
        yield "the language is not zh-CN"
    if not page.title.split("·")[0].strip():
        yield "no title"
    headings = [h for h in root.all("h1") if not h.inside("dialog", "template")]
    if len(headings) != 1 or not headings[0].text:
        yield f"{len(headings)} h1"
    if len(root.all("main")) != 1:
        yield "not one main"
    yield from _repeated_ids(root)
    yield from _broken_references(root)
    yield from _unlabelled(root)
    yield from _forms_without_token(root)
    yield from _blocked_or_outside(root)
    yield from (f"<img> without alt: {e.get('src')}" for e in root.all("img") if "alt" not in e.attributes)
    for element in root.all("button", "a"):
        if not (element.text or element.get("aria-label")):
            yield f"<{element.tag}> says nothing: {element.attributes}"


def _repeated_ids(root: Element) -> Iterator[str]:
    ids = [e.get("id") for e in root.walk() if "id" in e.attributes and not e.inside("template")]
    yield from (f"id {i} is given {ids.count(i)} times" for i in sorted(set(ids)) if ids.count(i) > 1)


def _broken_references(root: Element) -> Iterator[str]:
    ids = {e.get("id") for e in root.walk()}
    for element in root.walk():
        for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for wanted in element.get(name).split():
                if wanted not in ids:
                    yield f"{name}={wanted} names nothing"
        if element.tag == "a" and element.get("href").startswith("#") and element.get("href")[1:] not in ids:
            yield f"the link {element.get('href')} leads nowhere"


def _unlabelled(root: Element) -> Iterator[str]:
    labelled = {e.get("for") for e in root.all("label") if e.text} - {""}
    for element in root.all("input", "select", "textarea"):
        if element.get("type", "text") in _NO_LABEL:
            continue
        named = element.get("aria-label") or element.get("aria-labelledby")
        if not (named or element.inside("label") or element.get("id") in labelled):
            yield f"no label: <{element.tag} name={element.get('name')}>"


def _forms_without_token(root: Element) -> Iterator[str]:
    for form in root.all("form"):
        if form.get("method").lower() == "post":
            tokens = [e.get("value") for e in form.all("input") if e.get("name") == "_token"]
            if len(tokens) != 1 or not tokens[0]:
                yield f"a form without its token: {form.get('action')}"


def _blocked_or_outside(root: Element) -> Iterator[str]:
    for element in root.walk():
        if element.tag == "style":
            yield "a style in the page"
        if element.tag == "script" and not element.get("src"):
            yield "a script in the page"
        if element.tag in ("iframe", "object", "embed", "base"):
            yield f"<{element.tag}> is blocked"
        for name, value in element.attributes.items():
            if name == "style" or (_HANDLER.fullmatch(name) and name != "on"):
                yield f"<{element.tag} {name}=...> is blocked"
            if name in _ADDRESSES and element.parent is not None and _is_outside(element.tag, value):
                yield f"an outside address: {value}"


def _is_outside(tag: str, address: str) -> bool:
    parts = urlsplit(address.strip())
    if tag == "img" and parts.scheme in ("data", "blob"):
        return False
    return bool(parts.scheme or parts.netloc or address.startswith("\\"))


def _header_faults(response: TestResponse) -> Iterator[str]:
    policy = response.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        yield f"the content security policy is {policy!r}"
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        yield "the type may be guessed"
    if response.headers.get("Cache-Control") != "no-store":
        yield "the page may be stored"


class PageClient:
    """A person at a browser: fetches pages, fills in forms, follows redirects; each page on the way is checked.

    client = PageClient(app)
    client.log_in(officer_id, "password")
    page = client.get("/worklist")
    page = client.submit(page.form("/cases"), name="李秀英")
    """

    def __init__(self, app: Flask) -> None:
        self.http: FlaskClient = app.test_client()
        self.page: Page | None = None

    def get(self, path: str, status: int = 200) -> Page:
        """The page at a path, redirects followed; its status must be the one named."""
        return self._arrive(self.http.get(path), path, status)

    def submit(
        self,
        form: Form,
        /,
        *,
        button: str | None = None,
        status: int = 200,
        files: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Page:
        """Sends a form of the page shown last.

        Args:
            button: the words of the button that is pressed, where there are several.
            files: name -> (stream, file name).
            fields: what is typed, by the inputs' names; a list for several, None to leave out what stood there.
                Names with dots are given in a dict: ``**{"members.0.name": "王芳"}``.
        """
        sent = form.fields
        for name, value in fields.items():
            assert name in form.names, f"no input {name!r}: {sorted(form.names)}"
            sent.setlist(name, [] if value is None else value if isinstance(value, list) else [value])
        if button is not None:
            pressed = next((b for b in form.buttons if button in b.text), None)
            assert pressed is not None, f"no button {button!r}: {[b.text for b in form.buttons]}"
            if pressed.get("name"):
                sent.add(pressed.get("name"), pressed.get("value"))
        here = self.page.path if self.page else "/"
        path = urljoin(here, form.action) if form.action else here
        if form.method == "get":
            return self._arrive(self.http.get(path, query_string=sent), path, status)
        data: MultiDict[str, Any] = MultiDict(sent)
        for name, file in (files or {}).items():
            data.add(name, file)
        return self._arrive(self.http.post(path, data=data), path, status)

    def log_in(self, officer: str, password: str) -> Page:
        """Logs in and lands on the first page."""
        page = self.submit(self.get("/login").form("/login"), officer=officer, password=password)
        assert not page.errors, page.errors
        return page

    def _arrive(self, response: TestResponse, path: str, status: int) -> Page:
        for _ in range(5):
            if response.status_code not in (301, 302, 303, 307, 308):
                break
            path = urljoin(path, response.headers["Location"])
            response = self.http.get(path)
        said = read_page(response).text[:2000]
        assert response.status_code == status, f"{path} answered {response.status_code}: {said}"
        self.page = check_page(response)
        return self.page
