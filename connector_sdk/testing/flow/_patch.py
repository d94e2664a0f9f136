"""JSON Merge Patch (RFC 7396), written apart from the engine so that one can check the other."""

from __future__ import annotations

from typing import Any

__all__ = ["merge_patch"]


def merge_patch(target: Any, patch: Any) -> Any:
    """The target with the patch applied; neither of the two is changed.

    Objects merge member by member, ``null`` removes a member, everything else replaces (RFC 7396, section 2).
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
