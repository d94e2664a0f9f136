"""The materializations that flow init can add: their configs with what is to be filled in, and how tables are named.

The catalog knows the names that each needs, not what is inside of them; that stands here, and a test holds it against
the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector_sdk.catalog.specs._plain import Where

__all__ = ["DESTINATIONS", "FREQUENCIES", "Destination"]

FREQUENCIES = ("0s", "30s", "5m", "15m", "30m", "1h", "2h", "4h")
"""What ``syncSchedule.syncFrequency`` may be, in all materializations that have it."""


@dataclass(frozen=True)
class Destination:
    """A materialization to begin with: ``config`` has placeholders, ``comments`` explain places in it.

    ``table`` is the resource's name for a table, index or path; ``resource`` is what else a binding needs.
    ``misplaced`` says where a name belongs that people write at the top of the config.
    """

    connector: str
    config: Mapping[str, Any]
    table: str = "table"
    resource: Mapping[str, Any] = field(default_factory=dict)
    comments: Mapping[Where, str] = field(default_factory=dict)
    misplaced: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def hint(self, name: str) -> str:
        """What to write for a name that is missing from the config."""
        value = self.config.get(name)
        if isinstance(value, Mapping):
            return f"write {name}: {{{', '.join(f'{key}: {each}' for key, each in value.items())}}}"
        return f"write {name}: {value}" if value is not None else ""


_AWS = {
    "auth_type": "AWSAccessKey",
    "awsAccessKeyId": "<access key ID>",
    "awsSecretAccessKey_sops": "<secret access key>",
}
_AWS_WORDS: Mapping[Where, str] = {
    ("credentials", "auth_type"): "or AWSIAM, with aws_region and aws_role_arn instead of a key"
}
_KEYS = "it belongs into credentials: {auth_type: AWSAccessKey, awsAccessKeyId, awsSecretAccessKey_sops}"
_HARD = "true removes the rows of deleted documents; false keeps them, and _meta/op tells"
_APPENDS = "It appends every version of a document and removes nothing: queries choose the last of each key."

DESTINATIONS: Mapping[str, Destination] = {
    "snowflake": Destination(
        "materialize-snowflake",
        {
            "host": "<ORGANISATION-ACCOUNT.snowflakecomputing.com>",
            "database": "<database>",
            "schema": "<schema>",
            "warehouse": "<warehouse>",
            "timestamp_type": "TIMESTAMP_LTZ",
            "hardDelete": False,
            "credentials": {"auth_type": "jwt", "user": "<user>", "private_key_sops": "<private key>"},
            "syncSchedule": {"syncFrequency": "30m"},
        },
        comments={
            ("timestamp_type",): "or TIMESTAMP_NTZ_NORMALIZE, TIMESTAMP_NTZ_DISCARD, TIMESTAMP_TZ",
            ("hardDelete",): _HARD,
            ("credentials", "auth_type"): "or user_password, with password_sops; Snowflake gives passwords up",
            ("syncSchedule", "syncFrequency"): f"one of {', '.join(FREQUENCIES)}; rows are this old at most",
        },
        misplaced={
            "account": "the account is the first part of host: ORGANISATION-ACCOUNT.snowflakecomputing.com",
            "user": "it belongs into credentials: {auth_type: jwt, user, private_key_sops}",
            "password": "it belongs into credentials: {auth_type: user_password, user, password_sops}; better is a "
            "private key: {auth_type: jwt, user, private_key_sops}",
            "private_key": "it belongs into credentials: {auth_type: jwt, user, private_key_sops}",
        },
    ),
    "postgres": Destination(
        "materialize-postgres",
        {
            "address": "<host:port>",
            "database": "<database>",
            "schema": "public",
            "user": "<user>",
            "hardDelete": False,
            "credentials": {"auth_type": "UserPassword", "password_sops": "<password>"},
        },
        comments={
            ("hardDelete",): _HARD,
            ("credentials", "auth_type"): "or AWSIAM, GCPIAM, AzureIAM",
        },
        misplaced={
            "host": "it is called address: host:port",
            "port": "it is the second part of address: host:port",
            "username": "it is called user",
            "password": "it belongs into credentials: {auth_type: UserPassword, password_sops}",
        },
    ),
    "elasticsearch": Destination(
        "materialize-elasticsearch",
        {
            "endpoint": "<https://host:port>",
            "hardDelete": False,
            "credentials": {"apiKey_sops": "<API key, encoded>"},
        },
        table="index",
        resource={"delta_updates": False},
        comments={
            ("hardDelete",): _HARD,
            ("credentials", "apiKey_sops"): "or username and password_sops",
        },
        misplaced={
            "host": "it is called endpoint, and begins with https://",
            "url": "it is called endpoint",
            "username": "it belongs into credentials: {username, password_sops}",
            "password": "it belongs into credentials: {username, password_sops}",
            "api_key": "it belongs into credentials: {apiKey_sops}",
        },
    ),
    "s3-parquet": Destination(
        "materialize-s3-parquet",
        {"bucket": "<bucket>", "region": "<region>", "uploadInterval": "5m", "credentials": _AWS},
        table="path",
        comments={**_AWS_WORDS, ("uploadInterval",): "one of 1s, 1m, 5m, 15m, 30m, 1h"},
        misplaced={"aws_access_key_id": _KEYS, "awsAccessKeyId": _KEYS, "awsSecretAccessKey": _KEYS},
        note=_APPENDS,
    ),
    "s3-csv": Destination(
        "materialize-s3-csv",
        {"bucket": "<bucket>", "region": "<region>", "uploadInterval": "5m", "credentials": _AWS},
        table="path",
        comments={**_AWS_WORDS, ("uploadInterval",): "one of 5m, 15m, 30m, 1h"},
        misplaced={"aws_access_key_id": _KEYS, "awsAccessKeyId": _KEYS, "awsSecretAccessKey": _KEYS},
        note=_APPENDS,
    ),
    "s3-iceberg": Destination(
        "materialize-s3-iceberg",
        {
            "bucket": "<bucket>",
            "region": "<region>",
            "namespace": "<namespace>",
            "upload_interval": "PT5M",
            "credentials": _AWS,
            "catalog": {"catalog_type": "AWS Glue"},
        },
        resource={"delta_updates": True},
        comments={
            **_AWS_WORDS,
            ("upload_interval",): "an ISO 8601 duration, PT4H at most",
            (
                "catalog",
                "catalog_type",
            ): "or Iceberg REST Server, with uri, warehouse, credential_sops",
        },
        misplaced={"aws_access_key_id": _KEYS, "aws_secret_access_key": _KEYS},
        note=_APPENDS,
    ),
}
"""The materializations to choose from with ``--to``, by what follows ``materialize-`` in their names."""
