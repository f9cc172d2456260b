"""The tables of WebSub, in the ledger."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from feedserver.ledger.ledger import METADATA, Number

TOPICS = Table(
    "topics",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    # What it is, for who renders it: see `topics.Topic`.
    Column("base", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("is_file", Boolean, nullable=False),
    Column("hub", Text, nullable=False),
    # What was last seen of it, and whether it was looked at since it came.
    Column("version", Text, nullable=False),
    Column("seen", Boolean, nullable=False, default=False),
)
"""What is subscribed to."""

DOCUMENTS = Table(
    "topic_documents",
    METADATA,
    Column("topic", ForeignKey(TOPICS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("version", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""The topics that have changed, as they are to be delivered: packed with zlib."""

MAKERS = Table(
    "topic_makers",
    METADATA,
    Column("topic", ForeignKey(TOPICS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("maker", Text, nullable=False),
    Column("made", Number, nullable=False),
)
"""Who has announced a topic's version, and of how many changes of histories it may be."""

SUBSCRIPTIONS = Table(
    "subscriptions",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("topic", ForeignKey(TOPICS.c.id), nullable=False),
    Column("callback", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("secret", Text),
    Column("expires", Float, nullable=False),
    # The version that the subscriber had last, and since when it is to have another.
    Column("delivered", Text, nullable=False),
    Column("since", Float),
    Column("shard", Integer, nullable=False),
    Column("due", Float),
    # How many deliveries in a row have failed.
    Column("attempts", Integer, nullable=False, default=0),
    UniqueConstraint("callback", "topic"),
    Index(
        "subscriptions_due",
        "shard",
        "attempts",
        "due",
        sqlite_where=text("due IS NOT NULL"),
        postgresql_where=text("due IS NOT NULL"),
    ),
    Index("subscriptions_of_topic", "topic"),
    Index("subscriptions_of_host", "host"),
    Index("subscriptions_ended", "expires"),
    info={"kind": "deliver"},
)
"""Who is to be told of what; `delivered` differs from the topic's version while it is to be."""

REQUESTS = Table(
    "hub_requests",
    METADATA,
    Column("id", Number, primary_key=True),
    # Of callback and address, which together may be too long for an index.
    Column("digest", Text, nullable=False, unique=True),
    Column("mode", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("address", Text, nullable=False),
    # As the subscriber has written it, and is told it.
    Column("topic", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("is_file", Boolean, nullable=False),
    Column("hub", Text, nullable=False),
    # What it was when it was asked for.
    Column("version", Text, nullable=False),
    Column("secret", Text),
    Column("lease", Integer, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("reason", Text),
    Column("host", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("due", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Index("hub_requests_due", "shard", "due"),
    Index("hub_requests_of_host", "host"),
    info={"kind": "verify"},
)
"""What subscribers have asked, and haven't been asked back yet: `subscribe` or `unsubscribe`, or
`denied` where they are to be told why not."""


PUSHES = Table(
    "pushes",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("source", Text, nullable=False, unique=True),
    # What the source has named, and by what its hub reaches us.
    Column("hub", Text),
    Column("topic", Text),
    Column("token", Text, nullable=False, unique=True),
    Column("secret", Text, nullable=False),
    # What reaches us until that hub, or this topic, has been agreed on: who was agreed with before.
    Column("former_token", Text, unique=True),
    Column("former_secret", Text),
    # What we have asked the hub, and it hasn't asked back yet.
    Column("mode", Text),
    Column("expires", Float),
    # When it was told of last, and how many of its changes have been found and not been told since.
    Column("told", Float),
    Column("missed", Integer, nullable=False, default=0),
    # Since when it is to be fetched, and when anybody may have that done again.
    Column("asked", Float),
    Column("published", Float),
    Column("host", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("due", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Index("pushes_due", "shard", "due"),
    info={"kind": "subscribe"},
)
"""The sources at addresses, and our subscriptions at their hubs."""


PUBLISHED = Table(
    "published",
    METADATA,
    Column("id", Number, primary_key=True),
    # The folder of a feed, and what its documents were made of.
    Column("path", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("due", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Index("published_due", "shard", "due"),
    info={"kind": "publish"},
)
"""Our feeds, where a hub elsewhere is told of their changes."""
