"""The sandbox itself: a workspace made up for a seed, its truth, and its life."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import ApiKey, Duration, FakeApi, JsonObject, OAuthTokens, Part, beside

if TYPE_CHECKING:
    import linear_changes as changes
    import linear_data as data
    import linear_routes as routes
else:
    changes, data = beside(__file__, "linear_changes"), beside(__file__, "linear_data")
    routes = beside(__file__, "linear_routes")

KEY = "lin_api_made_up_for_the_sandbox_7f31c0d2_do_not_print"
CLIENT = ("made-up-client", "made-up-client-secret-do-not-print")
REFRESH = "made-up-refresh-token-0001-do-not-print"

PARTS = [
    Part(
        "one of each kind",
        streams=("issues", "comments", "users", "projects", "issue_relations", "project_members", "issue_history",
                 "reactions", "audit_entries"),
        changes=("Issue made", "Issue edited", "Issue archived", "Issue trashed", "Issue restored", "Issue purged",
                 "Issue purged at once", "Issue moved", "Comment made", "Comment edited", "Comment vanished",
                 "User edited", "Project edited", "Project trashed", "IssueRelation made", "IssueRelation vanished",
                 "Reaction made", "Reaction vanished", "member came or went", "AuditEntry made"),
        options={"issues": 20, "history_days": 6, "page_most": 8},
    )
]  # fmt: skip


def sandbox(
    *,
    clock: SystemClock | None = None,
    port: int = 0,
    seed: int = 7,
    issues: int = 600,
    history_days: int = 40,
    limits: bool = True,
    late: float = 0.2,
    login: str = "key",
    **traps: Any,
) -> LinearSandbox:
    """A workspace with so many issues, made in the last ``history_days``; the same for the same seed and clock (to the
    hour). ``limits=False`` switches the limits of requests and points off. ``late``: the share of edits that are seen
    up to twenty seconds after they were stamped. ``login``: ``key``, ``rotating`` (tokens live a day, and each refresh
    token is good for one use) or ``client``. ``traps``: switches of ``linear_routes.Traps``.
    """
    api = FakeApi("linear", clock=clock, port=port, unauthorized="Authentication required, not authenticated")
    api.limits_on = limits
    tokens = OAuthTokens(api.now, client_id=CLIENT[0], client_secret=CLIENT[1], refresh_token=REFRESH,
                         life="24h", rotating=True)  # fmt: skip
    api.auth = [ApiKey("Authorization", KEY)] if login == "key" else [tokens]
    world = data.World(api, seed, history_days, late)
    world.fill(issues)
    served = routes.Routes(api, world, tokens, routes.Traps(**traps))
    return LinearSandbox(api, world, served, changes.Changes(world, seed), tokens, login)


class LinearSandbox:
    """A fake Linear: ``with sandbox() as linear:`` serves it at ``linear.url``; ``linear.api`` has its faults and log.

    ``linear.world`` is its data: make, edit and vanish at will; ``linear.traps`` are its habits.
    """

    def __init__(
        self, api: FakeApi, world: data.World, served: routes.Routes, happens: changes.Changes, tokens: OAuthTokens,
        login: str,
    ) -> None:  # fmt: skip
        self.api = api
        self.world = world
        self.routes = served
        self.traps = served.traps
        self.tokens = tokens
        self._happens = happens
        self._login = login

    def start(self) -> LinearSandbox:
        """Listen."""
        self.api.start()
        return self

    def stop(self) -> None:
        """Close every connection, and end the data's own life."""
        self.api.stop()

    def __enter__(self) -> LinearSandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api.url

    def config(self) -> JsonObject:
        """A config of source-linear that fits it; it starts a day before the first record."""
        client = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
        credentials: dict[str, JsonObject] = {
            "key": {"credentials_title": "API key", "api_key": KEY},
            "rotating": {"credentials_title": "OAuth app", **client, "refresh_token": REFRESH},
            "client": {"credentials_title": "OAuth app as itself", **client},
        }
        return {
            "credentials": credentials[self._login],
            "start_date": instant_text(self.world.began - data.DAY),
            "advanced": {"base_url": self.url},
        }

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of a stream would hold now, by key: all that the schema has of each record, as the API
        shows it."""
        with self.api.lock:
            self.world.settle(self.api.now())
            made = self.world.truths()
            if stream not in made:
                raise KeyError(f"the sandbox knows no truth of {stream!r}; it knows {', '.join(made)}")
            return made[stream]()

    def settle(self) -> int:
        """Make everything visible that would become so later; gives how many changes that were."""
        with self.api.lock:
            return self.world.settle()

    def fail(self, kind: str, message: str = "Something went wrong", *, on: str = "*", **more: Any) -> None:
        """Answer the next query of a root field (``"*"``: of any) with an error of this type."""
        self.routes.failures.append((on, routes.Failed(kind, message, **more)))

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
