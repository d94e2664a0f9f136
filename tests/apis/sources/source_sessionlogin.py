"""An ERP of the old kind: a login gives a session that dies after a while; pages by offset and limit."""

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    Config,
    Connector,
    Credentials,
    Http,
    NextOffset,
    Secret,
    SessionLogin,
    Snapshot,
    Stream,
)


class Account(Credentials, title="User and password"):
    user: str
    password: Secret

    def auth(self) -> SessionLogin:
        fields = {"UserName": self.user, "Password": self.password}
        return SessionLogin("/b1s/v1/Login", fields, token="/SessionId", header="X-Session", prefix="")


class ErpConfig(Config):
    credentials: Account


def table(name: str, path: str, key: str) -> Stream:
    return Stream(
        name,
        key=key,
        read=GET(path, params={"$skip": NEXT, "$top": 20}, records="/value", pages=NextOffset(size=20)),
        sync=Snapshot(),
    )


items = table("items", "/b1s/v1/Items", "/ItemCode")
orders = table("orders", "/b1s/v1/Orders", "/DocEntry")
order_lines = Stream(
    "order_lines",
    key=("/DocEntry", "/LineNum"),
    per=orders,
    read=GET(f"/b1s/v1/Orders/{EACH['/DocEntry']}/Lines", records="/value").plus(DocEntry=EACH["/DocEntry"]),
    sync=Snapshot(),
)

erp = Connector(
    name="source-erp",
    title="ERP",
    config=ErpConfig,
    http=lambda config: Http("https://erp.test", auth=config.credentials, error="/error/message/value"),
    streams=[items, orders, order_lines],
)
