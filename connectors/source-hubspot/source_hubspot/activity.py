"""What happens: conversations, workflows, behaviour, the account's own logs and its webhooks journal."""

from collections.abc import AsyncIterator, Iterator

from connector_sdk import (
    EACH,
    GET,
    POST,
    SINCE,
    UNTIL,
    ChangeLog,
    Follow,
    Incremental,
    Json,
    On,
    Page,
    Snapshot,
    Source,
    Step,
    Stream,
    lookup,
)

from .crm import contacts
from .settings import owners
from .shared import NOT_HERE, HubSpotConfig, paged, setting
from .versions import ACTIVITY, API_USAGE, CONVERSATIONS, EVENTS, FLOWS, JOURNAL, SEQUENCES, TOKEN

inboxes = setting(
    "conversation_inboxes", "/id", paged(f"{CONVERSATIONS}/inboxes"), "conversations.read", "Inboxes of conversations."
)
channels = setting(
    "conversation_channels", "/id", paged(f"{CONVERSATIONS}/channels"), "conversations.read", "Channels they come by."
)
threads = Stream(
    "conversation_threads",
    key="/id",
    scopes=["conversations.read"],
    about="Conversations: who with, in which inbox, open or closed.",
    read=paged(f"{CONVERSATIONS}/threads", sort="latestMessageTimestamp", latestMessageTimestampAfter=SINCE.exclusive),
    sync=Incremental("/latestMessageTimestamp", order="rising", reread="1h", every="1m"),
)
messages = Stream(
    "conversation_messages",
    key=("/conversationsThreadId", "/id"),
    scopes=["conversations.read"],
    about="What was written in each conversation. Read again whenever there is something new in it.",
    read=paged(f"{CONVERSATIONS}/threads/{EACH['/id']}/messages", on=[NOT_HERE]),
    sync=Follow(threads),
)

workflows = setting(
    "workflows",
    "/id",
    paged(FLOWS).then(GET(f"{FLOWS}/{EACH['/id']}", records="")),
    "automation",
    "Workflows, with all of their actions. A request for each.",
    every="6h",
)
sequences = Stream(
    "sequences",
    key="/id",
    per=owners.where(lambda owner: owner.get("userId") and not owner["archived"]),
    shared=True,
    optional=True,
    scopes=["automation.sequences.read"],
    about="Sequences of sales e-mails. A request for each user.",
    read=paged(SEQUENCES, on=[NOT_HERE], userId=EACH["/userId"]),
    sync=Snapshot(every="6h"),
)


def names(body: Json) -> Iterator[Json]:
    """The types of events, which are listed by their names alone."""
    for name in body["eventTypes"]:
        yield {"name": name}


event_types = setting(
    "event_types",
    "/name",
    GET(f"{EVENTS}/event-types", records=names),
    "business-intelligence",
    "Types of behavioural events.",
    every="6h",
)
web_analytics = Stream(
    "web_analytics",
    key="/id",
    optional=True,
    scopes=["business-intelligence"],
    about="Behavioural events of each contact, all of them whenever the contact changes. A request for each contact.",
    read=paged(EVENTS, on=[NOT_HERE], objectType="contact", objectId=EACH["/id"]),
    sync=Follow(contacts, as_listed=True),
)

audit_logs = Stream(
    "audit_logs",
    key="/id",
    scopes=["account-info.security.read"],
    about="Who did what in the account. Only with Enterprise.",
    read=paged(f"{ACTIVITY}/audit-logs", occurredAfter=SINCE.exclusive, occurredBefore=UNTIL),
    sync=Incremental("/occurredAt", lag="1m", reread="1d", every="5m"),
)
login_activity = setting(
    "login_activity", "/id", paged(f"{ACTIVITY}/login"), "account-info.security.read", "Who logged in.", every="6h"
)
security_activity = setting(
    "security_activity",
    "/id",
    paged(f"{ACTIVITY}/security"),
    "account-info.security.read",
    "What was done about the account's security.",
    every="6h",
)
api_usage = setting(
    "api_usage", "/name", GET(API_USAGE, records="/results"), "", "How many of the day's requests are used."
)


@lookup(every="20m")  # a token lives for half an hour
async def journal_login(source: Source[HubSpotConfig]) -> str:
    """The journal is of an app, which logs in by itself."""
    app = source.config.journal
    if app is None:
        raise ValueError("webhooks_journal needs the app that has the journal: fill in journal in the config")
    scopes = "developer.webhooks_journal.read developer.webhooks_journal.subscriptions.read"
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret.get_secret_value(),
        "scope": scopes,
    }
    answer: Json = (await source.http.page(POST(TOKEN, form=form))).json
    return f"Bearer {answer['access_token']}"


def entries(body: Json | list[Json]) -> list[Json]:
    """The entries of a file, which is a list of them, or holds one."""
    if isinstance(body, list):
        return body
    return next((each for each in body.values() if isinstance(each, list)), [body])


async def journal(source: Source[HubSpotConfig], step: Step) -> AsyncIterator[Page]:
    """The journal's files from the last offset on: each answer tells where the next one lies, for a short while."""
    path = f"offset/{step.token}/next" if step.token else "earliest"
    portal = source.config.journal.portal_id if source.config.journal else None
    while True:
        asked = {"installPortalId": portal}
        login = {"Authorization": journal_login}
        answer = await source.http.page(GET(f"{JOURNAL}/{path}", params=asked, headers=login, records="", on=[DEAD]))
        for place in answer.records():
            offset = str(place["currentOffset"])
            # by EACH, since credentials must not go to the host of the files
            file = await source.http.page(GET(EACH["/url"], records=entries, on=[LATE]), each=place)
            rows = [{"offset": offset, "position": at, **entry} for at, entry in enumerate(file.records())]
            yield source.http.make_page(rows, token=offset)
            path = f"offset/{offset}/next"
        if not list(answer.records()):
            return


DEAD = On((400, 404, 410)).expired()  # entries are kept for three days
LATE = On((403, 404, 410)).fail("its address has died; the journal is asked for another one")

webhooks_journal = Stream(
    "webhooks_journal",
    key=("/offset", "/position"),
    optional=True,
    scopes=["developer.webhooks_journal.read"],
    about="What HubSpot tells of every change, deletion, merge and association the app has subscribed to.",
    read=journal,
    sync=ChangeLog(every="1m"),
)
