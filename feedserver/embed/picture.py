"""A picture of a feed's latest entries, as SVG: for READMEs, where a page shows nothing else.

Proxies of pictures and their readers allow nothing in it: no script, no picture, no font and no
link, so it is made of texts and lines in fonts of the reader's. SVG breaks no lines, so each text
is cut to fit. Colours follow the reader's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lxml import etree

from feedserver.embed._lettering import cut, shortened, width
from feedserver.embed.widget import Row, Theme
from feedserver.text.clean import clean

MEDIA_TYPE = "image/svg+xml"
WIDTH = 640

_PADDING = 20
_ROOM = WIDTH - 2 * _PADDING
_HEAD = 52
_ROW = 56
_TITLE, _SMALL = 15, 13
_GAP = 16
_LEAST = 40
"""Less room than this is left empty."""
_SVG = "http://www.w3.org/2000/svg"
_XML = "http://www.w3.org/XML/1998/namespace"

# Those of frame.css.
_LIGHT = {"paper": "#fff", "ink": "#1c1c1e", "quiet": "#5e5e64", "line": "#dadade"}
_DARK = {"paper": "#18181a", "ink": "#ececee", "quiet": "#a3a3aa", "line": "#3a3a3f"}


def draw(
    title: str,
    site: str,
    rows: Sequence[Row],
    *,
    nothing: str,
    language: str,
    direction: Literal["ltr", "rtl"],
    theme: Theme = "auto",
) -> bytes:
    """Draw a feed's name, that of its site, if it is another, and entries.

    `nothing` is what stands there if there are none.
    """
    drawing = _Drawing(len(rows) or 1, language, direction)
    drawing.describe(title, rows, nothing)
    drawing.style(theme)
    drawing.head(title, "" if site == title else site)
    for position, row in enumerate(rows):
        drawing.row(row, _HEAD + position * _ROW)
    if not rows:
        drawing.text(nothing, _HEAD + 34, _SMALL, kind="quiet")
    return etree.tostring(drawing.root, xml_declaration=True, encoding="UTF-8") + b"\n"


class _Drawing:
    """A card with lines of text; where the language asks for it, mirrored."""

    def __init__(self, rows: int, language: str, direction: Literal["ltr", "rtl"]) -> None:
        self._mirrored = direction == "rtl"
        self._height = _HEAD + rows * _ROW + 8
        attributes = {
            "width": str(WIDTH),
            "height": str(self._height),
            "viewBox": f"0 0 {WIDTH} {self._height}",
            "role": "img",
            "aria-labelledby": "title desc",
            "direction": direction,
            f"{{{_XML}}}lang": language,
        }
        self.root = etree.Element(f"{{{_SVG}}}svg", attributes, nsmap={None: _SVG})  # type: ignore[dict-item]  # lxml-stubs know no default

    def describe(self, title: str, rows: Sequence[Row], nothing: str) -> None:
        """Say what is seen, to who doesn't see it."""
        self._add("title", id="title").text = cut(clean(title))
        said = [f"{cut(clean(row.title))} ({row.date})" for row in rows] or [nothing]
        self._add("desc", id="desc").text = "; ".join(said)

    def style(self, theme: Theme) -> None:
        """The colours, and the card in them."""
        rules = _colours(_DARK if theme == "dark" else _LIGHT)
        if theme == "auto":
            rules += f"@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}"
        fonts = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,sans-serif"
        self._add("style").text = f"text{{font-family:{fonts}}}.strong{{font-weight:600}}{rules}"
        card = {"x": ".5", "y": ".5", "rx": "8", "class": "card"}
        self._add("rect", **card, width=str(WIDTH - 1), height=str(self._height - 1))

    def head(self, title: str, site: str) -> None:
        """The name of the feed, and at the other end that of the site."""
        site = shortened(clean(site), _ROOM / 2, _SMALL)
        taken = self.text(site, 32, _SMALL, kind="quiet", at_end=True) if site else 0.0
        self.text(title, 32, _TITLE, kind="strong", room=_ROOM - taken)
        self._line(_HEAD - 5)

    def row(self, row: Row, top: int) -> None:
        """An entry: its title, and at the other end its date; below them its summary."""
        if top > _HEAD:
            self._line(top - 3)
        room = _ROOM - self.text(row.date, top + 21, _SMALL, kind="quiet", at_end=True)
        taken = self.text(row.title, top + 21, _TITLE, kind="strong", room=room)
        about = " · ".join(filter(None, (row.about, ", ".join(row.people))))
        if about and room - taken > _LEAST:
            self._behind(about, room - taken)
        self.text(row.summary or "", top + 41, _SMALL, kind="quiet")

    def text(
        self,
        text: str,
        y: int,
        size: int,
        *,
        kind: str,
        room: float = _ROOM,
        at_end: bool = False,
    ) -> float:
        """Write a line, at the begin or the end of the card; how much of the room it takes."""
        bold = kind == "strong"
        shown = shortened(" ".join(clean(text).split()), room, size, bold=bold)
        if not shown:
            return 0.0
        left = self._mirrored == at_end
        place = {"x": str(_PADDING if left else WIDTH - _PADDING), "y": str(y)}
        place["font-size"] = str(size)
        if at_end:
            place["text-anchor"] = "end"
        self._add("text", **place, **{"class": kind}).text = shown
        return width(shown, size, bold=bold) + _GAP

    def _behind(self, text: str, room: float) -> None:
        """Go on in the line that was written last, smaller."""
        shown = shortened(" ".join(clean(text).split()), room, _SMALL)
        if shown:
            line = self.root[-1]
            attributes = {"dx": str(-8 if self._mirrored else 8), "font-size": str(_SMALL)}
            span = etree.SubElement(line, f"{{{_SVG}}}tspan", attributes, {})
            span.set("class", "quiet")
            span.text = shown

    def _line(self, y: int) -> None:
        self._add("path", d=f"M{_PADDING} {y}.5H{WIDTH - _PADDING}", **{"class": "line"})

    def _add(self, name: str, **attributes: str) -> etree._Element:
        return etree.SubElement(self.root, f"{{{_SVG}}}{name}", attributes)


def _colours(colours: dict[str, str]) -> str:
    return (
        f".card{{fill:{colours['paper']};stroke:{colours['line']}}}"
        f".line{{stroke:{colours['line']}}}"
        f"text{{fill:{colours['ink']}}}"
        f".quiet{{fill:{colours['quiet']};font-weight:400}}"
    )
