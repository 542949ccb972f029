"""Shows the tutorial notebook as a page of the site, with the outputs that it was saved with (a hook of MkDocs)."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

NOTEBOOK = "tutorial.ipynb"
PAGE = "tutorial.md"


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the page and the pictures of the notebook."""
    notebook = json.loads(Path(config.docs_dir, NOTEBOOK).read_text(encoding="utf-8"))
    pictures: dict[str, bytes] = {}
    parts = [f"[Download this notebook]({NOTEBOOK})"]
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif source:
            parts.append(f"```python\n{source}\n```")
            parts += [_shown(output, pictures) for output in cell.get("outputs", ())]
    files.append(File.generated(config, PAGE, content="\n\n".join([parts[1], parts[0], *parts[2:]])))
    for name, content in pictures.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Let links to the notebook lead to its page."""
    return markdown if page.file.src_uri == PAGE else markdown.replace(f"({NOTEBOOK})", f"({PAGE})")


def _shown(output: dict[str, Any], pictures: dict[str, bytes]) -> str:
    """Return one output of a cell as Markdown; a picture goes into ``pictures``."""
    data = output.get("data", {})
    if "image/png" in data:
        name = f"tutorial_{len(pictures) + 1}.png"
        pictures[name] = base64.b64decode("".join(data["image/png"]))
        return f"![Output of the cell above]({name})"
    if "text/html" in data:
        table = re.sub(
            r"<style.*?</style>| border=\"1\" class=\"dataframe\"", "", "".join(data["text/html"]), flags=re.DOTALL
        )
        return re.sub(r"\n\s*\n", "\n", table.strip())
    text = "".join(data.get("text/plain", output.get("text", ""))).rstrip()
    return f"```text\n{text}\n```" if text else ""
