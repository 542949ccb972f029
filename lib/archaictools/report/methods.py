"""The section on methods of both wings: five sentences for a paper, what to fill in, and references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.report.blocks import Block, Notes, Section, Text
from archaictools.report.citations import references

if TYPE_CHECKING:
    from collections.abc import Sequence

ID, TITLE = "methods", "Methods and references"

#: In place of a value that no file of the report tells.
UNKNOWN = "[not recorded]"


def methods_section(sentences: Sequence[str], gaps: Sequence[str], cited: Sequence[str]) -> Section:
    """Return the section.

    Parameters
    ----------
    sentences
        In the past tense.
    gaps
        What the reader must give or fill in; may be empty.
    cited
        Keys of :data:`archaictools.report.citations.CITATIONS`, in order.
    """
    blocks: list[Block] = [Text(" ".join(sentences))]
    if gaps:
        blocks.append(Notes(title="To fill the gaps", items=tuple(gaps)))
    blocks.append(references(cited))
    lead = "Five sentences for a paper, filled with what was used here. Check them before you publish."
    return Section(id=ID, title=TITLE, lead=lead, blocks=tuple(blocks))
