"""Channels, who is in them, and what is said, pinned and bookmarked there."""

from collections.abc import Iterator

from connector_sdk import (
    EACH,
    POST,
    SINCE,
    UNTIL,
    Endpoint,
    Epoch,
    Follow,
    Incremental,
    Json,
    Missing,
    On,
    Records,
    Source,
    Stream,
    lookup,
)  # fmt: skip

from .shared import HISTORY, SlackConfig, limit_of, listed, method, named, paged, team_id

PUBLIC = paged("conversations.list", "/channels", 2, types="public_channel", exclude_archived=True, team_id=team_id)
JOIN = POST("/conversations.join", form={"channel": EACH["/id"]}, limits=[limit_of("conversations.join", 3)],
            on=[On(error=named("is_archived", "channel_not_found")).empty()])  # fmt: skip


@lookup()
def channel_types(source: Source[SlackConfig]) -> str:
    return ",".join(source.config.channel_types)


@lookup()
async def join_first(source: Source[SlackConfig]) -> None:
    """Where the user wants it, the bot joins public channels before all are listed. Adds nothing to the request."""
    if source.config.join_channels:
        async for channel in source.http.records(PUBLIC):
            if not channel["is_member"]:
                await source.http.page(JOIN, each=channel)


channels = listed(
    "channels", "/id",
    paged("conversations.list", "/channels", 2, types=channel_types, exclude_archived=False, team_id=team_id,
          join=join_first), "channels:read",
    "Channels, archived ones too; of private ones and direct messages those that the token's owner is in.", "10m",
)  # fmt: skip
joined = channels.where(lambda channel: channel.get("is_member") or channel.get("is_im"))
CHANNEL = {"channel_id": EACH["/id"]}
GONE = Missing(orphans=True)


def members(body: Json) -> Iterator[Json]:
    return ({"user_id": id} for id in body["members"])


channel_members = listed(
    "channel_members", ("/channel_id", "/user_id"),
    paged("conversations.members", members, 4, channel=EACH["/id"]).plus(**CHANNEL), "channels:read",
    "Who is in which channel.", "6h", per=channels, deletes=GONE,
)  # fmt: skip


def pinned(body: Json) -> Iterator[Json]:
    """Pins with an id, which is that of the message or file."""
    for item in body["items"]:
        yield {"id": item["message"]["ts"] if "message" in item else item["file"]["id"], **item}


pins = listed(
    "pins", ("/channel_id", "/created", "/id"), method("pins.list", pinned, 2, channel=EACH["/id"]).plus(**CHANNEL),
    "pins:read", "Messages and files that are pinned to channels.", "6h", per=joined, deletes=GONE,
)  # fmt: skip
bookmarks = listed(
    "bookmarks", "/id", method("bookmarks.list", "/bookmarks", 2, channel_id=EACH["/id"]), "bookmarks:read",
    "Links at the top of channels.", "6h", per=joined, deletes=GONE,
)  # fmt: skip


@lookup()
def lookback(source: Source[SlackConfig]) -> str:
    return f"{source.config.lookback_days}d"


@lookup()
def retention(source: Source[SlackConfig]) -> str:
    """How old messages get, an hour less: some reach that age while a channel is read."""
    return f"{source.config.retention_days * 24 - 1}h"


def history(records: Records) -> Endpoint:
    """What was said in a channel, newest first."""
    span = {"channel": EACH["/id"], "oldest": SINCE.exclusive, "latest": UNTIL}
    return paged("conversations.history", records, 3, 999, HISTORY, **span).plus(**CHANNEL)


BY_TS = Incremental("/ts", moves=False, format=Epoch("s", places=6), reread=("7h", lookback), every="1m")

messages = Stream(
    "messages",
    key=("/channel_id", "/ts"),
    per=joined,
    scopes=["channels:history"],
    about="Messages of the channels that the token's owner is in; replies are in threads.",
    read=history("/messages"),
    sync=BY_TS,
    deletes=Missing(retention=retention),
)
threads = Stream(
    "threads",
    key=("/channel_id", "/ts"),
    scopes=["channels:history"],
    about="Threads: the message that began each, and the replies.",
    read=paged("conversations.replies", "/messages", 3, 999, channel=EACH["/channel_id"], ts=EACH["/ts"]).plus(
        channel_id=EACH["/channel_id"]
    ),
    sync=Follow(messages, where=lambda message: message.get("reply_count"), changed=("/latest_reply", "/reply_count"),
                fresh="7d", sweep="30d"),
    deletes=Missing(),
)  # fmt: skip


def one_reaction_each(body: Json) -> Iterator[Json]:
    """Reactions with the message that they are below."""
    for message in body["messages"]:
        yield from ({"ts": message["ts"], **reaction} for reaction in message.get("reactions", ()))


reactions = Stream(
    "reactions",
    key=("/channel_id", "/ts", "/name"),
    per=joined,
    optional=True,
    scopes=["channels:history"],
    about="Reactions, one row each; messages hold them too. Reads all history a second time.",
    read=history(one_reaction_each),
    sync=BY_TS,
    deletes=Missing(retention=retention),
)
