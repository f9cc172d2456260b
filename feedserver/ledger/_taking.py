"""What a good fetch does to the rows of a source: added, edited, missing, gone.

An issue and its updates are one thing: they come, change and go together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, func, select

from feedserver.ledger import _judging, _rows
from feedserver.ledger._judging import Times
from feedserver.ledger._rows import ENTRIES, Row, Rows
from feedserver.ledger.ledger import insert
from feedserver.model import Archive, Entry
from feedserver.text import terminal

_BATCH = 500
_MOST_WRITTEN = 20_000
"""How many rows a fetch may write, but for the first; what is more has to wait for the next."""

T = TypeVar("T")
Groups = Mapping[str, Sequence[Entry]]
"""Issues by their key, each with its updates behind it; other posts are alone."""


class Brought(Protocol):
    """What a fetch has brought, see `history.Fetched`."""

    @property
    def archive(self) -> Archive: ...
    @property
    def complete(self) -> bool: ...
    @property
    def order(self) -> Sequence[str]: ...
    @property
    def withdrawn(self) -> Sequence[str]: ...


@dataclass(slots=True)
class Taking:
    """A fetch of one source, within a transaction."""

    connection: Connection
    source: int
    most: int
    now: float
    is_first: bool
    """Whether the source was never fetched before."""
    rows: Rows = field(default_factory=Rows)

    def prepare(self, brought: Brought) -> None:
        """Make the rows of what was fetched, by what is there now; nothing is written."""
        groups = _groups(brought.archive.entries)
        for group in (groups if brought.complete else self._renamed(groups)).values():
            for entry in group:
                self.rows.of(entry)

    def take(self, brought: Brought, *, again: bool) -> bool:
        """Take what was fetched, or read again; whether anything is other than it was."""
        if brought.complete:
            return self._replace(brought.archive.entries)
        groups = self._renamed(_groups(brought.archive.entries))
        stored = self._stored(groups)
        # Before anything is added.
        missing = None if again else self._missing(groups, stored, brought)
        changed = self._write(groups, stored, again=again)
        changed |= self._withdraw(brought.withdrawn)
        changed |= missing is not None and self._go(missing)
        return self._cut(groups) or changed

    def confirm(self) -> bool:
        """What was missing in the last fetch is still."""
        return self._delete(ENTRIES.c.missing.is_not(None))

    def begin(self, archive: Archive) -> int:
        """Add what isn't there yet; how many entries."""
        groups = self._renamed(_groups(archive.entries))
        stored = self._stored(groups)
        count = 0

        def new() -> Iterator[dict[str, object]]:
            nonlocal count
            room = self.most - self._count()
            for issue, group in terminal.counted(groups.items(), "posts and issues looked at"):
                rows = stored.get(issue, {})
                divided = any(row.position >= 0 for row in rows.values())
                if divided or any(row.forgotten for row in rows.values()):
                    continue
                for entry in group:
                    if _rows.key(entry.id) not in rows and count < room:
                        count += 1
                        yield self._row(entry, 0)

        self._upsert(new())
        return count

    def _replace(self, entries: Iterable[Entry]) -> bool:
        """Let an archive's entries be all that there are."""
        query = select(ENTRIES.c.key, ENTRIES.c.digest, ENTRIES.c.item.is_(None))
        rows = self.connection.execute(query.where(ENTRIES.c.source == self.source))
        stored = {key: None if forgotten else digest for key, digest, forgotten in rows}
        gone = {key for key, digest in stored.items() if digest is not None}
        changed = False

        def other() -> Iterator[dict[str, object]]:
            nonlocal changed
            for entry in entries:
                row = self._row(entry, 0)
                key = str(row["key"])
                gone.discard(key)
                is_forgotten = {None} & {
                    stored.get(str(row[each]), "") for each in ("key", "issue")
                }
                if stored.get(key) != row["digest"] and not is_forgotten:
                    changed = True
                    yield row

        self._upsert(other())
        return self._delete_keys(gone) or changed

    def _renamed(self, groups: Groups) -> Groups:
        """Groups whose posts have the ids that they are known by.

        Some feeds have other ids at each fetch: then address, date and title tell a post, or
        address, title and text, if in the feed and in the history there is but one of them.
        """
        posts = {issue: group[0] for issue, group in groups.items() if not group[0].update}
        known = {key for (key,) in self._select(ENTRIES.c.key, at=ENTRIES.c.key, among=posts)}
        names: dict[str, str] = {}
        for column in (ENTRIES.c.face, ENTRIES.c.version):
            issues: dict[str, list[str]] = {}
            for issue, post in posts.items():
                issues.setdefault(str(self.rows.of(post)[column.name]), []).append(issue)
            alone = {mark: issue for mark, (issue, *others) in issues.items() if not others}
            unknown = {mark for mark, issue in alone.items() if mark and issue not in known}
            ids: dict[str, list[str]] = {}
            for mark, id in self._select(column, ENTRIES.c.id, at=column, among=unknown):
                ids.setdefault(mark, []).append(id)
            for mark, (id, *others) in ids.items():
                if not others and _rows.key(id) not in groups and id not in names.values():
                    names.setdefault(alone[mark], id)
        return {
            _rows.key(names[issue]) if issue in names else issue: _named(group, names.get(issue))
            for issue, group in groups.items()
        }

    def _stored(self, groups: Groups) -> Mapping[str, Mapping[str, Row]]:
        """What is stored of some issues: the rows by key, by issue."""
        names = [each.name for each in fields(Row) if each.name != "forgotten"]
        columns = [ENTRIES.c[name] for name in names]
        forgotten = ENTRIES.c.item.is_(None)
        found: dict[str, dict[str, Row]] = {}
        for *values, is_forgotten in self._select(
            *columns, forgotten, at=ENTRIES.c.issue, among=groups
        ):
            row = Row(**dict(zip(names, values, strict=True)), forgotten=bool(is_forgotten))
            found.setdefault(row.issue, {})[row.key] = row
        return found

    def _write(
        self, groups: Groups, stored: Mapping[str, Mapping[str, Row]], *, again: bool
    ) -> bool:
        """Add and edit."""
        gone: set[str] = set()
        written = 0

        def other() -> Iterator[dict[str, object]]:
            nonlocal written
            # The newest come first.
            for issue, group in groups.items():
                rows, without = self._edited(issue, group, stored.get(issue, {}), again=again)
                if not self.is_first and written + len(rows) > _MOST_WRITTEN:
                    return
                if written + len(rows) > self.most:
                    return
                gone.update(without)
                written += len(rows)
                yield from rows

        self._upsert(other())
        return self._delete_keys(gone) or written > 0

    def _edited(
        self, issue: str, group: Sequence[Entry], stored: Mapping[str, Row], *, again: bool
    ) -> tuple[list[dict[str, object]], list[str]]:
        """The rows to be written of an issue, and the keys of those to go."""
        before = stored.get(issue)
        if before is not None and before.forgotten:
            return [], []
        post = None if group[0].update else group[0]
        if post and before and post.content is None and not before.bare:
            # A feed that has come to have summaries only.
            return [], []
        rows = [self._row(entry, 0) for entry in group]
        kept = [
            row
            for row in rows
            if (known := stored.get(str(row["key"]))) is None or not known.forgotten
        ]
        # Where posts come without their updates, these are another feed's.
        whole = post is not None and (len(group) > 1 or not post.sections)
        here = {row["key"] for row in rows}
        live = [row for row in stored.values() if not row.forgotten]
        without = [row.key for row in live if whole and row.key not in here]
        if not live:
            return kept, []
        different = [
            row for row in kept if _differs(row, stored, lambda known: known.digest, "digest")
        ]
        if not different and not without:
            return [], []
        loud = without or any(
            _differs(row, stored, lambda known: known.loud, "loud") for row in different
        )
        last = max(live, key=lambda row: row.changed)
        edits = _judging.edits_with(last.edits, last.changed, self.now, loud=bool(loud))
        if again:
            edits = last.edits
        if edits is None:
            return [], []
        # The post tells of the edits of all.
        written = [row for row in kept if row in different or row["key"] == issue]
        for row in written:
            known = stored.get(str(row["key"]))
            row |= {"edits": edits, "added": known.added if known else self.now}
        return written, without

    def _missing(
        self, groups: Groups, stored: Mapping[str, Mapping[str, Row]], brought: Brought
    ) -> dict[str, bool]:
        """The keys of what is missing while older ones are there; whether it was before.

        Only where something is there that was when they came: else it is another feed by now.
        """
        found: dict[str, bool] = {}
        edge = _judging.edge(_standing(brought))
        for issue, group in groups.items():
            if group[0].update:
                here = {_rows.key(entry.id) for entry in group}
                # Behind its last update there may be more, unless older issues are.
                inner = edge is not None and edge.is_within(Times(*_rows.times(group[0])))
                end = max(map(_rows.position, group))
                for row in stored.get(issue, {}).values():
                    is_before = 0 <= row.position < end or (inner and row.position >= 0)
                    if is_before and row.key not in here and not row.forgotten:
                        found[row.key] = row.missing is not None
        since = min((row.added for rows in stored.values() for row in rows.values()), default=None)
        if edge is None or since is None:
            return found
        query = select(ENTRIES.c.key, ENTRIES.c.issue, ENTRIES.c.missing).where(
            ENTRIES.c.source == self.source,
            ENTRIES.c.item.is_not(None),
            ENTRIES.c[edge.column] > edge.since,
            ENTRIES.c.added >= since,
        )
        for key, issue, missing in self.connection.execute(query):
            if issue not in groups:
                found[key] = missing is not None
        return found

    def _go(self, missing: Mapping[str, bool]) -> bool:
        """Delete what is missing for the second time, and mark what is for the first."""
        of = ENTRIES.c.source == self.source, ENTRIES.c.missing.is_not(None)
        marked = set(self.connection.scalars(select(ENTRIES.c.key).where(*of)))
        for keys in _batches(marked - missing.keys()):
            self._update(keys, missing=None)
        for keys in _batches(key for key, again in missing.items() if not again):
            self._update(keys, missing=self.now)
        return self._delete_keys({key for key, again in missing.items() if again})

    def _withdraw(self, ids: Iterable[str]) -> bool:
        keys = {_rows.key(id) for id in ids}
        gone: set[str] = set()
        for column in (ENTRIES.c.key, ENTRIES.c.issue):
            gone |= {key for (key,) in self._select(ENTRIES.c.key, at=column, among=keys)}
        return self._delete_keys(gone)

    def _cut(self, groups: Groups) -> bool:
        """Let the oldest go, if there are too many; whether there were."""
        excess = self._count() - self.most
        if excess <= 0:
            return False
        of = ENTRIES.c.source == self.source, ENTRIES.c.item.is_not(None)
        query = select(ENTRIES.c.issue, func.count()).where(*of).group_by(ENTRIES.c.issue)
        oldest = query.order_by(func.min(ENTRIES.c.published), ENTRIES.c.issue)
        gone = []
        for issue, count in self.connection.execute(oldest):
            if excess <= 0:
                break
            if issue not in groups:
                gone.append(issue)
                excess -= count
        return any([self._delete(ENTRIES.c.issue.in_(each)) for each in _batches(gone)])

    def _count(self) -> int:
        of = ENTRIES.c.source == self.source, ENTRIES.c.item.is_not(None)
        return self.connection.scalar(select(func.count()).where(*of)) or 0

    def _row(self, entry: Entry, edits: int) -> dict[str, object]:
        times = {"added": self.now, "changed": self.now}
        return {"source": self.source, "edits": edits, **times, **self.rows.of(entry)}

    def _select(
        self,
        *columns: ColumnElement[Any],
        at: ColumnElement[str],
        among: Iterable[str],
    ) -> Iterator[tuple[Any, ...]]:
        for some in _batches(among):
            query = select(*columns).where(ENTRIES.c.source == self.source, at.in_(some))
            yield from map(tuple, self.connection.execute(query))

    def _update(self, keys: Collection[str], **values: object) -> None:
        of = ENTRIES.c.source == self.source, ENTRIES.c.key.in_(keys)
        self.connection.execute(ENTRIES.update().where(*of).values(**values))

    def _delete(self, which: ColumnElement[bool]) -> bool:
        """Delete rows, but for those that say what is forgotten; whether there were any."""
        of = ENTRIES.c.source == self.source, ENTRIES.c.item.is_not(None), which
        return self.connection.execute(ENTRIES.delete().where(*of)).rowcount > 0

    def _delete_keys(self, keys: Iterable[str]) -> bool:
        return any([self._delete(ENTRIES.c.key.in_(some)) for some in _batches(keys)])

    def _upsert(self, rows: Iterable[dict[str, object]]) -> None:
        new = insert(self.connection, ENTRIES)
        others = [each for each in ENTRIES.c if not each.primary_key]
        statement = new.on_conflict_do_update(
            index_elements=["source", "key"],
            set_={each.name: new.excluded[each.name] for each in others},
            # What is forgotten stays so, whichever issue it stands in now.
            where=ENTRIES.c.item.is_not(None),
        )
        for some in _batches(rows):
            self.connection.execute(statement, [_rows.packed(row) for row in some])


def _groups(entries: Iterable[Entry]) -> Groups:
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=_rows.position):
        groups.setdefault(_rows.key(_rows.issue_of(entry)), []).append(entry)
    newest = sorted(groups.items(), key=lambda each: -_rows.times(each[1][0])[0])
    return dict(newest)


def _named(group: Sequence[Entry], id: str | None) -> Sequence[Entry]:
    """An issue and its updates with another id of the issue."""
    if id is None:
        return group
    return [
        replace(entry, update=replace(entry.update, issue=replace(entry.update.issue, id=id)))
        if entry.update
        else replace(entry, id=id)
        for entry in group
    ]


def _standing(brought: Brought) -> list[Times]:
    """The times of what a feed has, in its order."""
    entries = {entry.id: entry for entry in brought.archive.entries}
    ids = brought.order or list(entries)
    return [Times(*_rows.times(entries[id])) for id in ids if id in entries]


def _differs(
    row: Mapping[str, object], stored: Mapping[str, Row], of: Callable[[Row], str], name: str
) -> bool:
    known = stored.get(str(row["key"]))
    return known is None or of(known) != row[name]


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    found = iter(items)
    while some := list(islice(found, _BATCH)):
        yield some
