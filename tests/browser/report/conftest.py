"""Reports in Chromium without a network: every page is watched for errors and requests.

The tests run where Playwright is. Pages are made by another Python, which has archaictools: ``ARCHAICTOOLS_PYTHON``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
SHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "build/screenshots")).resolve()


@dataclass
class Report:
    """A report in a browser tab, with what went wrong in it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ready(self) -> None:
        """Wait until every chart and the browser are drawn."""
        self.page.evaluate("async () => { await Promise.all(archaic.charts.values()); await archaic.browser; }")

    def table(self, name: str) -> list[list[str]]:
        """Scroll to a table and return the texts of the rows that are drawn."""
        self.page.locator(f"#{name}").scroll_into_view_if_needed()
        self.page.evaluate("name => archaic.tables.get(name).then(() => null)", name)
        return self.page.evaluate(
            "name => [...document.querySelectorAll(`#${name} .tabulator-row`)].map("
            "row => [...row.querySelectorAll('.tabulator-cell')].map(cell => cell.textContent))",
            name,
        )

    def features(self, track: str) -> list[dict]:
        """Return the features of a browser's track under its locus."""
        return self.page.evaluate(
            """async (name) => {
                const browser = await archaic.browser;
                const { chr, start, end } = browser.referenceFrameList[0];
                const { track } = browser.trackViews.find((view) => view.track.name === name);
                const found = await track.getFeatures(chr, Math.floor(start), Math.ceil(end), 1);
                return found.map(({ chr, start, end, value, name }) => ({ chr, start, end, value, name }));
            }""",
            track,
        )

    def locus(self) -> tuple[str, int, int]:
        """Return where the browser is, 0-based and half-open."""
        found = self.page.evaluate(
            "archaic.browser.then(b => { const f = b.referenceFrameList[0]; return [f.chr, f.start, f.end]; })"
        )
        return found[0], round(found[1]), round(found[2])

    def shot(self, name: str, *, whole: bool = True) -> None:
        """Keep what the page shows, the whole of it or what is in view."""
        if whole:
            self.page.evaluate("scrollTo(0, 0)")
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    SHOTS.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_report(chromium) -> Iterator[Callable[..., Report]]:
    """Return a function that opens a report; afterwards no console message and no request may be there."""
    opened: list[Report] = []
    contexts = []

    def opening(path: Path, *, width: int = 1400, dark: bool = False, scripts: bool = True) -> Report:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            offline=True,
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        report = Report(context.new_page())
        context.on("request", lambda request: report.requests.append(request.url))
        report.page.on("console", lambda message: report.errors.append(f"{message.type}: {message.text}"))
        report.page.on("pageerror", lambda error: report.errors.append(str(error)))
        report.page.on("dialog", lambda dialog: (report.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        report.page.goto(Path(path).resolve().as_uri())
        opened.append(report)
        return report

    yield opening
    for report in opened:
        assert report.errors == []
        inside = ("data:", "blob:", report.page.url.partition("#")[0])
        assert [url for url in report.requests if not url.startswith(inside)] == []
    for context in contexts:
        context.close()


def made(script: Path, folder: Path) -> Path:
    """Return the folder into which a script has written pages and what is true of them."""
    python = os.environ.get("ARCHAICTOOLS_PYTHON", str(ROOT / ".venv/bin/python"))
    paths = [str(ROOT / "lib"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    subprocess.run([python, str(script), str(folder)], check=True, env=env)
    return folder


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> Path:
    """Return the folder of the small pages of ``pages.py``."""
    return made(Path(__file__).with_name("pages.py"), tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="session")
def truth(pages) -> dict:
    """Return what ``pages.py`` knows of its pages."""
    return json.loads((pages / "truth.json").read_text())
