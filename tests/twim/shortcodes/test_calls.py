from __future__ import annotations

import markdown
import pyromark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mkdocs_twim.shortcodes import tokens
from mkdocs_twim.shortcodes.arguments import Value
from mkdocs_twim.shortcodes.calls import TOKEN, Call, Extraction, Templates, fill
from mkdocs_twim.shortcodes.calls import extract as extract_from
from mkdocs_twim.shortcodes.library import Library
from tests.conftest import examples


class Anything:
    """Shortcodes `a`, `b` and `_c1`, which take everything."""

    names = ("a", "b", "_c1")

    def problem(self, call: Call) -> str | None:
        return None if call.name in self.names else f"unknown: {call.name}"

    def misspelt(self, name: str) -> str | None:
        return "a" if name == "aa" else None


LIBRARY = Library()
ANYTHING = Anything()


def extract(
    text: str, *, library: Templates = LIBRARY, first_line: int = 1, shared: bool = False
) -> Extraction:
    return extract_from(text, "blog/x.md", first_line, library, shared=shared)


def calls(text: str) -> tuple[Call, ...]:
    found = extract(text, library=ANYTHING)
    assert not found.errors, [str(error) for error in found.errors]
    return found.calls


def errors(text: str) -> list[str]:
    return [
        str(error).removeprefix("blog/x.md:") for error in extract(text, library=ANYTHING).errors
    ]


def filled(text: str, output: str, *, python: bool = False) -> str:
    """A text as HTML, in which every call shows `output`."""
    found = extract(text, library=ANYTHING)
    assert not found.errors, [str(error) for error in found.errors]
    if python:
        html = markdown.markdown(found.text, extensions=["fenced_code", "codehilite"])
    else:
        html = pyromark.html(found.text)
    return fill(html, found.calls, lambda call: output)


@pytest.mark.parametrize(
    ("text", "args"),
    [
        # Z10.1
        ("{{ a() }}", {}),
        ("{{a()}}", {}),
        ("{{\n a\n (\n )\n }}", {}),
        ('{{ a (x = "1" , y="2") }}', {"x": "1", "y": "2"}),
        # Z10.4
        ('{{ a(x="1" y="2"z=3) }}', {"x": "1", "y": "2", "z": 3}),
        ('{{ a(\n  x="1"\n  y="2"\n) }}', {"x": "1", "y": "2"}),
        # Z10.5
        ("{{ a(x='a\"b' y=`c'd`) }}", {"x": 'a"b', "y": "c'd"}),
        ('{{ a(x="a\nb\\n") }}', {"x": "a\nb\\n"}),
        ('{{ a(x="}} %} {{ b() }}") }}', {"x": "}} %} {{ b() }}"}),
        # Z10.6
        ("{{ a(x=0 y=-12 z=-1.50 w=9223372036854775807) }}", {"y": -12, "z": -1.5}),
        # Z10.7
        ("{{ a(x=true, y=false) }}", {"x": True, "y": False}),
        ("{{ a(x=[1, 'a', [true],] y=[]) }}", {"x": (1, "a", (True,)), "y": ()}),
        ("{{ a(x=1 x=2) }}", {"x": 2}),
        # Z10.3
        ("{{ a(_x1=1) }}", {"_x1": 1}),
        ("{{{ a() }}}", {}),
        # Z10.2
        ("{% a(x=1) %} b {% end %}", {"x": 1}),
        ("{%a(x=1)%}b{%end%}", {"x": 1}),
    ],
)
def test_arguments(text: str, args: dict[str, Value]) -> None:
    (call,) = calls(text)
    assert call.name == "a"
    assert args.items() <= call.args.items()
    for name, value in args.items():
        assert type(call.args[name]) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "text", "{{ page.title }}", "${{ secrets.X }}", "{{< x >}}", "{% if x %}", "{{}}"),
        *("{% if (x) %} {% endif %}", "{{ (a) }}", "{{ a-b() }}", "{{- a() -}}", "{{ a.b() }}"),
        *("{{ 1a() }}", "{{ a }}", "{ { a() } }", "{%- a() -%}", "{{", "{%", "{{/*", "{%/* a() *"),
        *("${{ hashFiles('x') }}", "{% raw %}", "{{ a\u00a0() }}", "{% unknown(x) %}"),
        *("{{ lookup('env', 'HOME') }}", "{{ other(x) }}", "{{ other(", "{{ other(x=1,) }}"),
        *("`{{ a`", "{{ a if x == 1 }}", "{{ a | b }}", "{{ other x=1 }}", "{% set x = 1 %}"),
    ],
)
def test_what_is_no_call_is_text(text: str) -> None:
    """Z10.3, Z10.8, Z10.11, Z10.13; what Zola takes for text too."""
    for shared in (False, True):
        found = extract(text, library=ANYTHING, shared=shared)
        assert (found.text, found.calls, found.errors, found.doubts) == (text, (), (), ())


@pytest.mark.parametrize(
    "text",
    [
        *("{{ other() }}", "{{ other(x=1) }} {{ url_for('x') }}", "{% other() %} b {% end %}"),
        *("b {% end %}", "{% other( %} b {% end %}"),
    ],
)
def test_calls_of_other_plugins_are_left_in_shared_texts(text: str) -> None:
    found = extract(text, library=ANYTHING, shared=True)
    assert (found.text, found.calls, found.errors, found.doubts) == (text, (), (), ())
    assert errors(text)


def test_a_call_with_a_misspelt_name_is_told_of_in_shared_texts() -> None:
    text = "{{ aa(x=1) }}\n{{ aa(1) }}\n{% aa() %} b {% end %}\n{% a() %} b {% end %}"
    found = extract(text, library=ANYTHING, shared=True)
    assert [call.name for call in found.calls] == ["a"] and not found.errors
    hint = "did you mean 'a'? (to show it, write"
    assert [str(doubt).removeprefix("blog/x.md:") for doubt in found.doubts] == [
        f"1:1: unknown shortcode 'aa'; {hint} {{{{/* … */}}}})",
        "2:1: this is no valid call of 'aa': expected a name, '=' and a value, or ')', found '1'; "
        f"{hint} {{{{/* … */}}}})",
        f"3:1: unknown shortcode 'aa'; {hint} {{%/* … */%}})",
    ]
    assert [error[:4] for error in errors(text)] == ["1:1:", "2:1:", "3:1:"]


@pytest.mark.parametrize("text", ["{{ a(1) }}", "{% a() %} b", "{% a( %} b {% end %}"])
def test_calls_of_known_shortcodes_are_checked_in_shared_texts(text: str) -> None:
    assert extract(text, library=ANYTHING, shared=True).errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{/* a() */}}", "{{ a() }}"),
        ("{{/*a(x=1)*/}}", "{{a(x=1)}}"),
        ("{{/* lookup('env', 'HOME') */}}", "{{ lookup('env', 'HOME') }}"),
        ("{{/* a(\n) */}} x", "{{ a(\n) }} x"),
        ("{%/* a() */%} {{ a(} x {%/* end */%} y", "{% a() %} {{ a(} x {% end %} y"),
        ("{%/* a() */%} x", "{% a() %} x"),
        ("{%/* end */%} x {%/* end */%}", "{% end %} x {% end %}"),
    ],
)
def test_an_escaped_call_is_shown(text: str, expected: str) -> None:
    """Z10.9; here around anything in such brackets, valid or not."""
    found = extract(text, library=ANYTHING)
    assert (found.text, found.calls, found.errors) == (expected, (), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{{ a x="1" y=2) }}',
            "1:1: this is no valid call of 'a': there is no '(' behind the name",
        ),
        ("{% a x=1 %} b {% end %}", "1:1: this is no valid call of 'a': there is no '(' behind"),
        ("{{ a(", "1:1: this is no valid call of 'a': the call has no end"),
        ("{{ a(x", "expected '=' after 'x', found the end of the text"),
        ("{{ a() ", "expected '}}' after the call, found the end of the text"),
        ("{{ a() }", "expected '}}' after the call, found '}'"),
        ("{{ a() %}", "expected '}}' after the call, found '%'"),
        ("\n> {{ a(x=1,) }}", "2:3: this is no valid call of 'a': expected another argument after"),
        ("{{ a(,) }}", "expected a name, '=' and a value, or ')', found ','"),
        ('{{ a("x") }}', "expected a name, '=' and a value, or ')', found '\"x\"'"),
        ("{{ a(x) }}", "expected '=' after 'x', found ')'"),
        ("{{ a(x=) }}", "expected a value of 'x'"),
        ("{{ a(x=null) }}", "expected a value of 'x'"),
        ("{{ a(x={}) }}", "expected a value of 'x'"),
        ("{{ a(x=.5) }}", "expected a value of 'x'"),
        ("{{ a(x=1.) }}", "found '.'"),
        ("{{ a(x=01) }}", "found '1'"),
        ("{{ a(x-y=1) }}", "expected '=' after 'x'"),
        ("{{ a(x=[1 2]) }}", "expected ',' or ']' in the list of 'x', found '2'"),
        ("{{ a(x=[,]) }}", "expected a value of 'x'"),
        ("{{ a(x=" + "[" * 3000, "the lists in 'x' are nested too deeply"),
        ("{{ a(x=" + "9" * 5000 + ") }}", "the number is too large"),
        ("{{ a(x=9223372036854775808) }}", "the number is too large"),
        ('{{ a(x="1) }}', "the quote that opens the value of 'x' isn't closed"),
        ('{{ a(x="1) }}\n\n{{ a(y="2") }}', "1:1: this is no valid call of 'a': the quote that"),
        ("{{ a(x=“1”) }}", "the quotes of the value of 'x' must be straight, found “"),
        ("> {{ a(\n> x=1) }}", "the lines of a call must not begin with '>', even in a quote"),
        ("> {{ a(\n> x=1) }}", "(line 2, column 1)"),
        ("{{ a(/* x */) }}", "found '/*'"),
        ("${{ a(x) }}", "1:2: this is no valid call of 'a'"),
        ("{{ aa(x) }}", "found ')'; did you mean 'a'? (to show it, write {{/* … */}})"),
        ("{{ other() }}", "1:1: unknown: other"),
        ("{% a( %} b {% end %}", "1:1: this is no valid call of 'a'"),
        ("{% a( %}", "1:1: this is no valid call of 'a'"),
        ("{% other( %} b {% end %}", "1:1: this is no valid call of 'other'"),
        ("{% a() %} b", "1:1: 'a' isn't closed by {% end %}"),
        ("{% a() %} \n {% end %}", "1:1: the body of 'a' is empty"),
        ("b {% end %}", "1:3: {% end %} closes nothing; to show it, write {%/* … */%}"),
        ("{% other() %} b {% end %}", "1:1: unknown: other"),
    ],
)
def test_what_only_looks_like_a_call_is_an_error(text: str, expected: str) -> None:
    """Z10.2, Z10.4, Z10.6, Z10.8, Z10.12, Z10.14, Z10.19.

    Of Z10.11, issue 4 has errors where the name is that of a shortcode, or nearly so.
    """
    (found,) = errors(text)
    assert expected in found


def test_all_errors_are_found_and_in_order() -> None:
    text = "{% a() %} {{ other() }}\n{{ a(x) }} {{ b() }} {{ a(1) }}"
    assert [error[:4] for error in errors(text)] == ["1:1:", "1:11", "2:1:", "2:22"]
    assert [call.name for call in extract(text, library=ANYTHING).calls] == ["b"]


def test_text_that_looks_like_an_opener_leaves_the_end_to_the_body() -> None:
    (call,) = calls("{% a() %} {% if (x) %} {% endif %} {% end %}")
    assert call.body == "{% if (x) %} {% endif %}"


def test_too_deep_bodies_are_an_error() -> None:
    text = "{% a() %}" * 5000 + "x" + "{% end %}" * 5000
    assert "1:181: bodies are nested too deeply" in errors(text)
    assert len(calls("{% a() %}" * 20 + "x" + "{% end %}" * 20)) == 20


def test_places_and_numbers() -> None:
    """Z10.22: `nth` counts a name in a file, outer before inner."""
    text = "é {{ a() }} {{ b() }}\n{% a() %}\n{{ a() }}\n{% end %}\n\n{{ a() }}"
    found = extract(text, library=ANYTHING, first_line=10)
    places = [(call.name, call.path, call.line, call.column, call.nth) for call in found.calls]
    assert places == [
        ("a", "blog/x.md", 10, 3, 1),
        ("b", "blog/x.md", 10, 13, 1),
        ("a", "blog/x.md", 11, 1, 2),
        ("a", "blog/x.md", 12, 1, 3),
        ("a", "blog/x.md", 15, 1, 4),
    ]


def test_a_body_holds_the_tokens_of_its_calls() -> None:
    """Z10.10, and Z10.2: the body is trimmed at both ends."""
    outer, inner = calls("{% a() %}\n\n  x {{ b() }} y\n\n{% end %}")
    assert outer.body == f"x {inner.token} y"
    assert inner.body is None


def test_lines_behind_calls_of_several_lines_keep_their_numbers() -> None:
    text = (
        'one\n{{ a(\n  x="1"\n) }} four\n\n> {{ b(\n) }}{{ a(\n) }}\n> nine\n{{/* a(\n) */}}\nten'
    )
    found = extract(text, library=ANYTHING, first_line=5)
    lines = found.text.split("\n")
    tokens_of = [call.token for call in found.calls]
    assert lines == [
        *("one", f"{tokens_of[0]} four", "", f"> {tokens_of[1]}{tokens_of[2]}", "> nine"),
        *("{{ a(", ") }}", "ten"),
    ]
    assert [found.line_of(line) for line in range(1, 9)] == [5, 6, 9, 10, 13, 14, 15, 16]


def test_lines_behind_a_body() -> None:
    found = extract("{% a() %}\nx\n{{ b(\n) }}\n{% end %}\nlast", library=ANYTHING)
    assert found.text.split("\n")[1] == "last"
    assert found.line_of(2) == 6


def test_characters_of_tokens_in_a_text_make_no_token() -> None:
    text = f"{tokens.make(0)} {{{{ a() }}}}"
    found = extract(text, library=ANYTHING)
    assert len(TOKEN.findall(found.text)) == 1
    assert found.text.startswith("\ufffd")


@pytest.mark.parametrize("python", [False, True])
@pytest.mark.parametrize(
    ("text", "output", "expected"),
    [
        ("{{ a() }}", "<b>X</b>", "<b>X</b>"),
        ("> {{ a() }}", "<i>X</i>", "<blockquote>\n<i>X</i>\n</blockquote>"),
        ("> {{ a(\n) }}\n>\n> y", "X", "<blockquote>\nX\n<p>y</p>\n</blockquote>"),
        ("{{ a() }}\n{{ b() }}", "X", "<p>X\nX</p>"),
        ("{{ a() }} {{ b() }}{{a()}}", "<b>X</b>", "<p><b>X</b> <b>X</b><b>X</b></p>"),
        ("{{ a() }}  \n{{ b() }}", "<hr>", "<hr>\n<hr>"),
        ("> {{ a() }}\n{{ b() }}", "<hr>", "<blockquote>\n<hr>\n<hr>\n</blockquote>"),
        ("x\n\n{{ a() }}\n\ny", "", "<p>x</p>\n\n<p>y</p>"),
        ("x {{ a() }} y", "<b>X</b>", "<p>x <b>X</b> y</p>"),
        ("x {{ a() }} y", "<hr>", "<p>x </p>\n<hr>\n<p> y</p>"),
        ("{{ a() }}\ny", "<div>X</div>", "<div>X</div>\n<p>\ny</p>"),
        ("x\n{{ a() }}", "<div>X</div>", "<p>x\n</p>\n<div>X</div>"),
        ("x {{ a() }} {{ b() }}", "<hr>", "<p>x </p>\n<hr> <hr>"),
        ("{{ a() }}*y* {{ b() }}.", "<hr>", "<hr>\n<p><em>y</em> </p>\n<hr>\n<p>.</p>"),
        ("**{{ a() }}** y", "<hr>", "<p><strong><hr></strong> y</p>"),
        ("- {{ a() }}", "<hr>", "<ul>\n<li><hr></li>\n</ul>"),
        ("# {{ a() }} y", "<b>X</b>", "<h1><b>X</b> y</h1>"),
        ("`{{ a() }}`", "<b>&</b>", "<p><code>&lt;b&gt;&amp;&lt;/b&gt;</code></p>"),
        ("    {{ a() }}", "<b>", "&lt;b&gt;"),
        ("[x]({{ a() }})", '"<b>', '<a href="&quot;&lt;b&gt;">x</a>'),
        ("![{{ a() }}](x.png)", '"', "&quot;"),
        ('<a title="{{ a() }}">', '" x', 'title="&quot; x"'),
        ("<!-- {{ a() }} -->", "--> x", "<!-- --&gt; x -->"),
        ("<div>\n{{ a() }}\n</div>", "<hr>", "<div>\n<hr>\n</div>"),
        ("x `y` <span>{{ a() }}</span>", "<b>X</b>", "<span><b>X</b></span>"),
        ("<pre>{{ a() }}</pre>", "<b>", "<pre>&lt;b&gt;</pre>"),
        ("line<br>\nand {{ a() }}", "<hr>", "<p>line<br>\nand </p>\n<hr>"),
    ],
)  # fmt: skip
def test_output_stands_where_the_call_stood(
    text: str, output: str, expected: str, python: bool
) -> None:
    """Z10.15 to Z10.19, Z10.21; in code spans and addresses (Z10.16) better than in Zola."""
    assert expected in filled(text, output, python=python).strip()


@pytest.mark.parametrize("language", ["python", "html", "text", "rust", "yaml", "jinja"])
def test_output_in_highlighted_code_is_escaped(language: str) -> None:
    html = filled(f"```{language}\nx = {{{{ a() }}}}\n```", "<b>&", python=True)
    assert "&lt;b&gt;&amp;" in html
    assert not TOKEN.search(html)
    assert html.count("<span") == html.count("</span>")


def test_a_token_that_is_torn_unevenly_leaves_its_tags() -> None:
    (call,) = calls("{{ a() }}")
    html = f'<code>{call.token[0]}<span class="err">{call.token[1:]}</span></code>'
    assert fill(html, [call], lambda _: "X") == '<code>X<span class="err"></span></code>'


def test_code_that_is_not_closed_ends_with_its_paragraph() -> None:
    assert filled("<code>x\n\n{{ a() }} y", "<b>X</b>").endswith("<p><b>X</b> y</p>\n")


def test_a_paragraph_that_is_not_closed_ends_at_a_block() -> None:
    assert filled("<p>x<div>\n{{ a() }}\n</div>", "<hr>").endswith("<div>\n<hr>\n</div>")
    (call,) = calls("{{ a() }}")
    for html, expected in (
        (f"<p>x {call.token}<div>y</div>", "<p>x </p>\n<hr><div>y</div>"),
        (f"<p>x {call.token}</p><p>y</p>", "<p>x </p>\n<hr><p>y</p>"),
        (f"<p>x {call.token}<p>y</p>", "<p>x </p>\n<hr><p>y</p>"),
        (f'<p id="i">x {call.token}<!-- y --></p>', '<p id="i">x </p>\n<hr>\n<p><!-- y --></p>'),
    ):
        assert fill(html, [call], lambda _: "<hr>") == expected


def test_tokens_of_other_texts_stay() -> None:
    html = f'<p>{tokens.make(3)} <a title="{tokens.make(4)}"></a></p>'
    assert fill(html, calls("{{ a() }}"), lambda _: "X") == html


def test_each_call_is_rendered_once() -> None:
    rendered: list[str] = []
    (call,) = calls("{{ a() }}")

    def render(call: Call) -> str:
        rendered.append(call.name)
        return "X"

    assert fill(f'<p title="{call.token}">{call.token} y</p>', [call], render) == (
        '<p title="X">X y</p>'
    )
    assert rendered == ["a"]


PIECES = st.sampled_from(
    (
        *("{{", "}}", "{%", "%}", " a", "(", ")", "end", "=", '"', "'", "x", "1", ",", "[", "]"),
        *("{{ a() }}", "{% b() %}", "{% end %}", "/*", "*/", "> ", "$", "<p>", "`", "-->", "<!--"),
        "\n",
    )
)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join)))
@settings(max_examples=examples(300))
def test_any_text_gives_calls_and_errors(text: str) -> None:
    found = extract(text, library=ANYTHING, first_line=3)
    lines = text.count("\n") + 1
    for error in found.errors:
        assert error.line is not None
        assert 3 <= error.line < 3 + lines
    for line in range(1, found.text.count("\n") + 2):
        assert line + 2 <= found.line_of(line)
        assert found.errors or found.line_of(line) < 3 + lines
    html = fill(pyromark.html(found.text), found.calls, lambda call: "X")
    assert found.errors or not TOKEN.search(html)


@given(st.text().filter(lambda text: "{{" not in text and "{%" not in text))
@settings(max_examples=examples(50))
def test_a_text_without_marks_stays(text: str) -> None:
    found = extract(text, library=ANYTHING)
    assert found.text == tokens.cleaned(text)
    assert fill(text, (), lambda call: "") == text


VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda value: (str(value).lower(), value)),
        st.integers(-(2**63) + 1, 2**63 - 1).map(lambda value: (str(value), value)),
        st.text(max_size=10).filter(lambda t: '"' not in t).map(lambda t: (f'"{t}"', t)),
        st.text("abc\"'} %{", max_size=10).map(lambda t: (f"`{t}`", t)),
    ),
    lambda items: st.lists(items, max_size=3).map(
        lambda pairs: (f"[{', '.join(p[0] for p in pairs)}]", tuple(p[1] for p in pairs))
    ),
    max_leaves=4,
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.lists(st.tuples(st.sampled_from("xyz"), VALUES), max_size=3),
            st.sampled_from([" ", "\n", " , ", ",\n"]),
            st.booleans(),
        ),
        max_size=5,
    )
)
@settings(max_examples=examples(100))
def test_valid_calls_come_out_as_they_went_in(
    written: list[tuple[str, list[tuple[str, tuple[str, Value]]], str, bool]],
) -> None:
    text = ""
    for name, args, comma, body in written:
        inside = f"{name}({comma.join(f'{key}={value[0]}' for key, value in args)})"
        text += f"{{% {inside} %}} body {{% end %}}\n\n" if body else f"{{{{ {inside} }}}}\n\n"
    found = calls(text)
    assert [(call.name, dict(call.args), call.body) for call in found] == [
        (name, {key: tokens_cleaned(value[1]) for key, value in args}, "body" if body else None)
        for name, args, _, body in written
    ]
    extraction = extract(text, library=ANYTHING)
    html = fill(pyromark.html(extraction.text), found, lambda call: f"[{call.token}]")
    assert html.split() == [f"[{call.token}]" for call in found]


def tokens_cleaned(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(tokens_cleaned(item) for item in value)
    return tokens.cleaned(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{{ a(\n  x="img.png,\n  y="2"\n) }}', 2, 5),
        ('{{ a(x="img.png y="2") }}', 1, 8),
        ('{{ a(x="1", y="say "hi" now") }}', 1, 15),
        ('b {{ a(x="1) }}', 1, 10),
        ('{{ a(x=["1, "2"]) }}', 1, 9),
    ],
)
def test_a_string_that_is_not_closed_is_told_by_where_it_begins(
    text: str, line: int, column: int
) -> None:
    [error] = errors(text)
    assert error.endswith(f"; the string begins at line {line}, column {column}")


def test_other_mistakes_are_not_blamed_on_strings() -> None:
    assert "string begins" not in "".join(errors('{{ a(x="1", y=) }}'))
