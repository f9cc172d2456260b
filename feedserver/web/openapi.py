"""The description of the server's addresses for programs: OpenAPI 3.1, at `/openapi.json`.

It is the same for every site: which sections and terms there are is the catalogue's to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from feedserver.embed import component, oembed, picture, snippets, widget
from feedserver.feeds import catalogue, parameters
from feedserver.formats import archive, jsonfeed, opml
from feedserver.formats.formats import FORMATS
from feedserver.http.problems import MEDIA_TYPE as PROBLEM
from feedserver.model import FeedKind
from feedserver.network import hub
from feedserver.store.store import HUB

NAME = "openapi.json"

_Json = dict[str, Any]

_HTML = "text/html; charset=utf-8"
NETWORK = {
    "/network/": "all posts of the site and its peers",
    "/network/updates/": "all updates of the site and its peers",
    "/network/section/{slug}/": "the updates of a section of the site and its peers",
    "/network/project/{slug}/": "the history of a project over the site and its peers",
}
"""Those of a server that has peers."""
FOLDERS = {
    **NETWORK,
    "/": "all posts",
    "/updates/": "all updates",
    "/section/{slug}/": "the updates of a section",
    "/project/{slug}/": "the history of a project",
    "/{taxonomy}/{slug}/": "the posts of a term, such as an author or a category",
    "/{name}/": "a feed that was named by the site",
}
_IN_PATH = {
    "slug": ("The slug of a section, a project or a term.", "clients"),
    "taxonomy": ("The name of a taxonomy.", "category"),
    "name": ("The name of a feed.", "no-news"),
}
_EMBEDDING = {
    "limit": "At most so many entries; 5 where it isn't said.",
    "theme": "The colours: those that the reader asks for, or in any case these.",
    "layout": "How entries are laid out.",
    "url": "The address of a feed, of its page, of its page for frames, or of its picture.",
    "format": "The format of the answer; JSON where it isn't said.",
    "maxwidth": "At most so many pixels wide.",
    "maxheight": "At most so many pixels high.",
}
_HEADERS = {
    "ETag": "The tag of these bytes in this coding; it is a strong one.",
    "Last-Modified": "When these bytes came to be.",
    "Cache-Control": "How long a cache may keep the answer.",
    "Vary": "What the answer depends on beside the address.",
}
_ERRORS = {
    "400": "A parameter is unknown or malformed, or a header is.",
    "404": "There is no such feed, it has no entry, or no entry has the id in `before`.",
    "406": "All codings that there are were refused.",
    "412": "The document isn't the one that the condition names.",
    "414": "The address is too long.",
    "431": "The headers are too large.",
    "503": "The server has too much to do, or a search took too long; `Retry-After` says when.",
}


def document() -> bytes:
    """The description, as JSON."""
    description = {
        "openapi": "3.1.0",
        "info": {
            "title": "Feeds",
            "version": "1",
            "description": "Every slice of a site's posts and updates, in three formats. "
            "Parameters may be combined; one that is unknown or malformed is an error.",
        },
        "servers": [{"url": "."}],
        "paths": dict(_paths()),
        "components": {
            "parameters": {name: _parameter(name) for name in parameters.OF_NETWORK},
            "headers": {
                name: {"description": text, "schema": {"type": "string"}}
                for name, text in _HEADERS.items()
            },
            "responses": {code: _error(text) for code, text in _ERRORS.items()},
            "schemas": _schemas(),
        },
    }
    return json.dumps(description, indent=2, ensure_ascii=False).encode() + b"\n"


def _paths() -> Iterator[tuple[str, _Json]]:
    for folder, what in FOLDERS.items():
        asked = [{"$ref": f"#/components/parameters/{name}"} for name in _parameters(folder)]
        in_path = [name for name in _IN_PATH if f"{{{name}}}" in folder]
        for file, form in FORMATS.items():
            operation = _get(f"{form.standard} of {what}", form.media_type, form.schema)
            # What a browser gets.
            operation["responses"]["200"]["content"][_HTML] = _schema("#/components/schemas/Text")
            yield folder + file, _item({**operation, "parameters": asked}, in_path)
        page = _get(f"The page of {what}, for people", _HTML, "Text")
        yield folder, _item({**page, "parameters": asked}, in_path)
    yield from _embedded()
    others = {
        f"/{catalogue.JSON}": ("The catalogue of all feeds", "application/json", "Catalogue"),
        f"/{catalogue.OPML}": (
            "The catalogue of all feeds, for feed readers",
            opml.MEDIA_TYPE,
            "Xml",
        ),
        f"/network/{catalogue.JSON}": (
            "The catalogue of all feeds of the network",
            "application/json",
            "Catalogue",
        ),
        f"/network/{catalogue.OPML}": (
            "The catalogue of all feeds of the network, for feed readers",
            opml.MEDIA_TYPE,
            "Xml",
        ),
        f"/{archive.FILE}": ("Every entry, as JSON Feed 1.1", jsonfeed.MEDIA_TYPE, "Feed"),
        f"/{NAME}": ("This description", "application/json", "Description"),
    }
    others["/feeds/"] = ("The catalogue for people, with a search", _HTML, "Text")
    others["/network/feeds/"] = ("The catalogue of the network, with a search", _HTML, "Text")
    others["/section/"] = ("The page of all sections, for people", _HTML, "Text")
    others["/network/section/"] = ("The page of all sections of the network", _HTML, "Text")
    for path, (what, media_type, schema) in others.items():
        yield path, _item(_get(what, media_type, schema), [])
    yield from _operations()
    yield f"/{HUB}", {"post": _hub(), "options": _options("POST")}


def _parameters(folder: str) -> Iterable[str]:
    """The names of those that feeds in a folder take."""
    return parameters.OF_NETWORK if folder in NETWORK else parameters.PARAMETERS


def _operations() -> Iterator[tuple[str, _Json]]:
    """What operators ask for."""
    figures = "text/plain; version=0.0.4; charset=utf-8"
    health, text = "#/components/schemas/Health", "#/components/schemas/Text"
    answers: _Json = {
        "200": {"description": "It answers.", "content": {"application/json": _schema(health)}},
        "503": {
            "description": "There is no feed that could be answered.",
            "content": {"application/json": _schema(health)},
        },
    }
    yield "/healthz", {"get": {"summary": "How the server is", "responses": answers}}
    found: _Json = {"200": {"description": "Figures.", "content": {figures: _schema(text)}}}
    found["404"] = {"$ref": "#/components/responses/404"}
    summary = "Figures for Prometheus, unless they have an address of their own"
    yield "/metrics", {"get": {"summary": summary, "responses": found}}


def _hub() -> _Json:
    """What subscribers ask of a server that is a hub, by WebSub, section 5.1."""
    text: _Json = {"type": "string"}
    form = _object(
        ["hub.mode"],
        **{
            "hub.mode": {"enum": [*hub.MODES, "publish"]},
            "hub.topic": text,
            "hub.callback": text,
            "hub.lease_seconds": {"type": "string", "pattern": "^[0-9]+$"},
            "hub.secret": {"type": "string", "maxLength": 199},
            "hub.url": {"type": "array", "items": text},
        },
    )
    answers = {
        "202": "The callback will be asked, or what was published be looked at.",
        "400": "Something is missing or wrong, or the topic is no feed of this server.",
        "413": "The form is too large.",
        "415": "It is no form.",
        "429": "There are more subscriptions than the hub can bear.",
    }
    plain = {"text/plain; charset=utf-8": _schema("#/components/schemas/Text")}
    return {
        "summary": "Subscribe to any feed, end that, or tell that one has changed: WebSub",
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form}},
        },
        "responses": {
            **{code: {"description": what, "content": plain} for code, what in answers.items()},
            "503": {"$ref": "#/components/responses/503"},
        },
    }


def _schema(reference: str) -> _Json:
    return {"schema": {"$ref": reference}}


def _embedded() -> Iterator[tuple[str, _Json]]:
    """What is there for pages of others."""
    script = _get("The web component twim-feed", component.MEDIA_TYPE, "Text")
    yield f"/{snippets.SCRIPT}", _item(script, [])
    shown = [_embedding("limit", {"type": "integer", "minimum": 1, "maximum": widget.MAX_LIMIT})]
    shown.append(_embedding("theme", {"enum": list(widget.THEMES)}))
    layout = _embedding("layout", {"enum": list(widget.LAYOUTS)})
    for folder, what in FOLDERS.items():
        in_path = [name for name in _IN_PATH if f"{{{name}}}" in folder]
        rest = [
            {"$ref": f"#/components/parameters/{name}"}
            for name in _parameters(folder)
            if name != "limit"
        ]
        frame = _get(f"A page for frames with {what}", _HTML, "Text")
        yield f"/embed{folder}", _item({**frame, "parameters": [layout, *shown, *rest]}, in_path)
        drawn = _get(f"A picture of {what}", picture.MEDIA_TYPE, "Xml")
        path = f"/embed{folder.removesuffix('/')}.svg"
        yield path, _item({**drawn, "parameters": [*shown, *rest]}, in_path)
    asked = _get("oEmbed: what embeds the feed at an address", "application/json", "Embed")
    found = asked["responses"]["200"]["content"]
    found[oembed.MEDIA_TYPES["xml"]] = {"schema": {"$ref": "#/components/schemas/Xml"}}
    asked["responses"]["501"] = _error("There is no such format.")
    pixels = {"type": "integer", "minimum": 1, "maximum": 99999}
    address = {"type": "string", "pattern": "^https?://[A-Za-z0-9.-]+(/[!-~]*)?$"}
    asked["parameters"] = [
        {**_embedding("url", address), "required": True},
        _embedding("format", {"enum": list(oembed.MEDIA_TYPES)}),
        *(_embedding(name, pixels) for name in ("maxwidth", "maxheight")),
    ]
    yield f"/{oembed.NAME}", _item(asked, [])


def _embedding(name: str, schema: _Json) -> _Json:
    return {"name": name, "in": "query", "description": _EMBEDDING[name], "schema": schema}


def _item(get: _Json, in_path: list[str]) -> _Json:
    """All methods of an address."""
    head = {**get, "responses": {code: _bare(answer) for code, answer in get["responses"].items()}}
    head["summary"] = f"{get['summary']}: the headers alone"
    item: _Json = {"get": get, "head": head, "options": _options("GET and HEAD")}
    if in_path:
        item["parameters"] = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": _IN_PATH[name][0],
                "schema": {"type": "string", "minLength": 1},
                "example": _IN_PATH[name][1],
            }
            for name in in_path
        ]
    return item


def _options(methods: str) -> _Json:
    return {
        "summary": "What pages of other sites may ask for",
        "responses": {"204": {"description": f"{methods}, with any header."}},
    }


def _get(summary: str, media_type: str, schema: str) -> _Json:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    answers: _Json = {
        "200": {"description": "The document.", "headers": headers, "content": content},
        "304": {"description": "The client has the document.", "headers": headers},
        "308": {
            "description": "An old address: the document is at another one.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
    }
    answers |= {code: {"$ref": f"#/components/responses/{code}"} for code in _ERRORS}
    return {"summary": summary, "responses": answers}


def _bare(answer: _Json) -> _Json:
    """An answer to HEAD: it has no body."""
    if "$ref" in answer:
        return {"description": _ERRORS[answer["$ref"].rpartition("/")[2]]}
    return {name: value for name, value in answer.items() if name != "content"}


def _parameter(name: str) -> _Json:
    found = parameters.OF_NETWORK[name]
    described = {"name": name, "in": "query", "description": found.what, "schema": found.schema}
    return {**described, "explode": True} if found.schema["type"] == "array" else described


def _error(text: str) -> _Json:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content}


def _object(required: list[str], **properties: _Json) -> _Json:
    return {"type": "object", "required": required, "properties": properties}


def _schemas() -> _Json:
    text, number = {"type": "string"}, {"type": "integer"}
    texts = {"type": "array", "items": text}
    item = _object(
        ["id", "url", "title", "summary", "date_published", "date_modified", "_twim"],
        id=text,
        url=text,
        title=text,
        summary=text,
        content_html=text,
        date_published={"type": "string", "format": "date-time"},
        date_modified={"type": "string", "format": "date-time"},
        tags=texts,
        authors={"type": "array", "items": _object(["name"], name=text, url=text)},
        _twim={"type": "object"},
    )
    formats = [form.key for form in FORMATS.values()]
    feed = _object(
        ["path", "title", "kind", "page", "count", "formats"],
        path=text,
        title=text,
        description=text,
        kind={"enum": list(get_args(FeedKind))},
        page=text,
        count=number,
        updated={"type": "string", "format": "date-time"},
        formats=_object(formats, **dict.fromkeys(formats, text)),
    )
    return {
        "Feed": _object(
            ["version", "title", "items"],
            version={"const": "https://jsonfeed.org/version/1.1"},
            title=text,
            home_page_url=text,
            feed_url=text,
            next_url=text,
            items={"type": "array", "items": item},
        ),
        "Catalogue": _object(
            ["version", "feeds"], version={"const": 1}, feeds={"type": "array", "items": feed}
        ),
        "Health": _object(
            ["status", "entries", "feeds", "sources"],
            status={"enum": ["ok", "degraded", "failing"]},
            entries=number,
            feeds=number,
            sources={"type": "array", "items": _object(["name", "kind", "state"], name=text)},
            peers={"type": "array", "items": _object(["name", "kind", "state"], name=text)},
            problems=texts,
        ),
        "Description": _object(["openapi", "info", "paths"], openapi=text, info={}, paths={}),
        "Embed": _object(
            ["version", "type", "html", "width", "height"],
            version={"const": "1.0"},
            type={"const": "rich"},
            title=text,
            provider_name=text,
            provider_url=text,
            author_name=text,
            author_url=text,
            cache_age=number,
            html=text,
            width=number,
            height=number,
        ),
        "Xml": {"type": "string"},
        "Text": {"type": "string"},
        "Problem": _object(
            ["type", "title", "status", "detail"],
            type=text,
            title=text,
            status=number,
            detail=text,
            parameter=text,
            expected=text,
            near=texts,
        ),
    }
