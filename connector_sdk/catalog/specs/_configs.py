"""Whether a connector takes the config and the resources that stand there: names, what must be given, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connector_sdk.catalog.specs._destinations import DESTINATIONS, FREQUENCIES
from connector_sdk.catalog.specs._facts import Facts
from connector_sdk.catalog.specs._looks import sounds_secret
from connector_sdk.catalog.specs._plain import Where, parts, walk
from connector_sdk.catalog.specs._report import Report, Source
from connector_sdk.catalog.specs._secrets import SUFFIX, decrypted, encrypted, open_secrets, placeholder, varies
from connector_sdk.catalog.specs._shown import address, file_name, variable_name
from connector_sdk.catalog.specs._tree import is_file, is_url, read_source, target_of
from connector_sdk.errors import did_you_mean

__all__ = ["check_config", "check_local_secrets", "check_resource", "check_schedule", "check_variables", "seconds"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def check_config(
    source: Source, where: Where, config: Any, facts: Facts | None, report: Report
) -> tuple[Source, Where, dict[str, Any]] | None:
    """Tell what is wrong with a config; and the config itself with its place, from its file where it is in one."""
    if isinstance(config, str):
        found = _file(source, where, config, report)
        if found is None:
            return None
        source, where, config = found, (), found.data
    if not isinstance(config, dict):
        report.add("flow-config", "error", source, where, "A config is a mapping, or the name of a file of one.")
        return None
    if not config and facts is None and report.publish:
        report.add(
            "flow-placeholder", "error", source, where, "The config is empty.", "flowctl raw spec tells its fields"
        )
    check_variables(source, where, config, report)
    _check_secrets(source, where, config, facts, report)
    if facts is not None and facts.whole is not None:
        _check_whole(source, where, config, facts, report)
    elif facts is not None and facts.properties:
        _check_names(source, where, config, facts, report)
    return source, where, config


def _file(source: Source, where: Where, name: str, report: Report) -> Source | None:
    if varies(name) or placeholder(name):
        check_variables(source, where, name, report)
        return None
    if is_url(name):
        report.add("flow-config", "note", source, where, f"{address(name)} was not looked into: it is not a file here.")
        return None
    path = target_of(source, name)
    if not is_file(path):
        report.add(
            "flow-config", "error", source, where, f"There is no file {file_name(name)} for the config.",
            "its place is relative to the file that names it; or write the config out",
        )  # fmt: skip
        return None
    return read_source(path, report)


def check_variables(source: Source, where: Where, value: Any, report: Report) -> None:
    """Tell of ``${VARIABLE}``, which Flow takes as it stands, and of placeholders."""
    for place, each in walk(value):
        if varies(each):
            report.add(
                "flow-variable", "error", source, (*where, *place),
                f"Flow puts nothing in the place of {variable_name(each)}: the connector would get it as it stands.",
                f"write the value; a secret as its name with {SUFFIX} at the end, encrypted with sops",
            )  # fmt: skip
        elif placeholder(each):
            name = ".".join(map(str, place)) or str(where[-1])
            report.add("flow-placeholder", report.unready(), source, (*where, *place), f"{name} is to be filled in.")


def _check_secrets(source: Source, where: Where, config: dict[str, Any], facts: Facts | None, report: Report) -> None:
    found = open_secrets(config, *((facts.secrets, facts.plain) if facts is not None else ((),)))
    for place, value, sure in found:
        if placeholder(value) or varies(value):
            continue
        if where == () and not report.publish and report.kept_out(source.path):
            return  # the config of a developer, in a file that is not in git
        name = ".".join(map(str, place))
        key = next((str(each) for each in reversed(place) if isinstance(each, str)), name)
        sealed = any(str(each).endswith(SUFFIX) for each in place)
        seal = f"encrypt the file of the config: sops --encrypt --in-place --encrypted-suffix {SUFFIX} FILE"
        if encrypted(value):
            told = f"{name} looks encrypted, but no sops part beside it says how to decrypt it."
            seal = f"keep the part sops: that sops wrote into the config; or write the value anew, and {seal}"
        elif sealed:
            told = f"{name} is not encrypted yet."
        else:
            told = f"{name} {'is' if sure else 'looks like'} a secret in plain text."
            seal = f"call it {key}{SUFFIX}, and {seal}"
        report.add("flow-secret", "error", source, (*where, *place), told, seal)


def check_local_secrets(source: Source, where: Where, local: Mapping[str, Any], report: Report) -> None:
    """Tell of secrets in a local command's environment and words, where sops encrypts nothing."""
    if report.kept_out(source.path):
        return
    words = local.get("command")
    given: dict[Where, Any] = {("env",): local.get("env"), ("command",): words}
    found = [(*above, *place) for above, part in given.items() for place, _, _ in _told_open(part)]
    if isinstance(words, list):
        found += [("command", index) for index in _named_words(words)]
    for place in dict.fromkeys(found):
        report.add(
            "flow-secret", "error", source, (*where, *place),
            f"{'.'.join(map(str, place))} looks like a secret in plain text.",
            f"put it into the config, as NAME{SUFFIX}, encrypted with sops; or keep this file out of git",
        )  # fmt: skip


def _told_open(part: Any) -> Iterator[tuple[Where, Any, bool]]:
    yield from (each for each in open_secrets(part, ()) if not placeholder(each[1]) and not varies(each[1]))


def _named_words(words: list[Any]) -> Iterator[int]:
    """The words of a command that are the values of options such as ``--password``."""
    for index, word in enumerate(words):
        if not isinstance(word, str) or not word.startswith("-"):
            continue
        name, equals, value = word.partition("=")
        at_value = index if equals else index + 1
        value = value if equals else words[at_value] if at_value < len(words) else ""
        option = isinstance(value, str) and not equals and value.startswith("-")
        if not option and sounds_secret(name, value) and not placeholder(value) and not varies(value):
            yield at_value


def _unsaid(value: Any) -> bool:
    """Whether nothing can be said of a value against a schema."""
    return encrypted(value) or placeholder(value) or bool(varies(value))


def _check_whole(source: Source, where: Where, config: dict[str, Any], facts: Facts, report: Report) -> None:
    assert facts.whole is not None
    plain = decrypted(config)
    for misfit in facts.whole.misfits(plain, _unsaid):
        thing = ".".join(map(str, misfit.where)) or "The config"
        report.add(
            "flow-config", "error", source, (*where, *misfit.where), f"{facts.name}: {thing} {misfit.says}.",
            misfit.hint or f"connector-sdk spec shows the fields of {facts.name}",
        )  # fmt: skip
    for name in plain:
        if facts.names and name not in facts.names:
            report.add(
                "flow-config", "error", source, (*where, name), f"{facts.name} knows no {name} in its config.",
                did_you_mean(name, facts.names),
            )  # fmt: skip


def _check_names(source: Source, where: Where, config: dict[str, Any], facts: Facts, report: Report) -> None:
    given = decrypted(config)
    pattern = DESTINATIONS.get(facts.name.removeprefix("materialize-"))
    for name in facts.required:
        if name not in given:
            inner = _inside(name, facts)
            hint = pattern.hint(name) if pattern is not None else inner
            sure = bool(inner) or facts.kind == "materialization"
            hint = hint or ("" if sure else "the catalog does not tell whether there is a default")
            report.add(
                "flow-config",
                "error" if sure else "warning",
                source,
                where,
                f"{facts.name} needs {name} in its config.",
                hint,
            )
    for name in given:
        misplaced = pattern.misplaced.get(name, "") if pattern is not None else ""
        place = (*where, name if name in config else f"{name}{SUFFIX}")
        if name not in facts.properties:
            refuses = ", and refuses what it does not know" if facts.strict else ""
            report.add(
                "flow-config", "error" if facts.strict else "warning", source, place,
                f"{facts.name} knows no {name} in its config{refuses}.",
                misplaced or did_you_mean(name, facts.properties),
            )  # fmt: skip
        elif misplaced:
            report.add("flow-config", "note", source, place, f"{facts.name} does not need {name}.", misplaced)


def _inside(name: str, facts: Facts) -> str:
    """What is known of the inside of a part of a config: the names of its secrets."""
    secrets = [parts(each) for each in facts.secrets]
    inner = [f"{'.'.join(each[1:])}{SUFFIX}" for each in secrets if each[0] == name and len(each) > 1]
    return f"its secrets are called {', '.join(inner)}" if inner else ""


def check_resource(source: Source, where: Where, resource: Any, facts: Facts | None, report: Report) -> None:
    """Tell what is wrong with a binding's resource."""
    check_variables(source, where, resource, report)
    if facts is None or not isinstance(resource, dict):
        return
    if facts.whole_resource is not None:
        for misfit in facts.whole_resource.misfits(resource, _unsaid):
            thing = ".".join(map(str, misfit.where)) or "the resource"
            report.add(
                "flow-resource", "error", source, (*where, *misfit.where), f"{facts.name}: {thing} {misfit.says}.",
                misfit.hint,
            )  # fmt: skip
    for name in facts.resource_required:
        if name not in resource:
            report.add("flow-resource", "error", source, where, f"{facts.name} needs {name} in a binding's resource.")
    for name in resource:
        if facts.resource_properties and name not in facts.resource_properties:
            report.add(
                "flow-resource", "error" if facts.strict else "warning", source, (*where, name),
                f"{facts.name} knows no {name} in a binding's resource.", did_you_mean(name, facts.resource_properties),
            )  # fmt: skip


def check_schedule(
    source: Source, where: Where, config: dict[str, Any], facts: Facts, latency: int, report: Report
) -> None:
    """Tell how old rows may be, where the connector has a schedule; ``latency`` is what was promised, in seconds.

    Without a promise, and a schedule left out, a note tells what holds then.
    """
    if "syncSchedule" not in facts.properties:
        return
    schedule = config.get("syncSchedule")
    frequency = schedule.get("syncFrequency") if isinstance(schedule, dict) else None
    where = (*where, "syncSchedule", "syncFrequency")
    if frequency is not None and frequency not in FREQUENCIES and not _unsaid(frequency):
        report.add("flow-schedule", "error", source, where, f"syncFrequency has to be one of {', '.join(FREQUENCIES)}.")
        return
    took = seconds(frequency) if isinstance(frequency, str) and frequency in FREQUENCIES else 1800
    hint = f"set syncSchedule.syncFrequency to one of {', '.join(FREQUENCIES)}"
    if latency and took > latency:
        report.add(
            "flow-schedule", "warning", source, where,
            f"Rows come every {took // 60} minutes, later than the {latency} seconds that are promised.", hint,
        )  # fmt: skip
    elif frequency is None:
        report.add(
            "flow-schedule", "note", source, where,
            f"{facts.name} writes every 30 minutes where no syncFrequency is set: an alert on less would never end.",
            hint,
        )  # fmt: skip


def seconds(text: str) -> int:
    """A duration such as ``5m`` in seconds. Raises ValueError."""
    match = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 30s, 5m or 1h")
    return int(match[1]) * _UNITS[match[2]]
