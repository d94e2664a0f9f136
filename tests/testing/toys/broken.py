"""Acme, breaking the one rule that its argument names."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "source-acme"))

from source_acme import Acme

BROKEN = {}


def breaks(rule):
    def keep(kind):
        BROKEN[rule] = kind
        return kind

    return keep


@breaks("line-not-json")
class Prints(Acme):
    def opened(self):
        super().opened()
        print("hello from an author", flush=True)


@breaks("line-blank")
class Blank(Acme):
    def opened(self):
        super().opened()
        self.out.write(b"\n")


@breaks("line-not-utf8")
class Latin(Acme):
    def opened(self):
        super().opened()
        self.out.write(b'{"captured":{"binding":0,"doc":{"id":1,"name":"\xe9"}}}\n')


@breaks("line-not-object")
class Listed(Acme):
    def opened(self):
        super().opened()
        self.write([1, 2])


@breaks("line-unfinished")
class NoNewline(Acme):
    def finish(self):
        self.out.write(b'{"checkpoint":{"state":{"updated":{},"mergePatch":true}}}')
        self.out.flush()
        sys.exit(0)


@breaks("envelope")
class NoUpdated(Acme):
    def checkpoint(self, state_key, state):
        return {"checkpoint": {"state": {"mergePatch": True}}}


@breaks("opened-first")
class Early(Acme):
    def opened(self):
        self.write({"captured": {"binding": 0, "doc": {"id": 1}}})
        super().opened()


@breaks("opened-twice")
class Twice(Acme):
    def opened(self):
        super().opened()
        super().opened()


@breaks("opened-missing")
class Silent(Acme):
    def on_open(self, body):
        sys.exit(0)


@breaks("answer-unasked")
class Chatty(Acme):
    def opened(self):
        super().opened()
        self.write({"applied": {}})


@breaks("binding-range")
class OutOfRange(Acme):
    def transaction(self, index, state_key, docs, state):
        super().transaction(index + 7, state_key, docs, state)


@breaks("document-invalid")
class WrongType(Acme):
    def documents(self, name):
        return [{"id": 1}, {"id": "one"}]


@breaks("document-key")
class NoKey(Acme):
    def documents(self, name):
        return [{"id": 1}, {"number": 2}]


@breaks("document-uuid")
class OwnUuid(Acme):
    def documents(self, name):
        return [{"id": 1, "_meta": {"uuid": "mine"}}]


@breaks("document-large")
class Large(Acme):
    def documents(self, name):
        return [{"id": 1, "text": "x" * 16_000_001}]


@breaks("documents-uncommitted")
class NoCheckpoint(Acme):
    def finish(self):
        self.write({"captured": {"binding": 0, "doc": {"id": 1}}})
        sys.exit(0)


@breaks("checkpoint-foreign")
class Foreign(Acme):
    def checkpoint(self, state_key, state):
        return super().checkpoint("somebody.v0", state)


@breaks("checkpoint-replaces")
class Replaces(Acme):
    def checkpoint(self, state_key, state):
        checkpoint = super().checkpoint(state_key, state)
        del checkpoint["checkpoint"]["state"]["mergePatch"]
        return checkpoint


@breaks("sourced-schema")
class OpenSchema(Acme):
    def opened(self):
        super().opened()
        nested = {"type": "object", "properties": {"a": {"type": "string"}}}
        schema = {"type": "object", "additionalProperties": False, "properties": {"nested": nested}}
        self.write({"sourcedSchema": {"binding": 0, "schema_json": schema}})


@breaks("backfill-late")
class LateMark(Acme):
    def transaction(self, index, state_key, docs, state):
        self.write({"captured": {"binding": index, "doc": docs[0]}}, {"backfillBegin": {"binding": index}})
        super().transaction(index, state_key, docs, state)


@breaks("secret")
class Leaks(Acme):
    def opened(self):
        super().opened()
        self.log("info", f"logged in with {self.config['credentials']['api_key']}")


@breaks("stop-slow")
class Deaf(Acme):
    def opened(self):
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().opened()

    def finish(self):
        time.sleep(60)


@breaks("pipe-held")
class LeavesChild(Acme):
    def finish(self):
        import subprocess

        subprocess.Popen(["sleep", "60"])
        sys.exit(0)


@breaks("pipe-fed")
class LeavesWriter(Acme):
    def finish(self):
        import subprocess

        subprocess.Popen(["sh", "-c", "yes '{\"checkpoint\":{}}'"])
        sys.exit(0)


@breaks("pipe-full")
class Hurries(Acme):
    """Breaks no rule: it leaves a pipe that is full."""

    def finish(self):
        import fcntl

        fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20)
        self.transaction(0, "tickets.v0", [{"id": id, "text": "x" * 10_000} for id in range(25)], {})
        sys.exit(0)


@breaks("answer-missing")
class NoAnswer(Acme):
    def on_validate(self, body):
        sys.exit(0)


@breaks("validated")
class WrongOrder(Acme):
    def on_validate(self, body):
        body["bindings"].reverse()
        super().on_validate(body)


@breaks("discovered")
class Keyless(Acme):
    def on_discover(self, body):
        bare = {"recommendedName": "bare", "resourceConfig": {"name": "bare"}, "documentSchema": {"type": "object"}}
        self.write({"discovered": {"bindings": [bare]}})


@breaks("spec-schema")
class BadSpec(Acme):
    def on_spec(self, body):
        from source_acme import SPEC

        self.write({"spec": {**SPEC, "configSchema": {"type": "objekt"}}})


if __name__ == "__main__":
    BROKEN[sys.argv[1]]().serve()
