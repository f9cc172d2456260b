"""The plugin's options, below `plugins: - twim:` in mkdocs.yml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from mkdocs.config import base
from mkdocs.config import config_options as c

from feedserver.model import TAXONOMIES


class _Nested(base.Config):
    """The options below an option, where MkDocs would pass over unknown ones in silence."""

    def validate(self) -> tuple[base.ConfigErrors, base.ConfigWarnings]:
        failed, warnings = super().validate()
        known = _options(self)
        unknown: base.ConfigErrors = []
        for name in (key for key in self if key not in known):
            hint = _near(name, known) or f"there are {', '.join(known)}"
            unknown.append((name, base.ValidationError(f"there is no such option; {hint}")))
        if unknown:
            # The slip is why another isn't there.
            failed = [each for each in failed if self[each[0]] is not None]
        return [*unknown, *failed], [] if unknown else warnings


def _options(config: base.Config) -> list[str]:
    options = vars(type(config)).items()
    return [name for name, value in options if isinstance(value, base.BaseConfigOption)]


def _near(name: object, known: Sequence[str]) -> str:
    """What may be meant by an unknown name, as a question."""
    near = get_close_matches(str(name), known, n=1)
    return f"is '{near[0]}' meant?" if near else ""


def _faults(config: _Nested, values: object, path: str) -> Iterator[tuple[str, Exception]]:
    """What is wrong with the options below one; each with its place, such as `feeds.x.title`."""
    if not isinstance(values, dict):
        yield path, base.ValidationError(f"expected options below it, found {values!r}")
        return
    config.load_dict(dict(values))
    for name, error in config.validate()[0]:
        yield f"{path}.{name}", error


class TaxonomyConfig(_Nested):
    """One taxonomy."""

    feed = c.Type(bool, default=True)
    """Whether each of its terms has feeds."""

    paginate_by = c.Type(int, default=10)
    """How many posts a page of a term has; 0 is all."""


class NamedFeedConfig(_Nested):
    """One named feed: posts that fit the parameters, whose values are slugs."""

    title = c.Type(str)
    """What it is called."""

    description = c.Optional(c.Type(str))
    """What it is, in a sentence."""

    category = c.ListOfItems(c.Type(str), default=[])
    author = c.ListOfItems(c.Type(str), default=[])
    section = c.ListOfItems(c.Type(str), default=[])
    project = c.ListOfItems(c.Type(str), default=[])
    not_category = c.ListOfItems(c.Type(str), default=[])
    not_author = c.ListOfItems(c.Type(str), default=[])
    not_section = c.ListOfItems(c.Type(str), default=[])
    not_project = c.ListOfItems(c.Type(str), default=[])


class AliasesConfig(_Nested):
    """What sections and projects are called today, each with what it was called."""

    section = c.DictOfItems(c.ListOfItems(c.Type(str)), default={})
    project = c.DictOfItems(c.ListOfItems(c.Type(str)), default={})


class TwimConfig(base.Config):
    """The options of the plugin `twim`."""

    def validate(self) -> tuple[base.ConfigErrors, base.ConfigWarnings]:
        # MkDocs tells the first of these alone, and not where it stands.
        below = [*self._faults_below()]
        for place, _ in below:
            self[place.partition(".")[0]] = {}
        failed, warnings = super().validate()
        known = _options(self)
        # MkDocs only says that it doesn't know them.
        hints = [(name, _near(name, known)) for name in self if name not in known]
        return [*below, *failed], [*warnings, *(each for each in hints if each[1])]

    def _faults_below(self) -> Iterator[tuple[str, Exception]]:
        for option, kind in (("taxonomies", TaxonomyConfig), ("feeds", NamedFeedConfig)):
            values = self[option]
            for name, each in values.items() if isinstance(values, dict) else ():
                yield from _faults(kind(), each, f"{option}.{name}")
        yield from _faults(AliasesConfig(), self["aliases"] or {}, "aliases")

    blog_dir = c.Type(str, default="blog")
    """The folder of the posts, relative to `docs_dir`."""

    static_dir = c.Optional(c.Dir(exists=True))
    """A folder that is copied to the site's root as it is, relative to mkdocs.yml."""

    shortcodes_dir = c.Dir(default="shortcodes")
    """A folder of the site's own shortcodes, relative to mkdocs.yml."""

    paginate_by = c.Type(int, default=10)
    """How many posts a page of the blog's list has; 0 is all."""

    taxonomies = c.DictOfItems(
        c.SubConfig(TaxonomyConfig), default={name: {} for name in TAXONOMIES}
    )
    """The taxonomies that posts may use; the names are those of front matter."""

    issues = c.ListOfItems(c.Type(str), default=["This Week in *"])
    """A post is an issue if one of its categories matches one of these globs, case apart."""

    ignore_sections = c.ListOfItems(c.Type(str), default=["That's all I know*"])
    """Globs on headings, without emoji: sections that give no updates."""

    registry = c.Optional(c.File(exists=True))
    """hebbot's config.toml, relative to mkdocs.yml: titles, websites and more of topics."""

    aliases = c.SubConfig(AliasesConfig)
    """Other headings of sections and projects, whose updates are theirs."""

    feed_limit = c.Type(int, default=20)
    """How many entries a feed has; 0 is all that fits."""

    feeds = c.DictOfItems(c.SubConfig(NamedFeedConfig), default={})
    """Named feeds, by the name that is their folder."""

    feed_redirects = c.DictOfItems(c.Type(str), default={})
    """Old addresses of feeds, each with the new one."""

    server_url = c.Optional(c.Type(str))
    """Where a feed server of this site answers: embedding and discovery lead there."""

    default_image = c.Optional(c.Type(str))
    """The picture for the socials where a post has none: absolute, or below the site."""

    hub = c.Optional(c.Type(str))
    """The WebSub hub of the feeds, which is named in their files."""

    processes = c.Optional(c.Type(int))
    """How many processes divide posts; `null` is as many as there are cores, 0 is none."""

    preview_posts = c.Type(int, default=50)
    """How many of the newest posts `mkdocs serve` renders, beside the changed; 0 is all."""

    markdown = c.Choice(("auto", "commonmark", "python-markdown"), default="auto")
    """The Markdown of posts; `auto` is commonmark for `+++`, the site's own for `---`."""
