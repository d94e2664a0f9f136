"""Gong: calls, transcripts, people, scorecards, statistics, library, flows, logs and settings. API v2."""

import re

from connector_sdk import Connector, Http, Limit, On

from .calls import (
    answered_scorecards,
    call_outcomes,
    call_transcripts,
    calls,
    calls_extensive,
    scorecard_definitions,
    trackers,
)
from .company import (
    audit_logs,
    crm_entity_schema,
    crm_integrations,
    library_folder_content,
    library_folders,
    permission_profile_users,
    permission_profiles,
    workspaces,
)
from .people import (
    activity_aggregate,
    activity_day_by_day,
    coaching,
    flows,
    interaction_stats,
    tasks,
    user_settings_history,
    users,
)
from .shared import NOTHING, GongConfig

__all__ = ["GongConfig", "gong"]

gong = Connector(
    name="source-gong",
    title="Gong",
    config=GongConfig,
    http=lambda config: Http(
        config.base_url,
        auth=config.credentials,
        limits=[Limit(3, per="1s"), Limit(10_000, per="1d")],
        error="/errors/0",
        on=[NOTHING, On(400, error=re.compile("cursor")).expired()],
    ),
    check=workspaces,
    streams=[
        calls,
        calls_extensive,
        call_transcripts,
        call_outcomes,
        users,
        user_settings_history,
        answered_scorecards,
        scorecard_definitions,
        activity_day_by_day,
        activity_aggregate,
        interaction_stats,
        coaching,
        trackers,
        workspaces,
        library_folders,
        library_folder_content,
        permission_profiles,
        permission_profile_users,
        flows,
        tasks,
        audit_logs,
        crm_integrations,
        crm_entity_schema,
    ],
)
