"""Checks of what is written about a connector: discovery and README."""

from __future__ import annotations

import re

from connector_sdk.testing.conformance._check import Failed, NotExercised, check
from connector_sdk.testing.conformance._lab import Lab

_GROUP = "documentation"


@check(
    _GROUP,
    "Names and keys that discovery gives are what a collection is made of, and hard to change later.",
    "flow 12.17",
    quick=True,
)
def discovery_is_ready_to_bind(lab: Lab) -> str:
    with lab.world() as it:
        found = it.player().discover(it.config)
    names = [each["recommendedName"] for each in found]
    wrong = [f"two streams are named {name!r}" for name in {*names} if names.count(name) > 1]
    wrong += [f"{name!r} is no name for a collection" for name in names if not re.fullmatch(r"[\w.\-/]+", name)]
    for each in found:
        schema = each["documentSchema"]
        if isinstance(schema, dict) and "_meta" not in schema.get("properties", {"_meta": 1}):
            wrong.append(f"{each['recommendedName']}: its schema has no _meta")
        wrong += [
            f"{each['recommendedName']}: its key {pointer!r} is no JSON pointer"
            for pointer in each["key"]
            if not pointer.startswith("/")
        ]
    if all(each.get("disable") for each in found):
        wrong.append("every stream is off by default")
    if wrong:
        raise Failed("; ".join(wrong[:5]))
    return f"{len(found)} streams, {sum(bool(each.get('disable')) for each in found)} of them off by default"


@check(_GROUP, "Somebody who never saw the vendor's admin pages has to make the credentials.", quick=True)
def the_readme_helps_its_user(lab: Lab) -> str:
    file = lab.subject.folder / "README.md"
    if not file.is_file():
        raise Failed("there is no README.md")
    text = file.read_text("utf-8")
    titles = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    wrong = []
    if not any("credential" in title or "token" in title or "access" in title for title in titles):
        wrong.append("no section tells how to create the credentials")
    if not any("stream" in title for title in titles):
        wrong.append("no section tells the streams")
    with lab.world() as it:
        names = [each["recommendedName"] for each in it.player().discover(it.config)]
    wrong += [f"the stream {name!r} is not in it" for name in names if f"`{name}`" not in text]
    for name in lab.source.spec["configSchema"].get("properties", {}):
        if name not in text and name != "advanced":
            wrong.append(f"the field {name!r} of the config is not in it")
    if wrong:
        raise Failed("; ".join(wrong[:6]))
    return f"{len(names)} streams and a guide to the credentials"


@check(_GROUP, "A table that was right once misleads for years.", quick=True)
def the_table_of_streams_is_current(lab: Lab) -> str:
    from connector_sdk.declare import verdict

    connector = lab.subject.declared
    if connector is None:
        raise NotExercised("it is not defined with this SDK, so its table cannot be made")
    file = lab.subject.folder / "README.md"
    text = file.read_text("utf-8") if file.is_file() else ""
    missing = []
    for each in connector.declared():
        row, found = _row(text, each.name), verdict(each)
        if not all(part in row for part in (found.word, found.why, found.deletes or "not captured")):
            missing.append(each.name)
    if missing:
        raise Failed(f"write it anew with connector-sdk discover --markdown: {', '.join(missing[:6])} differ")
    return "every stream stands in it with what is promised of it now"


def _row(text: str, name: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(f"| `{name}` |")), "")
