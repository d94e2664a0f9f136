"""A stateful fake of Slack's Web API and audit logs, for preview and tests. Written from Slack's public contract, not
from the connector.

``sandbox(messages=2_000)`` gives a server with a made-up workspace. Its data changes when ``tick()`` is called, or by
itself after ``live()``; ``truth(stream)`` tells what a perfect capture would hold at this moment; ``slack.traps`` has
a switch for each of Slack's traps. ``sandbox_data.py`` makes the workspace, ``sandbox_changes.py`` has what happens in
it, and ``sandbox_routes.py`` serves it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import Duration, FakeApi, JsonObject, Part, beside

if TYPE_CHECKING:
    import sandbox_changes as changes
    import sandbox_data as data
    import sandbox_routes as routes
else:
    data, changes = beside(__file__, "sandbox_data"), beside(__file__, "sandbox_changes")
    routes = beside(__file__, "sandbox_routes")

TOKEN = "xoxb-1111111111-made-up-sandbox-bot-token-7c41d0e2"
CLIENT_ID, CLIENT_SECRET = "1111.2222", "sandbox-client-secret-made-up-93ab77"
REFRESH_TOKEN = "xoxe-1-made-up-sandbox-refresh-token-0001"

PARTS = [
    Part(
        "conversations, people, files and logs",
        streams=("channels", "channel_members", "messages", "threads", "reactions", "pins", "bookmarks", "users",
                 "user_profiles", "usergroups", "usergroup_members", "dnd", "files", "emoji", "team", "access_logs",
                 "integration_logs", "audit_logs"),
        # of messages that are older than the window neither edits nor counts of replies are promised, so there are none
        options={"channels": 4, "users": 6, "messages": 30, "history_days": 4},
    ),
]  # fmt: skip


def sandbox(
    *,
    clock: SystemClock | None = None,
    port: int = 0,
    seed: int = 7,
    channels: int = 6,
    users: int = 24,
    messages: int = 2_000,
    history_days: int = 40,
    limits: bool = True,
    rotating: bool = False,
    **traps: Any,
) -> SlackSandbox:
    """A workspace with so many messages in the last ``history_days``; the same for the same seed and clock (to the
    hour). ``limits=False`` switches the limits of all methods off. ``rotating``: tokens live twelve hours, and each
    refresh token is good for one use. ``traps``: switches of ``sandbox_routes.Traps``.
    """
    api = FakeApi("slack", clock=clock, port=port, unauthorized_status=200)
    api.limits_on = limits
    world = data.World(api, seed, history_days)
    world.fill(channels, users, messages)
    tokens = routes.Tokens(api.now, TOKEN, (CLIENT_ID, CLIENT_SECRET), REFRESH_TOKEN if rotating else "")
    api.auth = [tokens]
    served = routes.Routes(api, world, tokens, routes.Traps(**traps))
    return SlackSandbox(api, world, served, changes.Changes(world, seed))


class SlackSandbox:
    """A fake Slack: ``with sandbox() as slack:`` serves it at ``slack.url``; ``slack.api`` has its faults and its log.

    ``slack.world`` is its data: post, edit and delete at will; ``slack.traps`` are its habits.
    """

    def __init__(self, api: FakeApi, world: data.World, served: routes.Routes, happens: changes.Changes) -> None:
        self.api = api
        self.world = world
        self.routes = served
        self.traps = served.traps
        self.tokens = served.tokens
        self._happens = happens

    def start(self) -> SlackSandbox:
        """Listen."""
        self.api.start()
        return self

    def stop(self) -> None:
        """Close every connection, and end the data's own life."""
        self.api.stop()

    def __enter__(self) -> SlackSandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api.url

    def config(self) -> JsonObject:
        """A config of source-slack that fits it; it starts with the first message."""
        credentials: JsonObject = {"credentials_title": "Token", "token": TOKEN}
        if self.tokens.refresh_token:
            credentials = {
                "credentials_title": "App with token rotation",
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "refresh_token": self.tokens.refresh_token,
            }
        return {
            "credentials": credentials,
            "start_date": instant_text(self.world.began),
            "channel_types": ["public_channel", "private_channel", "mpim", "im"],
            "advanced": {"base_url": self.url},
        }

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of a stream would hold now, by key: records as the API shows them, with the ids of the
        channel or group that they are below."""
        with self.api.lock:
            made = self.world.truths()
            if stream not in made:
                raise KeyError(f"the sandbox knows no truth of {stream!r}; it knows {', '.join(made)}")
            return dict(made[stream]())

    def fail(self, method: str, error: str, *, times: int | None = 1, channel: str = "", **details: Any) -> None:
        """Answer the next calls of a method (``"*"``: of any) with ``{"ok": false, "error": error}`` and status 200."""
        self.routes.failures.append(routes.Failure(method, error, times, channel, details))

    # ---- the data's own life

    def live(self, every: Duration = "2s", changes: int = 1) -> None:
        """Change the data again and again, so long apart on the clock, while it is served."""
        self.api.every(every, lambda: self.tick(changes))

    def tick(self, changes: int = 1, *, only: Sequence[str] = ()) -> list[str]:
        """Make some changes at random (of the kinds ``only``, or of all), and tell what they were."""
        with self.api.lock:
            return self._happens.some(changes, only)

    def changes(self) -> dict[str, tuple[int, Callable[[], Any]]]:
        """The kinds of change that ``tick()`` makes, how often each comes among all, and what makes it."""
        return self._happens.kinds()
