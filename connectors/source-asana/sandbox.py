"""A stateful fake of Asana's API 1.0, for preview and tests. Written from Asana's public contract, not from the
connector.

``sandbox(tasks=500)`` gives a server with a made-up organization and a small workspace beside it. Its data changes when
``tick()`` is called, or by itself after ``live()``; ``truth(stream)`` tells what a perfect capture would hold at this
moment; ``asana.traps`` has a switch for each of Asana's traps. ``sandbox_data.py`` makes the data,
``sandbox_feeds.py`` has Asana's logs, ``sandbox_changes.py`` what happens, and ``sandbox_routes.py`` serves it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import SystemClock
from connector_sdk.testing.fake import Duration, FakeApi, JsonObject, Part, beside

if TYPE_CHECKING:
    import sandbox_changes as changes
    import sandbox_data as data
    import sandbox_routes as routes
else:
    data, changes = beside(__file__, "sandbox_data"), beside(__file__, "sandbox_changes")
    routes = beside(__file__, "sandbox_routes")

TOKEN = "2/1111/2222:made-up-sandbox-personal-access-token"
SERVICE = "2/3333/4444:made-up-sandbox-service-account-token"
CLIENT_ID, CLIENT_SECRET = "1201234567890", "sandbox-client-secret-made-up-5d21c0"
REFRESH_TOKEN = "2/1111/refresh:made-up-sandbox-refresh-token"

PARTS = [
    Part(
        "work, company and planning",
        streams=("workspace_memberships", "projects", "sections", "tasks", "tasks_without_project", "stories", "users",
                 "team_memberships", "tags", "custom_fields", "project_memberships", "status_updates", "portfolios",
                 "portfolio_items", "goals"),
        # an edit or a deletion of a comment is seen when its task changes next
        changes=tuple(each for each in changes.ALL if each not in ("comment edited", "comment deleted")),
        options={"tasks": 12, "users": 3, "projects": 3},
    ),
]  # fmt: skip


def sandbox(
    *,
    clock: SystemClock | None = None,
    port: int = 0,
    seed: int = 7,
    tasks: int = 500,
    users: int = 12,
    projects: int = 5,
    limits: bool = True,
    login: str = "token",
    **traps: Any,
) -> AsanaSandbox:
    """An organization with so many tasks; the same for the same seed and clock (to the hour).

    ``limits=False`` switches off all limits. ``login``: whose config it gives: that of a ``token``, a ``service``
    account, or an OAuth ``app``. ``traps``: switches of ``sandbox_routes.Traps``.
    """
    api = FakeApi("asana", clock=clock, port=port)
    api.limits_on = limits
    world = data.World(api, seed)
    world.fill(tasks, users, projects)
    logins = routes.Logins(api.now, TOKEN, SERVICE, (CLIENT_ID, CLIENT_SECRET), REFRESH_TOKEN)
    served = routes.Routes(api, world, logins, routes.Traps(**traps))
    return AsanaSandbox(api, world, served, changes.Changes(world, seed), login)


class AsanaSandbox:
    """A fake Asana: ``with sandbox() as asana:`` serves it at ``asana.url``; ``asana.api`` has its faults and its log.

    ``asana.world`` is its data: add, edit and delete at will; ``asana.traps`` are its habits.
    """

    def __init__(
        self, api: FakeApi, world: data.World, served: routes.Routes, happens: changes.Changes, login: str
    ) -> None:
        self.api = api
        self.world = world
        self.routes = served
        self.traps = served.traps
        self.login = login
        self._happens = happens

    def start(self) -> AsanaSandbox:
        """Listen."""
        self.api.start()
        return self

    def stop(self) -> None:
        """Close every connection, and end the data's own life."""
        self.api.stop()

    def __enter__(self) -> AsanaSandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api.url

    def config(self) -> JsonObject:
        """A config of source-asana that fits it."""
        credentials: dict[str, JsonObject] = {
            "token": {"credentials_title": "Personal access token", "token": TOKEN},
            "service": {"credentials_title": "Service account", "token": SERVICE},
            "app": {"credentials_title": "OAuth app", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                    "refresh_token": REFRESH_TOKEN},
        }  # fmt: skip
        return {"credentials": credentials[self.login], "advanced": {"base_url": self.url}}

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of a stream would hold now, by key: records as the API shows them, with the fields
        that it was asked for last, or all where it never was."""
        with self.api.lock:
            made = self.world.truths(service=self.login == "service")
            if stream not in made:
                raise KeyError(f"the sandbox knows no truth of {stream!r}; it knows {', '.join(made)}")
            return dict(made[stream]())

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
