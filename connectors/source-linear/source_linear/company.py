"""The workspace: teams and people, templates, customers and what they need, releases, and what was audited."""

from connector_sdk import Incremental, Iso, Snapshot, Stream

from .shared import ENTITY, changing, listed, listing, whole

organization = Stream(
    "organization",
    key="/id",
    scopes=["read"],
    about="The workspace itself.",
    read=whole(
        "organization",
        f"{ENTITY} name urlKey previousUrlKeys logoUrl userCount createdIssueCount customerCount customersEnabled "
        "releasesEnabled roadmapEnabled samlEnabled scimEnabled releaseChannel fiscalYearStartMonth gitBranchFormat "
        "trialStartsAt trialEndsAt deletionRequestedAt",
    ),
    sync=Snapshot(every="6h"),
)
teams = changing(
    "teams", "teams",
    "key name displayName description icon color visibility timezone retiredAt issueCount ledInitiativeCount "
    "allMembersCanJoin scimManaged scimGroupName cyclesEnabled cycleDuration cycleCooldownTime cycleStartDay "
    "cycleLockToActive cycleIssueAutoAssignStarted cycleIssueAutoAssignCompleted upcomingCycleCount autoArchivePeriod "
    "autoClosePeriod autoCloseStateId autoCloseParentIssues autoCloseChildIssues issueEstimationType "
    "issueEstimationAllowZero issueEstimationExtended defaultIssueEstimate inheritIssueEstimation "
    "inheritWorkflowStatuses triageEnabled requirePriorityToLeaveTriage groupIssueHistory "
    "setIssueSortOrderOnStateChange aiThreadSummariesEnabled aiDiscussionSummariesEnabled parent { id } "
    "activeCycle { id } defaultIssueState { id } triageIssueState { id } defaultProjectTemplate { id }",
    "Teams whose issues the credentials see.",
)  # fmt: skip
team_memberships = listed(
    "team_memberships", "teamMemberships", "owner sortOrder team { id } user { id }", "Who is in which team."
)
users = changing(
    "users", "users",
    "name displayName email active disableReason admin owner guest app title description url avatarUrl "
    "avatarBackgroundColor initials timezone statusEmoji statusLabel statusUntilAt gitHubUserId createdIssueCount "
    "isAssignable isMentionable canAccessAnyPublicTeam supportsAgentSessions",
    "People and apps; who is suspended stays, with active: false.", takes=", includeDisabled: true",
)  # fmt: skip
external_users = listed(
    "external_users", "externalUsers", "name displayName email avatarUrl", "People of other systems who wrote here."
)
templates = Stream(
    "templates",
    key="/id",
    scopes=["read"],
    about="Templates of issues, projects and documents.",
    read=whole(
        "templates",
        f"{ENTITY} name description type icon color sortOrder templateData team {{ id }} creator {{ id }} "
        "lastUpdatedBy { id } inheritedFrom { id } pipeline { id }",
    ),
    sync=Snapshot(every="1h"),
)
time_schedules = listed(
    "time_schedules", "timeSchedules", "name externalId externalUrl", "Schedules of who is on call."
)

customers = changing(
    "customers", "customers",
    "name domains externalIds mainSourceId logoUrl url slugId slackChannelId revenue size approximateNeedCount "
    "owner { id } status { id } tier { id }",
    "Customers, where the plan has them.", scope="customer:read",
)  # fmt: skip
customer_needs = changing(
    "customer_needs", "customerNeeds",
    "body content priority url customer { id } issue { id } originalIssue { id } project { id } comment { id } "
    "attachment { id } creator { id }",
    "What customers asked for.", scope="customer:read",
)  # fmt: skip
KIND = "name displayName description color position"
customer_statuses = listed(
    "customer_statuses", "customerStatuses", KIND, "The states of customers.", scope="customer:read"
)
customer_tiers = listed("customer_tiers", "customerTiers", KIND, "The tiers of customers.", scope="customer:read")

releases = changing(
    "releases", "releases",
    "name description version commitSha url slugId issueCount currentProgress progressHistory startDate targetDate "
    "startedAt completedAt canceledAt autoArchivedAt creator { id } pipeline { id } stage { id }",
    "Releases, where the plan has them. One in the trash is deleted.", trash=True,
)  # fmt: skip
release_pipelines = changing(
    "release_pipelines", "releasePipelines",
    "name type url slugId isProduction includePathPatterns autoGenerateReleaseNotesOnCompletion "
    "approximateReleaseCount latestReleaseNote { id } releaseNoteTemplate { id }",
    "Pipelines that releases go through. One in the trash is deleted.", trash=True,
)  # fmt: skip
release_stages = changing(
    "release_stages", "releaseStages", "name type color position frozen pipeline { id }", "Stages of pipelines."
)
release_notes = changing(
    "release_notes", "releaseNotes",
    "title url slugId generationStatus releaseCount firstRelease { id } lastRelease { id } pipeline { id }",
    "Notes on releases, without their text.",
)  # fmt: skip
issue_to_releases = listed(
    "issue_to_releases", "issueToReleases", "issue { id } release { id }", "Which issue is in which release."
)

audit_entries = Stream(
    "audit_entries",
    key="/id",
    scopes=["admin"],
    optional=True,
    about="What people did to the workspace, with their addresses. Administrators on Enterprise plans only.",
    read=listing(
        "auditEntries", f"{ENTITY} type actorId ip countryCode metadata requestInformation", filter="createdAt"
    ),
    sync=Incremental("/createdAt", format=Iso("1ms"), lag="30s", reread="1h", every="5m"),
)
notifications = changing(
    "notifications", "notifications",
    "__typename type category readAt emailedAt snoozedUntilAt unsnoozedAt user { id } actor { id } "
    "externalUserActor { id } botActor { id type name } "
    "... on IssueNotification { issueId commentId parentCommentId reactionEmoji team { id } } "
    "... on ProjectNotification { projectId projectMilestoneId projectUpdateId commentId parentCommentId } "
    "... on InitiativeNotification { initiativeId initiativeUpdateId commentId parentCommentId } "
    "... on DocumentNotification { documentId commentId parentCommentId } "
    "... on CustomerNotification { customerId } ... on CustomerNeedNotification { customerNeedId }",
    "Notifications of the person whose credentials these are, and of nobody else.", optional=True,
)  # fmt: skip
