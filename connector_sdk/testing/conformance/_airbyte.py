"""The check of the second protocol: what Airbyte reads is what Flow captures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector_sdk.testing.conformance._check import Failed, NotExercised, check, expecting
from connector_sdk.testing.conformance._lab import Lab

_SHOWN = 3


@check(
    "airbyte", "One definition speaks two protocols; a team that moves between them must find the same rows.", "airbyte"
)
def the_same_in_airbyte(lab: Lab) -> str:
    from connector_sdk.testing.airbyte import prove_equal

    if lab.subject.declared is None:
        raise NotExercised("it is not defined with this SDK, and need not speak Airbyte's protocol")
    kills = 0
    for part in lab.parts:
        more = {"only": list(part.changes)} if part.changes else {}

        def change(source: Any, more: dict[str, Any] = more) -> Sequence[str] | None:
            told: Sequence[str] | None = source.tick(4, **more) if hasattr(source, "tick") else None
            return told

        streams = [name for name in part.streams if name not in part.restless] or None
        options = lab.subject.accepted({**part.options, "limits": False})
        with expecting("the same source through both protocols"):
            proof = prove_equal(
                lab.subject.folder, streams=streams, seed=lab.seed, rounds=1, kills=2, change=change, options=options,
                argv=lab.subject.argv, files=lab.subject.files, settling=lab.subject.settling,
                volatile=lab.subject.volatile,
            )  # fmt: skip
        if not proof.equal:
            raise Failed("; ".join(map(str, list(proof.differences)[:_SHOWN])))
        kills += sum(proof.kills)
    return f"both protocols tell the same records, keys and deletes, with {kills} kills between them"
