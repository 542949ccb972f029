"""A report read back from its HTML, with no code of the report: what it shows, and the rows that it packs."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    """An element of a page with its own text and its children."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    own: str = ""

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements below this one by tag and attributes; ``class_`` is one of its classes."""
        wanted = attributes.pop("class_", None)
        return [
            one
            for one in self.walk()
            if one.tag == tag
            and (wanted is None or wanted in (one.attributes.get("class") or "").split())
            and all(one.attributes.get(name) == value for name, value in attributes.items())
        ]

    def by_id(self, name: str) -> Element:
        """The only element of an id."""
        (found,) = [one for one in self.walk() if one.attributes.get("id") == name]
        return found

    @property
    def text(self) -> str:
        """All text in it, but scripts and styles."""
        parts = [self.own, *(child.text for child in self.children if child.tag not in {"script", "style"})]
        return " ".join(" ".join(parts).split())


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("document", {})

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} is there twice"
        child = Element(tag, dict(attrs), self.at)
        self.at.children.append(child)
        if tag not in VOID:
            self.at = child

    def handle_startendtag(self, tag, attrs):
        self.at.children.append(Element(tag, dict(attrs), self.at))

    def handle_endtag(self, tag):
        assert tag == self.at.tag, f"</{tag}> closes <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.own += data


def read(html: str) -> Element:
    """Return a page as a tree; every element must be closed in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is not closed"
    return reader.root


FORMATS = {"u1": "B", "i1": "b", "u2": "H", "i2": "h", "u4": "I", "i4": "i", "f4": "f", "f8": "d"}


def rows(text: str) -> dict[str, list]:
    """Return the columns of a packed table; NA is None."""
    content = gzip.decompress(base64.b64decode(text))
    (size,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + size])
    base, count, found = 4 + size, header["rows"], {}
    assert base % 8 == 0
    for column in header["columns"]:
        assert column["at"] % 8 == 0
        values = list(struct.unpack_from(f"<{count}{FORMATS[column['type']]}", content, base + column["at"]))
        if column["delta"]:
            for i in range(1, count):
                values[i] += values[i - 1]
        if column["kind"] == "text":
            values = [column["words"][code] if column["words"] else None for code in values]
        if column["kind"] == "flag":
            values = [value == 1 for value in values]
        if column["missing"] is not None:
            absent = content[base + column["missing"] :][:count]
            values = [None if gone else value for value, gone in zip(values, absent, strict=True)]
        found[column["name"]] = values
    return found


def dataset(page: Element, name: str) -> dict[str, list]:
    """Return the columns of a dataset of a page."""
    return rows(page.by_id(f"data-{name}").attributes["value"])


def table(page: Element, name: str) -> dict[str, list]:
    """Return the columns of all rows of a table."""
    return rows(page.by_id(f"rows-{name}").attributes["value"])
