"""A person's way through Galaxy in a real browser: log in, upload, run the workflow from its form, look at the results.

Every step leaves a screenshot in the folder ``SCREENSHOTS``.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
URL = os.environ["GALAXY_URL"]
SHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "build/screenshots"))
WORKFLOW = "Predict introgressed genes chromosome by chromosome"
RESULTS = (
    "Track of introgression",
    "Introgressed segments",
    "Predictions",
    "Genes with calls",
    "Gene track",
    "Report",
)
MINUTE = 60_000


@pytest.fixture(scope="module")
def page():
    """One browser tab for all steps: they follow each other."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        page.set_default_timeout(MINUTE)
        yield page
        browser.close()


def shot(page: Page, name: str) -> None:
    """Keep what the page shows."""
    page.screenshot(path=SHOTS / f"{name}.png")


def item(page: Page, name: str):
    """Return the newest history item of a name."""
    return page.locator(".content-item", has=page.get_by_text(name, exact=True)).first


def test_log_in(page):
    page.goto(f"{URL}/login/start")
    page.fill("input[name=login]", os.environ["GALAXY_USER_EMAIL"])
    page.fill("input[name=password]", os.environ["GALAXY_USER_PASSWORD"])
    page.click("button[name=login]")
    page.get_by_text("Archaic DNA").click()
    expect(page.get_by_text("archaictools windows")).to_be_visible()
    shot(page, "1-tools")


def test_a_tools_form(page):
    page.goto(f"{URL}/?tool_id=archaictools_train")
    expect(page.get_by_text("Held-out data", exact=True)).to_be_visible()
    expect(page.get_by_text("Read the verdict first")).to_be_attached()
    assert not re.search(r"\b(GPU|CPU)\b", page.locator("#center").inner_text())
    shot(page, "2-form")


def test_upload(page, tmp_path):
    genome = tmp_path / "planted.fa"  # uncompressed, as the viewer needs a genome of the history
    genome.write_bytes(gzip.decompress((DATA / "planted.fa.gz").read_bytes()))
    page.goto(URL)
    page.click("#activity-upload")
    page.wait_for_selector("#btn-local")
    page.set_input_files("input[type=file]", [genome, DATA / "model.h5", DATA / "genes.bed"])
    page.locator(".upload-footer:visible .multiselect").nth(1).click()
    page.keyboard.type("hg19")
    page.locator(".upload-footer:visible .multiselect__option:visible").filter(has_text="(hg19)").first.click()
    page.click("#btn-start:visible")
    page.click("#btn-close:visible")
    for name in ("planted.fa", "model.h5", "genes.bed"):
        expect(item(page, name)).to_have_attribute("data-state", "ok", timeout=2 * MINUTE)
    shot(page, "3-uploaded")


def test_run_the_workflow(page):
    page.goto(f"{URL}/workflows/import")
    page.get_by_role("heading", name="Upload file").click()
    page.set_input_files("#center input[type=file]", ROOT / "workflows/predict-genes/predict-genes.ga")
    page.get_by_role("button", name="Import").last.click()
    page.locator('[id*="workflow-run"]').first.click()
    form = page.locator("#center")
    expect(form.get_by_text("Word length").first).to_be_visible()
    form.locator("input[type=number]").first.fill("5")
    shot(page, "4-workflow-form")
    page.click("#run-workflow")
    for name in RESULTS:
        expect(item(page, name)).to_have_attribute("data-state", "ok", timeout=8 * MINUTE)
    expect(page.locator(".content-item[data-state=error]")).to_have_count(0)
    shot(page, "5-finished")


def test_the_table_has_names_over_its_columns(page):
    item(page, "Genes with calls").get_by_title("View").first.click()
    table = page.locator("#center")
    expect(table.get_by_text("archaic_1_1", exact=True)).to_be_visible()
    for column in ("gene", "chrom", "fraction", "call"):
        expect(table.get_by_text(column, exact=True).first).to_be_visible()
    shot(page, "6-table")


def test_the_track_in_igv(page):
    """Galaxy's own viewer, on the genome of the history, since this server has none and no network is needed."""
    page.goto(URL)
    item(page, "Track of introgression").click()
    item(page, "Track of introgression").get_by_title("Visualize").click()
    page.get_by_text("Integrative Genomics Viewer").first.click()
    page.wait_for_url("**visualization=igv**")
    page.wait_for_timeout(5_000)
    (viewer,) = [frame for frame in page.frames if frame.url == "about:blank" and frame.query_selector("button")]
    viewer.locator("button").first.click()
    viewer.get_by_text("Settings").click()
    choose(viewer, 0, "Galaxy History Dataset")
    choose(viewer, 1, "planted.fa")
    viewer.get_by_text("Tracks", exact=True).click()
    choose(viewer, 0, "Track of introgression")
    viewer.get_by_text("Add New Track").click()
    choose(viewer, 0, "Gene track")
    viewer.locator("[data-description='sidebutton collapse']").click()
    search = viewer.locator("input.igv-search-input, .igv-locus-size-group input").first
    search.fill("chr5:1-60,000")
    search.press("Enter")
    page.wait_for_timeout(5_000)
    labels = viewer.locator(".igv-track-label").all_inner_texts()
    assert any("Track of introgression" in label for label in labels), labels
    assert any("Gene track" in label for label in labels), labels
    shot(page, "7-track")


def test_a_genome_browser_elsewhere_can_read_the_track(page):
    """Browsers outside fetch a bigWig in pieces: the data endpoint must answer a range, with the format's first bytes."""
    page.goto(URL)
    item(page, "Track of introgression").click()
    address = item(page, "Track of introgression").locator("a[href*='display?to_ext=bigwig']").get_attribute("href")
    answer = page.request.get(f"{URL}{address}", headers={"Range": "bytes=0-3"})
    assert answer.status == 206
    assert answer.body() == bytes.fromhex("26fc8f88")


def choose(viewer: Frame, number: int, option: str) -> None:
    """Pick an option of the viewer's n-th visible menu."""
    viewer.locator(".n-base-selection:visible").nth(number).click()
    viewer.locator(".n-base-select-option:visible").filter(has_text=option).first.click()
    viewer.wait_for_timeout(1_000)


def test_the_report_when_the_tool_is_trusted(page):
    """Galaxy shows its source until an administrator trusts the tool; then everything in it works, within Galaxy's page."""
    page.goto(URL)
    item(page, "Report").get_by_title("View").first.click()
    expect(page.get_by_text("not known to create safe HTML")).to_be_visible()
    shot(page, "8-report-as-source")
    headers = {"x-api-key": os.environ["GALAXY_ADMIN_KEY"]}
    assert page.request.put(f"{URL}/api/sanitize_allow?tool_id=archaictools_report", headers=headers).ok
    elsewhere = []
    page.on("request", lambda request: elsewhere.append(request.url) if request.url.startswith("http") else None)
    page.reload()
    report = page.frame_locator("iframe[src*='/display']")
    expect(report.get_by_role("heading", name="Genome browser")).to_be_attached()
    shot(page, "9-report")
    report.locator("figure.browser").scroll_into_view_if_needed()
    for track in ("Segments", "Genes"):
        expect(report.locator("figure.browser").get_by_text(track, exact=True).first).to_be_visible()
    shot(page, "10-report-browser")
    assert not [url for url in elsewhere if not url.startswith(URL)]
