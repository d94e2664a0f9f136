"""What the account holds beside CRM objects: owners, settings, lists, marketing, conversations and logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import Collection, FakeApi, JsonObject, MadeUp, beside

if TYPE_CHECKING:
    import hubspot_data as data
else:
    data = beside(__file__, "hubspot_data")

EVENT_TYPES = ("SENT", "DELIVERED", "OPEN", "CLICK", "BOUNCE", "SUPPRESSED", None)  # None: what undoes a bounce
stamp = data.stamp


class Hub:
    """Collections by name, as the API shows them; ``rows["owners"]``."""

    def __init__(self, api: FakeApi, crm: data.Crm, seed: int) -> None:
        self.api, self.crm = api, crm
        self.made = MadeUp(f"hub {seed}")
        keys: dict[str, str | tuple[str, ...]] = {
            "lists": "/listId", "memberships": ("/listId", "/recordId"), "schemas": "/objectTypeId",
            "pipelines": ("/objectType", "/id"), "submissions": ("/formId", "/conversionId"),
            "audits": ("/pipelineId", "/timestamp"), "timeline": ("/recipient", "/timestamp"), "usage": "/name",
            "labels": ("/from", "/to", "/category", "/typeId"), "participations": ("/event", "/id"),
            "messages": ("/conversationsThreadId", "/id"), "statuses": ("/email", "/subscriptionId"),
            "assets": ("/campaign", "/type", "/id"), "events": "/objectId",
        }  # fmt: skip
        names = (*keys, "owners", "forms", "emails", "campaigns", "email_events", "definitions", "inboxes", "channels",
                 "threads", "flows", "sequences", "web_events", "audit_logs", "logins", "security")  # fmt: skip
        orders = {"submissions": "/submittedAt", "memberships": "/membershipTimestamp",
                  "threads": "/latestMessageTimestamp"}  # fmt: skip
        newest = ("submissions", "memberships")
        self.rows: dict[str, Collection] = {
            name: api.collection(name, key=keys.get(name, "/id"), order=orders.get(name), descending=name in newest)
            for name in names
        }
        self._number = 0

    def next(self, prefix: str = "") -> str:
        """A new id."""
        self._number += 1
        return f"{prefix}{self._number}"

    def put(self, to: str, /, **record: Any) -> JsonObject:
        """Add a record to a collection."""
        self.rows[to].put(record)
        return record

    # ---- what is there at first

    def fill(self, days: int) -> None:
        """A little of everything."""
        now = self.api.now()
        self.moments = [now - self.made.number(2 * data.HOUR, days * data.DAY) for _ in range(60)]
        self._people()
        self._settings()
        self._lists()
        self._forms()
        self._emails()
        self._campaigns()
        self._conversations()
        self._logs()

    def ago(self) -> int:
        """Some moment of the past."""
        return self.made.pick(self.moments)

    def born(self) -> JsonObject:
        """When something was made and changed."""
        at = self.ago()
        return {"createdAt": stamp(at), "updatedAt": stamp(at + data.MINUTE)}

    def _people(self) -> None:
        for number in range(12):
            first, last = self.made.person()
            self.put("owners", id=self.next(), email=self.made.email(first, last, "acme"), type="PERSON",
                     firstName=first, lastName=last, userId=900 + number, archived=number % 5 == 4, **self.born(),
                     teams=[{"id": "3", "name": "West", "primary": True}])  # fmt: skip
            self.put("sequences", id=self.next("seq-"), name=self.made.sentence(), userId=str(900 + number))

    def _settings(self) -> None:
        self.put("schemas", id="1", objectTypeId=data.CUSTOM, name=data.CUSTOM_NAME, fullyQualifiedName="p1_car",
                 archived=False, labels={"singular": "Car", "plural": "Cars"}, properties=[])  # fmt: skip
        self.put("schemas", id="2", objectTypeId="2-12", name="old", fullyQualifiedName="p1_old", archived=True,
                 labels={"singular": "Old", "plural": "Olds"}, properties=[])  # fmt: skip
        for kind in (*data.PIPED, data.CUSTOM):
            for id in ("default", self.next("pipe-")):
                stages = [
                    {"id": f"{id}-{number}", "label": name, "displayOrder": number, "metadata": {"probability": "1.0"},
                     "archived": False, **self.born()}
                    for number, name in enumerate(("Open", "Won", "Lost"))
                ]  # fmt: skip
                self.put("pipelines", objectType=kind, id=id, label="Sales", displayOrder=0, archived=False,
                         stages=stages, **self.born())  # fmt: skip
                self.put("audits", pipelineId=f"{kind}/{id}", portalId=1, identifier=id, action="CREATE",
                         timestamp=stamp(self.ago()), fromUserId=9)  # fmt: skip
        kinds = (*data.MAIN, data.CUSTOM)
        for one in kinds:
            for other in kinds:
                number = data.TYPE_IDS.get((one, other), 1)
                self.put("labels", **{"from": one, "to": other}, category="HUBSPOT_DEFINED", typeId=number, label=None)

    def _lists(self) -> None:
        contacts = list(self.crm.objects["contacts"].truth())
        for number in range(8):
            found = self.put("lists", listId=self.next(), name=self.made.sentence(), objectTypeId="0-1",
                             processingType=("DYNAMIC", "MANUAL")[number % 2], processingStatus="COMPLETE",
                             listVersion=3, **self.born(), additionalProperties={"hs_list_size": "9"})  # fmt: skip
            for contact in self.made.some(contacts, 3, 20):
                self.join(found["listId"], contact, self.ago())

    def join(self, list_id: str, record_id: str, at: int | None = None) -> None:
        """A record comes onto a list; neither of them changes."""
        at = self.api.now() if at is None else at
        self.put("memberships", listId=list_id, recordId=record_id, membershipTimestamp=stamp(at))

    def _forms(self) -> None:
        types = ("hubspot", "captured", "flow", "blog_comment", "hubspot")
        for number, type in enumerate(types):
            form = self.put(
                "forms", id=self.next("f-"), name=f"Form {number}", formType=type, archived=False, **self.born()
            )
            for _ in range(0 if type == "blog_comment" else 7):
                self.submit(form["id"], self.ago())

    def submit(self, form: str, at: int | None = None) -> None:
        """Someone fills a form in. Submissions of old forms have no id of their own."""
        at = self.api.now() if at is None else at
        id = self.next("x-")
        values = [{"name": "email", "value": f"{id}@acme.test", "objectTypeId": "0-1"}]
        self.put(
            "submissions", formId=form, conversionId=id, submittedAt=at // 1000, values=values, pageUrl="https://a.test"
        )

    def _emails(self) -> None:
        for number in range(9):
            sent = number % 3 > 0
            stats = {"counters": {"sent": 10 * number, "open": number}} if sent else None
            self.put("emails", id=self.next(), name=f"E-mail {number}", subject=self.made.sentence(), state="PUBLISHED",
                     archived=number == 8, stats=stats, **self.born())  # fmt: skip
        for number in range(70):
            self.email_event(EVENT_TYPES[number % len(EVENT_TYPES)], self.ago())
        for _ in range(12):
            self.unsubscribe(self.ago())
        for name in ("News", "Offers"):
            self.put("definitions", id=self.next(), name=name, description=self.made.sentence(), isActive=True)
        for contact in self.crm.objects["contacts"].truth().values():
            for definition in self.rows["definitions"]:
                self.put("statuses", email=contact["properties"]["email"], subscriptionId=definition["id"],
                         subscriptionName=definition["name"], status="SUBSCRIBED", channel="EMAIL")  # fmt: skip

    def email_event(self, type: str | None, at: int | None = None) -> str:
        """Something happens to an e-mail; gives its id."""
        at = self.api.now() if at is None else at
        event: JsonObject = {"id": self.next("e-"), "created": at // 1000, "recipient": "a@acme.test", "portalId": 1}
        event |= {"emailCampaignId": 5} | ({"type": type} if type else {})
        self.rows["email_events"].put(event)
        return str(event["id"])

    def unsubscribe(self, at: int) -> str:
        """Someone wants no more e-mails; gives the address."""
        (first, last), at = self.made.person(), at // 1000
        address = self.made.email(first, last, "acme")
        self.put("timeline", timestamp=at, recipient=address, portalId=1, normalizedEmailId=self.next("n-"),
                 changes=[{"change": "OUT", "timestamp": at}])  # fmt: skip
        return address

    def _campaigns(self) -> None:
        for number in range(3):
            id = self.next("guid-")
            self.put("campaigns", id=id, properties={"hs_name": f"Campaign {number}"}, businessUnits=[], **self.born())
            self.put("assets", campaign=id, type="FORM", id=self.next("f-"), name="A form")
            event = self.put("events", objectId=self.next(), eventName=f"Webinar {number}", eventType="WEBINAR",
                             eventOrganizer="Acme", **self.born())  # fmt: skip
            for _ in range(4):
                self.register(event["objectId"], self.ago())

    def register(self, event: str, at: int) -> str:
        """Someone registers for an event."""
        self.put("participations", event=event, id=self.next("p-"), createdAt=stamp(at),
                 properties={"attendanceState": "REGISTERED", "occurredAt": at // 1000},
                 associations={"contact": {"contactId": "101"}})  # fmt: skip
        return event

    def _conversations(self) -> None:
        self.put("inboxes", id=self.next(), name="Sales", type="HELP_DESK", archived=False, **self.born())
        self.put("channels", id=self.next(), name="E-mail")
        for _ in range(14):
            id = self.next()
            for _ in range(3):
                self.write(id, self.ago())
        for _ in range(4):
            id = self.next()
            actions = [{"actionId": "1", "actionTypeId": "0-1"}]
            self.put("flows", id=id, name=self.made.sentence(), isEnabled=True, objectTypeId="0-1", revisionId="3",
                     actions=actions, **self.born())  # fmt: skip

    def write(self, thread: str, at: int | None = None) -> None:
        """Someone writes in a conversation."""
        at = self.api.now() if at is None else at
        known = self.rows["threads"].get(thread)
        latest = max(filter(None, [known and known["latestMessageTimestamp"], stamp(at)]))
        self.put("threads", id=thread, createdAt=stamp(at), status="OPEN", inboxId="1", latestMessageTimestamp=latest,
                 archived=False)  # fmt: skip
        self.put("messages", conversationsThreadId=thread, id=self.next("m-"), text=self.made.sentence(),
                 createdAt=stamp(at), type="MESSAGE")  # fmt: skip

    def _logs(self) -> None:
        for _ in range(30):
            self.audit(self.ago())
        for _ in range(5):
            self.put("logins", id=self.next("l-"), loginAt=stamp(self.ago()), userId="9", loginSucceeded=True)
            self.put("security", id=self.next("s-"), createdAt=stamp(self.ago()), type="PASSWORD_RESET", userId="9")
        self.put(
            "usage", name="private-apps-api-calls-daily", usageLimit=250_000, currentUsage=17, fetchStatus="SUCCESS"
        )
        for contact in list(self.crm.objects["contacts"].truth())[:4]:
            self.visit(contact, self.ago())

    def visit(self, contact: str, at: int) -> None:
        """A contact looks at a page."""
        self.put("web_events", id=self.next("w-"), eventType="e_visited_page", objectType="contact",
                 objectId=contact, occurredAt=stamp(at), properties={})  # fmt: skip

    def audit(self, at: int | None = None) -> None:
        """Someone did something."""
        at = self.api.now() if at is None else at
        self.put("audit_logs", id=self.next("a-"), category="CRM_OBJECT", action="UPDATE", occurredAt=stamp(at),
                 actingUser={"userId": 9})  # fmt: skip

    # ---- changes

    def changes(self) -> dict[str, tuple[int, Callable[[], Any]]]:
        """What happens here at random: how often each comes, and what makes it."""
        counts = Counter(list_id for list_id, _ in self.rows["memberships"].truth())
        several = [key for key in self.rows["memberships"].truth() if counts[key[0]] > 1]  # none left proves nothing
        return {
            "list joined": (3, self.join_one),
            "list left": (2 * bool(several), lambda: self.leave(self.made.pick(several))),
            "owner archived": (1, lambda: self.edit("owners", archived=True)),
            "pipeline renamed": (1, lambda: self.edit("pipelines", label=self.made.sentence())),
            "workflow edited": (1, lambda: self.edit("flows", revisionId=self.next(), name=self.made.sentence())),
            "form submitted": (3, self.submit_one),
            "e-mail edited": (2, lambda: self.edit("emails", subject=self.made.sentence(), updatedAt=self.now())),
            "e-mail event": (4, lambda: self.email_event(self.made.pick(EVENT_TYPES))),
            "subscription changed": (2, lambda: self.unsubscribe(self.api.now())),
            "participant registered": (2, lambda: self.register(self.any("events"), self.api.now())),
            "message written": (3, self.write_one),
            "page visited": (2, self.visit_one),
            "something logged": (2, self.audit),
        }

    def now(self) -> str:
        return stamp(self.api.now())

    def any(self, name: str) -> Any:
        """The key of some record."""
        return self.made.pick(list(self.rows[name].truth()))

    def edit(self, name: str, /, **values: Any) -> str:
        """Some record of a collection changes."""
        key = self.any(name)
        self.rows[name].edit(key, **values)
        return str(key)

    def join_one(self) -> str:
        list_id, contact = self.any("lists"), self.made.pick(list(self.crm.objects["contacts"].truth()))
        self.join(list_id, contact)
        return f"{list_id} {contact}"

    def leave(self, membership: tuple[str, str]) -> str:
        """A record leaves a list, without a trace."""
        self.rows["memberships"].delete(membership)
        return " ".join(membership)

    def submit_one(self) -> str:
        form = self.made.pick(
            [id for id, each in self.rows["forms"].truth().items() if each["formType"] != "blog_comment"]
        )
        self.submit(form)
        return str(form)

    def write_one(self) -> str:
        thread = self.any("threads")
        self.write(thread)
        return str(thread)

    def visit_one(self) -> str:
        contact = self.made.pick(list(self.crm.objects["contacts"].truth()))
        self.visit(contact, self.api.now())
        return str(contact)

    # ---- truths

    def truths(self) -> Iterator[tuple[str, str]]:
        """The streams that show a collection just as it is, each with its name here."""
        plain = ("owners", "schemas", "forms", "campaigns", "sequences", "audit_logs")
        yield from zip(plain, plain, strict=True)
        yield from {
            "pipelines": "pipelines", "contact_lists": "lists", "email_subscriptions": "definitions",
            "marketing_events": "events", "conversation_inboxes": "inboxes", "conversation_channels": "channels",
            "conversation_threads": "threads", "conversation_messages": "messages", "workflows": "flows",
            "login_activity": "logins", "security_activity": "security", "api_usage": "usage",
            "list_memberships": "memberships", "web_analytics": "web_events",
        }.items()  # fmt: skip

    def made_truths(self) -> dict[str, Callable[[], dict[Any, JsonObject]]]:
        """The streams that show a part of a collection, or what is made of it. What the API gives no id has a number
        here."""
        crm, rows = self.crm, self.rows
        addresses = {row["properties"]["email"]: id for id, row in crm.objects["contacts"].truth().items()}
        return {
            "properties": lambda: {(kind, each["name"]): each for kind in crm.kinds for each in crm.properties[kind]},
            "pipeline_stages": lambda: {
                (pipeline["objectType"], pipeline["id"], stage["id"]): stage
                for pipeline in rows["pipelines"] for stage in pipeline["stages"]
            },
            "association_labels": lambda: self.shown("labels", "from", "to"),
            "form_submissions": lambda: dict(enumerate(map(self.submitted, rows["submissions"]))),
            "marketing_emails": lambda: self.shown("emails", "stats"),
            "marketing_email_statistics": lambda: {
                id: {name: row[name] for name in ("id", "name", "stats")}
                for id, row in rows["emails"].truth().items() if row["stats"] and not row["archived"]
            },
            "email_events": lambda: {(row["id"], row["created"]): row for row in rows["email_events"]},
            "subscription_changes": lambda: dict(enumerate(rows["timeline"])),
            "subscription_statuses": lambda: {
                (addresses[row["email"]], row["subscriptionId"]): without(row, "email")
                for row in rows["statuses"] if row["email"] in addresses
            },
            "campaign_assets": lambda: self.shown("assets", "campaign", "type"),
            "marketing_event_participations": lambda: self.shown("participations", "event"),
            "webhooks_journal": lambda: {(file["offset"], 0): file["entries"][0] for file in crm.journal},
        }  # fmt: skip

    def submitted(self, row: JsonObject) -> JsonObject:
        """A submission, which of an old form has no id of its own."""
        form = self.rows["forms"].get(row["formId"])
        return without(row, "conversionId") if form and form["formType"] == "captured" else row

    def shown(self, name: str, *hidden: str) -> dict[Any, JsonObject]:
        """A collection without what the API leaves out, since it was asked for."""
        return {key: without(row, *hidden) for key, row in self.rows[name].truth().items()}


def without(row: JsonObject, *names: str) -> JsonObject:
    """A record without these."""
    return {name: value for name, value in row.items() if name not in names}
