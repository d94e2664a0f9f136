"""What is said beside an answer: of an image and its tag, and of a connector that somebody is about to use."""

from __future__ import annotations

import re

from connector_sdk.catalog.known._listed import Catalog, Listed
from connector_sdk.catalog.known._query import Image, Query
from connector_sdk.catalog.known._traps import log_based, written_wrong

__all__ = ["about", "about_image"]

_UNFINISHED = ("requested", "approved", "building")


def about(entry: Listed, catalog: Catalog, query: Query) -> list[str]:
    """What somebody who uses this connector should know."""
    notes: list[str] = []
    if not entry.ours and query.image is None and entry.image and entry.tag:
        notes.append(f"Its image is {entry.reference}: a moving tag; pin it by digest. :latest does not exist.")
    if entry.lifecycle == "internal":
        notes.append("It is for Estuary's own tests.")
    if entry.lifecycle == "unlisted":
        base = f", of the same code as {entry.variant_of}" if entry.variant_of else ""
        notes.append(f"Estuary's build publishes it{base}, but its documentation does not list it.")
    elif entry.variant_of:
        notes.append(f"It is of the same code as {entry.variant_of}.")
    if entry.replaced_by and not entry.gone:
        notes.append(f"{entry.replaced_by} is there too, and may take its place.")
    if log_based(entry):
        batch = f"{entry.name}-batch"
        if catalog.get(batch) is not None:
            notes.append(f"{batch} queries tables instead, for databases that give no access to their log.")
    if entry.family == "airbyte-to-flow":
        since = f", and was last changed on {entry.last_code_change}" if entry.last_code_change else ""
        notes.append(f"It wraps {entry.upstream_image or 'an image of Airbyte'}: it polls in batches{since}.")
    if entry.family == "estuary-cdk-python+airbyte-cdk-shim":
        notes.append("It runs Airbyte's code inside Estuary's kit.")
    if entry.family == "dekaf":
        notes.append("It is no image: the endpoint of its flow.yaml is dekaf, and it reads as from Kafka.")
    notes += written_wrong(entry)
    notes += [each for each in entry.notes if entry.family != "dekaf"]
    if entry.ours and entry.lifecycle in _UNFINISHED:
        there = f" ({entry.request})" if entry.request else ""
        notes.append(f"It is not finished, but {entry.lifecycle}: join its request{there}, do not begin another.")
    if entry.ours and not entry.registered:
        notes.append(
            "Estuary has not registered its image: managed Estuary refuses it; flowctl preview, a private data "
            "plane and a stack of your own run it."
        )
    return notes


def about_image(image: Image, entry: Listed | None) -> list[str]:
    """What is wrong with an image, or with its tag."""
    notes: list[str] = []
    theirs = image.name.startswith("ghcr.io/estuary/")
    instead = f"; in flow.yaml write {entry.reference}" if entry is not None else ""
    if image.name.startswith("airbyte/"):
        return [
            f"{image.name} is Airbyte's image, which does not speak Flow's protocol; newer ones are under the Elastic "
            f"License 2.0{instead}."
        ]
    if "/" not in image.name:
        notes.append(f"An image needs its registry, as in ghcr.io/estuary/{image.name}{instead}.")
    elif entry is None or entry.image != image.name:
        if theirs:
            notes.append(f"Estuary publishes no image {image.name}{instead}.")
        else:
            notes.append(
                f"{image.name} is not Estuary's, and managed Estuary refuses what it has not registered{instead}."
            )
    if image.digest:
        return notes
    known = entry.tag if entry is not None else None
    instead = f"write :{known}, or better its digest" if known else "write its version, or better its digest"
    if image.tag is None:
        notes.append(f"It names no tag, which means :latest, and there is none: {instead}.")
    elif image.tag == "latest":
        notes.append(f"The tag :latest is never pushed: {instead}.")
    elif image.tag == "dev":
        notes.append(f"The tag :dev moves with every change: {instead}.")
    elif known and image.tag != known and not re.fullmatch(r"[0-9a-f]{7}", image.tag):
        notes.append(f"The catalog knows :{known}, not :{image.tag}: {instead}.")
    return notes
