"""What of a site's own templates needs porting.

Of a Zola shortcode's what neither Jinja2 nor `tera` has; of a theme's what Material's blog gave it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError

from mkdocs_twim.shortcodes import tera

# Functions of Tera and Zola, https://www.getzola.org/documentation/templates/overview/.
_FUNCTIONS = re.compile(
    r"\b(get_page|get_section|get_taxonomy|get_taxonomy_url|get_taxonomy_term|get_hash|"
    r"get_file_hash|get_image_metadata|load_data|resize_image|trans|get_env|now|get_random)\s*\("
)
BLOG_TEMPLATES = (
    *("blog.html", "blog-post.html", "blog-archive.html", "blog-category.html"),
    *("blog-profile.html", "partials/post.html", "partials/pagination.html"),
)
"""Material's templates that need its plugin `blog`."""

_OF_BLOG = re.compile(
    r"\{%[-+]?\s*(?:extends|include|import|from)\s+[\"'](?P<name>"
    rf"{'|'.join(map(re.escape, BLOG_TEMPLATES))})[\"']|\|\s*date\b"
)
_OTHER_FILES = re.compile(r"\{%-?\s*(extends|import|include|from)\b")


def unported(source: str) -> Iterator[tuple[int, str]]:
    """What of a template needs porting: the line, from 1, and what is wrong with it."""
    environment = Environment()
    tera.extend(environment)
    environment.filters["markdown"] = str
    try:
        environment.compile(source)
    except TemplateSyntaxError as error:
        yield error.lineno, f"Jinja2 can't read it: {error.message}"
    for number, line in enumerate(source.split("\n"), 1):
        for match in _FUNCTIONS.finditer(line):
            yield number, f"there is no function '{match[1]}'"
        if other := _OTHER_FILES.search(line):
            yield number, f"'{other[1]}' finds templates of shortcodes alone"


def needs_blog(source: str) -> Iterator[tuple[int, str]]:
    """What a theme's template has of Material's blog plugin: lines, and what they name."""
    for use in _OF_BLOG.finditer(source):
        what = f"'{use['name']}' is" if use["name"] else "the filter 'date' is"
        yield (
            source.count("\n", 0, use.start()) + 1,
            f"{what} of Material's blog, and isn't there; see twim/post.html",
        )
