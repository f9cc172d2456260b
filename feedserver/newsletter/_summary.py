"""An update's summary: what is new, and not what stands above it week after week."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from selectolax.lexbor import LexborNode

from feedserver.text import summaries
from feedserver.text.html import serialise

Block = Sequence[LexborNode]


def summary(blocks: Sequence[Block], attributions: Mapping[int, bool]) -> str | None:
    """The first sentences of the first report that has text; without such a one, of all text.

    `attributions` are the blocks that name a reporter, by index, and whether they say nothing else.
    """
    for line, report in _reports(blocks, attributions):
        # What is embedded is no text, whatever its link says.
        html = summaries.without_embedded(serialise(chain.from_iterable(report)))
        found = summaries.sanitised_summary(html)
        # Signs alone, such as an emoji, are no text.
        if found and re.search(r"\w", found):
            return found if attributions[line] else summaries.summary(chain(blocks[line], *report))
    rest = (block for n, block in enumerate(blocks) if not attributions.get(n))
    return summaries.summary(chain.from_iterable(rest))


def _reports(
    blocks: Sequence[Block], attributions: Mapping[int, bool]
) -> Iterator[tuple[int, Sequence[Block]]]:
    """Each attribution, and what is reported: the quote behind it, else all up to the next."""
    for line in attributions:
        end = start = line + 1
        quoted = end < len(blocks) and blocks[end][0].tag == "blockquote"
        while end < len(blocks) and end not in attributions:
            if quoted and blocks[end][0].tag != "blockquote":
                break
            end += 1
        yield line, blocks[start:end]
