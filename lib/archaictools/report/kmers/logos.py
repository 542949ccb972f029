"""Sequence logos as small SVG texts that are equal for equal motifs, on a light and on a dark page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd

from archaictools.report.kmers.alignment import BASES

if TYPE_CHECKING:
    from archaictools.report.kmers.alignment import Motif

#: Colours of the bases, visible on light and on dark pages.
COLOURS = {"A": "#009e73", "C": "#1f83c4", "G": "#c98a00", "T": "#d55e00"}

#: Letters lower than this are not drawn, in bits.
LOWEST = 0.02

#: Colour of axis and text, which becomes that of the page.
_TEXT = "#888888"

_STYLE: dict[Any, Any] = {"svg.hashsalt": "archaictools", "svg.fonttype": "none", "axes.linewidth": 0.6}


def logo(motif: Motif) -> str:
    """Return a logo as SVG: the height of a letter is its information in bits, from 0 to 2."""
    import logomaker
    from matplotlib.figure import Figure

    bits = motif.bits.round(3)
    frame = pd.DataFrame(bits, columns=list(BASES)).where(lambda height: height >= LOWEST, 0.0)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(0.45 + 0.2 * len(frame), 0.85), layout="constrained")
        axes = figure.subplots()
        logomaker.Logo(frame, ax=axes, color_scheme=COLOURS, show_spines=False, vpad=0.02, baseline_width=0)
        axes.set(ylim=(0, 2), xticks=[], yticks=[0, 1, 2], ylabel="bits")
        axes.spines["left"].set(visible=True, color=_TEXT)
        axes.tick_params(colors=_TEXT, left=False, labelsize=7)
        axes.yaxis.label.set(color=_TEXT, fontsize=7)
        figure.patch.set_visible(False)
        axes.patch.set_visible(False)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _plain(stream.getvalue(), f"Sequence logo of {motif.consensus}")


def _plain(svg: str, title: str) -> str:
    """Return the SVG without header, metadata and unused names, and with a title."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>.*?</defs>\s*", "", body, flags=re.DOTALL)  # its styles would hold for the whole page
    body = re.sub(r' (?:id|clip-path|xmlns:xlink)="[^"]*"', "", body)
    body = re.sub(r"(\d+\.\d\d)\d+", r"\1", body)
    body = re.sub(r"\n\s*", "\n", body).replace(_TEXT, "currentColor")
    return re.sub(r"<svg([^>]*)>", rf'<svg role="img"\1><title>{title}</title>', body, count=1)
