"""A small connector written by hand, with nothing but Python's own library, that can break each promise on demand.

Without ``DEFECT`` in its environment it keeps them all. It is what the conformance kit is proved on: an honest little
program that polls, pages, retries and checkpoints, and whose every defect is one that real connectors have had.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

DEFECT = os.environ.get("DEFECT", "")
TRIES = 6
SPAN = timedelta(days=2)


def broken(name):
    """Whether it has this defect now."""
    return name == DEFECT


class Told(Exception):
    """Ends the process with this sentence."""


def log(level, text):
    sys.stderr.write(json.dumps({"level": level, "msg": text}) + "\n")
    sys.stderr.flush()


def say(*lines):
    data = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    sys.stdout.buffer.write(data.encode())
    sys.stdout.buffer.flush()


class Source:
    """The shop's API, asked until it answers."""

    def __init__(self, config):
        text, _, factor = os.environ.get("CONNECTOR_CLOCK", "").partition("*")
        self.factor = float(factor or 1)
        self.began = time.monotonic()
        self.start = datetime.fromisoformat(text) if text else datetime.now(tz=UTC)
        self.token = config["credentials"]["token"]
        self.base = config.get("advanced", {}).get("base_url", "https://shop.example.test")
        self.heard = None  # the source's own time, and when it was heard

    def own_time(self):
        return self.start + timedelta(seconds=(time.monotonic() - self.began) * self.factor)

    def now(self):
        if broken("trusts its own clock") or self.heard is None:
            return self.own_time()
        date, at = self.heard
        return min(self.own_time(), date + timedelta(seconds=(time.monotonic() - at) * self.factor))

    def sleep(self, seconds):
        time.sleep(seconds / self.factor)

    def get(self, path, **params):
        """The answer's body; raises Told when the source keeps failing."""
        url = f"{self.base}{path}?{urllib.parse.urlencode(params)}"
        why = ""
        for tries in range(1 if broken("never tries again") else TRIES):
            try:
                return self.once(url)
            except urllib.error.HTTPError as refused:
                said = refused.read()[:200].decode("utf-8", "replace")
                if refused.code == 401:
                    shown = f" {self.token}" if broken("shows the secret in an error") else ""
                    raise Told(f"The shop refused the token{shown} (401). Make a new one.") from None
                if refused.code == 429 and broken("dies at 429"):
                    raise Told("Too many requests (429).") from None
                if refused.code < 500 and refused.code != 429:
                    raise Told(f"The shop refused {path} ({refused.code}: {said}).") from None
                why = f"status {refused.code}"
                self.sleep(self.asked(refused.headers) or 2**tries)
            except (OSError, ValueError, KeyError, EOFError) as wrong:
                if broken("takes a broken body for an empty page") and isinstance(wrong, ValueError):
                    return {"items": []}
                if broken("takes any answer for a page") and isinstance(wrong, KeyError):
                    return {"items": []}
                why = f"{type(wrong).__name__}"
                self.sleep(2**tries)
            except Exception as wrong:  # http.client's own
                why = type(wrong).__name__
                self.sleep(2**tries)
            while broken("waits for ever"):
                time.sleep(1)
        raise Told(f"The shop kept failing ({why}) at {path}. Try again later.")

    def once(self, url):
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        if os.environ.get("LOG_LEVEL") == "trace" and broken("traces its headers"):
            log("trace", f"GET {url} {dict(request.header_items())}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            body = answer.read()
            if answer.headers.get("Date"):
                self.heard = parsedate_to_datetime(answer.headers["Date"]), time.monotonic()
        found = json.loads(body)
        if "items" not in found and "ok" not in found:
            raise KeyError("items")
        return found

    def asked(self, headers):
        after = headers.get("Retry-After", "")
        if after.isdigit():
            return float(after)
        if after:
            return max(0.0, (parsedate_to_datetime(after) - self.now()).total_seconds())
        return 0.0

    def pages(self, path, **params):
        """Every page, with whether it is the last."""
        token = None
        while True:
            page = self.get(path, **params, **({"cursor": token} if token else {}))
            token = page.get("next")
            items = page["items"]
            if broken("loses a record at a page border") and token:
                items = items[:-1]
            if broken("grows without bound"):
                HELD.append(b"x" * (64 << 20))
            yield items, token is None
            if token is None:
                return


HELD = []


def digest(record):
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:8]


class Binding:
    """One stream's state and the way its documents leave."""

    def __init__(self, index, name, key, state):
        self.index, self.name, self.key = index, name, key
        self.state = state
        if state.get("v", 1) > 1 and not broken("takes any state"):
            raise Told(f"stream {name!r}: the state was written by a newer version ({state['v']}). Go back to it.")

    def write(self, documents, patch):
        lines = [
            {"captured": {"binding": self.index, "doc": {"_meta": {"op": op}, **record}}} for op, record in documents
        ]
        checkpoint = {"updated": {"bindingStateV1": {self.key: {"v": 1, **patch}}}, "mergePatch": True}
        if broken("replaces the state"):
            checkpoint["mergePatch"] = False
        covers = {"checkpoint": {"state": checkpoint}}
        if broken("checkpoints before documents"):
            say(covers, *lines)
        else:
            say(*lines, covers)
        self.merge(self.state, {"v": 1, **patch})

    def merge(self, target, patch):
        for name, value in patch.items():
            if value is None:
                target.pop(name, None)
            elif isinstance(value, dict):
                self.merge(target.setdefault(name, {}), value)
            else:
                target[name] = value


def read_things(binding, source):
    """A listing: what changed is sent, what is gone is deleted."""
    known = dict(binding.state.get("rows", {}))
    found = set()
    try:
        for items, _ in source.pages("/things"):
            found |= {str(item["id"]) for item in items}
            news = [item for item in items if known.get(str(item["id"])) != digest(item)]
            if broken("sends everything again"):
                news = items
            if news:
                rows = {str(item["id"]): digest(item) for item in news}
                binding.write([("u", item) for item in news], {"rows": rows})
    except Told:
        if not broken("deletes after a failed sweep"):
            raise
    gone = [] if broken("never deletes") else sorted(known.keys() - found)
    if not found and not DEFECT.startswith(("takes", "deletes")):  # an empty page alone is no proof
        gone = []
    if gone:
        binding.write([("d", {"id": int(key)}) for key in gone], {"rows": dict.fromkeys(gone)})


def read_orders(binding, source, start):
    """What was updated, span by span."""
    source.get("/check")
    end = source.now().replace(microsecond=0)
    at = datetime.fromisoformat(binding.state.get("cursor") or start)
    if broken("reads no history") and "cursor" not in binding.state:
        at = end
    if broken("starts over each time"):
        at = datetime.fromisoformat(start)
    while at < end:
        until = min(end, at + SPAN)
        for items, last in source.pages("/orders", since=at.isoformat(), until=until.isoformat()):
            documents = [("d" if item.get("deleted") else "u", item) for item in items]
            moved = last or broken("moves the cursor too early")
            binding.write(documents, {"cursor": until.isoformat()} if moved else {})
        at = until


STREAMS = {"things": ("/things", "Everything in stock."), "orders": ("/orders", "Orders, as they change.")}


def schema(name):
    properties = {"id": {"type": "integer"}, "_meta": {"type": "object"}}
    return {"type": "object", "title": name, "properties": properties, "required": ["id"]}


def spec():
    token = {"type": "string", "title": "Token", "secret": True}
    if broken("has a field without a title"):
        del token["title"]
    credentials = {"type": "object", "title": "Credentials", "properties": {"token": token}, "required": ["token"]}
    base = {"type": "string", "title": "Base URL"}
    advanced = {"type": "object", "title": "Advanced", "properties": {"base_url": base}}
    start = {"type": "string", "title": "Start"}
    config = {
        "type": "object", "title": "Shop", "required": ["credentials"],
        "properties": {"credentials": credentials, "start_date": start, "advanced": advanced},
    }  # fmt: skip
    if broken("closes its config"):
        config["additionalProperties"] = False
    resource = {
        "type": "object", "title": "Stream", "required": ["name"],
        "properties": {
            "name": {"type": "string", "title": "Name"}, "interval": {"type": "string", "title": "Interval"},
        },
    }  # fmt: skip
    return {
        "protocol": 3032023, "configSchema": config, "resourceConfigSchema": resource,
        "documentationUrl": "https://shop.example.test/docs", "resourcePathPointers": ["/name"],
    }  # fmt: skip


def checked(config):
    credentials = config.get("credentials")
    if not isinstance(credentials, dict) or not isinstance(credentials.get("token"), str):
        if broken("names no field"):
            raise Told("The config is wrong.")
        shown = f": {json.dumps(credentials)}" if broken("repeats a wrong value") else "."
        raise Told(f"The config of the shop has a problem: credentials.token must be text{shown}")
    return config


class Server:
    """Requests from stdin, one a line."""

    def run(self):
        while True:
            line = os.read(0, 1 << 16) if broken("reads short lines only") else sys.stdin.buffer.readline()
            if not line.strip():
                return 0
            try:
                request = json.loads(line)
            except ValueError:
                if broken("answers nonsense with a traceback"):
                    raise
                raise Told("A request is no JSON object.") from None
            kind = next(iter(request), "")
            handler = getattr(self, f"on_{kind}", None)
            if handler is None:
                raise Told(f"There is no request {kind!r}.")
            if broken("refuses unknown keys") and "xNewField" in request[kind]:
                raise Told("Unknown key xNewField.")
            if (code := handler(request[kind])) is not None:
                return code

    def on_spec(self, body):
        if broken("needs the network for its spec"):
            urllib.request.urlopen("http://127.0.0.1:9/spec", timeout=1)
        say({"spec": spec()})

    def on_discover(self, body):
        source = Source(checked(body["config"]))
        source.get("/check")
        say({"discovered": {"bindings": [
            {"recommendedName": name, "resourceConfig": {"name": name}, "documentSchema": schema(name), "key": ["/id"]}
            for name in STREAMS
        ]}})  # fmt: skip

    def on_validate(self, body):
        source = Source(checked(body["config"]))
        if not broken("accepts any credentials"):
            source.get("/check")
        names = [each["resourceConfig"]["name"] for each in body.get("bindings", ())]
        for name in names:
            if name not in STREAMS and not broken("accepts any stream"):
                raise Told(f"The shop has no stream {name!r}: there is {', '.join(STREAMS)}.")
        say({"validated": {"bindings": [{"resourcePath": [name]} for name in names]}})

    def on_apply(self, body):
        say({"applied": {}})

    def on_open(self, body):
        capture = body.get("capture")
        if not isinstance(capture, dict):
            raise Told("open has no capture.")
        config = checked(capture["config"])
        states = (body.get("state") or {}).get("bindingStateV1", {})
        bindings = []
        for index, each in enumerate(capture["bindings"]):
            if broken("reads no linked collections"):
                each["collection"]["name"]
            name, key = each["resourceConfig"]["name"], each["stateKey"]
            found = states.get(key, {})
            if broken("ignores a backfill") and not found:
                found = next((state for other, state in states.items() if other.startswith(f"{name}.")), {})
            if broken("keeps its state by number"):
                found = list(states.values())[index] if index < len(states) else {}
            bindings.append(Binding(index, name, key, json.loads(json.dumps(found))))
        if broken("writes before it has opened"):
            bindings[0].write([], {})
        say({"opened": {"explicitAcknowledgements": False}})
        if broken("prints"):
            print("hello from an author", flush=True)
        if broken("ignores SIGTERM"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        owned = body.get("range", {}).get("keyBegin", 0) == 0 or broken("ignores its range")
        if broken("stops with its stdin") and not os.read(0, 1):
            return 0
        if broken("sleeps before it works"):
            time.sleep(40)
        return self.capture(config, bindings if owned else [])

    def capture(self, config, bindings):
        source = Source(config)
        while True:
            try:
                for binding in bindings:
                    if binding.name == "things":
                        read_things(binding, source)
                    else:
                        read_orders(binding, source, config.get("start_date", "2026-01-01T00:00:00+00:00"))
                    if broken("notes every poll in its state"):
                        binding.write([], {f"poll {source.now()}": "x" * 400})
            except Told as told:
                if not broken("hides that it failed"):
                    raise
                log("warn", str(told))
            if os.environ.get("CONNECTOR_RUN") == "once":
                if broken("leaves documents without a checkpoint") and bindings:
                    say({"captured": {"binding": 0, "doc": {"id": 1, "_meta": {"op": "u"}}}})
                return 0
            source.sleep(30)


def main():
    try:
        return Server().run()
    except Told as told:
        log("error", str(told))
        return 1
