"""A payment provider: what comes after the last one seen, times in seconds since 1970."""

from connector_sdk import (
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Bearer,
    Config,
    Connector,
    Credentials,
    Epoch,
    Http,
    Incremental,
    NextKey,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class SecretKey(Credentials, title="Secret key"):
    key: Secret

    def auth(self) -> Bearer:
        return Bearer(self.key)


class PaymentsConfig(Config):
    credentials: SecretKey
    start_date: StartDate = "2026-01-01T00:00:00Z"


AFTER = NextKey("/id", more="/has_more")

customers = Stream(
    "customers",
    key="/id",
    read=GET("/v1/customers", params={"limit": 20, "starting_after": NEXT}, records="/data", pages=AFTER),
    sync=Snapshot(),
)
charges = Stream(
    "charges",
    key="/id",
    read=GET("/v1/charges", records="/data", pages=AFTER,
             params={"created[gte]": SINCE, "created[lt]": UNTIL, "limit": 20, "starting_after": NEXT}),
    sync=Incremental("/created", moves=False, format=Epoch("s"), lag="5s", reread="7d"),
)  # fmt: skip

payments = Connector(
    name="source-payments",
    title="Payments",
    config=PaymentsConfig,
    http=lambda config: Http("https://api.payments.test", auth=config.credentials, error="/error/message"),
    streams=[customers, charges],
)
