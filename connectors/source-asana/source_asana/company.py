"""The company: its workspaces, people and teams, and what all projects share."""

from typing import Any

from connector_sdk import EACH, GET, Missing, Stream

from .shared import PAID, TEAMS, WORKSPACES, every_organization, every_workspace, fields, listed, listing

MEMBER = "is_admin is_guest is_limited_access user.gid team.gid"
FIELD = (
    "name description type resource_subtype representation_type format precision currency_code custom_label "
    "custom_label_position enum_options.name enum_options.color enum_options.enabled has_notifications_enabled "
    "id_prefix input_restrictions is_formula_field is_global_to_workspace asana_created_field privacy_setting "
    "default_access_level created_by.gid"
)

workspaces = listed(
    "workspaces", WORKSPACES, "workspaces:read", "Workspaces and organizations that the credentials see.", "1h"
)
users = listed(
    "users", listing("/users", "name email photo.image_128x128 workspaces.gid", workspace=EACH), "users:read",
    "People, guests among them.", "1h", per=every_workspace, shared=True,
)  # fmt: skip
workspace_memberships = listed(
    "workspace_memberships",
    listing(f"/workspaces/{EACH}/workspace_memberships", "user.gid workspace.gid user_task_list.gid is_active is_admin "
            "is_guest is_view_only vacation_dates.start_on vacation_dates.end_on created_at"),
    "default", "Who is in which workspace, and as what; who was deactivated has is_active: false.", "1h",
    per=every_workspace,
)  # fmt: skip
user_task_lists = listed(
    "user_task_lists",
    GET(f"/users/{EACH['/user/gid']}/user_task_list", records="/data",
        params={"workspace": EACH["/workspace/gid"], "opt_fields": fields("name owner.gid workspace.gid")}),
    "tasks:read", "The list of each person's tasks. A request for each.", "1d", per=workspace_memberships,
    optional=True,
)  # fmt: skip
teams = listed("teams", TEAMS, "teams:read", "Teams; only organizations have them.", "1h", per=every_organization)
team_memberships = listed(
    "team_memberships", listing("/team_memberships", MEMBER, team=EACH["/gid"]), "team_memberships:read",
    "Who is in which team.", "6h", per=teams, deletes=Missing(orphans=True),
)  # fmt: skip


def everywhere(
    name: str, wanted: str, scope: str, about: str, path: str = "", every: str = "6h", **more: bool
) -> Stream:
    """What a workspace has, and not every plan."""
    params: dict[str, Any] = {} if path else {"workspace": EACH}
    read = listing(path or f"/{name}", wanted, on=PAID, **params)
    return listed(name, read, scope, about, every, per=every_workspace, **more)


tags = everywhere(
    "tags", "name color notes created_at followers.gid permalink_url workspace.gid", "tags:read", "Tags.",
    f"/workspaces/{EACH}/tags",
)  # fmt: skip
custom_fields = everywhere(
    "custom_fields", FIELD, "custom_fields:read", "Custom fields and their options. Paid plans only.",
    f"/workspaces/{EACH}/custom_fields",
)  # fmt: skip
roles = everywhere(
    "roles", "name description base_role_type is_standard_role creation_time modified_at workspace.gid", "roles:read",
    "Roles that people may be given.", every="1d", optional=True,
)  # fmt: skip
time_periods = everywhere(
    "time_periods", "display_name period start_on end_on parent.gid", "default", "The periods that goals are set for.",
    every="1d", optional=True,
)  # fmt: skip
time_tracking_entries = everywhere(
    "time_tracking_entries",
    "duration_minutes entered_on created_by.gid attributable_to.gid categories.gid",
    "time_tracking_entries:read", "Time that was spent on tasks. Higher plans only.", every="1d", optional=True,
)  # fmt: skip
