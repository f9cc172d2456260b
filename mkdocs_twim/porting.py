"""Zola's templates: what of a shortcode Jinja2 won't take, and needs porting.

Tera is close to Jinja2, so that a simple shortcode works as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError

# Functions, and filters and tests whose arguments Jinja2 wants otherwise.
_ONLY_TERA = re.compile(
    r"\b(set_global|get_url|get_page|get_section|get_taxonomy_url|get_taxonomy|get_file_hash|"
    r"get_image_metadata|load_data|resize_image|trans|get_env|now|throw|get_random)\b|"
    r"\|\s*(json_encode|get|nth|concat|split|slugify|date|replace|truncate|slice|group_by|filter|"
    r"regex_replace|base64_encode|base64_decode|num_format|linebreaksbr|spaceless|striptags|"
    r"trim_start_matches|trim_end_matches|pluralize|as_str|markdown)\b|"
    r"\bis\s+(?:not\s+)?(matching|starting_with|ending_with|containing|object)\b"
)
# What both have.
_BOTH = frozenset({"markdown", "striptags"})
_WITH_NAMES = frozenset({"replace", "truncate"})


def unported(source: str) -> Iterator[tuple[int, str]]:
    """What of a template needs porting: the line, from 1, and what stands there."""
    try:
        Environment().parse(source)
    except TemplateSyntaxError as error:
        yield error.lineno, f"Jinja2 can't read it: {error.message}"
    for number, line in enumerate(source.split("\n"), 1):
        for match in _ONLY_TERA.finditer(line):
            word = match[1] or match[2] or match[3]
            named = re.match(r"\s*\(\s*\w+\s*=", line[match.end() :])
            if word in _BOTH or (word in _WITH_NAMES and not named):
                continue
            yield number, f"'{word}' is Tera's, and Jinja2 has another or none"
