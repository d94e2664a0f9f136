"""The made-up workspace behind the Slack sandbox: people, channels, messages and threads, files and logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connector_sdk.testing.fake import FakeApi, JsonObject, MadeUp

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
TEAM, BOT, BOT_USER = "T0SANDBOX", "B0SANDBOX", "U0SANDBOT"
ADJECTIVES = ("tada", "eyes", "thumbsup", "heart", "rocket", "white_check_mark")
PERSON = "user_id"


def ts_at(instant: int) -> str:
    """An instant as Slack writes it: seconds, a point and six digits, of which the last may be noughts."""
    return f"{instant // SECOND}.{instant % SECOND:06d}"


def instant_of(ts: str) -> int:
    """Microseconds since 1970, by whole numbers: a float would lose the last digits."""
    seconds, _, rest = ts.partition(".")
    return int(seconds) * SECOND + int(rest)


class World:
    """The workspace's data. Replies lie in the channel's messages, as in Slack; who shows what is decided here."""

    def __init__(self, api: FakeApi, seed: int, history_days: int) -> None:
        self.api = api
        self.made = MadeUp(seed)
        self.epoch = api.now() // HOUR * HOUR
        self.began = self.epoch - history_days * DAY
        self.users: dict[str, JsonObject] = {}
        self.channels: dict[str, JsonObject] = {}
        self.members: dict[str, list[str]] = {}
        self.messages: dict[str, dict[str, JsonObject]] = {}
        self.groups: dict[str, JsonObject] = {}
        self.files: dict[str, JsonObject] = {}
        self.remote_files: dict[str, JsonObject] = {}
        self.pins: dict[str, list[JsonObject]] = {}
        self.bookmarks: dict[str, dict[str, JsonObject]] = {}
        self.emoji: dict[str, str] = {}
        self.logins: dict[tuple[str, str, str], JsonObject] = {}
        self.integrations: list[JsonObject] = []
        self.audit: dict[str, JsonObject] = {}
        self.fields: dict[str, JsonObject] = {}

    def fill(self, channels: int, users: int, messages: int) -> None:
        """The whole workspace, as it is at the start."""
        made = self.made
        for _ in range(users):
            self.new_user()
        for number in range(channels):  # of which one is not joined, one archived, one private, one a direct message
            kind = ("public", "public", "private", "elsewhere", "archived", "im")[number % 6]
            self.new_channel(kind)
        joined = [id for id, channel in self.channels.items() if self.reads(channel)]
        for number in range(messages):
            at = self.began + (self.epoch - self.began) * number // max(1, messages)
            self.some_message(made.pick(list(self.channels)), at)
        for number in range(3):
            name, people = f"team-{number}", made.some(list(self.users), 2, 5)
            self.groups[f"S{number}"] = self.group(f"S{number}", name, people)
        for number in range(12):
            self.new_file(self.made.number(self.began, self.epoch))
            remote = f"FR{number}"
            self.remote_files[remote] = {"id": remote, "external_id": str(number), "created": self.began // SECOND,
                                         "updated": self.began // SECOND, "title": made.sentence()}  # fmt: skip
            self.log_in(made.number(self.began, self.epoch))
            self.add_integration(made.number(self.began, self.epoch))
            self.add_audit(made.number(self.began, self.epoch))
        for id in joined:
            self.pin(id)
            self.bookmark(id)
        for name in ADJECTIVES[:4]:
            self.emoji[f"custom_{name}"] = f"https://emoji.slack-edge.test/{name}.png"
        self.emoji["shipit"] = "alias:custom_rocket"
        for number in range(2):
            field = f"Xf{number}"
            self.fields[field] = {"id": field, "ordering": number, "label": made.sentence(), "type": "text"}

    # ---- who and where

    def new_user(self) -> str:
        """Someone joins the workspace."""
        made, id = self.made, f"U{self.made.id(8)}"
        first, last = made.person()
        profile = {"real_name": f"{first} {last}", "email": made.email(first, last, "acme"), "title": made.sentence()}
        self.users[id] = {"id": id, "team_id": TEAM, "name": f"{first} {last}", "deleted": False, "is_bot": False,
                          "updated": self.api.now() // SECOND, "locale": "en-US", "profile": profile}  # fmt: skip
        return id

    def new_channel(self, kind: str) -> str:
        """A channel: ``public`` (joined), ``elsewhere`` (public, not joined), ``private``, ``archived`` or ``im``."""
        id = f"{'D' if kind == 'im' else 'C'}{self.made.id(8)}"
        people = self.made.some(list(self.users), 3, 12)
        head: JsonObject = {"id": id, "created": self.began // SECOND, "is_archived": kind == "archived"}
        if kind == "im":  # has neither a name nor is_member
            self.channels[id] = {**head, "is_im": True, "user": people[0]}
            people = people[:1]
        else:
            private, joined = kind == "private", kind != "elsewhere"
            self.channels[id] = {**head, "name": f"{kind}-{id.lower()}", "is_channel": not private,
                                 "is_private": private, "is_member": joined, "is_im": False,
                                 "topic": {"value": self.made.sentence()}}  # fmt: skip
            people += [BOT_USER] if joined else []
        self.members[id] = people
        self.messages[id], self.pins[id], self.bookmarks[id] = {}, [], {}
        return id

    def reads(self, channel: JsonObject) -> bool:
        """Whether the bot may read what is said there."""
        return bool(channel.get("is_member") or channel.get("is_im"))

    def sees(self, channel: JsonObject) -> bool:
        """Whether a listing shows the channel to the bot."""
        return not channel.get("is_private") or self.reads(channel)

    def joined(self) -> list[str]:
        """The channels that the bot reads."""
        return [id for id, channel in self.channels.items() if self.reads(channel)]

    # ---- messages

    def some_message(self, channel: str, at: int) -> str:
        """A message at about this instant; some begin a thread, some are in one, some have reactions."""
        made = self.made
        threads = [ts for ts, each in self.messages[channel].items() if each.get("thread_ts", ts) == ts]
        if threads and made.chance(0.3):
            return self.reply(channel, made.pick(threads[-12:]), at, broadcast=made.chance(0.15))
        ts = self.post(channel, at)
        if made.chance(0.2):
            self.react(channel, ts)
        return ts

    def post(self, channel: str, at: int | None = None, **more: Any) -> str:
        """A message is posted, now or at another instant; its ts is unique in the channel."""
        at = self.api.now() if at is None else at
        at = at // 100 * 100  # the last two digits are noughts, which no float keeps
        while (ts := ts_at(at)) in self.messages[channel]:
            at += 100
        person = self.made.pick(list(self.users))
        self.messages[channel][ts] = {
            "type": "message", "user": person, "text": self.made.text(1, 2), "ts": ts, "team": TEAM, **more
        }  # fmt: skip
        return ts

    def reply(self, channel: str, parent: str, at: int | None = None, *, broadcast: bool = False) -> str:
        """Someone replies in a thread; ``broadcast``: and shows it in the channel too."""
        more = {"thread_ts": parent, "parent_user_id": self.messages[channel][parent].get("user")}
        if broadcast:
            more |= {"subtype": "thread_broadcast", "root": {"ts": parent}}
        return self.post(channel, at, **more)

    def edit(self, channel: str, ts: str) -> None:
        """The text changes; nothing that could be filtered by moves."""
        now = self.api.now()
        change = {"text": self.made.sentence(), "edited": {"user": BOT_USER, "ts": ts_at(now // SECOND * SECOND)}}
        self.messages[channel][ts] = {**self.messages[channel][ts], **change}

    def react(self, channel: str, ts: str) -> None:
        """One more reaction."""
        message = self.messages[channel][ts]
        name, people = self.made.pick(ADJECTIVES), self.made.some(list(self.users), 1, 3)
        others = [each for each in message.get("reactions", ()) if each["name"] != name]
        reaction = {"name": name, "users": people, "count": len(people)}
        self.messages[channel][ts] = {**message, "reactions": [*others, reaction]}

    def delete(self, channel: str, ts: str) -> None:
        """A message vanishes; one that has replies becomes a tombstone until the last of them is gone."""
        message = self.messages[channel][ts]
        if self.replies(channel, ts):
            kept = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": True, "ts": ts}
            self.messages[channel][ts] = {**kept, "text": "This message was deleted."}
            return
        del self.messages[channel][ts]
        parent = message.get("thread_ts")
        above = self.messages[channel].get(parent or "")
        if above and above.get("subtype") == "tombstone" and not self.replies(channel, str(parent)):
            del self.messages[channel][str(parent)]

    def replies(self, channel: str, parent: str) -> list[JsonObject]:
        """The replies of a thread, oldest first."""
        found = (each for each in self.messages[channel].values() if each.get("thread_ts") == parent)
        return sorted(found, key=lambda each: instant_of(each["ts"]))

    def shown(self, channel: str, ts: str) -> JsonObject:
        """A message as the API shows it: one that has replies tells how many, whose, and when the last one came."""
        message = self.messages[channel][ts]
        replies = [] if "thread_ts" in message else self.replies(channel, ts)
        if not replies:
            return message
        people = list(dict.fromkeys(each["user"] for each in replies))
        told = {
            "thread_ts": ts,
            "reply_count": len(replies),
            "reply_users": people[:5],
            "reply_users_count": len(people),
        }
        return {**message, **told, "latest_reply": replies[-1]["ts"], "subscribed": False}

    def history(self, channel: str) -> list[JsonObject]:
        """What the channel shows, newest first: no replies, but those that were shown to the channel too."""
        found = [ts for ts, each in self.messages[channel].items()
                 if "thread_ts" not in each or each.get("subtype") == "thread_broadcast"]  # fmt: skip
        return [self.shown(channel, ts) for ts in sorted(found, key=instant_of, reverse=True)]

    def thread(self, channel: str, ts: str) -> list[JsonObject]:
        """A thread: what began it, then its replies, oldest first."""
        return [self.shown(channel, ts), *self.replies(channel, ts)]

    # ---- the rest

    def group(self, id: str, name: str, people: list[str]) -> JsonObject:
        now = self.api.now() // SECOND
        times = {"date_create": self.began // SECOND, "date_update": now, "date_delete": 0}
        return {"id": id, "team_id": TEAM, "handle": name, "name": name, **times, "users": people}

    def new_file(self, at: int | None = None) -> str:
        """A file is shared."""
        id, at = f"F{self.made.id(8)}", self.api.now() if at is None else at
        self.files[id] = {"id": id, "created": at // SECOND, "timestamp": at // SECOND, "name": f"{id}.png",
                          "mimetype": "image/png", "user": self.made.pick(list(self.users)),
                          "channels": self.made.some(list(self.channels), 1, 2)}  # fmt: skip
        return id

    def pin(self, channel: str) -> None:
        """A message, or now and then a file, is pinned."""
        created = self.api.now() // SECOND - len(self.pins[channel])
        head = {"channel": channel, "created": created, "created_by": self.made.pick(list(self.users))}
        messages = [ts for ts, each in self.messages[channel].items() if "thread_ts" not in each]
        if messages and self.made.chance(0.7):
            message = {"ts": self.made.pick(messages), "type": "message"}
            self.pins[channel].append({"type": "message", **head, "message": message})
        else:
            self.pins[channel].append({"type": "file", **head, "file": {"id": self.made.pick(list(self.files))}})

    def bookmark(self, channel: str) -> str:
        """A link is put at the top of a channel."""
        id, now = f"Bk{self.made.id(8)}", self.api.now() // SECOND
        self.bookmarks[channel][id] = {"id": id, "channel_id": channel, "title": self.made.sentence(), "type": "link",
                                       "link": "https://acme.test", "date_created": now,
                                       "date_updated": now}  # fmt: skip
        return id

    def log_in(self, at: int | None = None) -> None:
        """Someone signs in; what is told moves to this time, where it was told before."""
        at = (self.api.now() if at is None else at) // SECOND
        person, ip, agent = self.made.pick(list(self.users)), f"192.0.2.{self.made.number(1, 9)}", "SlackWeb"
        before = self.logins.get((person, ip, agent), {"date_first": at, "count": 0, "date_last": at})
        self.logins[person, ip, agent] = {
            "user_id": person, "ip": ip, "user_agent": agent, "date_first": before["date_first"],
            "date_last": max(at, before["date_last"]), "count": before["count"] + 1,
        }  # fmt: skip

    def add_integration(self, at: int | None = None) -> None:
        """An app is added or changed. Such entries have no id, and their date is text."""
        at = (self.api.now() if at is None else at) // SECOND
        kind = self.made.pick(("added", "updated", "removed"))
        self.integrations.append({"app_id": f"A{self.made.id(6)}", "app_type": "app", "change_type": kind,
                                  "date": str(at), "user_id": self.made.pick(list(self.users))})  # fmt: skip

    def add_audit(self, at: int | None = None) -> str:
        """Something is audited."""
        id, at = f"a-{self.made.id(12)}", self.api.now() if at is None else at
        actor = {"type": "user", "user": {"id": self.made.pick(list(self.users))}}
        self.audit[id] = {"id": id, "date_create": at // SECOND, "action": "user_login", "actor": actor,
                          "entity": actor, "context": {"ip_address": "192.0.2.7"}}  # fmt: skip
        return id

    def profile(self, user: str) -> JsonObject:
        return {**self.users[user]["profile"], "fields": {"Xf0": {"value": user.lower(), "alt": ""}}}

    # ---- truth

    def truths(self) -> dict[str, Callable[[], dict[Any, JsonObject]]]:
        """What the API shows of each stream, by key."""
        seen = {id: channel for id, channel in self.channels.items() if self.sees(channel)}
        people = self.users
        return {
            "team": lambda: {TEAM: self.team()},
            "users": lambda: people,
            "user_profiles": lambda: {id: {**self.profile(id), "user_id": id} for id in people},
            "profile_fields": lambda: self.fields,
            "usergroups": lambda: self.groups,
            "usergroup_members": lambda: {
                (id, user): {"usergroup_id": id, "user_id": user} for id, each in self.groups.items()
                for user in each["users"]
            },
            "channels": lambda: seen,
            "channel_members": lambda: {
                (id, user): {"channel_id": id, "user_id": user} for id in seen for user in self.members[id]
            },
            "messages": lambda: dict(self.below(self.history)),
            "threads": lambda: dict(self.below(self.all_threads)),
            "reactions": lambda: {
                (*key, each["name"]): {"channel_id": key[0], "ts": key[1], **each}
                for key, message in self.below(self.history) for each in message.get("reactions", ())
            },
            "files": lambda: self.files,
            "remote_files": lambda: self.remote_files,
            "pins": lambda: {
                (id, pin["created"], pin_id(pin)): {**pin, "channel_id": id, "id": pin_id(pin)}
                for id in self.joined() for pin in self.pins[id]
            },
            "bookmarks": lambda: {key: each for id in self.joined() for key, each in self.bookmarks[id].items()},
            "emoji": lambda: {name: {"name": name, "url": url} for name, url in self.emoji.items()},
            "dnd": lambda: {id: {"user_id": id, **self.dnd(id)} for id in people if not people[id]["deleted"]},
            "billable_info": lambda: {id: {"user_id": id, **self.bill(id)} for id in people},
            "access_logs": lambda: dict(self.logins),
            "integration_logs": lambda: dict(enumerate(self.integrations)),
            "audit_logs": lambda: self.audit,
        }  # fmt: skip

    def below(self, listing: Callable[[str], list[JsonObject]]) -> Iterator[tuple[tuple[str, str], JsonObject]]:
        """What a listing shows of each channel that the bot reads, with the channel's id."""
        for id in self.joined():
            for message in listing(id):
                yield (id, message["ts"]), {**message, "channel_id": id}

    def all_threads(self, channel: str) -> list[JsonObject]:
        """All threads of a channel, one after the other."""
        begun = [each["ts"] for each in self.history(channel) if each.get("reply_count")]
        return [message for ts in begun for message in self.thread(channel, ts)]

    def team(self) -> JsonObject:
        return {"id": TEAM, "name": "Acme", "domain": "acme", "email_domain": "acme.test"}

    def dnd(self, user: str) -> JsonObject:
        return {"dnd_enabled": True, "next_dnd_start_ts": self.epoch // SECOND, "next_dnd_end_ts": int(user[1:4])}

    def bill(self, user: str) -> JsonObject:
        return {"billing_active": not self.users[user]["deleted"]}


def pin_id(pin: JsonObject) -> str:
    """What is pinned: the ts of a message, or the id of a file."""
    return str(pin["message"]["ts"] if "message" in pin else pin["file"]["id"])
