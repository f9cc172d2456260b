"""Likely slips of the pen in posts: what is text, code or hidden, and meant to be something else.

What is found in the HTML is looked for in the source as well, for its line, and so that what is
shown on purpose, such as code, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from feedserver.newsletter import issues
from feedserver.newsletter.issues import is_issue
from feedserver.text import html as htmls
from mkdocs_twim.errors import Doubt
from mkdocs_twim.markup import links
from mkdocs_twim.posts import reports, unclosed
from mkdocs_twim.posts.outlines import HeadingLines
from mkdocs_twim.posts.page import PostPage

_CODE = re.compile(r"(?s)<!--.*?-->|<(code|pre|script|style|textarea)\b.*?</\1>")
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_ADDRESS = r"(?:[^()]|\([^()]*\))"
_PICTURE = re.compile(
    rf"!\[[^\[\]]*\](?: \(|\((?={_ADDRESS}*? )){_ADDRESS}*?"
    rf"\.(?:avif|bmp|gif|hei[cf]|jpe?g|jxl|png|svg|tiff?|webp)\b{_ADDRESS}*\)",
    re.IGNORECASE,
)
# What Markdown takes for no space: that of Option+Space, and what isn't seen at all.
_BLANK = "[\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]"
_GLUED = re.compile(
    rf"(?:<p>|\n)(?P<line>(?:(?P<before>{_BLANK}+) ?(?P<signs>#{{2,6}})(?=[ \w]|{_BLANK})"
    rf"|(?P<glued>#{{2,6}})(?=\w|{_BLANK}))(?!\S+:\S+\.\w)(?P<title>[^<\n]*\w[^<\n]*))"
)
_INDENTED = re.compile(r"<code>(#{2,3} [^<\n]*)")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
_BOLD_LINE = re.compile(
    r"^\*\*([^*\n]+)\*\*[ \t]*\n\s*\n(?=[^\n>]*matrix\.to/#/@[^\n]*\n(?:[ \t]*\n)?>)", re.MULTILINE
)
_HEADING = re.compile(r"(?s)<h([1-6])\b[^>]*>(.*?)</h\1>")
_NAMELESS = re.compile(
    r'<h([23])\b[^>]*>\s*(?:<a class="(?:zola-anchor|headerlink)"[^>]*>[^<\w]*</a>\s*)?</h\1>'
)
_UNDERLINED = re.compile(r"(?m)^([^\n]+)\n {0,3}---[ \t]*$")
_CLOSED = re.compile(r"(?m)^(#{2,3}) *([^\n]*[^\W_])#$")
_UNMERGED = re.compile(r"(?m)^<{7} ")
_SECTION = re.compile(r"(?i)dep(?:t\.?|artment) of\b")


def of(pages: Iterable[PostPage], patterns: Sequence[str]) -> Iterator[tuple[Doubt, bool]]:
    """The slips in rendered posts; with whether they are surely some.

    `patterns` is the option `issues`.
    """
    for page in pages:
        if page.is_left_out:
            continue
        html, text = page.feed_html or "", page.source.front.body
        yield from ((each, True) for each in _pictures(page, html, text))
        yield from ((each, True) for each in _unclosed(page, html, text))
        yield from ((each, True) for each in _persons(page, html, text))
        if is_issue(page.terms.get("category", ()), patterns):
            yield from reports.slips(page, html, text)
            yield from ((each, True) for each in _headings(page, html, text))
            for found in _BOLD_LINE.finditer(text):
                message = (
                    f"'**{found[1]}**' above a report is no heading: if it is a project, write "
                    f"'### {found[1]}'"
                )
                yield _at(page, "division", message, found.start()), False


def undivided(pages: Iterable[PostPage], patterns: Sequence[str]) -> list[PostPage]:
    """The posts that have reports in several updates, as an issue has, and are none."""
    found = []
    for page in pages:
        html = page.feed_html or ""
        is_like = not page.is_left_out and "<h2" in html and html.count("matrix.to/#/@") > 1
        if patterns and is_like and not is_issue(page.terms.get("category", ()), patterns):
            updates = issues.divide(htmls.sanitise(html, page.permalink))
            if sum(any(each.id for each in update.reporters) for update in updates) > 1:
                found.append(page)
    return found


def _pictures(page: PostPage, html: str, text: str) -> Iterator[Doubt]:
    shown = unescape(_TAG.sub("", _CODE.sub("", html))) if "![" in html else ""
    for found in dict.fromkeys(each[0] for each in _PICTURE.finditer(shown)):
        at = text.find(found)
        if at >= 0 and text[at - 1 : at] != "\\":
            message = (
                f"'{found}' is text: a picture has no space before the '(', and in its address "
                "%20 for one"
            )
            yield _at(page, "picture", message, at)
    for picture in links.pictures(html) if "mxc://" in html else ():
        if picture.startswith("mxc://"):
            message = f"the picture '{picture}' is on a homeserver, and no browser shows it"
            yield page.doubt("picture", picture, message)


def _persons(page: PostPage, html: str, text: str) -> Iterator[Doubt]:
    """Links to persons by their ids alone; in Python-Markdown MkDocs tells of them.

    What is written as HTML is as its author's client made it.
    """
    for target in links.hrefs(html) if page.source.engine == "commonmark" else ():
        if re.match(r"@[^\s/:]+:\S*\w", target) and f"]({target}" in text:
            message = f"the link to '{target}' leads nowhere: write https://matrix.to/#/{target}"
            yield page.doubt("link", target, message)


def _unclosed(page: PostPage, html: str, text: str) -> Iterator[Doubt]:
    """Comments and code that swallow the rest of a post, and marks of git."""
    if html.rfind("<!--") > html.rfind("-->"):
        message = "the comment that '<!--' opens isn't closed: what stands below it is hidden"
        yield _at(page, "division", message, max(text.rfind("<!--"), 0))
    unmerged = _UNMERGED.search(text)
    if unmerged and re.search(r"[>\n](?:&lt;){7} ", _CODE.sub("", html)):
        message = (
            "'<<<<<<<' begins what git couldn't merge: choose one side, and take its marks away"
        )
        yield _at(page, "division", message, unmerged.start())
    fence, begin = "", 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if found := _FENCE.match(line):
            if not fence:
                fence, begin = found[1], number
            elif found[1].startswith(fence) and not found[2].strip():
                fence = ""
    swallowed = [line for line in lines[begin:] if re.match("#{2,3} ", line)] if fence else []
    # A list that ends closes its code, too.
    code = unescape(_TAG.sub("", html[html.rfind("<pre") :])) if swallowed else ""
    if swallowed and swallowed[-1].strip() in code:
        message = f"the code that '{fence}' opens isn't closed: headings below it are code"
        yield Doubt("division", message, page.file.src_uri, page.source.front.body_line + begin)


def _headings(page: PostPage, html: str, text: str) -> Iterator[Doubt]:
    """What in an issue was meant to be a heading of it."""
    plain = _CODE.sub("", html) if "##" in html else ""
    for each in _GLUED.finditer(plain):
        written, signs = unescape(each["line"]), each["signs"] or each["glued"]
        if found := re.search(rf"(?m)^ {{0,3}}{re.escape(written)}", text):
            shown = re.sub(_BLANK, " ", written).strip()
            message = f"'{shown}' is no heading: write a space behind '{signs}'"
            if before := each["before"]:
                code = f"U+{ord(before[0]):04X}"
                message = (
                    f"'{shown}' is no heading: begin the line with '{signs}', and not with {code}"
                )
            elif blank := re.match(_BLANK, each["title"]):
                message += f", and not U+{ord(blank[0]):04X}"
            yield _at(page, "division", message, found.start())
    for line in _INDENTED.findall(html):
        written = unescape(line)
        if found := re.search(rf"(?m)^(?: {{4,}}|\t){re.escape(written)}", text):
            message = f"'{written}' is code, and no heading: write it at the beginning of the line"
            yield _at(page, "division", message, found.start())
    yield from unclosed.swallowed(page, html)
    yield from _nameless(page, html)
    yield from _underlined(page, html, text)
    yield from _closed(page, html, text)
    # In feeds the title goes, which may be a heading.
    first = _HEADING.search(htmls.without_anchors(page.content or "", ""))
    title = htmls.plain(first[2]) if first and first[1] == "1" else ""
    if _SECTION.match(title):
        message = f"'# {title}' begins no section; sections are ##"
        line = HeadingLines(page.source.front).at(1, title)
        yield Doubt("division", message, page.file.src_uri, line)


def _nameless(page: PostPage, html: str) -> Iterator[Doubt]:
    """Headings without text, which begin sections and projects all the same."""
    nodes = htmls.parse(html) if _NAMELESS.search(html) else []
    lines = HeadingLines(page.source.front)
    for node in nodes:
        if found := _NAMELESS.fullmatch(node.html or ""):
            signs, what = ("##", "section") if found[1] == "2" else ("###", "project")
            message = f"'{signs}' without text begins a {what}: write its title, or take it away"
            line = lines.at(len(signs), node.id or "")
            yield Doubt("division", message, page.file.src_uri, line)


def _underlined(page: PostPage, html: str, text: str) -> Iterator[Doubt]:
    """Sentences that a rule directly below them makes sections, in an issue whose own have `##`."""
    if not re.search("(?m)^##[ \t]", text):
        return
    found = [each for each in _UNDERLINED.finditer(text) if _is_sentence(each[1].strip())]
    titles = [htmls.plain(each[2]) for each in _HEADING.finditer(html) if found and each[1] == "2"]
    for each in found:
        last = each[1].split()[-1].strip("*_")
        if any(title.endswith(last) for title in titles):
            message = f"'… {last}' with '---' below is a heading: write an empty line between them"
            yield _at(page, "division", message, each.start())


def _closed(page: PostPage, html: str, text: str) -> Iterator[Doubt]:
    """Titles such as "C#", whose last sign Python-Markdown takes for the end of the heading."""
    if page.source.engine != "python-markdown":
        return
    for each in _CLOSED.finditer(text):
        signs, title = each[1], each[2]
        shown = (htmls.plain(h[2]) for h in _HEADING.finditer(html) if h[1] == str(len(signs)))
        if any(name.split()[-1:] == title.split()[-1:] for name in shown):
            message = (
                f"'{signs} {title}#' is '{signs} {title}' on the page: write '{signs} {title}\\#'"
            )
            yield _at(page, "division", message, each.start())


def _is_sentence(line: str) -> bool:
    """Whether a line of text is too long for a title, or ends as none does."""
    is_text = line[:1] not in ("", "#", ">", "`", "~", "|", "<")
    return is_text and (len(line) > 80 or line.rstrip(")*_\"'").endswith((".", ",", ":", ";")))


def _at(page: PostPage, rule: str, message: str, position: int) -> Doubt:
    front = page.source.front
    line = front.body_line + front.body.count("\n", 0, position)
    return Doubt(rule, message, page.file.src_uri, line)
