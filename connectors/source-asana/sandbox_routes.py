"""Asana's API over the sandbox's data: compact records and opt_fields, offsets, sync tokens, plans, and every trap."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import Answer, FakeApi, JsonObject, OAuthTokens, Refuse, Request, beside

if TYPE_CHECKING:
    import sandbox_data as data
else:
    data = beside(__file__, "sandbox_data")

MINUTE = 60_000_000
TOO_OLD = (
    "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset "
    "for this query now and use the new sync token for the next sync."
)
WHOLE = ("project_membership", "rate")  # have no fields to ask for: a list shows them as they are


@dataclass
class Traps:
    """Asana's habits, each of which can be switched.

    ``requests``: so many in a minute, and those that were refused count too. ``cost``: a minute's other quota, from
    which a request draws by the records that it asks for and by their fields. ``unpaged_most``: a list that is asked
    for without a limit and is longer is refused. ``page_most``: no page holds more, whatever was asked for.
    ``events_most``: events of a page. ``forgets_tokens``: a sync token that is older than one that was used is not
    taken any more. ``paid``: whether the plan has custom fields, portfolios, goals and time tracking. ``large``: a
    workspace has more projects than can be listed in time. ``shut``: resources that answer with this status.
    """

    requests: int = 1500
    cost: int | None = None
    unpaged_most: int = 100
    page_most: int | None = None
    events_most: int = 100
    forgets_tokens: bool = False
    paid: bool = True
    large: bool = False
    shut: dict[str, int] = field(default_factory=dict)


class Logins:
    """Who may call: a personal access token, a service account's, and tokens that live for an hour."""

    def __init__(
        self, now: Callable[[], int], token: str, service: str, client: tuple[str, str], refresh_token: str
    ) -> None:
        self.token, self.service = token, service
        self.oauth = OAuthTokens(now, client_id=client[0], client_secret=client[1], refresh_token=refresh_token)

    def admits(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return given in (f"Bearer {self.token}", f"Bearer {self.service}") or self.oauth.admits(request)

    def serves(self, request: Request) -> bool:
        """Whether a service account asks."""
        return request.headers.get("authorization") == f"Bearer {self.service}"

    def access(self, request: Request) -> JsonObject:
        """The token endpoint, which reads forms only."""
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Refuse(400, "invalid_request")
        return self.oauth.endpoint(request)


class Routes:
    """What Asana offers."""

    def __init__(self, api: FakeApi, world: data.World, logins: Logins, traps: Traps) -> None:
        self.api, self.world, self.logins, self.traps = api, world, logins, traps
        self.pages = api.pager("offset")
        self._asked: deque[int] = deque()
        self._drawn: deque[tuple[int, int]] = deque()
        api.auth = [logins]
        api.unauthorized = "Not Authorized"
        api.error_body = _errors
        self.serve("/workspaces", lambda request: self.list_all(request, "workspace"))
        self.in_workspace()
        self.in_projects()
        self.below()
        self.logs()
        api.post("/-/oauth_token", auth=False)(logins.access)

    def serve(self, path: str, handler: Callable[[Request], Any]) -> None:
        """The handler behind limits, and behind what is shut."""

        def call(request: Request) -> Any:
            self.limited(request)
            for each in (*request.parts.values(), *request.query.values()):
                if each in self.traps.shut:
                    raise Refuse(self.traps.shut[each], "You do not have access to this")
            return handler(request)

        self.api.get(f"/api/1.0{path}")(call)

    def limited(self, request: Request) -> None:
        """Raises 429 where there were too many requests, refused ones included, or where they were too dear."""
        now = self.api.now()
        while self._asked and self._asked[0] <= now - MINUTE:
            self._asked.popleft()
        while self._drawn and self._drawn[0][0] <= now - MINUTE:
            self._drawn.popleft()
        if not self.api.limits_on:
            return
        self._asked.append(now)
        if len(self._asked) > self.traps.requests:
            # as many as are over have to leave the minute first
            self.wait(self._asked[len(self._asked) - self.traps.requests] + MINUTE - now)
        cost = 1 + int(request.query.get("limit", "1")) * len(request.query.get("opt_fields", "").split(",")) // 100
        if (
            self.traps.cost is not None
            and self._drawn
            and sum(each for _, each in self._drawn) + cost > self.traps.cost
        ):
            self.wait(self._drawn[0][0] + MINUTE - now)
        self._drawn.append((now, cost))

    def wait(self, microseconds: int) -> None:
        after = {"Retry-After": str(max(1, math.ceil(microseconds / 1_000_000)))}
        raise Refuse(429, "You have reached your rate limit. Please retry after the given amount of time.",
                     headers=after)  # fmt: skip

    # ---- lists and records

    def listed(self, request: Request, kind: str, rows: list[JsonObject]) -> JsonObject:
        """The page that ``limit`` and ``offset`` ask for, with the fields that are asked for."""
        limit = request.integer("limit", None, least=1, most=100)
        if limit is None and len(rows) > self.traps.unpaged_most:
            raise Refuse(
                400, "The result is too large. You should use pagination (may require specifying a workspace)."
            )
        size = min(limit or len(rows) or 1, self.traps.page_most or 100)
        try:
            page = self.pages.page(request, rows, at="offset", size=size)
        except Refuse as refused:
            raise Refuse(400, f"offset: Your pagination token is invalid or has expired. ({refused.message})") from None
        fields = self.fields(request, kind)
        shown = [each if kind in WHOLE else self.world.shown(each, fields) for each in page.records]
        after = None
        if page.next is not None:
            path = f"{request.path.removeprefix('/api/1.0')}?offset={page.next}"
            after = {"offset": page.next, "path": path, "uri": f"https://app.asana.com/api/1.0{path}"}
        return {"data": shown, "next_page": after}

    def fields(self, request: Request, kind: str) -> list[str] | None:
        """What ``opt_fields`` asks for, which is remembered by kind."""
        if "opt_fields" not in request.query:
            return None
        self.world.asked[kind] = request.query["opt_fields"].split(",")
        return self.world.asked[kind]

    def list_all(
        self, request: Request, kind: str, only: Callable[[JsonObject], Any] = lambda each: True
    ) -> JsonObject:
        return self.listed(request, kind, [each for each in self.world.of(kind).values() if only(each)])

    def one(self, request: Request, kind: str, gid: str) -> JsonObject:
        return {"data": self.world.shown(self.found(kind, gid), self.fields(request, kind))}

    def found(self, kind: str, gid: str) -> JsonObject:
        """A record. Raises 404 for one that is gone, or never was."""
        if gid not in self.world.of(kind):
            raise Refuse(404, f"{kind}: Unknown object: {gid}")
        return self.world.of(kind)[gid]

    def belong(self, request: Request, kind: str, at: str, gid: str) -> JsonObject:
        """Records that name another one at a place."""
        return self.list_all(request, kind, lambda each: (each.get(at) or {}).get("gid") == gid)

    def has_plan(self) -> None:
        if not self.traps.paid:
            raise Refuse(402, "Payment Required: the requested object is only available to premium users")

    # ---- what a workspace has

    def in_workspace(self) -> None:
        def workspace(request: Request) -> str:
            gid = request.parts.get("workspace") or request.text("workspace")
            return str(self.found("workspace", gid)["gid"])

        def users(request: Request) -> JsonObject:
            there = data.ref("workspace", workspace(request))
            return self.list_all(request, "user", lambda each: there in each["workspaces"])

        def teams(request: Request) -> JsonObject:
            gid = workspace(request)
            if not self.world.of("workspace")[gid]["is_organization"]:
                raise Refuse(400, "workspace: Not an organization")
            return self.belong(request, "team", "organization", gid)

        def of_plan(kind: str) -> Callable[[Request], JsonObject]:
            def call(request: Request) -> JsonObject:
                self.has_plan()
                return self.belong(request, kind, "workspace", workspace(request))

            return call

        self.serve("/users", users)
        self.serve(
            "/workspaces/{workspace}/workspace_memberships",
            lambda request: self.belong(request, "workspace_membership", "workspace", workspace(request)),
        )
        self.serve("/workspaces/{workspace}/teams", teams)
        self.serve(
            "/team_memberships",
            lambda request: self.belong(
                request, "team_membership", "team", self.found("team", request.text("team"))["gid"]
            ),
        )
        self.serve("/users/{user}/user_task_list", self.user_task_list)
        self.serve("/workspaces/{workspace}/tags",
                   lambda request: self.belong(request, "tag", "workspace", workspace(request)))  # fmt: skip
        self.serve("/workspaces/{workspace}/custom_fields", of_plan("custom_field"))
        for path, kind in (("goals", "goal"), ("time_periods", "time_period"), ("roles", "role"),
                           ("time_tracking_entries", "time_tracking_entry"), ("allocations", "allocation"),
                           ("project_templates", "project_template")):  # fmt: skip
            self.serve(f"/{path}", of_plan(kind))

        def portfolios(request: Request) -> JsonObject:
            self.has_plan()
            gid, owner = workspace(request), request.query.get("owner")
            if not self.logins.serves(request) and owner != "me":
                raise Refuse(400, "owner: Only your own portfolios can be listed")
            mine = None if owner is None else self.world.me()
            return self.list_all(request, "portfolio", lambda each: each["workspace"]["gid"] == gid
                                 and mine in (None, each["owner"]))  # fmt: skip

        self.serve("/portfolios", portfolios)

    def user_task_list(self, request: Request) -> JsonObject:
        user, workspace = request.parts["user"], request.text("workspace")
        found = next(gid for gid, each in self.world.of("user_task_list").items()
                     if each["owner"]["gid"] == user and each["workspace"]["gid"] == workspace)  # fmt: skip
        return self.one(request, "user_task_list", found)

    # ---- projects

    def in_projects(self) -> None:
        def projects(request: Request) -> JsonObject:
            team, workspace = request.query.get("team"), request.query.get("workspace")
            if workspace is None and team is None:
                raise Refuse(400, "workspace: Missing input")
            if team is None and self.traps.large and self.world.of("workspace")[str(workspace)]["is_organization"]:
                raise Refuse(504, "The request timed out")
            at, gid = ("team", team) if team is not None else ("workspace", workspace)
            return self.belong(request, "project", at, str(gid))

        def of_project(kind: str, at: str) -> Callable[[Request], JsonObject]:
            def call(request: Request) -> JsonObject:
                gid = request.parts.get("project") or request.query.get("parent") or request.text("project")
                return self.belong(request, kind, at, self.found("project", gid)["gid"])

            return call

        self.serve("/projects", projects)
        self.serve("/projects/{project}/sections", of_project("section", "project"))
        self.serve("/projects/{project}/custom_field_settings", of_project("custom_field_setting", "parent"))
        self.serve("/memberships", of_project("project_membership", "parent"))
        self.serve("/custom_types", of_project("custom_type", "project"))
        self.serve("/task_templates", of_project("task_template", "project"))
        self.serve("/rates", of_project("rate", "parent"))
        self.serve("/project_briefs/{gid}", lambda request: self.one(request, "project_brief", request.parts["gid"]))
        self.serve("/tasks", self.tasks)
        self.serve("/tasks/{gid}", lambda request: self.one(request, "task", request.parts["gid"]))

    def tasks(self, request: Request) -> JsonObject:
        """Tasks of a project, without subtasks; or of somebody in a workspace, those in projects and subtasks too."""
        project, since = request.query.get("project"), request.instant("modified_since", None)
        if project is not None:
            self.found("project", project)
            found = self.world.filed(project)
        else:
            user, workspace = request.text("assignee"), request.text("workspace")
            found = [
                gid
                for gid, each in self.world.of("task").items()
                if each["assignee"] == data.ref("user", user) and each["workspace"]["gid"] == workspace
            ]
        rows = [self.world.of("task")[gid] for gid in found]
        if since is not None:
            rows = [each for each in rows if data.instant(each["modified_at"]) >= since]
        return self.listed(request, "task", rows)

    # ---- what is below something

    def below(self) -> None:
        def subtasks(request: Request) -> JsonObject:
            gid = self.found("task", request.parts["gid"])["gid"]
            return self.listed(request, "task", [self.world.of("task")[each] for each in self.world.children(gid)])

        def stories(kind: str) -> Callable[[Request], JsonObject]:
            return lambda request: self.belong(
                request, "story", "target", self.found(kind, request.parts["gid"])["gid"]
            )

        def items(request: Request) -> JsonObject:
            gid = self.found("portfolio", request.parts["gid"])["gid"]
            rows = [self.world.of(kind)[each] for kind, each in self.world.items[gid]]
            return self.listed(request, "item", rows)

        def parent(request: Request) -> str:
            gid = request.text("parent")
            if not any(gid in self.world.of(kind) for kind in ("task", "project", "portfolio", "goal")):
                raise Refuse(404, f"parent: Unknown object: {gid}")
            return gid

        self.serve("/tasks/{gid}/subtasks", subtasks)
        self.serve("/tasks/{gid}/stories", stories("task"))
        self.serve("/goals/{gid}/stories", stories("goal"))
        self.serve("/attachments", lambda request: self.belong(request, "attachment", "parent", parent(request)))
        self.serve("/status_updates", lambda request: self.belong(request, "status_update", "parent", parent(request)))
        self.serve("/portfolios/{gid}/items", items)
        self.serve(
            "/portfolios/{gid}/custom_field_settings",
            lambda request: self.belong(request, "custom_field_setting", "parent", request.parts["gid"]),
        )
        self.serve("/portfolio_memberships", lambda request: self.belong(
            request, "portfolio_membership", "portfolio", request.text("portfolio")))  # fmt: skip
        self.serve("/goal_relationships", lambda request: self.belong(
            request, "goal_relationship", "supported_goal", request.text("supported_goal")))  # fmt: skip

    # ---- logs

    def logs(self) -> None:
        def events(request: Request) -> Answer:
            resource = request.text("resource")
            if not any(resource in self.world.of(kind) for kind in ("project", "task", "goal", "portfolio")):
                raise Refuse(404, f"resource: Unknown object: {resource}")
            return self.feed(request, resource, self.traps.events_most)

        def workspace_events(request: Request) -> Answer:
            self.needs_service(request)
            return self.feed(request, self.found("workspace", request.parts["workspace"])["gid"], 1000)

        self.serve("/events", events)
        self.serve("/workspaces/{workspace}/events", workspace_events)
        self.serve("/workspaces/{workspace}/audit_log_events", self.audit)

    def needs_service(self, request: Request) -> None:
        if not self.logins.serves(request):
            raise Refuse(403, "Only service accounts may use this")

    def feed(self, request: Request, resource: str, most: int) -> Answer:
        """The events behind a token; without one, or with one that is too old, 412 and a fresh one."""
        feeds, token = self.world.feeds, request.query.get("sync")
        found = None if token is None else feeds.opened(resource, token, forgets=self.traps.forgets_tokens)
        if found is None:
            return Answer({"errors": [{"message": TOO_OLD}], "sync": feeds.fresh(resource)}, 412)
        return Answer(feeds.after(resource, *found, most))

    def audit(self, request: Request) -> JsonObject:
        """Oldest first. Once anything was found there is always a next page, which may be empty."""
        self.needs_service(request)
        if not self.world.of("workspace")[request.parts["workspace"]]["is_organization"]:
            raise Refuse(403, "Only organizations have an audit log")
        limit = request.integer("limit", 1000, least=1, most=1000)
        size = min(limit, self.traps.page_most or 1000)
        start = int((request.text("offset", "audit:0")).removeprefix("audit:").partition(".")[0])
        page = self.world.audit[start : start + size]
        if not self.world.audit:
            return {"data": [], "next_page": None}
        offset = f"audit:{start + len(page)}.{request.n}"  # never the same twice
        path = f"{request.path.removeprefix('/api/1.0')}?offset={offset}"
        return {"data": page, "next_page": {"offset": offset, "path": path, "uri": path}}


def _errors(status: int, message: str, request: Request) -> JsonObject:
    error = {"message": message, "help": "For more information on API status codes see the documentation."}
    if status >= 500:
        error["phrase"] = "6 sad squid snuggle softly"
    return {"errors": [error]}
