"""Portfolios, goals, and who is planned for what."""

from connector_sdk import EACH, Missing

from .company import everywhere
from .projects import SETTING, UPDATES
from .shared import PAID, below, every_workspace, listed, listing, owner
from .tasks import STORY

GONE = Missing(orphans=True)

portfolios = listed(
    "portfolios",
    listing("/portfolios", "name archived color created_at created_by.gid owner.gid members.gid start_on due_on public "
            "privacy_setting default_access_level permalink_url workspace.gid current_status_update.gid "
            "custom_fields.name custom_fields.display_value", on=PAID, workspace=EACH, owner=owner),
    "portfolios:read", "Portfolios that the token's owner owns; with a service account all of them.", "1h",
    per=every_workspace,
)  # fmt: skip
portfolio_items = listed(
    "portfolio_items",
    listing(f"/portfolios/{EACH['/gid']}/items", "name").plus(portfolio_gid=EACH["/gid"]), "portfolios:read",
    "Projects and portfolios that a portfolio holds.", "1h", key=("/portfolio_gid", "/gid"), per=portfolios,
    deletes=GONE,
)  # fmt: skip
portfolio_memberships = listed(
    "portfolio_memberships", listing("/portfolio_memberships", "user.gid portfolio.gid access_level",
                                     portfolio=EACH["/gid"]),
    "default", "Who a portfolio is shared with.", "1d", per=portfolios, deletes=GONE, optional=True,
)  # fmt: skip
portfolio_custom_field_settings = listed(
    "portfolio_custom_field_settings", listing(f"/portfolios/{EACH['/gid']}/custom_field_settings", SETTING),
    "portfolios:read", "Which custom fields a portfolio has.", "6h", per=portfolios, deletes=GONE, optional=True,
)  # fmt: skip
portfolio_status_updates = below(
    "portfolio_status_updates", UPDATES, "default", "What was told of how a portfolio stands.", portfolios,
    optional=True,
)  # fmt: skip
goals = everywhere(
    "goals",
    "name notes html_notes start_on due_on status owner.gid team.gid workspace.gid time_period.gid followers.gid "
    "is_workspace_level privacy_setting default_access_level num_likes metric current_status_update.gid "
    "custom_fields.name custom_fields.display_value",
    "goals:read", "Goals of the workspace and of its teams. Higher plans only.", every="1h",
)  # fmt: skip
goal_relationships = listed(
    "goal_relationships",
    listing("/goal_relationships", "resource_subtype contribution_weight supported_goal.gid supporting_resource.gid",
            supported_goal=EACH["/gid"]),
    "default", "What supports a goal.", "6h", per=goals, deletes=GONE, optional=True,
)  # fmt: skip
goal_status_updates = below(
    "goal_status_updates", UPDATES, "default", "What was told of how a goal stands.", goals, optional=True
)
goal_stories = listed(
    "goal_stories", listing(f"/goals/{EACH['/gid']}/stories", STORY), "stories:read",
    "Comments on goals, and what Asana tells of their changes.", "6h", per=goals, deletes=GONE, optional=True,
)  # fmt: skip
allocations = everywhere(
    "allocations", "assignee.gid created_by.gid effort.type effort.value start_date end_date parent.gid "
    "resource_subtype", "default", "Who is planned for which project. Higher plans only.", every="6h", optional=True,
)  # fmt: skip
