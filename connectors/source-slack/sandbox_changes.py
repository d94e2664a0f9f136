"""What happens in the Slack sandbox's workspace, at random, while it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import JsonObject, MadeUp, beside

if TYPE_CHECKING:
    import sandbox_data as data
else:
    data = beside(__file__, "sandbox_data")

RECENT = 5 * data.DAY
"""Edits and deletes are of messages of these days: the re-read window of a default config holds them."""


class Changes:
    """Changes at random, the same for the same seed."""

    def __init__(self, world: data.World, seed: int) -> None:
        self.world = world
        self.chance = MadeUp(f"life {seed}")

    def some(self, count: int, only: Sequence[str]) -> list[str]:
        """Make so many, of the kinds ``only`` or of all, and tell what they were."""
        told = []
        for _ in range(count):
            kinds = self.kinds()
            for name in only:
                if name not in kinds:
                    raise KeyError(f"the sandbox has no change {name!r}; it has {', '.join(kinds)}")
            chosen = [name for name in only or kinds for _ in range(kinds[name][0])]
            if chosen:
                name = self.chance.pick(chosen)
                told.append(f"{name} {kinds[name][1]()}")
        return told

    def kinds(self) -> dict[str, tuple[int, Callable[[], Any]]]:
        """By name: how often each comes among all (0 where there is nothing to change), and what makes it."""
        world, recent = self.world, self.recent()
        plain = [each for each in recent if "thread_ts" not in self.message(each)]
        replies = [each for each in recent if "thread_ts" in self.message(each) and self.siblings(each) > 1]
        pinned = [id for id, pins in world.pins.items() if pins]
        return {
            "message posted": (8, lambda: world.post(self.channel(), world.api.now())),
            "reply posted": (8 * bool(self.parents()), self.reply),
            "message edited": (3 * bool(plain), lambda: self.changed(plain, world.edit)),
            "message deleted": (2 * bool(plain), lambda: self.changed(plain, world.delete)),
            "reply edited": (2 * bool(replies), lambda: self.changed(replies, world.edit)),
            "reply deleted": (2 * bool(replies), lambda: self.changed(replies, world.delete)),
            "reaction added": (2 * bool(plain), lambda: self.changed(plain, world.react)),
            "channel renamed": (1, self.rename_channel),
            "member came or went": (2, self.move_member),
            "user renamed": (1, lambda: self.edit_user(name=self.chance.sentence())),
            "user deactivated": (1, lambda: self.edit_user(deleted=True)),
            "group changed": (1, self.change_group),
            "file added": (2, world.new_file),
            "file deleted": (1, self.delete_file),
            "pinned": (1, lambda: world.pin(self.channel())),
            "unpinned": (int(bool(pinned)), lambda: world.pins[self.chance.pick(pinned)].pop() and None),
            "bookmarked": (1, lambda: world.bookmark(self.channel())),
            "emoji changed": (1, self.change_emoji),
            "signed in": (1, world.log_in),
            "app changed": (1, world.add_integration),
            "audited": (1, world.add_audit),
        }

    # ---- what there is to change

    def channel(self) -> str:
        """A channel that the bot reads and that is open."""
        open = [id for id in self.world.joined() if not self.world.channels[id]["is_archived"]]
        return self.chance.pick(open)

    def recent(self) -> list[tuple[str, str]]:
        """Messages and replies of the last days, in channels that the bot reads."""
        since = self.world.api.now() - RECENT
        return [(id, ts) for id in self.world.joined() for ts, message in self.world.messages[id].items()
                if data.instant_of(message.get("thread_ts", ts)) > since]  # fmt: skip

    def parents(self) -> list[tuple[str, str]]:
        """Whatever can be replied to, however old."""
        return [(id, ts) for id in self.world.joined() for ts, each in self.world.messages[id].items()
                if "thread_ts" not in each and not each.get("hidden")]  # fmt: skip

    def message(self, where: tuple[str, str]) -> JsonObject:
        return self.world.messages[where[0]][where[1]]

    def siblings(self, where: tuple[str, str]) -> int:
        """How many replies the thread of a reply has: the last one stays, so that the thread does."""
        return len(self.world.replies(where[0], self.message(where)["thread_ts"]))

    # ---- the changes

    def reply(self) -> str:
        """Someone replies, often below an old message, which does not show it but by its count and latest reply."""
        channel, parent = self.chance.pick(self.parents())
        return self.world.reply(channel, parent, broadcast=self.chance.chance(0.1))

    def changed(self, among: list[tuple[str, str]], change: Callable[[str, str], None]) -> str:
        channel, ts = self.chance.pick(among)
        change(channel, ts)
        return f"{channel} {ts}"

    def rename_channel(self) -> str:
        id = self.channel()
        self.world.channels[id] = {**self.world.channels[id], "topic": {"value": self.chance.sentence()}}
        return id

    def move_member(self) -> str:
        """Someone joins or leaves a channel."""
        id, user = self.channel(), self.chance.pick(list(self.world.users))
        members = self.world.members[id]
        self.world.members[id] = [each for each in members if each != user] if user in members else [*members, user]
        return f"{id} {user}"

    def edit_user(self, **fields: Any) -> str:
        id = self.chance.pick(list(self.world.users))
        self.world.users[id] = {**self.world.users[id], **fields, "updated": self.world.api.now() // data.SECOND}
        return id

    def change_group(self) -> str:
        id = self.chance.pick(list(self.world.groups))
        people = self.chance.some(list(self.world.users), 1, 6)
        self.world.groups[id] = self.world.group(id, self.world.groups[id]["handle"], people)
        return id

    def delete_file(self) -> str:
        since = (self.world.api.now() - RECENT) // data.SECOND
        recent = [id for id, file in self.world.files.items() if file["created"] > since] or [self.world.new_file()]
        id = self.chance.pick(recent)
        del self.world.files[id]
        return id

    def change_emoji(self) -> str:
        """One is added, or removed."""
        name = f"custom_{self.chance.pick(data.ADJECTIVES)}"
        if name in self.world.emoji and len(self.world.emoji) > 2:
            del self.world.emoji[name]
        else:
            self.world.emoji[name] = f"https://emoji.slack-edge.test/{name}.png"
        return name
