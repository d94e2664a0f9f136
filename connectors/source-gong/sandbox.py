"""A stateful fake of Gong's API v2, for preview and tests. Written from Gong's public contract, not from the connector.

``sandbox(calls=1200)`` gives a server with made-up calls, people and scorecards. Its data changes when ``tick()`` is
called, or by itself after ``live()``; ``truth(stream)`` tells what a perfect capture would hold at this moment.
``sandbox_data.py`` makes the company and its calls, ``sandbox_office.py`` what hangs on its people,
``sandbox_stats.py`` counts, and ``sandbox_routes.py`` serves it all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import (
    Basic,
    Collection,
    Duration,
    FakeApi,
    JsonObject,
    MadeUp,
    OAuthTokens,
    Part,
    Request,
    beside,
    zoned_text,
)

if TYPE_CHECKING:
    import sandbox_data as data
    import sandbox_office as office
    import sandbox_routes as routes
    import sandbox_stats as stats
else:
    data, office = beside(__file__, "sandbox_data"), beside(__file__, "sandbox_office")
    routes, stats = beside(__file__, "sandbox_routes"), beside(__file__, "sandbox_stats")

ACCESS_KEY = "SANDBOX7ACCESS7KEY7MADE7UP7F3Q9"
ACCESS_KEY_SECRET = "sandbox-access-key-secret-made-up-5b1f0c9e7d3a48628c40-do-not-print"
CLIENT = ("made-up-client", "made-up-client-secret-do-not-print")
REFRESH = "made-up-refresh-token-0001-do-not-print"
HOME = "/us-55616"
"""Where an OAuth app finds the API of its customer: what would be a host of its own is a path here."""

_SMALL = {"calls": 60, "users": 20, "history_days": 4}
PARTS = [
    Part(
        "records",
        streams=(
            "calls", "calls_extensive", "call_transcripts", "users", "answered_scorecards", "scorecard_definitions",
            "trackers", "workspaces", "call_outcomes", "crm_integrations", "library_folders",
            "library_folder_content", "permission_profiles", "permission_profile_users", "crm_entity_schema",
        ),
        options=_SMALL,
    ),
    Part(
        "statistics, flows and tasks",
        streams=("activity_day_by_day", "activity_aggregate", "interaction_stats", "coaching", "flows", "tasks",
                 "user_settings_history", "audit_logs"),
        # what has been counted is not counted anew when a call is renamed or a user leaves
        changes=("call added", "call deleted", "something logged", "flow renamed", "task closed"),
        options=_SMALL | {"users": 8},
        restless=("activity_aggregate", "interaction_stats"),
    ),
]  # fmt: skip


def sandbox(
    *,
    clock: SystemClock | None = None,
    port: int = 0,
    seed: int = 7,
    calls: int = 1200,
    users: int = 40,
    history_days: int = 21,
    limits: bool = True,
    late: float = 0.02,
    cursor_life: Duration = "1d",
    oauth: bool = False,
) -> GongSandbox:
    """A Gong with so many calls in the last ``history_days``; the same for the same seed and clock (to the hour).

    ``limits=False`` switches off 3 requests a second and 10,000 a day. ``late`` is the share of the newest calls that
    become visible hours after they started; with 0 none does, and every call is complete at once. ``oauth``: an app
    logs in instead of an access key: tokens live a day, each refresh token is good for one use, and the token's answer
    tells where the customer's API is; nothing is anywhere else.
    """
    api = FakeApi("gong", clock=clock, port=port, unauthorized="Failed to verify authentication")
    tokens = OAuthTokens(api.now, client_id=CLIENT[0], client_secret=CLIENT[1], refresh_token=REFRESH, life="24h",
                         rotating=True)  # fmt: skip
    api.auth = [tokens] if oauth else [Basic(ACCESS_KEY, ACCESS_KEY_SECRET)]
    api.limit(3, per="1s", message="API rate limit exceeded")
    api.limit(10_000, per="1d", message="API daily limit exceeded")
    api.limits_on = limits
    world = data.World(api, seed, history_days, late)
    world.fill(calls, users)
    rooms = office.Office(world, seed)
    rooms.fill()
    routes.Routes(api, world, rooms, cursor_life, HOME if oauth else "")
    if oauth:
        api.post(routes.TOKENS, auth=False)(lambda request: token_answer(api, tokens, request))
    return GongSandbox(api, world, rooms, seed, tokens if oauth else None)


def token_answer(api: FakeApi, tokens: OAuthTokens, request: Request) -> JsonObject:
    """A token, and the base that takes the place of the usual one."""
    return {**tokens.endpoint(request), "scope": "api:calls:read:basic", "api_base_url_for_customer": api.url + HOME}


class GongSandbox:
    """A fake Gong: ``with sandbox() as gong:`` serves it at ``gong.url``; ``gong.api`` has its faults and its log.

    Its data are collections (``calls``, ``users``, ``office.flows``, ...): put, edit and delete at will.
    """

    def __init__(
        self, api: FakeApi, world: data.World, rooms: office.Office, seed: int, tokens: OAuthTokens | None
    ) -> None:
        self.api = api
        self.tokens = tokens
        self.world = world
        self.office = rooms
        self.calls: Collection = world.calls
        self.users: Collection = world.users
        self.scorecards: Collection = world.scorecards
        self.answered: Collection = world.answered
        self.trackers: Collection = world.trackers
        self._chance = MadeUp(f"life {seed}")

    def start(self) -> GongSandbox:
        """Listen."""
        self.api.start()
        return self

    def stop(self) -> None:
        """Close every connection, and end the data's own life."""
        self.api.stop()

    def __enter__(self) -> GongSandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api.url

    def config(self) -> JsonObject:
        """A config of source-gong that fits it; it starts a day before the first call."""
        credentials = {
            "credentials_title": "Access key",
            "access_key": ACCESS_KEY,
            "access_key_secret": ACCESS_KEY_SECRET,
        }
        if self.tokens is not None:
            credentials = {"credentials_title": "OAuth app", "client_id": CLIENT[0], "client_secret": CLIENT[1],
                           "refresh_token": REFRESH}  # fmt: skip
        return {
            "credentials": credentials,
            "start_date": instant_text(self.world.start),
            "advanced": {"base_url": self.url},
        }

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of a stream would hold now: records as the API shows them, by key."""
        with self.api.lock:
            collections, made = self.truths(), self.made_truths()
            if stream in made:
                return made[stream]()
            if stream not in collections:
                known = ", ".join([*collections, *made])
                raise KeyError(f"the sandbox knows no truth of {stream!r}; it knows {known}")
            return collections[stream].truth()

    def truths(self) -> dict[str, Collection]:
        """The collections that a stream shows just as they are."""
        world = self.world
        return {
            "users": world.users,
            "scorecard_definitions": world.scorecards,
            "answered_scorecards": world.answered,
            "trackers": world.trackers,
            "workspaces": world.workspaces,
            "call_outcomes": world.outcomes,
            "crm_integrations": world.integrations,
        }

    def made_truths(self) -> dict[str, Callable[[], dict[Any, JsonObject]]]:
        """The streams that show a part of what is known, or what is made of it."""
        counted, calls = stats.Stats(self.world), self.world.calls.truth()
        return {
            "calls": lambda: {key: call["metaData"] for key, call in calls.items()},
            "calls_extensive": lambda: {key: routes.exposed(call, data.SELECTOR, 0) for key, call in calls.items()},
            "call_transcripts": lambda: {
                key: data.transcript(call) for key, call in calls.items() if data.has_transcript(call)
            },
            **self.office.truths(),
            "activity_day_by_day": counted.all_by_day,
            "activity_aggregate": lambda: counted.all_of_windows("added_up"),
            "interaction_stats": lambda: counted.all_of_windows("interaction"),
            "coaching": counted.all_coaching,
        }

    def settle(self) -> int:
        """Make everything visible that would become so later; gives how many changes that were."""
        with self.api.lock:
            return self.world.calls.settle() + sum(each.settle() for each in self.truths().values())

    # ---- the data's own life

    def live(self, every: Duration = "2s", changes: int = 1) -> None:
        """Change the data again and again, so long apart on the clock, while it is served."""
        self.api.every(every, lambda: self.tick(changes))

    def tick(self, changes: int = 1, *, only: Sequence[str] = ()) -> list[str]:
        """Make some changes at random (of the kinds ``only``, or of all), and tell what they were."""
        told: list[str] = []
        for _ in range(changes):
            with self.api.lock:
                kinds = self.changes()
                for name in only:
                    if name not in kinds:
                        raise KeyError(f"the sandbox has no change {name!r}; it has {', '.join(kinds)}")
                chosen = [name for name in only or kinds for _ in range(kinds[name][0])]
                if chosen:
                    name = self._chance.pick(chosen)
                    told.append(f"{name} {kinds[name][1]()}")
        return told

    def changes(self) -> dict[str, tuple[int, Callable[[], Any]]]:
        """The kinds of change that ``tick()`` makes, how often each comes among all, and what makes it.

        One for which there is no record comes 0 times; the last two people and the last scorecard stay.
        """
        calls, answered = bool(len(self.calls)), bool(len(self.answered))
        return {
            "call added": (8, self.add_call),
            "call content arrived": (4 * calls, self.add_content),
            "call renamed": (2 * calls, self.rename_call),
            "call deleted": (1 * calls, self.delete_call),
            "user added": (1, lambda: self.world.new_user(self.api.now() // data.MINUTE * data.MINUTE)),
            "user renamed": (2, self.rename_user),
            "user deactivated": (1, self.deactivate_user),
            "user deleted": (int(len(self.users) > 2), self.delete_user),
            "scorecard edited": (1, self.edit_scorecard),
            "scorecard deleted": (int(len(self.scorecards) > 1), self.delete_scorecard),
            "scorecard answered": (4 * calls, self.add_answer),
            "answer edited": (3 * answered, self.edit_answer),
            "something logged": (3, lambda: self.office.add_log(self._chance.pick(office.LOG_TYPES), self.api.now())),
            "flow renamed": (int(len(self.office.flows) > 0), self.rename_flow),
            "task closed": (int(len(self.office.tasks) > 0), self.close_task),
        }

    def add_call(self) -> str:
        """A call of the last ten minutes is listed."""
        now = self.api.now()
        return self.world.new_call(now // 1_000_000 * 1_000_000 - self._chance.number(0, 600) * 1_000_000, now)

    def add_content(self) -> str:
        """Gong finds something new in a recent call; nothing about the call's start moves."""
        id, content = self.recent_call(), self.world.insight()
        self.calls.edit(id, lambda call: call.update(content=content))
        return id

    def rename_call(self) -> str:
        """A recent call gets another title."""
        id, title = self.recent_call(), f"Renamed - {self.world.made.company()}"
        self.calls.edit(id, lambda call: call["metaData"].update(title=title))
        return id

    def delete_call(self) -> str:
        """A call vanishes from every listing."""
        id = self.any_key(self.calls)
        self.calls.delete(id)
        return str(id)

    def rename_user(self) -> str:
        """Someone has another name; no time in the record moves."""
        id, (first, last) = self.any_key(self.users), self.world.made.person()
        self.users.edit(id, firstName=first, lastName=last)
        return str(id)

    def deactivate_user(self) -> str:
        """Someone leaves, and stays in the listing as inactive."""
        id = self.any_key(self.users)
        self.users.edit(id, active=False)
        return str(id)

    def delete_user(self) -> str:
        """Someone is erased."""
        id = self.any_key(self.users)
        self.users.delete(id)
        return str(id)

    def edit_scorecard(self) -> int:
        """A scorecard's name and ``updated`` change."""
        id, now = self.any_key(self.scorecards), zoned_text(self.api.now())
        self.scorecards.edit(id, scorecardName=f"Edited {self.world.made.sentence()}", updated=now)
        return int(id)

    def delete_scorecard(self) -> int:
        """A scorecard vanishes from the settings; its answers stay."""
        id = self.any_key(self.scorecards)
        self.scorecards.delete(id)
        return int(id)

    def add_answer(self) -> int:
        """A scorecard is filled in for a call, some with a review time up to two days back."""
        call, now = self.calls.truth()[self.any_key(self.calls)], self.api.now()
        reviewed = now if self._chance.chance(0.5) else now - self._chance.number(0, 2 * 86_400) * 1_000_000
        return int(self.world.new_answer(call, reviewed // 1_000_000 * 1_000_000))

    def edit_answer(self) -> int:
        """Someone changes an answer: ``editorUserId`` and a score, but not ``reviewTime``."""
        key, editor = self.any_key(self.answered), self._chance.pick(self.world.active())

        def change(answer: JsonObject) -> None:
            answer["editorUserId"] = int(editor["id"])
            answer["answers"][0]["score"] = self._chance.number(1, 5)

        self.answered.edit(key, change)
        return int(key)

    def rename_flow(self) -> str:
        """A flow has another name, for every owner that it is shown to."""
        id = self.any_key(self.office.flows)
        self.office.flows.edit(id, name=f"Renamed: {self.world.made.sentence()}")
        return str(id)

    def close_task(self) -> str:
        """A task is done, and from then on not listed any more."""
        id = self.any_key(self.office.tasks)
        self.office.tasks.edit(id, status="CLOSED")
        return str(id)

    def recent_call(self) -> str:
        """One of the hundred latest calls."""
        latest = sorted(self.calls.truth().items(), key=lambda item: data.started_at(item[1]))[-100:]
        return str(self._chance.pick(latest)[0])

    def any_key(self, collection: Collection) -> Any:
        return self._chance.pick(list(collection.truth()))
