"""A real Chromium on pages that a real server serves; nothing of it leaves this machine."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from flask import Flask

from tests import chromium
from tests.serving import serving

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
DESK, WALL, PHONE = (1366, 768), (1920, 1080), (390, 844)


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium (tests/chromium.py)."""
    path = chromium.find()
    if path is None:
        pytest.skip("there is no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe():
    """``axe(page)`` lists what axe finds serious: (rule, what it means, where).  The page must bypass its policy."""
    from axe_playwright_python.sync_playwright import Axe

    runner = Axe()

    def serious(page) -> list[tuple[str, str, list[str]]]:
        found = runner.run(page).response["violations"]
        return [
            (v["id"], v["help"], [node["html"][:160] for node in v["nodes"]])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]

    return serious


class Visit:
    """A browser window on one app, by someone who may have logged in.

    ``blocked`` and ``outside`` collect what must not happen: refusals by the content security policy, script errors,
    and requests to any other address.
    """

    def __init__(self, browser, address: str, size: tuple[int, int], **options) -> None:
        width, height = size
        self.address = address
        self.context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.outside: list[str] = []
        self.blocked: list[str] = []
        self.page.on("request", self._look_at)
        self.page.on("console", lambda said: self.blocked.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.blocked.append(str(error)))

    def _look_at(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.outside.append(request.url)

    def log_in(self, officer: str, password: str) -> None:
        self.page.goto("/login")
        self.page.check(f'input[value="{officer}"]', force=True)
        self.page.fill('main input[type="password"]', password)
        self.page.press('main input[type="password"]', "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def visit(browser):
    """``with visit(app, size=PHONE) as it: it.page.goto("/")``; fails if the page was blocked or asked elsewhere."""

    @contextmanager
    def open_window(
        app: Flask,
        size: tuple[int, int] = DESK,
        *,
        expected: tuple[str, ...] = (),
        scripts: bool = True,
        bypass_csp: bool = False,
    ):
        with serving(app) as address:
            it = Visit(browser, address, size, java_script_enabled=scripts, bypass_csp=bypass_csp)
            try:
                yield it
                assert it.outside == []
                assert [said for said in it.blocked if not any(e in said for e in expected)] == []
            finally:
                it.context.close()

    return open_window
