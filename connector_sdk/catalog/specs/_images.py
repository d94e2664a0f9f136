"""Whether an endpoint's image is one that Flow can run: known, registered, with a tag that exists, not given up."""

from __future__ import annotations

import re
from typing import Any

from connector_sdk.catalog.known import Catalog, Listed
from connector_sdk.catalog.specs._facts import Known, Own, image_parts
from connector_sdk.catalog.specs._plain import Where, at
from connector_sdk.catalog.specs._report import Report, Source
from connector_sdk.catalog.specs._secrets import placeholder, varies
from connector_sdk.errors import did_you_mean

__all__ = ["check_image", "image_name", "reference", "right_name"]

_ESTUARY = "ghcr.io/estuary/"
_VERSION = re.compile(r"v(\d+)")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_REFERENCE = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)*(?::[\w.-]*)?(?:@\w+:[0-9A-Fa-f]+)?", re.ASCII)
_INSIDE = re.compile(r"ghcr\.io/[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_BRIDGED = "connector-sdk catalog check tells whether Estuary has one for the same system"
_WORD = {"capture": "captures", "materialization": "materializations"}


def reference(listed: Listed) -> str:
    """The image of a catalog's connector, with the tag that is published."""
    return f"{listed.image}:{listed.tag}" if listed.tag else str(listed.image or "")


def image_name(body: Any) -> str:
    """The last part of the image's name of a capture or materialization; empty where it has none."""
    image = at(body, ("endpoint", "connector", "image"))
    return image_parts(image)[0].rpartition("/")[2] if isinstance(image, str) else ""


def check_image(
    image: str, kind: str, source: Source, where: Where, report: Report, known: Known
) -> tuple[Listed | None, Own | None]:
    """Tell what is wrong with an image; and which connector it is, of the catalog or ours, as far as one can say.

    ``kind`` is ``capture`` or ``materialization``. A name that is not quite right still gives the connector that was
    probably meant, so that its config can be looked at too.
    """
    if placeholder(image) or varies(image):  # of which check_variables tells
        return None, None
    if not _REFERENCE.fullmatch(image):
        return _check_written(image, source, where, report, known)
    name, tag = image_parts(image)
    own = known.own(name)
    listed = known.listed(name) if own is None else None
    if own is not None:
        _check_own(own, tag, source, where, report)
    elif listed is not None:
        _check_kind(listed, kind, source, where, report)
        _check_tag(listed, tag, source, where, report)
        _check_lifecycle(listed, known, source, where, report)
    elif known.catalog is not None:
        listed = _check_unknown(name, kind, source, where, report, known.catalog)
    return listed, own


def _check_written(
    image: str, source: Source, where: Where, report: Report, known: Known
) -> tuple[Listed | None, Own | None]:
    """Tell of what is no image's name, without its text, in which a login or a token may stand; and which one it has
    in it, so that its config can be looked at."""
    found = _INSIDE.search(image)
    name = found[0] if found else ""
    own = known.own(name)
    listed = known.listed(name) if own is None else None
    report.add(
        "flow-image", "error", source, where, "This is no name of an image: it has more in it than a name and a tag.",
        f"write {reference(listed)}" if listed is not None else "write REGISTRY/NAME:TAG, and nothing else",
    )  # fmt: skip
    return listed, own


def _check_kind(listed: Listed, kind: str, source: Source, where: Where, report: Report) -> None:
    if listed.kind != kind:
        report.add(
            "flow-image", "error", source, where,
            f"{listed.name} is a {listed.kind}; it stands in {_WORD[kind]}.", f"move it to {_WORD[listed.kind]}",
        )  # fmt: skip


def _check_tag(listed: Listed, tag: str, source: Source, where: Where, report: Report) -> None:
    right = reference(listed)
    published, written = _VERSION.fullmatch(listed.tag or ""), _VERSION.fullmatch(tag)
    if (tag and tag == listed.tag) or tag.startswith("@sha256:") or _COMMIT.fullmatch(tag):
        return
    if not tag:
        report.add("flow-tag", "error", source, where, "The image has no tag.", f"write {right}")
    elif tag == "latest":
        report.add(
            "flow-tag", "error", source, where,
            f"There is no tag latest: Estuary never pushes one, so {listed.name}:latest cannot be pulled.",
            f"write {right}; a digest (@sha256:...) pins it, since {listed.tag or 'a tag'} moves with each merge",
        )  # fmt: skip
    elif tag == "dev":
        report.add("flow-tag", "warning", source, where, "The tag dev moves with each commit.", f"write {right}")
    elif written and published:
        older = int(written[1]) < int(published[1])
        report.add(
            "flow-tag", "warning", source, where,
            f"{tag} is not the tag that the catalog knows: it is {'older' if older else 'newer'} than {listed.tag}.",
            f"write {right}" if older else "look whether it is published, and refresh the catalog's data",
        )  # fmt: skip
    else:
        report.add("flow-tag", "error", source, where, f"{listed.name} has no tag {tag}.", f"write {right}")


def _check_lifecycle(listed: Listed, known: Known, source: Source, where: Where, report: Report) -> None:
    if listed.lifecycle not in ("deprecated", "superseded"):
        return
    new = known.catalog.get(listed.replaced_by) if known.catalog is not None and listed.replaced_by else None
    hint = f"use {new.name}, {reference(new)}: its config and its keys may differ" if new is not None else ""
    report.add("flow-deprecated", "warning", source, where, f"{listed.name} is {listed.lifecycle}.", hint)


def _check_own(own: Own, tag: str, source: Source, where: Where, report: Report) -> None:
    if not tag or tag == "latest":
        said = "The image has no tag." if not tag else "The tag latest moves: nobody can say what runs."
        report.add("flow-tag", "error", source, where, said, "pin it: a version of yours, or @sha256:...")
    if not own.registered:
        _unregistered(own.name, source, where, report)


def _unregistered(name: str, source: Source, where: Where, report: Report) -> None:
    report.add(
        "flow-unregistered", "error" if report.publish else "warning", source, where,
        f"The image of {name} is not registered with Estuary: the managed control plane refuses to publish it.",
        "have Estuary register it (entry pack makes what they need); until then flowctl preview runs it, and a Flow "
        "of your own does",
    )  # fmt: skip


def _check_unknown(
    name: str, kind: str, source: Source, where: Where, report: Report, catalog: Catalog
) -> Listed | None:
    base = name.rpartition("/")[2]
    here = name.startswith(_ESTUARY) or "/" not in name
    meant, message, hint = right_name(base, kind, catalog, similar=here)
    if name.startswith("airbyte/"):
        message, hint = f"Flow does not run {name}: it is an image of Airbyte's protocol.", hint or _BRIDGED
    elif here or (message and meant is None):
        message = message or (f"{name} is not named in full." if meant else f"Estuary has no image {base}.")
    elif meant is not None and meant.name != base:
        pass  # a name such as destination-snowflake is wrong wherever the image lies
    else:
        _unregistered(base, source, where, report)
        return None
    report.add("flow-image", "error", source, where, message, hint)
    return meant


def right_name(base: str, kind: str, catalog: Catalog, *, similar: bool = True) -> tuple[Listed | None, str, str]:
    """For a connector's name that Estuary does not have: the one that was meant, what is wrong, and what to write.

    All three are empty where nothing is near; ``similar`` is whether names count that are merely similar.
    ``materialize-s3`` has three; ``destination-...`` is Airbyte's word.
    """
    listed = catalog.get(base)
    if listed is not None:
        return listed, "", f"write {reference(listed)}"
    prefix = "source-" if kind == "capture" else "materialize-"
    word, dash, system = base.partition("-")
    if dash and word == "destination":
        meant = catalog.get(f"materialize-{system}")
        hint = f"write {reference(meant)}" if meant else "Estuary's materializations are named materialize-..."
        return meant, f"{base} is a name of Airbyte's: Flow calls it a materialization.", hint
    several = [each for each in catalog.connectors if each.name.startswith(f"{base}-") and each.kind == kind]
    if base.startswith(prefix) and several:
        choices = ", ".join(reference(each) for each in several[:6])
        return None, f"There is no connector {base}, but {len(several)} that begin so.", f"choose one: {choices}"
    names = [each.name for each in catalog.connectors if each.kind == kind and each.image]
    near = did_you_mean(base, names) if similar and base.startswith(prefix) else ""
    if near.startswith("did you mean"):
        meant = next((each for each in catalog.connectors if repr(each.name) in near), None)
        return meant, f"Estuary has no connector {base}.", near
    return None, "", ""
