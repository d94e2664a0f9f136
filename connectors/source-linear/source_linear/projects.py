"""Projects and initiatives, with their updates, milestones, members and relations; cycles and documents."""

from connector_sdk import Snapshot, Stream

from .shared import below, changing, listed

UPDATE = "body health diff diffMarkdown isDiffHidden commentCount reactionData editedAt slugId url user { id }"
LABEL = "name description color isGroup parent { id } creator { id } retiredBy { id }"
REMINDERS = (
    "frequencyResolution updateReminderFrequency updateReminderFrequencyInWeeks updateRemindersDay updateRemindersHour"
)

projects = changing(
    "projects", "projects",
    "name description content url slugId icon color priority priorityLabel prioritySortOrder sortOrder health "
    "healthUpdatedAt labelIds startDate startDateResolution targetDate targetDateResolution startedAt completedAt "
    "canceledAt autoArchivedAt progress scope scopeHistory inProgressScopeHistory completedScopeHistory "
    "issueCountHistory completedIssueCountHistory microsoftTeamsChannelId slackChannelId "
    f"projectUpdateRemindersPausedUntilAt {REMINDERS} status {{ id }} lead {{ id }} creator {{ id }} "
    "lastUpdate { id } convertedFromIssue { id } lastAppliedTemplate { id }",
    "Projects; progress, scope and their histories are as of the project's last change. One in the trash is deleted.",
    trash=True,
)  # fmt: skip
project_updates = changing(
    "project_updates", "projectUpdates", f"{UPDATE} project {{ id }}", "How projects were said to go."
)
project_milestones = changing(
    "project_milestones", "projectMilestones", "name description status progress targetDate sortOrder project { id }",
    "Milestones of projects.",
)  # fmt: skip
project_labels = changing("project_labels", "projectLabels", LABEL, "Labels of projects.")
project_statuses = listed(
    "project_statuses", "projectStatuses", "name description color type position indefinite",
    "The states that projects go through.",
)  # fmt: skip
project_relations = listed(
    "project_relations", "projectRelations",
    "type anchorType relatedAnchorType project { id } relatedProject { id } projectMilestone { id } "
    "relatedProjectMilestone { id } user { id }",
    "Which project depends on which.",
)  # fmt: skip


def of_projects(name: str, key: str | tuple[str, ...], field: str, nodes: str, about: str) -> Stream:
    read = below("projects", "project", field, nodes, 20)
    return Stream(name, key=key, scopes=["read"], about=about, read=read, sync=Snapshot(every="6h"))


project_members = of_projects("project_members", ("/projectId", "/id"), "members", "id", "Who works on which project.")
project_teams = of_projects("project_teams", ("/projectId", "/id"), "teams", "id", "Which teams share which project.")
project_external_links = of_projects(
    "project_external_links", "/id", "externalLinks",
    "id createdAt updatedAt archivedAt label url sortOrder creator { id } initiative { id }",
    "Links that were put on projects.",
)  # fmt: skip

initiatives = changing(
    "initiatives", "initiatives",
    "name description content url slugId icon color status priority prioritySortOrder sortOrder health "
    f"healthUpdatedAt labelIds targetDate targetDateResolution startedAt completedAt {REMINDERS} owner {{ id }} "
    "creator { id } lastUpdate { id } parentInitiative { id }",
    "Initiatives. One in the trash is deleted.", trash=True,
)  # fmt: skip
initiative_updates = changing(
    "initiative_updates", "initiativeUpdates", f"{UPDATE} initiative {{ id }}", "How initiatives were said to go."
)
initiative_labels = changing("initiative_labels", "initiativeLabels", LABEL, "Labels of initiatives.")
initiative_relations = listed(
    "initiative_relations", "initiativeRelations", "sortOrder initiative { id } relatedInitiative { id } user { id }",
    "Which initiative is part of which.",
)  # fmt: skip
initiative_to_projects = listed(
    "initiative_to_projects", "initiativeToProjects", "sortOrder initiative { id } project { id }",
    "Which project belongs to which initiative.",
)  # fmt: skip

cycles = changing(
    "cycles", "cycles",
    "name description number startsAt endsAt completedAt autoArchivedAt progress scopeHistory inProgressScopeHistory "
    "completedScopeHistory issueCountHistory completedIssueCountHistory team { id } inheritedFrom { id }",
    "Cycles of teams; progress and histories are as of the cycle's last change.",
)  # fmt: skip
documents = changing(
    "documents", "documents",
    "title content url slugId icon color sortOrder documentContentId hiddenAt issue { id } project { id } "
    "initiative { id } release { id } creator { id } updatedBy { id } lastAppliedTemplate { id }",
    "Documents, with their text as Markdown. One in the trash is deleted.", trash=True,
)  # fmt: skip
