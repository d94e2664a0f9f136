"""A made-up source "acme", spoken by hand: tickets, people, and a snapshot that is disabled."""

import json
import os
import signal
import sys
import time
from pathlib import Path

SPEC = {
    "protocol": 3032023,
    "configSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Acme",
        "type": "object",
        "required": ["credentials"],
        "properties": {
            "credentials": {
                "title": "Authentication",
                "type": "object",
                "order": 0,
                "discriminator": {"propertyName": "credentials_title"},
                "oneOf": [
                    {
                        "title": "API Key",
                        "type": "object",
                        "required": ["credentials_title", "api_key"],
                        "properties": {
                            "credentials_title": {"type": "string", "const": "API Key", "default": "API Key"},
                            "api_key": {
                                "title": "API Key",
                                "description": "Key from your Acme settings.",
                                "type": "string",
                                "secret": True,
                                "order": 1,
                            },
                        },
                    }
                ],
            },
            "count": {"title": "Count", "description": "How many tickets there are.", "type": "integer", "default": 20},
        },
    },
    "resourceConfigSchema": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "interval": {"type": "string", "default": "PT5M"}},
    },
    "documentationUrl": "https://example.test/source-acme",
    "resourcePathPointers": ["/name"],
}

META = {
    "type": "object",
    "properties": {"op": {"enum": ["c", "u", "d"]}, "row_id": {"type": "integer"}},
}


def schema(**properties):
    return {
        "type": "object",
        "x-infer-schema": True,
        "required": list(properties),
        "properties": {"_meta": META, **properties},
    }


STREAMS = {
    "tickets": {"documentSchema": schema(id={"type": "integer"}), "key": ["/id"]},
    "people": {"documentSchema": schema(email={"type": "string"}), "key": ["/email"]},
    "rows": {"documentSchema": {"type": "object", "properties": {"_meta": META}}, "key": ["/_meta/row_id"]},
}
PEOPLE = ["ann@example.test", "bob@example.test", "zoë@example.test"]


class Acme:
    """The connector. A subclass overrides what it breaks."""

    def __init__(self):
        self.out = sys.stdout.buffer
        self.requests = 0

    def write(self, *messages):
        self.out.write(b"".join(json.dumps(each).encode() + b"\n" for each in messages))
        self.out.flush()

    def log(self, level, msg, **fields):
        wanted = os.environ.get("LOG_LEVEL", "warn")
        if level != "debug" or wanted in ("debug", "trace"):
            print(json.dumps({"level": level, "msg": msg, "fields": fields}), file=sys.stderr, flush=True)

    def fail(self, msg):
        self.log("error", msg)
        raise SystemExit(1)

    def serve(self):
        for line in sys.stdin.buffer:
            request = json.loads(line)
            kind = next(each for each in request if each != "$internal")
            getattr(self, f"on_{kind}", self.on_unknown)(request[kind])

    def on_unknown(self, body):
        self.fail("unknown request")

    def on_spec(self, body):
        self.write({"spec": SPEC})

    def on_discover(self, body):
        self.check(body["config"])
        bindings = [
            {"recommendedName": name, "resourceConfig": {"name": name, "interval": "PT5M"}, **each}
            for name, each in STREAMS.items()
        ]
        bindings[-1]["disable"] = True
        self.log("info", "discovered 3 resources")
        self.write({"discovered": {"bindings": bindings}})

    def on_validate(self, body):
        self.check(body["config"])
        paths = [{"resourcePath": [each["resourceConfig"]["name"]]} for each in body.get("bindings", [])]
        self.write({"validated": {"bindings": paths}})

    def on_apply(self, body):
        self.write({"applied": {"actionDescription": ""}})

    def check(self, config):
        if "asked" in config:
            Path(config["asked"]).touch()
            time.sleep(60)
        if config["credentials"].get("api_key") == "wrong-key":
            self.fail("Acme rejected the API key (401). Check that the key is active.")

    # an open session

    def on_open(self, body):
        capture = body["capture"]
        self.config = capture["config"]
        self.linked = capture.get("linkedCollections")
        state = (body.get("state") or {}).get("bindingStateV1", {})
        self.opened()
        self.log("info", "Capture started.", eventType="connectorStatus")
        for index, binding in enumerate(capture.get("bindings", [])):
            if body["range"].get("keyBegin", 0) == 0:
                self.capture(index, binding, state.get(binding["stateKey"], {}))
        if os.environ.get("CONNECTOR_RUN") != "once":
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            while True:
                time.sleep(0.02)
        self.finish()

    def opened(self):
        self.write({"opened": {"explicitAcknowledgements": bool(self.config.get("acks"))}})

    def finish(self):
        if self.config.get("fail"):
            self.fail(self.config["fail"])
        sys.exit(0)

    def capture(self, index, binding, state):
        name = binding["resourceConfig"]["name"]
        docs = list(self.documents(name))
        page = self.config.get("page", 5)
        done = state.get("done", 0)
        for start in range(done, len(docs), page):
            part = docs[start : start + page]
            self.requests += 1
            self.transaction(index, binding["stateKey"], part, {"done": start + len(part)})
            self.progress(name, index, start + len(part) - done, "backfilling")
            if "mark" in self.config and start >= 2 * page:
                Path(self.config["mark"]).touch()
                while Path(self.config.get("stay", "/nowhere")).exists():
                    time.sleep(0.01)
            time.sleep(self.config.get("pace", 0))
        self.progress(name, index, max(0, len(docs) - done), "caught up")

    def documents(self, name):
        if name == "people":
            yield from ({"email": each, "_meta": {"op": "u"}} for each in PEOPLE)
            return
        for number in range(self.config.get("count", 20)):
            yield {
                "_meta": {"op": "u"},
                "id": number,
                "subject": f"Ticket {number}",
                "opened": f"2026-01-{number % 28 + 1:02}T00:00:00Z",
                "tags": ["a", "b"],
                "score": number / 4,
                "closed": number % 2 == 0,
            }
        yield {"_meta": {"op": "d"}, "id": 3}

    def transaction(self, index, state_key, docs, state):
        captured = [{"captured": {"binding": index, "doc": each}} for each in docs]
        self.write(*captured, self.checkpoint(state_key, state))
        if self.config.get("acks"):
            request = json.loads(sys.stdin.buffer.readline())
            assert request["acknowledge"]["checkpoints"] >= 1

    def checkpoint(self, state_key, state):
        return {"checkpoint": {"state": {"updated": {"bindingStateV1": {state_key: state}}, "mergePatch": True}}}

    def progress(self, name, index, documents, status):
        self.log(
            "debug",
            "progress",
            event="progress",
            stream=name,
            binding=index,
            requests=self.requests,
            retries=1 if name == "tickets" else 0,
            documents=documents,
            at="2026-01-05T00:00:00Z",
            status=status,
        )
