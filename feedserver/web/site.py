"""Feeds and documents, and at all other addresses what a site's folder has.

A feed's address that isn't there may be an old one, or that of a file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp

from feedserver.errors import ParameterError
from feedserver.web.browsers import Browsers
from feedserver.web.feeds import Feeds
from feedserver.web.folder import Pages, moved
from feedserver.web.routes import Asked


class Site:
    """Endpoints of what a static host of the site would have too."""

    def __init__(self, documents: Feeds, pages: Pages, browsers: Browsers) -> None:
        self._documents = documents
        self._browsers = browsers
        self._pages = pages

    async def feed(self, asked: Asked) -> ASGIApp:
        """A feed, or what else is at its address."""
        return await self._old_or(asked, self._documents.feed)

    async def catalogue(self, asked: Asked) -> ASGIApp:
        """All feeds, for programs."""
        return await self._old_or(asked, self._documents.catalogue)

    async def archive(self, asked: Asked) -> ASGIApp:
        """All entries."""
        return await self._old_or(asked, self._documents.archive)

    async def description(self, asked: Asked) -> ASGIApp:
        """The description of all addresses."""
        return await self._old_or(asked, self._documents.description)

    async def folder(self, asked: Asked) -> ASGIApp:
        """A feed's page, unless the site has one there."""
        return (
            await self._of_site(asked) or await self._browsers.folder(asked) or self._nothing(asked)
        )

    async def sections(self, asked: Asked) -> ASGIApp:
        """The page of all sections, unless the site has one."""
        return await self._of_site(asked) or await self._browsers.sections(asked)

    async def to_slash(self, asked: Asked) -> ASGIApp:
        """To a page of ours, whose address ends in a slash."""
        return await self._of_site(asked) or moved(asked.request, f"{asked.prefix}{asked.path}/")

    async def other(self, asked: Asked) -> ASGIApp:
        """What else the site has, or a 404."""
        return await self._of_site(asked) or self._nothing(asked)

    async def _of_site(self, asked: Asked) -> ASGIApp | None:
        """A redirect from an old address, or a file."""
        return self._pages.redirect(asked) or await self._pages.get(asked)

    def _nothing(self, asked: Asked) -> ASGIApp:
        """A redirect to where it is here, or a 404."""
        return self._pages.at_root(asked) or self._pages.not_found(asked)

    async def _old_or(
        self, asked: Asked, answer: Callable[[Asked], Awaitable[ASGIApp | None]]
    ) -> ASGIApp:
        try:
            found = await answer(asked)
        except ParameterError:
            # What an old address takes is for the new one to say.
            if found := self._pages.redirect(asked):
                return found
            raise
        return found or await self.other(asked)
