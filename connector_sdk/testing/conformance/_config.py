"""Checks of the config: its form, what is wrong with it, and its secrets."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from connector_sdk.testing.conformance._check import Failed, NotExercised, check
from connector_sdk.testing.conformance._lab import Lab
from connector_sdk.testing.flow import secrets_of

_GROUP = "config"
_WRONG = "an-unmistakable-wrong-value-6e1f"


@check(
    _GROUP,
    "The form that users fill in is made of this schema; an untitled field is a riddle.",
    "flow 12.21",
    quick=True,
)
def config_schema_makes_a_form(lab: Lab) -> str:
    schema = lab.source.spec["configSchema"]
    wrong = list(_schema_faults(schema, schema.get("$defs", {})))
    if schema.get("additionalProperties") is False:
        wrong.append("its root refuses further keys, which the platform adds")
    if wrong:
        raise Failed("; ".join(wrong[:5]))
    return f"{sum(1 for _ in _fields(schema, schema.get('$defs', {}), '')):,} fields, each with a title"


def _fields(schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in schema.get("properties", {}).items():
        found = _resolved(each, defs)
        yield f"{at}/{name}", found
        yield from _fields(found, defs, f"{at}/{name}")
        for option in (*found.get("oneOf", ()), *found.get("anyOf", ())):
            yield from _fields(_resolved(option, defs), defs, f"{at}/{name}")


def _resolved(schema: Any, defs: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema, dict):
        return {}
    reference = str(schema.get("$ref", ""))
    return {**defs.get(reference.removeprefix("#/$defs/"), {}), **schema} if reference else schema


def _schema_faults(schema: dict[str, Any], defs: dict[str, Any]) -> Iterator[str]:
    for at, each in _fields(schema, defs, ""):
        if "title" not in each and "const" not in each:
            yield f"{at} has no title"
        if (each.get("secret") or each.get("airbyte_secret")) and each.get("type") != "string":
            yield f"{at} is a secret and no plain string"
        options = [_resolved(option, defs) for option in each.get("oneOf", ())]
        discriminator = each.get("discriminator", {}).get("propertyName")
        if len(options) > 1 and discriminator:
            consts = [option.get("properties", {}).get(discriminator, {}) for option in options]
            if len({str(const.get("const")) for const in consts}) < len(options):
                yield f"{at}: its choices share a {discriminator}"
            if any(const.get("default") != const.get("const") for const in consts):
                yield f"{at}: {discriminator} has a const without the same default"


@check(
    _GROUP,
    "A typo in a config should cost a minute: the field is named, its value is not shown.",
    "flow 12.14",
    quick=True,
)
def a_wrong_config_is_refused_by_field(lab: Lab) -> str:
    with lab.world() as it:
        config = copy.deepcopy(it.config)
        place = next(iter(_leaves(config, lab.source.spec["configSchema"])), None)
        if place is None:
            raise NotExercised("its config has no field that must be text")
        holder = config
        for name in place[:-1]:
            holder = holder[name]
        holder[place[-1]] = {_WRONG: 1}
        call = it.call({"validate": {**it.capture.validate_request(), "config": config}})
        empty = it.call({"validate": {**it.capture.validate_request(), "config": {}}})
    if call.exit_code == 0 or empty.exit_code == 0:
        raise Failed("validate accepted a config that does not fit its schema")
    if place[-1] not in call.error:
        raise Failed(f"the field {'/'.join(place)} is not named: {call.error!r}")
    if _WRONG in call.error:
        raise Failed("the wrong value is repeated in the error: it might be a secret in the wrong field")
    return call.error.splitlines()[0][:160]


def _leaves(config: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for secret in secrets_of(schema, config):
        yield from _places(config, secret, ())


def _places(value: Any, wanted: str, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, each in value.items():
            if each == wanted:
                yield (*at, name)
            yield from _places(each, wanted, (*at, name))


@check(
    _GROUP,
    "Credentials expire every week somewhere; the message must say which, and never their value.",
    "R4",
    "R24",
    quick=True,
)
def wrong_credentials_are_told_and_never_shown(lab: Lab) -> str:
    with lab.world() as it:
        if not it.api.auth:
            raise NotExercised("the sandbox takes any credentials")
        it.api.revoke()
        asked = len(it.api.requests)
        call = it.call({"validate": it.capture.validate_request()}, LOG_LEVEL="trace")
        asked = len(it.api.requests) - asked
        it.api.restore()
    if call.exit_code == 0:
        raise Failed("validate accepted credentials that the source refuses")
    if not call.error or "Traceback" in call.error:
        raise Failed(f"it ended with {call.error[-200:]!r}")
    if asked > 20:
        raise Failed(f"the refused credentials were tried {asked} times")
    return call.error.splitlines()[0][:160]


@check(
    _GROUP,
    "A token that dies while it is in use must end in a message, not in a loss or an endless loop.",
    "R4",
    "R21",
    "R24",
)
def credentials_that_die_midway_lose_nothing(lab: Lab) -> str:
    with lab.world() as it:
        if not it.api.auth:
            raise NotExercised("the sandbox takes any credentials")
        it.run()
        told = []
        it.api.revoke()
        session = it.run(hours=26, ends_well=False)
        if session.exit_code == 0:
            raise Failed("a session in which every request was refused ended as if all were well")
        told.append(session.error)
        it.api.restore()
        it.catch_up()
        it.check_equal()
    return f"told, and nothing lost: {told[0].splitlines()[0][:120]}"


@check(_GROUP, "One secret in a log is an incident.", "R24", "flow 12.14")
def secrets_are_nowhere(lab: Lab) -> str:
    with lab.world() as it:
        if not it.secrets:
            raise NotExercised("its config has no secret")
        it.api.chaos(0.2, seed=3)
        with it.open(player=it.player(LOG_LEVEL="trace"), keep_output=True) as session:
            session.run(timeout=120)
        it.api.calm()
        it.api.revoke()
        call = it.call({"discover": it.capture.discover_request()}, LOG_LEVEL="trace")
    size = len(session.stdout) + len(session.stderr) + len(call.stderr)
    return f"{len(it.secrets)} secrets, each in five forms, are not in {size:,} bytes of output at LOG_LEVEL=trace"
