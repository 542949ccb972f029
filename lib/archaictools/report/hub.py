"""A UCSC track hub, and a session of IGV desktop, of the tracks of a report: one folder, which a web server can serve.

All files are in one folder and name each other by relative paths. See the UCSC documentation of track hubs,
and Raney et al. 2014 (doi:10.1093/bioinformatics/btt637).
"""

from __future__ import annotations

import html
import logging
from typing import TYPE_CHECKING

import trackhub

from archaictools.errors import UsageError
from archaictools.haplotypes.lineages import item_rgb
from archaictools.io.bigbed import BED9
from archaictools.io.builds import UNKNOWN
from archaictools.io.files import StagedOutputs
from archaictools.report.kmers.track_files import write_kmer_tracks
from archaictools.report.people.results import PeopleResults
from archaictools.report.people.track_files import write_people_tracks
from archaictools.report.session import SESSION, write_session
from archaictools.report.track_files import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.report.kmers.results import KmerResults
    from archaictools.report.track_files import TrackFile, Tracks

log = logging.getLogger("archaictools")

#: Longest labels of a track in the UCSC browser.
SHORT, LONG = 17, 76

#: Name of the hub.
NAME = "archaictools"

#: Name of the composite track of all values of people.
COMPOSITE = "archaic"

#: A hub must name an address; whoever serves it puts the own one here.
EMAIL = "you@example.org"

_NA = "A gap means that nothing was read there (NA), which is not a probability of 0."
_SCALE = "All tracks have a fixed scale, so that their heights can be compared."


def write_hub(folder: Path, results: PeopleResults | KmerResults) -> None:
    """Write a folder with the hub (``hub.txt``) and the session of IGV desktop, complete or not at all.

    Raises
    ------
    UsageError
        If the folder is there and not empty (see :class:`archaictools.io.files.StagedOutputs`), or if the results hold
        no track.
    InputError
        If a track is damaged.
    """
    with StagedOutputs() as outputs:
        fill_hub(outputs.stage_folder(folder), results)


def fill_hub(folder: Path, results: PeopleResults | KmerResults) -> None:
    """Write the files of the hub and of the session into an existing folder; see :func:`write_hub`."""
    if isinstance(results, PeopleResults):
        tracks, title = write_people_tracks(folder, results), "Archaic segments of people"
        legend = [(source.label, source.colour) for source in results.sources]
    else:
        tracks, title, legend = write_kmer_tracks(folder, results), "Introgression predicted from sequence", []
    if not tracks.files:
        raise UsageError(
            "the results hold no track, so there is nothing for a hub", remedy="add --bigwig, --bed or --genes"
        )
    _write_stanzas(folder, tracks, title, results.build)
    for track in tracks.files:
        if track.group is None:
            _write_page(folder / f"{track.name}.html", track.label, [track], legend)
    values = [track for track in tracks.files if track.group]
    if values:
        _write_page(folder / f"{COMPOSITE}.html", "Posterior of haplotypes", values, [])
    write_session(folder / SESSION, tracks, results.build)
    if results.build == UNKNOWN:
        log.info(
            "The genome of the hub is named %s: the UCSC browser shows only genomes that it knows, or one whose "
            "sequence genomes.txt names (add: twoBitPath FILE.2bit)",
            UNKNOWN,
        )


def _write_stanzas(folder: Path, tracks: Tracks, title: str, build: str) -> None:
    """Write hub.txt, genomes.txt and trackDb.txt."""
    hub, genomes, _, database = trackhub.default_hub(
        hub_name=NAME,
        short_label=NAME,
        long_label=f"{title} (archaictools)",
        genome=build,
        email=EMAIL,
        defaultPos=tracks.position,
    )
    hub.filename, genomes.filename, database.filename = "hub.txt", "genomes.txt", "trackDb.txt"
    composite = None
    for number, track in enumerate(tracks.files, start=1):
        stanza = trackhub.Track(
            name=track.name,
            source=track.file,
            filename=track.file,
            short_label=plain(track.label, SHORT),
            long_label=plain(track.text, LONG),
            **(_of_values(track) if track.kind == "values" else _of_features(track)),
            priority=float(number),
            **({} if track.group else {"html": f"{track.name}.html"}),
        )
        if track.group is None:
            database.add_tracks(stanza)
            continue
        if composite is None:
            composite = _composite(float(number))
            database.add_tracks(composite)
        stanza.add_params(parent="on" if track.group == "all" else "off")
        composite.add_tracks(stanza)
    text = str(hub).replace("hub hub\n", f"hub {NAME}\n", 1)  # trackhub 1.0 writes no name
    (folder / "hub.txt").write_text(f"{text}\n", encoding="ascii")
    (folder / "genomes.txt").write_text(str(genomes), encoding="ascii")
    (folder / "trackDb.txt").write_text(f"{database}\n", encoding="ascii")


def _composite(priority: float) -> trackhub.CompositeTrack:
    return trackhub.CompositeTrack(
        name=COMPOSITE,
        tracktype="bigWig 0 1",
        short_label="Archaic posterior",
        long_label=plain("P(introgressed) of haplotypes, its mean, and the share of carriers", LONG),
        visibility="full",
        priority=priority,
        html=f"{COMPOSITE}.html",
    )


def _of_values(track: TrackFile) -> dict[str, object]:
    """Return the settings of a bigWig: a scale that is fixed, also where only low values are in view."""
    return {
        "tracktype": f"bigWig {track.low:g} {track.high:g}",
        "viewLimits": f"{track.low:g}:{track.high:g}",
        "autoScale": "off",
        "alwaysZero": "on",
        "maxHeightPixels": "100:32:8",
        "windowingFunction": "mean",
        "color": item_rgb(track.colour),
        **({} if track.group else {"visibility": "full"}),
    }


def _of_features(track: TrackFile) -> dict[str, object]:
    return {
        "tracktype": f"bigBed {len(BED9)} +",
        "itemRgb": "on",
        "mouseOver": track.mouse_over,
        "visibility": "pack",
    }


def _write_page(path: Path, title: str, tracks: Sequence[TrackFile], legend: Sequence[tuple[str, str]]) -> None:
    """Write the description of a track, or of a composite: what it shows, with which columns and colours."""
    lines = [f"<h2>{_escaped(title)}</h2>"]
    if any(track.group for track in tracks):
        lines.append("<ul>")
        lines += [f"<li>{_escaped(track.label)}: {_escaped(track.text)}.</li>" for track in tracks]
        lines.append("</ul>")
    else:
        lines += [f"<p>{_escaped(track.text)}.</p>" for track in tracks]
    if tracks[0].kind == "values":
        lines += [f"<p>{_escaped(_NA)} {_escaped(_SCALE)}</p>"]
    columns = [column for track in tracks for column in track.columns]
    if columns:
        rows = [f"<tr><td>{_escaped(each.name)}</td><td>{_escaped(each.comment)}</td></tr>" for each in columns]
        lines += ["<table>", "<tr><th>column</th><th>content</th></tr>", *rows, "</table>"]
    if legend and tracks[0].kind == "features":
        lines += ["<table>", "<tr><th>colour</th><th>source</th></tr>"]
        lines += [f'<tr><td bgcolor="{colour}">&nbsp;</td><td>{_escaped(label)}</td></tr>' for label, colour in legend]
        lines.append("</table>")
    lines.append("<p>Made with archaictools.</p>")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def _escaped(text: str) -> str:
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()
