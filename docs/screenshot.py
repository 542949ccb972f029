"""Take a picture of a report as a browser shows it: python docs/screenshot.py REPORT.html PICTURE.png [WIDTH] [HEIGHT].

``docs/report.png`` is made of ``demo/report.html``, see ``make demo``. It needs Playwright and Chromium, as
``make test-browser`` installs them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def screenshot(report: Path, picture: Path, width: int, height: int) -> None:
    """Write the top of a page as PNG, after its charts are drawn."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": width, "height": height}, offline=True).new_page()
        page.goto(report.resolve().as_uri())
        page.wait_for_timeout(4_000)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    source, target, *size = sys.argv[1:]
    screenshot(Path(source), Path(target), *(int(number) for number in size or ("1200", "1500")))
