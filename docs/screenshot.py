"""Take a picture of a report as a browser shows it: python docs/screenshot.py REPORT.html PICTURE.png [SECTION].

``docs/report.png`` is made of ``demo/report.html`` from the section ``amounts`` on, see ``make demo``. It needs
Playwright and Chromium, as ``make test-browser`` installs them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

#: Width and height of the picture in pixels.
SIZE = {"width": 1200, "height": 1180}


def screenshot(report: Path, picture: Path, section: str | None) -> None:
    """Write a page as PNG from a section on, or from the top, after its charts are drawn."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context(viewport=SIZE, offline=True).new_page()
        page.goto(report.resolve().as_uri())
        if section:
            page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
        page.wait_for_timeout(4_000)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    source, target, *rest = sys.argv[1:]
    screenshot(Path(source), Path(target), rest[0] if rest else None)
