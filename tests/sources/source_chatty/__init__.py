"""A source whose author prints, warns, logs and fails with secrets on the lips."""

import logging
import sys
import warnings
from collections.abc import AsyncIterator

from connector_sdk import Bearer, Config, Connector, Credentials, Http, Page, Secret, Snapshot, Source, Step, Stream


class Token(Credentials, title="Token"):
    token: Secret
    pin: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class ChattyConfig(Config):
    credentials: Token


async def talk(source: Source[ChattyConfig], step: Step) -> AsyncIterator[Page]:
    token = source.config.credentials.token.get_secret_value()
    pin = source.config.credentials.pin.get_secret_value()
    print("printed", token)
    print(f"two lines\nwith {token}", file=sys.stderr)
    print("half a line with", token, end="")
    warnings.warn(f"warned of {token}", stacklevel=1)
    log = logging.getLogger("author")
    log.info("a count of %d", token)
    log.info("half a pair \ud83d and %s", token)
    log.info("fields", extra={"fields": {"token": token, token: [token], "pin": int(pin), "n": 1, "who": source}})
    yield source.http.make_page([{"id": 1}])
    raise RuntimeError(f"failed with {token}")


chatty = Connector(
    name="source-chatty",
    title="Chatty",
    config=ChattyConfig,
    http=lambda config: Http("http://chatty.test", auth=config.credentials),
    streams=[Stream("words", key="/id", read=talk, sync=Snapshot())],
)
