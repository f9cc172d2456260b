"""The shortcodes of a site: which there are, and what they show.

Each is a Jinja2 template: `<name>.html`, whose output is put into the page's HTML, or `<name>.md`,
whose output is Markdown and is put into the text. Where feeds are to get something else there is
`<name>.feed.html`. Those of this package check their arguments (`signatures`); a site's own of the
same name replaces one, and with it the check. How calls are written and found stands in `calls`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from jinja2 import FileSystemLoader, Template, TemplateError, TemplateSyntaxError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape, soft_str

from mkdocs_twim.errors import ShortcodeError, TwimError
from mkdocs_twim.shortcodes import calls, tera, tokens
from mkdocs_twim.shortcodes.arguments import Value
from mkdocs_twim.shortcodes.calls import Call, Extraction
from mkdocs_twim.shortcodes.signatures import SIGNATURES
from mkdocs_twim.templating.words import Words

FEED = "feed"
"""The shortcode of which a page has but the place until all posts are rendered."""
_BUILT_IN = Path(__file__).parents[1] / "templates" / "shortcodes"
_FILE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\.(html|md|feed\.html)")
# What a template of a site's own can raise.
_FAILURES = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError),
    *(TypeError, ValueError),
)


class Library:
    """The shortcodes of this package and of a site's `folder`, which wins.

    `shown` is what the folder is called in messages. `problems` says what is wrong with the site's
    templates, called or not. `words` are those of our templates.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        shown: str | None = None,
        words: Words | None = None,
    ) -> None:
        own = {} if folder is None else _templates(folder)
        self._shown = shown or (folder.name if folder else "")
        self._own = own
        self._built_in = _templates(_BUILT_IN)
        self._environment = ImmutableSandboxedEnvironment(
            autoescape=lambda name: name is None or not name.endswith(".md"),
            loader=FileSystemLoader(
                [*([folder] if folder else []), _BUILT_IN], encoding="utf-8-sig"
            ),
            undefined=tera.Missing,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["markdown"] = _markdown
        tera.extend(self._environment)
        # For our templates; no argument of another's is called so.
        self._environment.globals["twim_word"] = (words or Words(None)).html
        self._environment.globals["twim_place"] = tokens.PLACE
        self._folder = folder
        self._pages = {
            name: f"{name}.{kind}"
            for name, kinds in chain(self._built_in.items(), own.items())
            for kind in ("html", "md")
            if kind in kinds
        }
        self.names: tuple[str, ...] = tuple(sorted(self._pages))
        self.problems: tuple[TwimError, ...] = tuple(self._check())

    def _check(self) -> Iterator[TwimError]:
        for name, kinds in sorted(self._own.items()):
            page = self._pages.get(name)
            place = f"{self._shown}/{name}"
            if {"html", "md"} <= kinds:
                message = f"there is {name}.md too; a shortcode is one of the two"
                yield ShortcodeError(message, path=f"{place}.html")
            if "feed.html" in kinds and page is None:
                message = f"there is no {name}.html, whose place it would take in feeds"
                yield ShortcodeError(message, path=f"{place}.feed.html")
            if "feed.html" in kinds and page == f"{name}.md":
                message = f"what {name}.md makes is part of the text, in feeds too; leave one out"
                yield ShortcodeError(message, path=f"{place}.feed.html")
            for kind in sorted(kinds):
                try:
                    self._environment.get_template(f"{name}.{kind}")
                except TemplateSyntaxError as error:
                    file = self._file(error.filename) or f"{place}.{kind}"
                    yield ShortcodeError(error.message or "", path=file, line=error.lineno)
                except (TemplateError, OSError, UnicodeDecodeError) as error:
                    yield ShortcodeError(f"can't be read: {error}", path=f"{place}.{kind}")

    def problem(self, call: Call) -> str | None:
        """What is wrong with a call: its name, an argument, a body that is missing or too much."""
        if call.name not in self._pages:
            close = _closest(call.name, self.names)
            hint = f"; did you mean '{close}'?" if close else ""
            return f"unknown shortcode '{call.name}'{hint} (there are: {', '.join(self.names)})"
        try:
            self.arguments(call)
        except ValueError as error:
            return str(error)
        return None

    def is_built_in(self, name: str) -> bool:
        """Whether a shortcode is this package's, and no template of the site's replaces it."""
        return name in SIGNATURES and not self._own.get(name, set()) & {"html", "md"}

    def misspelt(self, name: str) -> str | None:
        """The shortcode whose name is so near that it was likely meant."""
        return _closest(name, self.names, cutoff=0.8)

    def arguments(self, call: Call) -> Mapping[str, Value]:
        """What the template gets: of the package's shortcodes all, with defaults.

        Raises:
            ValueError: see `Signature.arguments`.
        """
        if not self.is_built_in(call.name):
            return call.args
        return SIGNATURES[call.name].arguments(call)

    def is_markdown(self, name: str) -> bool:
        return self._pages[name].endswith(".md")

    def template(self, name: str, *, feed: bool) -> Template:
        """A shortcode's template; one for feeds that its page's template hides isn't used.

        Raises:
            TemplateError: it can't be parsed.
        """
        own = self._own.get(name, set())
        kinds = own if own & {"html", "md"} else own | self._built_in.get(name, set())
        return self._environment.get_template(
            f"{name}.feed.html" if feed and "feed.html" in kinds else self._pages[name]
        )

    def place(self, error: BaseException) -> str:
        """File and line of a template where an error arose, as "shortcodes/a.html:3: "."""
        if isinstance(error, TemplateSyntaxError):
            file = self._file(error.filename)
            return f"{file}:{error.lineno}: " if file else ""
        found = ""
        trace = error.__traceback__
        while trace is not None:
            if file := self._file(trace.tb_frame.f_code.co_filename):
                found = f"{file}:{trace.tb_lineno}: "
            trace = trace.tb_next
        return found

    def _file(self, name: str | None) -> str | None:
        """What a template's file is called in messages; `None` for other files."""
        if not name or not name.endswith((".html", ".md")):
            return None
        folder, file = os.path.split(name)
        own = self._folder is not None and os.path.samefile(folder, self._folder)
        return f"{self._shown}/{file}" if own else file


def _templates(folder: Path) -> dict[str, set[str]]:
    """The kinds of templates in a folder, by shortcode; Zola calls none in folders below it."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (match := _FILE.fullmatch(path.name)) and path.is_file():
            found.setdefault(match[1], set()).add(match[2])
    return found


def _closest(name: str, names: tuple[str, ...], cutoff: float = 0.6) -> str | None:
    """The name that was likely meant; how it is written in capitals matters least."""
    folded = {known.casefold().replace("_", ""): known for known in names}
    close = get_close_matches(name.casefold().replace("_", ""), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def render(call: Call, *, feed: bool, context: Mapping[str, object], library: Library) -> str:
    """What a call shows on a page or in a feed.

    The template gets the arguments, `body` and `nth`, and over them `context`: `picture`, the
    absolute address of the post's picture or `None`; `page`, `config` and `lang`, see `contexts`;
    and `markdown`, the function behind the filter of this name: it takes a text, and `inline=True`
    for one without paragraphs.

    Raises:
        ShortcodeError: the arguments are wrong, or the template fails.
    """
    try:
        values: dict[str, object] = {**library.arguments(call), "nth": call.nth}
        if call.body is not None:
            values["body"] = call.body
        template = library.template(call.name, feed=feed)
        output = template.render({**values, **context})
    except TwimError as error:
        if error.path is not None:
            raise
        raise _failed(call, error, library) from error
    except _FAILURES as error:
        raise _failed(call, error, library) from error
    # Blanks at the start are of meaning in Markdown.
    return output.strip("\r\n") if library.is_markdown(call.name) else output.strip()


def _failed(call: Call, error: Exception, library: Library) -> ShortcodeError:
    message = f"the shortcode '{call.name}' fails: {library.place(error)}{error}"
    return ShortcodeError(message, path=call.path, line=call.line, column=call.column)


def splice(extraction: Extraction, context: Mapping[str, object], library: Library) -> Extraction:
    """Put what Markdown templates make of calls into the text; the others' calls stay."""

    def output(call: Call) -> str | None:
        if not library.is_markdown(call.name):
            return None
        return render(call, feed=False, context=context, library=library)

    return calls.splice(extraction, output)


def fill(
    html: str,
    found: Extraction,
    *,
    feed: bool,
    context: Mapping[str, object],
    library: Library,
) -> tuple[str, list[TwimError]]:
    """Put what the calls make of themselves into HTML; what failed comes beside it."""
    problems: list[TwimError] = []

    def output(call: Call) -> str:
        try:
            return render(call, feed=feed, context=context, library=library)
        except TwimError as error:
            problems.append(error)
            return ""

    def is_place(call: Call) -> bool:
        return call.name == FEED and library.is_built_in(FEED)

    return calls.fill(html, found.calls, output, is_place), problems


@pass_context
def _markdown(context: Context, text: object, *, inline: bool = False) -> Markup:
    function = context.get("markdown")
    plain = soft_str(text)
    return Markup(function(plain, inline=inline)) if callable(function) else escape(plain)
