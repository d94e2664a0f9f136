"""Slack's Web API and audit logs over the sandbox's data: errors with status 200, limits by method, and every trap."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from connector_sdk.testing.fake import Answer, FakeApi, JsonObject, Limit, Refuse, Request, beside

if TYPE_CHECKING:
    import sandbox_data as data
else:
    data = beside(__file__, "sandbox_data")

SCOPES = (
    "channels:read groups:read im:read mpim:read channels:history groups:history im:history mpim:history channels:join "
    "users:read users:read.email users.profile:read usergroups:read team:read files:read remote_files:read "
    "reactions:read pins:read bookmarks:read emoji:read dnd:read admin auditlogs:read"
)
TYPES = {"public_channel": "channels:read", "private_channel": "groups:read", "mpim": "mpim:read", "im": "im:read"}
NAMES = {200: "invalid_auth", 429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


@dataclass
class Traps:
    """Slack's habits, each of which can be switched.

    ``commercial``: an app outside the Marketplace: one request a minute and fifteen messages a page of history and
    replies. ``empty_pages``: every second page is empty, and yet names a next one. ``ends``: what stands for the next
    cursor on last pages, in turn: ``""``, None, or ``"absent"``. ``lost_cursors``: history says that there is more and
    names no next page. ``wrong_hints``: its has_more is false while a next page is named. ``organisation``: the token
    is of a whole organisation, whose listings want a team_id. ``scopes``: what the token was granted. ``paid``: whether
    the plan has access logs. ``most_pages``: of these. ``visible_days``: a free plan shows messages of so many days.
    ``warning``: what every answer warns of. ``page_most``: no page holds more, whatever was asked for.
    """

    commercial: bool = False
    empty_pages: bool = False
    ends: tuple[str | None, ...] = ("",)
    lost_cursors: bool = False
    wrong_hints: bool = False
    organisation: bool = False
    scopes: str = SCOPES
    paid: bool = True
    visible_days: int | None = None
    warning: str = ""
    most_pages: int = 100
    page_most: int | None = None


@dataclass
class Failure:
    """The next answers of a method: ``times`` in all, or for ever; of one ``channel``, or of any."""

    method: str
    error: str
    times: int | None = 1
    channel: str = ""
    details: JsonObject = field(default_factory=dict)

    def meets(self, method: str, channel: str) -> bool:
        """Whether it is this call's turn to fail; counts it."""
        if self.method not in ("*", method) or (self.channel and self.channel != channel) or self.times == 0:
            return False
        self.times = None if self.times is None else self.times - 1
        return True


class Failed(Exception):  # noqa: N818 - how Slack says no: with status 200
    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error, self.details = error, details


class Tokens:
    """Who may call: one fixed token, or where a refresh token is given, tokens of twelve hours that rotate."""

    def __init__(self, now: Callable[[], int], token: str, client: tuple[str, str], refresh_token: str) -> None:
        self.refresh_token = refresh_token
        self.given = 0
        self._now = now
        self._client = client
        self._until: dict[str, float] = {} if refresh_token else {token: math.inf}

    def admits(self, request: Request) -> bool:
        """Everybody is let in: what is wrong with a token each method says by itself, in its own words."""
        return True

    def check(self, request: Request) -> None:
        """Raises Failed unless the header holds a token that is good. One in the address never is."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise Failed("not_authed")
        if "token" in request.query or token not in self._until:
            raise Failed("invalid_auth")
        if self._until[token] <= self._now():
            raise Failed("token_expired")

    def expire(self) -> None:
        """Every token given so far has expired."""
        self._until = dict.fromkeys(self._until, 0)

    def revoke(self) -> None:
        """Every token given so far means nothing any more."""
        self._until.clear()

    def access(self, request: Request) -> JsonObject:
        """oauth.v2.access with a refresh token, which is good for one use."""
        form = dict(parse_qsl(request.body.decode()))
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            raise Failed("bad_client_secret")
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            raise Failed("invalid_refresh_token")
        self.given += 1
        self.refresh_token = f"xoxe-1-made-up-sandbox-refresh-token-{self.given + 1:04}"
        token = f"xoxe.xoxb-made-up-sandbox-access-token-{self.given:04}"
        self._until[token] = self._now() + 12 * data.HOUR
        return {"access_token": token, "expires_in": 43_200, "refresh_token": self.refresh_token, "token_type": "bot"}


class Routes:
    """The methods that Slack offers."""

    def __init__(self, api: FakeApi, world: data.World, tokens: Tokens, traps: Traps) -> None:
        self.api, self.world, self.tokens, self.traps = api, world, tokens, traps
        self.failures: list[Failure] = []
        self.limits: dict[str, Limit] = {}
        self._cursors: dict[str, tuple[str, int, int]] = {}
        self._ended = 0
        api.error_body = lambda status, message, request: {"ok": False, "error": NAMES.get(status, "fatal_error")}
        for name, (tier, scope, handler) in self.methods().items():
            verb = "POST" if name == "conversations.join" else "GET"
            api.route(verb, f"/api/{name}")(self.served(name, tier, scope, handler))
        api.post("/api/oauth.v2.access")(self.served("oauth.v2.access", 4, None, tokens.access))
        api.get("/audit/v1/logs")(self.served("audit", 3, "auditlogs:read", self.audit))

    def methods(self) -> dict[str, tuple[int, str | None, Callable[[Request], JsonObject]]]:
        """By name: tier, scope and handler."""
        world = self.world
        return {
            "auth.test": (4, None, lambda request: {"url": "https://acme.slack.com/", "team": "Acme", "user": "bot",
                                                    "team_id": data.TEAM, "user_id": data.BOT_USER}),
            "team.info": (3, "team:read", lambda request: {"team": world.team()}),
            "users.list": (2, "users:read", self.users),
            "users.profile.get": (4, "users.profile:read", lambda request: {"profile": world.profile(user(request))}),
            "team.profile.get": (3, "users.profile:read",
                                 lambda request: {"profile": {"fields": list(world.fields.values())}}),
            "usergroups.list": (2, "usergroups:read", self.groups),
            "conversations.list": (2, None, self.channels),
            "conversations.members": (4, None, self.members),
            "conversations.history": (3, None, self.history),
            "conversations.replies": (3, None, self.replies),
            "conversations.join": (3, "channels:join", self.join),
            "files.list": (3, "files:read", self.files),
            "files.remote.list": (2, "remote_files:read",
                                  lambda request: self.paged(request, "files", list(world.remote_files.values()))),
            "pins.list": (2, "pins:read", lambda request: {"items": world.pins[self.channel(request)["id"]]}),
            "bookmarks.list": (2, "bookmarks:read", self.bookmarks),
            "emoji.list": (2, "emoji:read", lambda request: {"emoji": world.emoji, "cache_ts": "1"}),
            "dnd.teamInfo": (2, "dnd:read", self.dnd),
            "team.accessLogs": (2, "admin", self.access_logs),
            "team.integrationLogs": (2, "admin", self.integration_logs),
            "team.billableInfo": (2, "admin",
                                  lambda request: {"billable_info": {id: world.bill(id) for id in world.users}}),
        }  # fmt: skip

    # ---- what every call goes through

    def served(
        self, name: str, tier: int, scope: str | None, handler: Callable[[Request], JsonObject]
    ) -> Callable[[Request], Answer]:
        """The handler behind credentials, limits and scopes; what fails has status 200."""
        self.limits[name] = Limit({1: 1, 2: 20, 3: 50, 4: 100}[tier], "1m", "seconds", 429, "ratelimited")

        def call(request: Request) -> Answer:
            try:
                self.limited(name)
                for failure in self.failures:
                    if failure.meets(name, request.query.get("channel", "")):
                        raise Failed(failure.error, **failure.details)
                if name != "oauth.v2.access":
                    self.tokens.check(request)
                self.needs(scope)
                body: JsonObject = {"ok": True, **handler(request)}
                if self.traps.warning:
                    body["warning"] = self.traps.warning
                    body.setdefault("response_metadata", {})["warnings"] = [self.traps.warning]
            except Failed as failed:
                body = {"ok": False, "error": failed.error, **failed.details}
            except Refuse as refused:
                if refused.status != 400:
                    raise
                told = {"messages": [f"[ERROR] {refused.message}"]}
                body = {"ok": False, "error": "invalid_arguments", "response_metadata": told}
            return Answer(body, headers={"X-OAuth-Scopes": self.traps.scopes.replace(" ", ",")})

        return call

    def limited(self, name: str) -> None:
        """Raises 429 where this method was called too often."""
        if not self.api.limits_on:
            return
        limit, now = self.limits[name], self.api.now()
        if self.traps.commercial and name in ("conversations.history", "conversations.replies"):
            limit.count = 1
        wait = limit.wait(now)
        if wait > 0:
            limit.refused += 1
            raise Refuse(429, "ratelimited", headers={"Retry-After": str(math.ceil(wait))})
        limit.take(now)

    def needs(self, scope: str | None) -> None:
        """Raises missing_scope, which tells what would be needed."""
        if scope is not None and scope not in self.traps.scopes.split():
            provided = self.traps.scopes.replace(" ", ",")
            raise Failed("missing_scope", needed=scope, provided=provided)

    def of_team(self, request: Request) -> None:
        """Raises missing_argument where a token of an organisation does not say which workspace it means."""
        if self.traps.organisation and request.query.get("team_id") != data.TEAM:
            raise Failed(
                "missing_argument", response_metadata={"messages": ["[ERROR] missing required field: team_id"]}
            )

    # ---- pages

    def paged(
        self, request: Request, name: str, rows: list[Any], *, size: int = 100, most: int = 1000, first: int = 0
    ) -> JsonObject:
        """The page that ``limit`` and ``cursor`` ask for; cursors count rows, so pages shift. ``first``: so many rows
        stand on every page."""
        limit = request.integer("limit", size, least=1, most=None)
        if limit > most:
            raise Failed("invalid_limit")
        limit = min(limit, self.traps.page_most or limit)
        start, number = self.opened(request)
        empty = self.traps.empty_pages and number % 2 == 1
        head, rest = rows[:first], rows[first:]
        found = [] if empty else rest[start : start + limit]
        after = start + len(found)
        request.records = len(found)
        following = self.sealed(request, after, number + 1) if after < len(rest) else None
        body: JsonObject = {name: [] if empty else [*head, *found]}
        if following:
            body["response_metadata"] = {"next_cursor": following}
        else:
            self._ended += 1
            end = self.traps.ends[self._ended % len(self.traps.ends)]
            body |= {} if end == "absent" else {"response_metadata": {"next_cursor": end}}
        return body

    def sealed(self, request: Request, start: int, number: int) -> str:
        cursor = f"bmV4dF8{len(self._cursors):06}="
        self._cursors[cursor] = (request.inputs(without="cursor"), start, number)
        return cursor

    def opened(self, request: Request) -> tuple[int, int]:
        """Where the page begins, and which one it is."""
        cursor = request.query.get("cursor")
        if not cursor:
            return 0, 0
        asked, start, number = self._cursors.get(cursor, ("", 0, 0))
        if asked != request.inputs(without="cursor"):
            raise Failed("invalid_cursor")
        return start, number

    def expire_cursors(self) -> None:
        """No cursor given so far is good any more."""
        self._cursors = dict.fromkeys(self._cursors, ("", 0, 0))

    def counted(self, request: Request, name: str, rows: list[Any]) -> JsonObject:
        """The page that ``page`` and ``count`` ask for."""
        page, count = request.integer("page", 1, least=1), request.integer("count", 100, least=1, most=1000)
        pages = -(-len(rows) // count)
        paging = {"count": count, "total": len(rows), "page": page, "pages": pages}
        found = rows[(page - 1) * count : page * count]
        request.records = len(found)
        return {name: found, "paging": paging}

    # ---- channels

    def channel(self, request: Request, *, reading: bool = True) -> JsonObject:
        """The channel that is asked for. Raises what Slack says of one that cannot be seen, or read."""
        channel = self.world.channels.get(str(request.query.get("channel") or request.query.get("channel_id")))
        if channel is None or not self.world.sees(channel):
            raise Failed("channel_not_found")
        self.needs(f"{kind_of(channel)}:{'history' if reading else 'read'}")
        if reading and not self.world.reads(channel):
            raise Failed("not_in_channel")
        return channel

    def channels(self, request: Request) -> JsonObject:
        self.of_team(request)
        types = request.texts("types", ["public_channel"])
        for kind in types:
            self.needs(TYPES.get(kind, "unknown"))
        archived = not request.flag("exclude_archived")
        rows = [channel for channel in self.world.channels.values() if self.world.sees(channel)
                and type_of(channel) in types and (archived or not channel["is_archived"])]  # fmt: skip
        return self.paged(request, "channels", rows, most=999)

    def members(self, request: Request) -> JsonObject:
        return self.paged(request, "members", self.world.members[self.channel(request, reading=False)["id"]])

    def join(self, request: Request) -> JsonObject:
        id = dict(parse_qsl(request.body.decode())).get("channel", "")
        channel = self.world.channels.get(id)
        if channel is None or channel.get("is_private"):
            raise Failed("channel_not_found")
        if channel["is_archived"]:
            raise Failed("is_archived")
        self.invite(id)
        return {"channel": self.world.channels[id]}

    def invite(self, channel: str, *, member: bool = True) -> None:
        """The bot is invited to a channel, or removed from it."""
        self.world.channels[channel] = {**self.world.channels[channel], "is_member": member}
        others = [each for each in self.world.members[channel] if each != data.BOT_USER]
        self.world.members[channel] = [*others, data.BOT_USER] if member else others

    def bookmarks(self, request: Request) -> JsonObject:
        if "channel" in request.query:
            raise Failed("invalid_arguments")
        return {"bookmarks": list(self.world.bookmarks[self.channel(request)["id"]].values())}

    # ---- messages

    def span(self, request: Request, rows: list[JsonObject]) -> list[JsonObject]:
        """The messages between ``oldest`` and ``latest``, without these themselves unless ``inclusive``."""
        both = request.flag("inclusive")
        borders = []
        for name, error in (("oldest", "invalid_ts_oldest"), ("latest", "invalid_ts_latest")):
            text = request.query.get(name)
            try:
                borders.append(None if text is None else data.instant_of(f"{text}{'' if '.' in text else '.0'}"))
            except ValueError:
                raise Failed(error) from None
        since, until = borders

        def within(message: JsonObject) -> bool:
            at = data.instant_of(message["ts"])
            return (since is None or at > since or (both and at == since)) and (
                until is None or at < until or (both and at == until)
            )

        return [message for message in rows if within(message)]

    def history(self, request: Request) -> JsonObject:
        """Newest first; of a free plan only what is young enough."""
        channel, now = self.channel(request)["id"], self.api.now()
        rows, limited = self.world.history(channel), False
        if self.traps.visible_days is not None:
            oldest = now - self.traps.visible_days * data.DAY
            shown = [message for message in rows if data.instant_of(message["ts"]) >= oldest]
            limited = len(shown) < len(rows)
            rows = shown
        if self.traps.commercial:
            request.query["limit"] = str(min(15, int(request.query.get("limit", "15"))))
        body = self.paged(request, "messages", self.span(request, rows), most=1000)
        more = bool((body.get("response_metadata") or {}).get("next_cursor"))
        body |= {"has_more": more and not self.traps.wrong_hints, "pin_count": 0}
        if more and self.traps.lost_cursors:
            body["response_metadata"] = {"next_cursor": ""}
        if limited:
            body["is_limited"] = True
        return body

    def replies(self, request: Request) -> JsonObject:
        """Oldest first; what began the thread stands first on every page."""
        channel, ts = self.channel(request)["id"], request.text("ts")
        if ts not in self.world.messages[channel]:
            raise Failed("thread_not_found")
        if self.traps.commercial:
            request.query["limit"] = str(min(15, int(request.query.get("limit", "15"))))
        first, *replies = self.world.thread(channel, ts)
        body = self.paged(request, "messages", [first, *self.span(request, replies)], most=1000, first=1)
        return {**body, "has_more": bool((body.get("response_metadata") or {}).get("next_cursor"))}

    # ---- people

    def users(self, request: Request) -> JsonObject:
        self.of_team(request)
        locale = request.flag("include_locale")
        rows = [{name: value for name, value in each.items() if locale or name != "locale"}
                for each in self.world.users.values()]  # fmt: skip
        return {**self.paged(request, "members", rows), "cache_ts": self.api.now() // data.SECOND}

    def groups(self, request: Request) -> JsonObject:
        self.of_team(request)
        people, disabled = request.flag("include_users"), request.flag("include_disabled")
        return {"usergroups": [
            {name: value for name, value in group.items() if people or name != "users"}
            for group in self.world.groups.values() if disabled or not group["date_delete"]
        ]}  # fmt: skip

    def dnd(self, request: Request) -> JsonObject:
        wanted = request.texts("users", most=50)
        return {"users": {id: self.world.dnd(id) for id in wanted if id in self.world.users}}

    # ---- files and logs

    def files(self, request: Request) -> JsonObject:
        self.of_team(request)
        since, until = request.integer("ts_from", 0), request.integer("ts_to", 1 << 40)
        rows = [file for file in self.world.files.values() if since <= file["created"] <= until]
        return self.counted(request, "files", sorted(rows, key=lambda file: -file["created"]))

    def access_logs(self, request: Request) -> JsonObject:
        if not self.traps.paid:
            raise Failed("paid_only")
        if request.integer("page", 1) > self.traps.most_pages:
            raise Failed("over_pagination_limit")
        before = request.integer("before", 1 << 40)
        rows = [each for each in self.world.logins.values() if each["date_last"] <= before]
        return self.counted(request, "logins", sorted(rows, key=lambda each: -each["date_last"]))

    def integration_logs(self, request: Request) -> JsonObject:
        return self.counted(request, "logs", sorted(self.world.integrations, key=lambda each: -int(each["date"])))

    def audit(self, request: Request) -> JsonObject:
        since, until = request.integer("oldest", 0), request.integer("latest", 1 << 40)
        rows = [each for each in self.world.audit.values() if since <= each["date_create"] <= until]
        rows.sort(key=lambda each: -each["date_create"])
        return self.paged(request, "entries", rows, most=9999)


def kind_of(channel: JsonObject) -> str:
    """The first word of the scopes that a channel needs."""
    return {"im": "im", "private_channel": "groups"}.get(type_of(channel), "channels")


def type_of(channel: JsonObject) -> str:
    """What the ``types`` of a listing call a channel."""
    return "im" if channel.get("is_im") else "private_channel" if channel.get("is_private") else "public_channel"


def user(request: Request) -> str:
    return str(request.text("user"))
