"""What is hand-written about names and connectors, because no repository of Estuary's says it.

Every line here answers a mistake that somebody made in writing; the catalog's own data stay free of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector_sdk.catalog.known._listed import Listed
from connector_sdk.catalog.known._words import fold

__all__ = ["BOTH_WAYS", "among", "distinct", "log_based", "not_a_system", "written_wrong"]

BOTH_WAYS = frozenset(
    {"azure-blob-storage", "bigquery", "gcs", "google-pubsub", "kafka", "redshift", "s3", "snowflake"}
)
"""Systems that are as often a target as a source: which is meant, somebody has to say."""

_LOG_BASED = {
    "source-postgres": "its write-ahead log",
    "source-mysql": "its binary log",
    "source-mongodb": "its change streams",
    "source-sqlserver": "its change tables",
    "source-oracle": "its redo log",
}

_DISTINCT = {
    "Salesforce Marketing Cloud": ("salesforce", "SFMC", "ExactTarget", "Marketing Cloud"),
    "Salesforce Commerce Cloud": ("salesforce", "SFCC", "Demandware", "Commerce Cloud"),
    "Salesforce Data Cloud": ("salesforce", "Data Cloud"),
    "Pardot": ("salesforce", "Salesforce Pardot", "Account Engagement", "Marketing Cloud Account Engagement"),
    "Google Workspace": ("google-sheets", "G Suite", "GSuite"),
    "Jira Service Management": ("jira", "Jira Service Desk", "JSM"),
    "Facebook Pages": ("facebook-marketing",),
    "Amazon Seller Partner": ("amazon-ads", "Amazon Selling Partner", "SP-API"),
    "Elastic APM": ("elasticsearch",),
}
_APART = {fold(each): (name, others[0]) for name, others in _DISTINCT.items() for each in (name, *others[1:])}

_NO_CLIENT = "Estuary is driven by flowctl and by files; a capture runs by itself, and nothing triggers it"
_FIELD = "ask for the system; connector-sdk catalog show NAME tells the fields of a connector's config"
_NOT_SYSTEMS = {
    "apikey": ("api_key is a field of a config, and no system.", _FIELD),
    "accesskey": ("access_key is a field of a config, and no system.", _FIELD),
    "password": ("password is a field of a config, and no system.", _FIELD),
    "account": ("account is a field of a config, and no system.", _FIELD),
    "warehouse": ("warehouse is a field of a config, and no system.", _FIELD),
    "credentials": ("credentials are a part of a config, and no system.", _FIELD),
    "secret": ("A secret is a part of a config, and no system.", _FIELD),
    "token": ("A token is a part of a config, and no system.", _FIELD),
    "deltaupdates": (
        "delta_updates is a field of a binding, and no system.",
        "true appends every change as a row; leave it out where rows are to be updated in place",
    ),
    "source": ("source names no system.", "write the system's name after it, as in source-gong"),
    "destination": ("destination names no system.", "write the system's name after it, as in materialize-snowflake"),
    "estuaryflow": ("There is no package estuary_flow, and no FlowClient.", _NO_CLIENT),
    "flowclient": ("There is no FlowClient: no such package was ever published.", _NO_CLIENT),
    "triggercapture": ("There is no trigger_capture.", _NO_CLIENT),
    "flowctl": ("flowctl is Estuary's command, and no system.", "its own releases have it; no package registry does"),
    **{
        each.lower(): (
            f"{each} moves data itself, and is no system to capture from.",
            "ask for the system that it reads",
        )
        for each in ("Airbyte", "Fivetran", "Meltano", "Singer", "Stitch", "dlt", "Hevo")
    },
    "estuary": ("Estuary is the platform, and no system to capture from.", "name the system whose data you need"),
}

_S3 = "Parquet and CSV write files, Iceberg writes tables; all three append changes, none updates rows in place."
_WRITTEN_WRONG = {
    "source-gong": (
        "Its config holds credentials.access_key and credentials.access_key_secret beside region; there is no api_key.",
    ),
    "source-hubspot-native": (
        "The key of deals is /id, not /dealId, and the fields of a deal stand in an object of their own, properties.",
    ),
    "materialize-snowflake": (
        "Its config needs host, database, schema, timestamp_type and credentials with auth_type jwt or user_password; "
        "user and password at the top level are refused.",
        "It writes every 30 minutes unless syncSchedule.syncFrequency says otherwise: a lag below that is no fault.",
        "delta_updates appends each change as a row; leave it out for what changes, such as deals.",
    ),
}


def not_a_system(asked: str) -> tuple[str, str] | None:
    """The sentence and the hint for what looks like a name, and is none; None for all else."""
    return _NOT_SYSTEMS.get(fold(asked))


def distinct(name: str) -> tuple[str, str] | None:
    """The product that this is, and the system it is often taken for; None where it is no such name."""
    return _APART.get(fold(name))


def among(entries: Iterable[Listed]) -> tuple[str, ...]:
    """What helps to choose among these."""
    names = {each.name for each in entries}
    return (_S3,) if {"materialize-s3-parquet", "materialize-s3-iceberg"} <= names else ()


def log_based(entry: Listed) -> str | None:
    """What a capture of a database reads changes from, deletes included; None where it reads none."""
    found = _LOG_BASED.get(entry.name) or _LOG_BASED.get(entry.variant_of or "")
    return found or ("its change tracking" if entry.name == "source-sqlserver-ct" else None)


def written_wrong(entry: Listed) -> tuple[str, ...]:
    """What is often written wrong about a connector of Estuary's."""
    return () if entry.ours else _WRITTEN_WRONG.get(entry.name, ())
