"""Gong's statistics over the sandbox's calls and people: activity, interaction and coaching, by the company's days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from connector_sdk.testing.fake import (
    JsonObject,
    MadeUp,
    among,
    beside,
    between,
    day_of,
    day_start,
    equals,
    on_days,
    zoned_text,
)

if TYPE_CHECKING:
    from sandbox_data import World

data = beside(__file__, "sandbox_data")
ZONE: str = data.ZONE
NEXT_DAY = timedelta(days=1)


def midnight(day: date) -> str:
    """When a day of the company begins."""
    return zoned_text(day_start(day, ZONE), ZONE)


def company_window(since: date, until: date) -> JsonObject:
    """What statistics tell of their window, beside the list."""
    return {"fromDateTime": midnight(since), "toDateTime": midnight(until), "timeZone": ZONE}


class Stats:
    """What Gong counts. People are numbers in what it adds up, and text in what it lists by day; avatars never call."""

    def __init__(self, world: World) -> None:
        self.world = world

    def hosted(self, since: date, until: date, wanted: list[str] | None = None) -> dict[str, list[JsonObject]]:
        """Calls of these days by their host, for the people asked for."""
        people: dict[str, list[JsonObject]] = {
            user["id"]: [] for user in self.world.users.select(among("/id", wanted)) if not data.is_avatar(user)
        }
        for call in self.world.calls.select(on_days("/metaData/started", since, until, zone=ZONE)):
            if call["metaData"]["primaryUserId"] in people:
                people[call["metaData"]["primaryUserId"]].append(call)
        return people

    def email(self, id: str) -> str | None:
        """Someone's address."""
        return (self.world.users.get(id) or {}).get("emailAddress")

    def by_day(self, since: date, until: date, wanted: list[str] | None = None) -> list[JsonObject]:
        """What each person did on each day on which they did something."""
        rows = []
        for id, calls in self.hosted(since, until, wanted).items():
            days: dict[date, list[str]] = {}
            for call in calls:
                days.setdefault(day_of(data.started_at(call), ZONE), []).append(call["metaData"]["id"])
            daily = [
                {"fromDate": midnight(day), "toDate": midnight(day + NEXT_DAY), "callsAsHost": ids, "callsAttended": []}
                for day, ids in sorted(days.items())
            ]
            if daily:
                rows.append({"userId": id, "userEmailAddress": self.email(id), "userDailyActivityStats": daily})
        return rows

    def added_up(self, since: date, until: date, wanted: list[str] | None = None) -> list[JsonObject]:
        """How much each person did in the window; who did nothing is there with noughts."""
        rows = []
        for id, calls in self.hosted(since, until, wanted).items():
            stats = {"callsAsHost": len(calls), "callsAttended": len(calls) // 2, "callsGaveFeedback": len(calls) // 9}
            rows.append({"userId": int(id), "userEmailAddress": self.email(id), "userAggregateActivityStats": stats})
        return rows

    def interaction(self, since: date, until: date, wanted: list[str] | None = None) -> list[JsonObject]:
        """How each person who called in the window talked."""
        rows = []
        for id, calls in self.hosted(since, until, wanted).items():
            if calls:
                made = MadeUp("".join([id, *(call["metaData"]["id"] for call in calls)]))
                names = ("Longest Monologue", "Interactivity", "Patience", "Question Rate")
                stats = [{"name": name, "value": round(made.random.random() * 10, 2)} for name in names]
                rows.append({"userId": int(id), "userEmailAddress": self.email(id), "personInteractionStats": stats})
        return rows

    def coaching(self, workspace: str, manager: JsonObject, since: int, until: int) -> JsonObject | None:
        """What a manager listened to of each report's calls in the window; nothing where there was none."""
        metrics = []
        for report in self.world.users.select(equals("/managerId", manager["id"])):
            calls = self.world.calls.select(
                between("/metaData/started", since, until),
                equals("/metaData/primaryUserId", report["id"]),
                equals("/metaData/workspaceId", workspace),
            )
            ids = [call["metaData"]["id"] for call in calls]
            if ids:
                who = {"id": report["id"], "name": f"{report['firstName']} {report['lastName']}"}
                metrics.append({"report": who, "metrics": {"callsListened": ids[::2], "callsAttended": ids[1::2]}})
        head = {"id": manager["id"], "emailAddress": manager["emailAddress"]}
        return {"manager": head, "directReportsMetrics": metrics} if metrics else None

    # ---- truth

    def days(self) -> Iterator[date]:
        """The company's days that are over, from the one on in which the config's history begins."""
        day, today = day_of(self.world.start, ZONE), day_of(self.world.api.now(), ZONE)
        while day < today:
            yield day
            day += NEXT_DAY

    def all_by_day(self) -> dict[tuple[str, str], JsonObject]:
        """Each person's days, by person and the day's begin."""
        return {
            (row["userId"], each["fromDate"]): each
            for day in self.days()
            for row in self.by_day(day, day + NEXT_DAY)
            for each in row["userDailyActivityStats"]
        }

    def all_of_windows(self, name: str) -> dict[tuple[int, str], JsonObject]:
        """What ``added_up`` or ``interaction`` count in windows of one day, by person and day."""
        return {
            (row["userId"], day.isoformat()): row
            for day in self.days()
            for row in getattr(self, name)(day, day + NEXT_DAY)
        }

    def all_coaching(self) -> dict[tuple[str, str, str, str], JsonObject]:
        """What managers did in windows of one day, by workspace, manager, report and day."""
        found = {}
        for day in self.days():
            since, until = day_start(day, ZONE), day_start(day + NEXT_DAY, ZONE)
            for workspace in self.world.workspaces.truth():
                for manager in self.world.users.select():
                    row = self.coaching(workspace, manager, since, until)
                    for each in row["directReportsMetrics"] if row else ():
                        found[workspace, manager["id"], each["report"]["id"], day.isoformat()] = each
        return found
