"""A warehouse that offers its tables as files of semicolon-separated values."""

from connector_sdk import GET, Bearer, Config, Connector, Credentials, Csv, Http, Secret, Snapshot, Stream


class Token(Credentials, title="Token"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class WarehouseConfig(Config):
    credentials: Token


stock = Stream(
    "stock",
    key=("/sku", "/site"),
    read=GET("/exports/stock.csv", body=Csv(delimiter=";")),
    sync=Snapshot(),
)
prices = Stream("prices", key="/sku", read=GET("/exports/prices.csv.gz", body=Csv(delimiter=";")), sync=Snapshot())

warehouse = Connector(
    name="source-warehouse",
    title="Warehouse",
    config=WarehouseConfig,
    http=lambda config: Http("https://warehouse.test", auth=config.credentials),
    streams=[stock, prices],
)
