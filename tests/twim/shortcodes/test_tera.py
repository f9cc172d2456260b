from __future__ import annotations

import pytest
from jinja2 import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mkdocs_twim.errors import DateError
from mkdocs_twim.shortcodes import tera


def shown(template: str, **values: object) -> str:
    env = ImmutableSandboxedEnvironment(autoescape=True, undefined=tera.Missing)
    tera.extend(env)
    return env.from_string(template).render({"config": {"base_url": "https://a.example"}, **values})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 'a.b.c' | split(pat='.') | join(sep='/') }}", "a/b/c"),
        ("{{ ['<', '<b>' | safe] | join(sep='&') }}", "&lt;&amp;<b>"),
        ("{{ 'a.b' | replace(from='.', to='<') }}", "a&lt;b"),
        ("{{ 'a.b' | replace('.', '-') }}", "a-b"),
        ("{{ '<i>' | safe | replace(from='i', to='<') }}", "<&lt;>"),
        ("{{ 'abcdef' | truncate(length=3) }}", "abc…"),
        ("{{ 'abcdef' | truncate(length=3, end='') }}", "abc"),
        ("{{ 'abc' | truncate(length=3) }}", "abc"),
        ("{{ missing | default(value='x') }}", "x"),
        ("{{ missing | default('x') }}", "x"),
        ("{{ missing.of.it | default(value='x') }}", "x"),
        ("{{ '' | default(value='x') }}", ""),
        ("{{ '' | default('x', true) }}{{ '' | default('y', boolean=true) }}", "xy"),
        ("{{ 'a' | default(value='x') }}", "a"),
        ("{{ yes }} {{ true }} {{ not yes }}", "true true false"),
        ("{{ mixed }} {{ [] }}", "[1, a, [true]] []"),
        ("{{ 1.0 }} {{ -0.5 }} {{ 1e20 }} {{ none }}", "1 -0.5 100000000000000000000 "),
        ("{{ config }}", "[object]"),
        ("{{ mixed | join(sep='|') }} {{ yes | as_str | replace(from='t', to='T') }}",
         "1|a|[true] True"),
        ("{{ '2024-05-07' | date(format='%-d %B %Y, %A') }}", "7 May 2024, Tuesday"),
        ("{{ '2024-05-07T09:08:07+02:00' | date(format='%a %b %e %T %z') }}",
         "Tue May  7 09:08:07 +0200"),
        ("{{ '2024-05-07T09:08:07Z' | date(format='%F|%R|%I %p|%-H|%%|%-e|%j|%y') }}",
         "2024-05-07|09:08|09 AM|9|%|7|128|24"),
        ("{{ '2024-05-07T13:00:00Z' | date(format='%p') }}", "PM"),
        ("{{ '0099-05-07' | date }}", "0099-05-07"),
        ("{{ 0 | date }}", "1970-01-01"),
        ("{{ 'What’s new?' | slugify }}", "what-s-new"),
        ("{{ 'a/b c' | urlencode }} {{ 'a/b c' | urlencode_strict }}", "a/b%20c a%2Fb%20c"),
        ("{{ ' a ' | trim }}|{{ ' a ' | trim_start }}|{{ ' a ' | trim_end }}", "a|a | a"),
        ("{{ '//a//' | trim_start_matches(pat='/') }}", "a//"),
        ("{{ '//a//' | trim_end_matches(pat='/') }}", "//a"),
        ("{{ [1, 2, 3] | slice(start=1) }} {{ [1, 2, 3] | slice(end=1) }}", "[2, 3] [1]"),
        ("{{ [1, 2] | nth(n=1) }}{{ [1, 2] | nth(n=5) }}", "2"),
        ("{{ [1] | concat(with=2) }}{{ [1] | concat(with=[2, 3]) }}", "[1, 2][1, 2, 3]"),
        ("{{ {'a': 1} | get(key='a') }}{{ {} | get(key='a', default=2) }}", "12"),
        ("{{ 1 | pluralize }}{{ 2 | pluralize }}{{ 1 | pluralize(singular='y') }}", "sy"),
        ("{{ {'a': [1]} | json_encode | safe }}", '{"a": [1]}'),
        ("{{ [1] | json_encode(pretty=true) }}", "[\n  1\n]"),
        ("{{ 'a\n<' | linebreaksbr }}", "a&lt;br&gt;&lt;"),
        ("{{ 'a\n<' | escape | linebreaksbr }}", "a<br>&lt;"),
        ("{{ '<' | escape_xml }}{{ 1 | as_str }}", "&lt;1"),
        ("{{ 'ab' is starting_with('a') }}{{ 'ab' is ending_with('a') }}", "truefalse"),
        ("{{ 'ab' is containing('b') }}{{ [1] is containing(2) }}", "truefalse"),
        ("{{ get_url(path='@/blog/x.md') }}", "@/blog/x.md"),
        ("{{ get_url(path='/a') }} {{ get_url(path='a', trailing_slash=true) }}",
         "https://a.example/a https://a.example/a/"),
        ("{{ get_url(path='a/', trailing_slash=true) }}", "https://a.example/a/"),
        ("{% for n in range(end=3) %}{{ n }}{% endfor %}", "012"),
        ("{% for n in range(start=1, end=6, step_by=2) %}{{ n }}{% endfor %}", "135"),
        ("{% for n in range(2) %}{{ n }}{% endfor %}", "01"),
        ("{% if missing %}a{% elif missing.of.it %}b{% else %}c{% endif %}", "c"),
        ("{% if missing == 'a' or missing is defined %}a{% endif %}", ""),
    ],
)  # fmt: skip
def test_what_templates_of_tera_use(template: str, expected: str) -> None:
    assert shown(template, yes=True, mixed=(1, "a", (True,))) == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ missing }}", "'missing' is undefined"),
        ("{{ missing.of }}", "'missing' is undefined"),
        ("{{ missing | upper }}", "'missing' is undefined"),
        ("{% for a in missing %}{% endfor %}", "'missing' is undefined"),
        ("{{ missing | length }}", "'missing' is undefined"),
        ("{{ missing | date }}", "'missing' is undefined"),
        ("{{ 'x' | date }}", "expected a date such as"),
        ("{{ '2024-01-01' | date(format='%Q') }}", "date: '%Q' isn't known"),
        ("{{ '2024-01-01' | date(format='%') }}", "date: '%' isn't known"),
        ("{{ range(end=100000000) }}", "too long"),
        ("{{ throw(message='no picture') }}", "no picture"),
    ],
)
def test_what_is_an_error(template: str, message: str) -> None:
    with pytest.raises((TemplateRuntimeError, DateError, ValueError, OverflowError), match=message):
        shown(template)
