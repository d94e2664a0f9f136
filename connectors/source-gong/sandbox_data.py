"""The made-up company behind the Gong sandbox: its calls, people, scorecards and trackers."""

from __future__ import annotations

from typing import Any

from connector_sdk.testing.fake import FakeApi, JsonObject, MadeUp, equals, instant_in, zoned_text

ZONE = "America/Los_Angeles"
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
CONTENT = (
    "structure",
    "topics",
    "trackers",
    "trackerOccurrences",
    "brief",
    "outline",
    "highlights",
    "callOutcome",
    "keyPoints",
)
SELECTOR: JsonObject = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "content": dict.fromkeys(CONTENT, True),
        "interaction": dict.fromkeys(("speakers", "video", "personInteractionStats", "questions"), True),
        "collaboration": {"publicComments": True},
        "media": False,
    },
}
"""Everything about a call but its media links."""
TOPICS = ("Pricing", "Small talk", "Next steps", "Objections", "Security", "Competition", "Onboarding", "Call set-up")
OUTCOMES = ("Demo scheduled", "Meeting set", "Left voicemail", "Not interested", "Wrong number", "Follow up", "Closed")
TRACKERS = ("Budget", "Competitors", "Churn risk", "Decision maker", "GDPR", "Discount", "Timeline", "Integrations")


class World:
    """The company's data: made at the start, then changed by ``tick()``."""

    def __init__(self, api: FakeApi, seed: int, history_days: int, late: float) -> None:
        self.api = api
        self.made = MadeUp(seed)
        self.late = late
        self.epoch = api.now() // HOUR * HOUR
        self.began = self.epoch - history_days * DAY
        self.start = (self.began // DAY - 1) * DAY
        self.calls = api.collection("calls", key="/metaData/id", order="/metaData/id")
        self.users = api.collection("users", order="/id")
        self.scorecards = api.collection("scorecards", key="/scorecardId")
        self.answered = api.collection("answered scorecards", key="/answeredScorecardId", order="/answeredScorecardId")
        self.trackers = api.collection("trackers", key="/trackerId")
        self.workspaces = api.collection("workspaces")
        self.outcomes = api.collection("call outcomes", key="/callOutcome")
        self.integrations = api.collection("CRM integrations")

    def fill(self, calls: int, users: int) -> None:
        """The whole company, as it is at the start."""
        for name in ("Sales", "Customer success"):
            self.workspaces.put({"id": self.made.id(15), "name": name, "description": self.made.sentence()})
        for _ in range(users):
            self.new_user(self.epoch - self.made.number(30, 900) * DAY)
        for index in range(2):
            self.users.put({**self.user(self.began), "firstName": "Avatar", "lastName": str(index)})
        for index, name in enumerate(OUTCOMES):
            self.outcomes.put(
                {"callOutcome": name, "category": self.made.pick(("Positive", "Negative")), "order": index}
            )
        for index in range(12):
            self.scorecards.put(self.scorecard(index))
        for name in TRACKERS:
            self.trackers.put(self.tracker(name))
        for system in ("Salesforce", "HubSpot"):
            self.integrations.put({"id": self.made.id(17), "name": f"Our {system}", "crmType": system.upper()})
        instants = sorted(self.made.number(self.began, self.epoch - MINUTE) for _ in range(calls))
        for index, instant in enumerate(instants):
            if index and self.made.chance(0.03):
                instant = instants[index - 1]  # several calls share one second
            elif self.made.chance(0.03):
                instant = instant // HOUR * HOUR  # and some start on the border of a window
            self.new_call(instant, self.epoch)

    # ---- new records

    def new_user(self, created: int) -> str:
        """Someone joins."""
        return str(self.users.put(self.user(created)))

    def new_call(self, started: int, now: int) -> str:
        """A call is listed now or, one in some, hours later; what Gong finds in it comes after that."""
        call, age = self.call(started), max(0, now - started)
        fresh = self.late > 0 and age < DAY
        wait = self.made.number(1, 8) * 3600 if fresh and self.made.chance(self.late) else 0
        found = self.made.number(30, 1500) * MINUTE - age if fresh else 0
        if found <= 0:
            call["content"] = self.insight()
        id = str(self.calls.put(call, visible_after=wait))
        if found > 0:
            content = self.insight()
            self.calls.edit(id, lambda call: call.update(content=content), visible_after=wait + found / 1_000_000)
        if started < now - 2 * HOUR and self.made.chance(0.35):
            self.new_answer(call, self.made.number(started + HOUR, min(now, started + 5 * DAY)))
        return id

    def new_answer(self, call: JsonObject, reviewed: int) -> Any:
        """Someone, or Gong itself, fills in a scorecard for a call."""
        return self.answered.put(self.answer(call, reviewed))

    # ---- records

    def user(self, created: int) -> JsonObject:
        made, (first, last) = self.made, self.made.person()
        managers = self.users.select()[:10]
        return {
            "id": made.id(15, 18, 19),
            "emailAddress": made.email(first, last, "acme"),
            "created": zoned_text(created, ZONE),
            "active": not made.chance(0.1),
            "emailAliases": [made.email(first, last, "acme-old")] if made.chance(0.2) else [],
            "trustedEmailAddress": None,
            "firstName": first,
            "lastName": last,
            "title": made.pick(("Account Executive", "SDR", "CSM", "VP Sales", "Sales Engineer", None)),
            "phoneNumber": f"+1 555 01{made.number(10, 99)}" if made.chance(0.5) else None,
            "extension": None,
            "personalMeetingUrls": [],
            "settings": {"webConferencesRecorded": made.chance(0.9), "telephonyCallsImported": made.chance(0.4)},
            "managerId": made.pick(managers)["id"] if managers else None,
            "spokenLanguages": [{"language": made.pick(("en-US", "de-DE", "es-ES")), "primary": True}],
        }

    def call(self, started: int) -> JsonObject:
        """A call as it is listed at first: without what Gong finds in it later."""
        made, host, company = self.made, self.made.pick(self.active()), self.made.company()
        parties = self.parties(host, company)
        return {
            "metaData": self.meta(started, host, company),
            "context": [self.crm_context(company)] if made.chance(0.7) else [],
            "parties": parties,
            "content": {name: None if name in ("brief", "callOutcome") else [] for name in CONTENT},
            "interaction": {
                "speakers": [{"id": each["speakerId"], "talkTime": made.number(10, 900)} for each in parties],
                "video": [{"name": "Browser", "duration": made.number(1, 600)}],
                "personInteractionStats": [{"name": "Talk Ratio", "value": round(made.random.random(), 4)}],
                "questions": {"companyCount": made.number(0, 20), "nonCompanyCount": made.number(0, 20)},
            },
            "collaboration": {"publicComments": []},
        }

    def meta(self, started: int, host: JsonObject, company: str) -> JsonObject:
        made, id = self.made, self.made.id(19, 19, 19, 20)
        return {
            "id": id,
            "url": f"https://app.gong.io/call?id={id}",
            "title": f"{made.pick(('Demo', 'Discovery', 'Renewal', 'Check-in', 'Kick-off', 'Q&A'))} - {company}",
            "scheduled": zoned_text(started - started % (5 * MINUTE), ZONE) if made.chance(0.8) else None,
            "started": zoned_text(started, ZONE),
            "duration": made.number(20, 5400),
            "primaryUserId": host["id"],
            "direction": made.pick(("Inbound", "Outbound", "Conference", "Conference", "Unknown")),
            "system": made.pick(("Zoom", "Microsoft Teams", "Aircall", "Google Meet")),
            "scope": made.pick(("External", "External", "Internal", "Unknown")),
            "media": made.pick(("Video", "Audio")),
            "language": made.pick(("eng", "eng", "deu", "spa", "und")),
            "workspaceId": made.pick(self.workspaces.select())["id"],
            "sdrDisposition": None,
            "clientUniqueId": f"zoom-{made.number(10**8, 10**9)}" if made.chance(0.3) else None,
            "customData": None,
            "purpose": made.pick((None, "Sales", "Support")),
            "meetingUrl": f"https://meet.example.test/{id[-6:]}",
            "isPrivate": made.chance(0.02),
            "calendarEventId": None,
        }

    def parties(self, host: JsonObject, company: str) -> list[JsonObject]:
        made, found = self.made, []
        for index in range(made.number(2, 5)):
            first, last = (host["firstName"], host["lastName"]) if index == 0 else made.person()
            found.append(
                {
                    "id": made.id(14),
                    "emailAddress": host["emailAddress"] if index == 0 else made.email(first, last, "customer"),
                    "name": f"{first} {last}",
                    "title": made.pick(("CFO", "Engineer", None)),
                    "userId": host["id"] if index == 0 else None,
                    "speakerId": made.id(19),
                    "affiliation": "Internal" if index == 0 else "External",
                    "methods": made.some(("Invitee", "Attendee"), 1, 2),
                    "context": [],
                }
            )
        return found

    def crm_context(self, company: str) -> JsonObject:
        made, objects = self.made, []
        id = f"006{made.id(12)}"
        for timing in ("Now", "TimeOfCall"):
            stage = {"name": "StageName", "value": made.pick(("Prospecting", "Negotiation", "Closed Won"))}
            fields = [
                {"name": "Name", "value": company},
                stage,
                {"name": "Amount", "value": made.number(1, 900) * 1000.5},
            ]
            objects.append({"objectType": "Opportunity", "objectId": id, "timing": timing, "fields": fields})
        return {"system": "Salesforce", "objects": objects}

    def insight(self) -> JsonObject:
        """What Gong finds in a call, some time after it."""
        made = self.made
        found = [(each["trackerId"], each["trackerName"]) for each in made.some(self.trackers.select(), 0, 3)]
        return {
            "structure": [{"name": name, "duration": made.number(5, 900)} for name in ("Intro", "Demo", "Close")],
            "topics": [{"name": name, "duration": made.number(0, 900)} for name in made.some(TOPICS, 1, 4)],
            "trackers": [{"id": id, "name": name, "count": made.number(1, 9)} for id, name in found],
            "trackerOccurrences": [{"trackerId": id, "startTime": made.random.random() * 900} for id, _ in found],
            "brief": made.text(2, 4),
            "outline": [{"section": name, "items": [{"text": made.sentence()}]} for name in made.some(TOPICS, 1, 2)],
            "highlights": [{"title": "Next steps", "items": [{"text": made.sentence()}]}],
            "callOutcome": {"name": made.pick(OUTCOMES)} if made.chance(0.8) else None,
            "keyPoints": [{"text": made.sentence()} for _ in range(made.number(1, 3))],
        }

    def scorecard(self, index: int) -> JsonObject:
        made, manual = self.made, index % 3 > 0
        created = zoned_text(self.began - made.number(1, 400) * DAY)
        questions = [
            {
                "questionId": int(made.id(10)),
                "questionRevisionId": int(made.id(19, 20)),
                "questionText": made.sentence(),
                "questionType": made.pick(("SCALE", "YES_NO", "OPEN")),
                "isOverall": number == 0,
                "answerOptions": None,
            }
            for number in range(made.number(2, 6))
        ]
        return {
            "scorecardId": int(made.id(10, 19)),
            "scorecardName": f"{made.pick(('Discovery', 'Demo', 'Coaching', 'Renewal'))} {index + 1}",
            "workspaceId": int(made.pick(self.workspaces.select())["id"]),
            "enabled": made.chance(0.9),
            "reviewMethod": "MANUAL" if manual else "AUTOMATIC",
            "updaterUserId": int(made.pick(self.active())["id"]),
            "created": created,
            "updated": created,
            "questions": questions,
        }

    def answers(self, scorecard: JsonObject) -> list[JsonObject]:
        found = []
        for question in scorecard["questions"]:
            open = question["questionType"] == "OPEN"
            answer = {name: question[name] for name in ("questionId", "questionRevisionId", "isOverall")}
            answer |= {"score": None if open else self.made.number(1, 5), "selectedOptions": None}
            found.append({**answer, "answerText": self.made.sentence() if open else None, "notApplicable": False})
        return found

    def answer(self, call: JsonObject, reviewed: int) -> JsonObject:
        made, meta, scorecard = self.made, call["metaData"], self.made.pick(self.scorecards.select())
        manual = scorecard["reviewMethod"] == "MANUAL"
        return {
            "answeredScorecardId": int(made.id(19, 19, 20)),
            "scorecardId": scorecard["scorecardId"],
            "scorecardName": scorecard["scorecardName"],
            "callId": int(meta["id"]),
            "callStartTime": meta["started"],
            "reviewedUserId": int(meta["primaryUserId"]),
            "reviewerUserId": int(made.pick(self.active())["id"]) if manual else None,
            "reviewMethod": scorecard["reviewMethod"],
            "editorUserId": None,
            "reviewTime": zoned_text(reviewed, ZONE),
            "visibilityType": made.pick(("PUBLIC", "PRIVATE")),
            "answers": self.answers(scorecard),
        }

    def tracker(self, name: str) -> JsonObject:
        made, created = self.made, zoned_text(self.began - self.made.number(1, 400) * DAY)
        return {
            "trackerId": made.id(18),
            "trackerName": name,
            "workspaceId": made.pick(self.workspaces.select())["id"],
            "languageKeywords": [
                {"language": "eng", "keywords": [name.lower(), made.company()], "includeRelatedForms": True}
            ],
            "affiliation": made.pick(("Anyone", "Company", "NonCompany")),
            "partOfQuestion": made.chance(0.2),
            "saidAt": "Anytime",
            "saidInTopics": [],
            "filterQuery": '{"type":"And"}',
            "created": created,
            "creatorUserId": made.pick(self.active())["id"],
            "updated": created,
            "updaterUserId": None,
        }

    def active(self) -> list[JsonObject]:
        return self.users.select(equals("/active", True)) or self.users.select()


def is_avatar(user: JsonObject) -> bool:
    """Avatars are people who stand in for others; they are listed only on request."""
    return bool(user["firstName"] == "Avatar")


def started_at(call: JsonObject) -> int:
    return instant_in(call["metaData"]["started"])


def has_transcript(call: JsonObject) -> bool:
    """Private calls and calls that are still processed have none."""
    return not call["metaData"]["isPrivate"] and call["content"]["brief"] is not None


def transcript(call: JsonObject) -> JsonObject:
    """What was said: the same for the same call."""
    made, speakers = MadeUp(f"transcript {call['metaData']['id']}"), [each["speakerId"] for each in call["parties"]]
    start, monologues = 0, []
    for _ in range(made.number(3, 12)):
        sentences = []
        for _ in range(made.number(1, 5)):
            start += made.number(500, 9000)
            sentences.append({"start": start, "end": start + 400, "text": made.sentence()})
        topic = made.pick((*TOPICS, None))
        monologues.append({"speakerId": made.pick(speakers), "topic": topic, "sentences": sentences})
    return {"callId": call["metaData"]["id"], "transcript": monologues}
