"""A session of IGV desktop that opens the tracks of a folder, each on a fixed scale.

By default IGV scales each track to the values in view, so that a probability of 0.01 is drawn as tall as one of 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from archaictools.haplotypes.lineages import item_rgb
from archaictools.io.builds import UNKNOWN

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.report.track_files import TrackFile, Tracks

#: Name of the session in the folder of the hub.
SESSION = "igv_session.xml"

#: Most tracks of single haplotypes or people that a session opens: more fill no screen and take minutes to load.
MOST_HAPLOTYPES = 40

_GENOME_FIRST = " Load the genome of these results in IGV, then open this session: it names no genome of IGV. "


def write_session(path: Path, tracks: Tracks, build: str) -> None:
    """Write a session of version 8, with paths relative to its folder.

    Parameters
    ----------
    path
        The file to write, in the folder of the tracks.
    tracks
        The tracks.
    build
        ``hg19`` or ``hg38``, which IGV loads; any other genome must be loaded first, as the first line says.
    """
    known = build != UNKNOWN
    attributes = {"version": "8", "hasGeneTrack": "true", "hasSequenceTrack": "true"}
    if known:
        attributes["genome"] = build
    if tracks.position is not None:
        attributes["locus"] = tracks.position
    session = ET.Element("Session", attributes)
    resources = ET.SubElement(session, "Resources")
    panel = ET.SubElement(session, "Panel", {"name": "DataPanel", "height": "700", "width": "1200"})
    singles = [track for track in tracks.files if track.group == "one"]
    opened = [track for track in tracks.files if track.group != "one" or len(singles) <= MOST_HAPLOTYPES]
    for track in opened:
        kind = "bw" if track.kind == "values" else "bb"
        ET.SubElement(resources, "Resource", {"path": track.file, "type": kind})
        _add_track(panel, track)
    ET.indent(session)
    note = "" if known else f"<!--{_GENOME_FIRST}-->"
    text = ET.tostring(session, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>{note}\n{text}\n', encoding="utf-8")


def _add_track(panel: ET.Element, track: TrackFile) -> None:
    common = {"id": track.file, "attributeKey": track.file, "name": track.label, "visible": "true", "fontSize": "10"}
    if track.kind == "features":
        kind = {"clazz": "org.broad.igv.track.FeatureTrack", "displayMode": "EXPANDED", "height": "60"}
        ET.SubElement(panel, "Track", common | kind | {"groupByStrand": "false", "useScore": "false"})
        return
    kind = {"clazz": "org.broad.igv.track.DataSourceTrack", "renderer": "BAR_CHART", "windowFunction": "mean"}
    look = {"autoScale": "false", "color": item_rgb(track.colour), "height": "25" if track.group == "one" else "40"}
    values = ET.SubElement(panel, "Track", common | kind | look)
    scale = {"minimum": f"{track.low:g}", "baseline": "0", "maximum": f"{track.high:g}", "type": "LINEAR"}
    ET.SubElement(values, "DataRange", scale | {"drawBaseline": "true", "flipAxis": "false"})
