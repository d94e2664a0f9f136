"""An accounting system with OAuth 2.0 whose refresh tokens are good for one use."""

from connector_sdk import (
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Config,
    Connector,
    Http,
    Incremental,
    Iso,
    NextToken,
    OAuth2,
    OAuth2Credentials,
    Snapshot,
    StartDate,
    Stream,
)


class Login(OAuth2Credentials, title="Login"):
    provider = OAuth2(
        "https://login.books.test/authorize", "https://login.books.test/token", client="basic", rotates=True
    )


class BooksConfig(Config):
    credentials: Login
    start_date: StartDate = "2026-01-01T00:00:00Z"


PAGES = NextToken("/pagination/next", stable=True)

accounts = Stream(
    "accounts",
    key="/AccountID",
    read=GET("/api/Accounts", params={"cursor": NEXT}, records="/Accounts", pages=PAGES),
    sync=Snapshot(),
)
invoices = Stream(
    "invoices",
    key="/InvoiceID",
    read=GET("/api/Invoices", params={"from": SINCE, "to": UNTIL, "cursor": NEXT}, records="/Invoices", pages=PAGES),
    sync=Incremental("/UpdatedUTC", format=Iso("1s"), lag="5s"),
)

books = Connector(
    name="source-books",
    title="Books",
    config=BooksConfig,
    http=lambda config: Http("https://api.books.test", auth=config.credentials, error="/Detail"),
    streams=[accounts, invoices],
)
