"""Issues and what hangs on them: comments, attachments, labels, relations, history and reactions."""

from connector_sdk import ALL, EACH, Endpoint, Follow, GraphQL, Json, Snapshot, Stream

from .shared import RULES, below, changing, listed

issues = changing(
    "issues", "issues",
    "identifier previousIdentifiers number title description url branchName priority priorityLabel prioritySortOrder "
    "sortOrder subIssueSortOrder estimate dueDate labelIds reactionData customerTicketCount integrationSourceType "
    "inheritsSharedAccess startedAt completedAt canceledAt triagedAt startedTriageAt autoArchivedAt autoClosedAt "
    "snoozedUntilAt addedToCycleAt addedToProjectAt addedToTeamAt slaType slaStartedAt slaMediumRiskAt slaHighRiskAt "
    "slaBreachesAt team { id } state { id } assignee { id } creator { id } delegate { id } parent { id } cycle { id } "
    "project { id } projectMilestone { id } snoozedBy { id } asksRequester { id } asksExternalUserRequester { id } "
    "externalUserCreator { id } sourceComment { id } lastAppliedTemplate { id } recurringIssueTemplate { id } "
    "botActor { id type name }",
    "Issues of the teams that the credentials see. An archived one stays; one in the trash is deleted.",
    trash=True, every="1m",
)  # fmt: skip
comments = changing(
    "comments", "comments",
    "body quotedText url issueId projectId projectUpdateId initiativeId initiativeUpdateId documentContentId parentId "
    "editedAt resolvedAt resolvingCommentId reactionData user { id } externalUser { id } resolvingUser { id } "
    "botActor { id type name }",
    "Comments on issues, documents, projects, initiatives and their updates; a reply has a parentId.",
    every="1m",
)  # fmt: skip
attachments = changing(
    "attachments", "attachments",
    "title subtitle url metadata source sourceType groupBySource bodyData issue { id } originalIssue { id } "
    "creator { id } externalUserCreator { id }",
    "Links from issues to pull requests, conversations, designs and the like; not files.",
)  # fmt: skip
issue_labels = changing(
    "issue_labels", "issueLabels",
    "name description color isGroup parent { id } inheritedFrom { id } team { id } creator { id } retiredBy { id }",
    "Labels of issues, of the workspace and of teams. A retired one stays, with retiredBy.",
)  # fmt: skip
workflow_states = changing(
    "workflow_states", "workflowStates", "name description color type position team { id } inheritedFrom { id }",
    "The states that issues go through, by team.",
)  # fmt: skip
issue_relations = listed(
    "issue_relations", "issueRelations", "type issue { id } relatedIssue { id }",
    "Which issue blocks, duplicates or is related to which.", every="6h",
)  # fmt: skip
issue_history = Stream(
    "issue_history",
    key="/id",
    scopes=["read"],
    optional=True,
    about="What changed in each issue, when and by whom. Read anew whenever the issue changes, twenty at a time.",
    read=below(
        "issues", "issue", "history",
        "id createdAt updatedAt archivedAt actorId archived autoArchived autoClosed trashed updatedDescription "
        "fromTitle toTitle fromStateId toStateId fromAssigneeId toAssigneeId fromTeamId toTeamId fromCycleId toCycleId "
        "fromProjectId toProjectId toConvertedProjectId fromParentId toParentId fromPriority toPriority fromEstimate "
        "toEstimate fromDueDate toDueDate addedLabelIds removedLabelIds addedToReleaseIds removedFromReleaseIds "
        "attachmentId customerNeedId fromSlaType toSlaType fromSlaStartedAt toSlaStartedAt fromSlaBreachesAt "
        "toSlaBreachesAt fromSlaBreached toSlaBreached triageResponsibilityAutoAssigned fromDelegate { id } "
        "toDelegate { id } fromProjectMilestone { id } toProjectMilestone { id } triageResponsibilityTeam { id } "
        "botActor { id type name }",
        20, ids=ALL(EACH["/id"], at_most=20),
    ),
    sync=Follow(issues),
)  # fmt: skip
issue_state_history = Stream(
    "issue_state_history",
    key="/id",
    scopes=["read"],
    optional=True,
    about="How long each issue was in which state. Read anew whenever the issue changes, twenty at a time.",
    read=below("issues", "issue", "stateHistory", "id stateId startedAt endedAt", 50, ids=ALL(EACH["/id"], at_most=20)),
    sync=Follow(issues),
)
issue_subscribers = Stream(
    "issue_subscribers",
    key=("/issueId", "/id"),
    scopes=["read"],
    optional=True,
    about="Who is told of changes to which issue. Asks for all issues, once a day.",
    read=below("issues", "issue", "subscribers", "id", 20),
    sync=Snapshot(every="1d"),
)
REACTION = (
    "id createdAt updatedAt archivedAt emoji user { id } externalUser { id } issue { id } comment { id } "
    "projectUpdate { id } initiativeUpdate { id }"
)


def all_reactions(body: Json) -> list[Json]:
    return [reaction for each in body["data"]["rows"]["nodes"] for reaction in each["reactions"]]


def with_reactions() -> Endpoint:
    rows = f"rows: {EACH}(first: 100, after: $after, includeArchived: true)"
    page = f"nodes {{ id reactions {{ {REACTION} }} }} pageInfo {{ hasNextPage endCursor }}"
    query = f"query Page($after: String) {{ {rows} {{ {page} }} }}"
    return GraphQL("/graphql", query, at="/data/rows", records=all_reactions, on=RULES)


reactions = Stream(
    "reactions",
    key="/id",
    per=["issues", "comments", "projectUpdates", "initiativeUpdates"],
    scopes=["read"],
    optional=True,
    about="Reactions, one row each; what they are below sums them up in reactionData. Asks for all of that once a day.",
    read=with_reactions(),
    sync=Snapshot(every="1d"),
)
