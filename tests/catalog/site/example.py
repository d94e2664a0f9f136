"""A repository as a team would have it: connectors in every state, requests that wait for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import dump
from connector_sdk.catalog._repository import Repository

__all__ = ["HOSTILE", "TODAY", "entry", "example", "hostile", "request"]

TODAY = "2026-11-27"
HOSTILE = "\"><script>alert(1)</script><img src='https://evil.example/x' onerror=alert(2)>&amp;\u202eabc\x07"
REQUESTER, OTHER, DECIDER = "requester@example.test", "another@example.test", "decider@example.test"
OWNER = "data-platform@example.test"

RE_READ, SNAPSHOT = "exact within re-read", "complete at the next snapshot"
AT_SNAPSHOT = "at the next snapshot"

GONG = [
    ("calls", ["/id"], RE_READ, "/started", "within re-read", "PT5M"),
    ("calls_extensive", ["/metaData/id"], RE_READ, "/metaData/started", "within re-read", "PT5M"),
    ("call_transcripts", ["/callId"], RE_READ, "/started", "within re-read", "PT5M"),
    ("users", ["/id"], SNAPSHOT, "", AT_SNAPSHOT, "PT6H"),
    ("user_settings_history", ["/userId", "/setting", "/time"], SNAPSHOT, "", AT_SNAPSHOT, "PT24H"),
    ("scorecard_definitions", ["/scorecardId"], SNAPSHOT, "", AT_SNAPSHOT, "PT1H"),
    ("coaching", ["/workspaceId", "/manager/id", "/report/id", "/date"], RE_READ, "/date", "within re-read", "PT1H"),
    ("audit_logs", ["/id"], RE_READ, "/eventTime", "", "PT1H"),
]
SLACK = [
    ("channels", ["/id"], SNAPSHOT, "", AT_SNAPSHOT, "PT15M"),
    ("messages", ["/channel", "/ts"], RE_READ, "/ts", "within re-read", "PT1M"),
    ("threads", ["/channel", "/ts"], "exact", "", "with their messages", "PT1M"),
    ("users", ["/id"], SNAPSHOT, "", AT_SNAPSHOT, "PT1H"),
    ("reactions", ["/channel", "/ts", "/name"], "exact", "", "with their messages", "PT5M"),
]
HUBSPOT = [
    ("contacts", ["/id"], RE_READ, "/updatedAt", "as they happen", "PT1M"),
    ("companies", ["/id"], RE_READ, "/updatedAt", "as they happen", "PT1M"),
    ("deals", ["/id"], RE_READ, "/updatedAt", "as they happen", "PT1M"),
    ("owners", ["/id"], SNAPSHOT, "", AT_SNAPSHOT, "PT1H"),
]
ASANA = [
    ("tasks", ["/gid"], "exact", "", "as they happen", "PT1M"),
    ("projects", ["/gid"], SNAPSHOT, "", AT_SNAPSHOT, "PT15M"),
]
LINEAR = [
    ("issues", ["/id"], RE_READ, "/updatedAt", "within re-read", "PT1M"),
    ("comments", ["/id"], RE_READ, "/updatedAt", "within re-read", "PT1M"),
    ("cycles", ["/id"], RE_READ, "/updatedAt", "", "PT15M"),
]


def digest(seed: int) -> str:
    return "sha256:" + "".join(f"{(seed * 2654435761 * (at + 1)) % 0xFFFFFFFF:08x}" for at in range(8))


def entry(
    name: str,
    title: str,
    lifecycle: str,
    streams: list[Any] | None = None,
    *,
    passed: int | None = None,
    failed: int = 0,
    current: bool = True,
    total: int = 44,
    **more: Any,
) -> dict[str, Any]:
    """An entry as ``entry sync`` leaves it; ``more`` goes into its spec."""
    system = name.removeprefix("source-")
    made: dict[str, Any] = {
        "apiVersion": "connector-catalog/v1",
        "kind": "Connector",
        "metadata": {
            "name": name,
            "title": title,
            "description": f"{title}: what the company's work in it leaves behind, with edits and deletes.",
            "owner": OWNER,
            "lifecycle": lifecycle,
            "aliases": [system],
            "links": [
                {"type": "api_reference", "url": f"https://developer.{system}.example/reference"},
                {"type": "rate_limits", "url": f"https://developer.{system}.example/limits"},
            ],
        },
        "spec": {
            "kind": "capture",
            "system": {"vendor": title, "hosts": [f"api.{system}.example"]},
            "support": {"level": "team", "contact": "#data-platform", "responseDays": 3},
            "licence": "Apache-2.0",
            "data": {"classification": "confidential", "personalData": True, "regions": ["eu"]},
            "code": {"path": f"connectors/{name}", "entrypoint": name.replace("-", "_")},
            "image": {"repository": f"registry.example.test/connectors/{name}"},
            "estuary": {"registered": lifecycle == "registered"},
            **more,
        },
        "generated": {},
    }
    if streams:
        made["spec"]["streams"] = {"suggested": [streams[0][0]]}
        made["generated"] = {
            "sdk": "0.1.0",
            "definitionHash": digest(2),
            "protocols": {"flow": 3032023, "airbyte": "0.18"},
            "configSchema": CONFIG,
            "secrets": ["/credentials/token"],
            "auth": ["Token", "OAuth"],
            "streams": [
                {
                    "name": each[0],
                    "key": each[1],
                    "syncModes": ["full_refresh", "incremental"],
                    "promise": each[2],
                    **({"cursor": each[3]} if each[3] else {}),
                    "deletes": each[4],
                    "defaultInterval": each[5],
                    "enabled": each[0] != "coaching",
                    "scopes": [f"{each[0]}:read"],
                    "schemaHash": digest(1),
                }
                for each in streams
            ],
        }
    if passed is not None:
        made["generated"]["conformance"] = {
            "suite": "1",
            "date": "2026-11-24",
            "passed": passed,
            "failed": failed,
            "notExercised": total - passed - failed,
            "total": total,
            "whole": True,
            "definitionHash": digest(2 if current else 3),
            "reportHash": digest(4),
        }
    return made


CONFIG = {
    "type": "object",
    "required": ["credentials", "start_date"],
    "properties": {
        "start_date": {"type": "string", "title": "Start date", "description": "Nothing older is captured."},
        "credentials": {
            "title": "Credentials",
            "oneOf": [
                {
                    "title": "Token",
                    "required": ["token"],
                    "properties": {
                        "credentials_title": {"const": "Token"},
                        "token": {
                            "type": "string",
                            "title": "Token",
                            "description": "Of an app of your own.",
                            "secret": True,
                        },
                    },
                },
            ],
        },
        "advanced": {"type": "object", "properties": {"base_url": {"type": "string", "title": "Base URL"}}},
    },
}


def released(entry_: dict[str, Any], seed: int) -> dict[str, Any]:
    entry_["releases"] = [
        {
            "version": "0.1.0",
            "date": "2026-10-02",
            "digest": digest(seed + 1),
            "changes": [{"kind": "added", "what": "The first image."}],
        },
        {
            "version": "1.0.0",
            "date": "2026-11-24",
            "digest": digest(seed),
            "changes": [
                {"kind": "added", "what": "Deletes are captured."},
                {"kind": "fixed", "what": "Ties of a cursor."},
            ],
            "breaking": {"message": "The key of threads has changed.", "upgradeBy": "2027-01-31"},
        },
    ]
    return entry_


def request(number: int, system: str, state: str, since: str, **more: Any) -> dict[str, Any]:
    """A request that came into its state on a day."""
    made: dict[str, Any] = {
        "apiVersion": "connector-catalog/v1",
        "kind": "ConnectorRequest",
        "id": f"2026-{number:03}",
        "system": system,
        "connectorKind": "capture",
        "requester": REQUESTER,
        "date": "2026-09-01",
        "need": {
            "streams": ["meetings", "recordings"],
            "deletes": True,
            "freshness": "PT15M",
            "destination": "Snowflake",
        },
        "urls": [f"https://developers.{system.lower().replace(' ', '-')}.example/docs/api"],
        "auth": "oauth",
        "dataClassification": "confidential",
        "state": state,
        "history": [{"state": "draft", "date": "2026-09-01", "by": REQUESTER}],
        **more,
    }
    if state != "draft":
        made["catalogCheck"] = {
            "query": system,
            "catalogVersion": "2026-11-23+sha256:1a2b3c4d",
            "answer": "request-custom",
            "candidates": [],
            **more.get("catalogCheck", {}),
        }
        made["history"].append({"state": state, "date": since, "by": DECIDER, "note": "see the thread of 3 November"})
    else:
        made["history"][0]["date"] = made["date"] = since
    return made


def decision(answer: str, reason: str, gap: list[str], until: str | None = None) -> dict[str, Any]:
    made = {"answer": answer, "by": DECIDER, "date": "2026-10-01", "reason": reason, "gap": gap}
    return {**made, "until": until} if until else made


def example(root: Path) -> Repository:
    """The repository, written into a folder."""
    entries = [
        released(
            entry(
                "source-gong",
                "Gong",
                "candidate",
                GONG,
                passed=44,
                overlap={
                    "with": "source-gong",
                    "gap": [
                        {"kind": "stream", "what": "call transcripts and audit logs"},
                        {"kind": "deletes", "what": "calls that are deleted within a week"},
                    ],
                    "until": "2026-10-31",
                },
            ),
            7,
        ),
        released(
            entry(
                "source-slack",
                "Slack",
                "candidate",
                SLACK,
                passed=41,
                current=False,
                overlap={
                    "with": "source-slack",
                    "gap": [{"kind": "freshness", "what": "within a minute, not in batches"}],
                    "until": "2027-02-01",
                },
            ),
            11,
        ),
        entry(
            "source-hubspot",
            "HubSpot",
            "building",
            HUBSPOT,
            passed=43,
            failed=1,
            total=44,
            overlap={
                "with": "source-hubspot-native",
                "gap": [{"kind": "auth", "what": "private-app tokens"}],
                "until": "2027-02-01",
            },
        ),
        entry("source-asana", "Asana", "building", ASANA),
        released(
            entry(
                "source-linear",
                "Linear",
                "registered",
                LINEAR,
                passed=44,
                estuary={"registered": True, "registeredOn": "2026-11-20", "reference": "ticket 4711", "tag": "v1"},
            ),
            5,
        ),
        entry("source-zoom", "Zoom", "approved"),
        entry(
            "source-old-crm",
            "Old CRM",
            "deprecated",
            LINEAR[:1],
            deprecation={
                "replacedBy": "source-hubspot",
                "removeOn": "2027-03-31",
                "reason": "the system was shut down",
            },
        ),
    ]
    approve = decision("approve", "Nothing in the catalog captures it.", [], "2027-04-01")
    requests = [
        request(1, "Linear", "registered", "2026-11-20", decision=approve, connector="source-linear"),
        request(
            2,
            "Gong",
            "candidate",
            "2026-11-24",
            connector="source-gong",
            catalogCheck={"answer": "gap", "connector": "source-gong", "candidates": ["source-gong"]},
            decision=decision("approve", "Transcripts are what the team needs.", ["stream: transcripts"], "2026-10-31"),
        ),
        request(3, "HubSpot", "building", "2026-10-12", decision=approve, connector="source-hubspot"),
        request(4, "Zoom", "approved", "2026-11-19", decision=approve, connector="source-zoom"),
        request(5, "Slack", "submitted", "2026-11-03", decision=approve, connector="source-slack"),
        request(
            6,
            "Salesforce",
            "closed-use-existing",
            "2026-10-01",
            connector="source-salesforce-native",
            catalogCheck={"answer": "needs-choice", "candidates": ["source-salesforce", "source-salesforce-native"]},
            decision=decision("use-existing", "Estuary's captures all that is asked for.", []),
        ),
        request(
            7,
            "Fax gateway",
            "rejected",
            "2026-10-02",
            decision=decision("reject", "Three documents a year need no pipeline.", []),
        ),
        request(8, "ServiceNow", "checked", "2026-11-02", requester=OTHER),
        request(9, "Microsoft Teams", "checked", "2026-11-21"),
        request(10, "ClickUp", "draft", TODAY),
        request(11, "Webinar tool", "retired", "2026-11-11"),
    ]
    write(root, entries, requests)
    return Repository(root)


def hostile(root: Path) -> Repository:
    """A repository whose every text tries to be more than text."""
    bad = entry("source-bad", HOSTILE, HOSTILE, [(HOSTILE, [HOSTILE], HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)])
    bad["metadata"] |= {
        "description": HOSTILE,
        "owner": HOSTILE,
        "aliases": [HOSTILE],
        "request": HOSTILE,
        "links": [
            {"type": HOSTILE, "url": "javascript:alert(1)"},
            {"type": "x", "url": f"https://x.example/{HOSTILE}"},
            {"type": "y", "url": "http://[broken"},
            {"type": "z", "url": "https://fine.example/a?b=c&d=\"e'"},
        ],
    }
    bad["spec"] |= {
        "system": {"vendor": HOSTILE, "hosts": [HOSTILE]},
        "licence": HOSTILE,
        "data": {HOSTILE: HOSTILE},
        "overlap": {"with": HOSTILE, "gap": [{"kind": HOSTILE, "what": HOSTILE}, HOSTILE], "until": HOSTILE},
        "support": {"level": HOSTILE},
        "deprecation": {"reason": HOSTILE},
        "image": {"repository": HOSTILE},
    }
    bad["generated"]["conformance"] = {"passed": 1, "total": 2, "notExercised": HOSTILE, "date": HOSTILE}
    bad["generated"]["configSchema"] = {"properties": {HOSTILE: {"title": HOSTILE, "description": HOSTILE}}}
    bad["releases"] = [
        {"version": HOSTILE, "date": HOSTILE, "digest": HOSTILE, "changes": [HOSTILE], "breaking": {"message": HOSTILE}}
    ]
    asked = request(
        1,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        requester=HOSTILE,
        connector=HOSTILE,
        auth=HOSTILE,
        decision=decision(HOSTILE, HOSTILE, [HOSTILE], HOSTILE),
        urls=[HOSTILE, "javascript:alert(1)"],
        replaces=[HOSTILE],
        catalogCheck={"answer": HOSTILE, "candidates": [HOSTILE]},
    )
    write(root, [bad], [asked])
    (root / "requests" / "2026-001-x.yaml").rename(root / "requests" / "2026-001-'><svg onload=x>&.yaml")
    return Repository(root)


def write(root: Path, entries: list[dict[str, Any]], requests: list[dict[str, Any]]) -> None:
    for folder in ("catalog-entries", "requests", "connectors"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for each in entries:
        (root / "catalog-entries" / f"{each['metadata']['name']}.yaml").write_text(dump(each), "utf-8")
    for each in requests:
        system = "".join(char if char.isalnum() else "-" for char in each["system"].lower())
        name = system if len(system) < 40 else "x"
        (root / "requests" / f"{each['id']}-{name}.yaml").write_text(dump(each), "utf-8")
