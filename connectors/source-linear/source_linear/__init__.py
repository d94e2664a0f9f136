"""Linear: issues, comments, projects, cycles, teams, initiatives, customers and releases. GraphQL."""

from connector_sdk import Connector, Http, Limit

from .company import (
    audit_entries,
    customer_needs,
    customer_statuses,
    customer_tiers,
    customers,
    external_users,
    issue_to_releases,
    notifications,
    organization,
    release_notes,
    release_pipelines,
    release_stages,
    releases,
    team_memberships,
    teams,
    templates,
    time_schedules,
    users,
)  # fmt: skip
from .issues import (
    attachments,
    comments,
    issue_history,
    issue_labels,
    issue_relations,
    issue_state_history,
    issue_subscribers,
    issues,
    reactions,
    workflow_states,
)  # fmt: skip
from .projects import (
    cycles,
    documents,
    initiative_labels,
    initiative_relations,
    initiative_to_projects,
    initiative_updates,
    initiatives,
    project_external_links,
    project_labels,
    project_members,
    project_milestones,
    project_relations,
    project_statuses,
    project_teams,
    project_updates,
    projects,
)  # fmt: skip
from .shared import RULES, LinearConfig

__all__ = ["LinearConfig", "linear"]

linear = Connector(
    name="source-linear",
    title="Linear",
    config=LinearConfig,
    http=lambda config: Http(
        "https://api.linear.app",
        auth=config.credentials,
        limits=[Limit(2500, per="1h", told="X-RateLimit-Requests-Limit")],
        error=["/errors/0/extensions/type", "/errors/0/extensions/code", "/errors/0/message"],
        failed="/errors",
        details=["/errors/0/message", "/errors/0/extensions/userPresentableMessage", "/errors/0/path"],
        on=RULES,
    ),
    check=organization,
    streams=[
        issues, comments, attachments, issue_labels, workflow_states, issue_relations, issue_history,
        issue_state_history, issue_subscribers, reactions, projects, project_updates, project_milestones,
        project_labels, project_statuses, project_relations, project_members, project_teams, project_external_links,
        initiatives, initiative_updates, initiative_labels, initiative_relations, initiative_to_projects, cycles,
        documents, organization, teams, team_memberships, users, external_users, templates, time_schedules, customers,
        customer_needs, customer_statuses, customer_tiers, releases, release_pipelines, release_stages, release_notes,
        issue_to_releases, audit_entries, notifications,
    ],
)  # fmt: skip
