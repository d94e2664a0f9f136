"""Asana: projects, tasks, subtasks, comments, people, portfolios, goals and logs. API 1.0."""

import re

from connector_sdk import Connector, Http, Limit, On

from .company import (
    custom_fields,
    roles,
    tags,
    team_memberships,
    teams,
    time_periods,
    time_tracking_entries,
    user_task_lists,
    users,
    workspace_memberships,
    workspaces,
)  # fmt: skip
from .logs import audit_log_events, events, workspace_events
from .planning import (
    allocations,
    goal_relationships,
    goal_status_updates,
    goal_stories,
    goals,
    portfolio_custom_field_settings,
    portfolio_items,
    portfolio_memberships,
    portfolio_status_updates,
    portfolios,
)  # fmt: skip
from .projects import (
    custom_field_settings,
    custom_types,
    project_briefs,
    project_memberships,
    project_templates,
    projects,
    rates,
    sections,
    status_updates,
    task_templates,
)  # fmt: skip
from .shared import AsanaConfig
from .tasks import attachments, stories, tasks, tasks_without_project

__all__ = ["AsanaConfig", "asana"]

RULES = [
    On(400, error=re.compile("pagination token", re.IGNORECASE)).expired(),
    On(400, error=re.compile("too large", re.IGNORECASE)).smaller(),
    On(451).skip(),  # withheld for legal reasons
]

asana = Connector(
    name="source-asana",
    title="Asana",
    config=AsanaConfig,
    http=lambda config: Http(
        "https://app.asana.com/api/1.0",
        auth=config.credentials,
        limits=[Limit(1500, per="1m", least=50)],  # free plans have a tenth of it; what is dear counts more
        error=["/errors/0/message", "/error"],
        details=["/errors/0/phrase"],
        on=RULES,
    ),
    check=workspaces,
    streams=[
        workspaces, users, workspace_memberships, user_task_lists, teams, team_memberships, roles, tags, custom_fields,
        projects, project_memberships, sections, custom_field_settings, custom_types, status_updates, project_briefs,
        project_templates, task_templates, rates, tasks, tasks_without_project, stories, attachments, portfolios,
        portfolio_items, portfolio_memberships, portfolio_custom_field_settings, portfolio_status_updates, goals,
        goal_relationships, goal_status_updates, goal_stories, time_periods, time_tracking_entries, allocations,
        events, workspace_events, audit_log_events,
    ],
)  # fmt: skip
