"""The sandbox itself: an account made up for a seed, its truth, and its life."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import SystemClock, instant_text
from connector_sdk.testing.fake import Bearer, Duration, FakeApi, JsonObject, MadeUp, OAuthTokens, beside

if TYPE_CHECKING:
    import hubspot_crm as crm_routes
    import hubspot_data as data
    import hubspot_hub as hub
    import hubspot_more as more_routes
else:
    data, hub = beside(__file__, "hubspot_data"), beside(__file__, "hubspot_hub")
    crm_routes, more_routes = beside(__file__, "hubspot_crm"), beside(__file__, "hubspot_more")

TOKEN = "pat-na1-made-up-for-the-sandbox-00000000-do-not-print"
CLIENT = ("made-up-client", "made-up-client-secret-do-not-print")
REFRESH = "made-up-refresh-token-do-not-print"
APP = ("made-up-journal-app", "made-up-journal-secret-do-not-print")


def sandbox(
    *,
    clock: SystemClock | None = None,
    port: int = 0,
    seed: int = 7,
    contacts: int = 220,
    others: int = 5,
    days: int = 20,
    limits: bool = True,
    wide: int = 4,
    oauth: bool = False,
    **traps: Any,
) -> HubSpotSandbox:
    """A HubSpot account with so many contacts, made in the last ``days``; the same for the same seed and clock.
    A quarter as many are companies, deals and tickets; of each other kind of object there are ``others``.

    ``limits=False`` switches off 100 requests in ten seconds and 5 searches a second. ``wide``: how many properties
    each kind of object has beside a few. ``oauth``: log in by OAuth 2.0, with access tokens of half an hour. Further
    names are switches of ``Traps``: ``search_lag="90s"``, ``without={"forms"}``, ``association_page=2`` ...
    """
    api = FakeApi("hubspot", clock=clock, port=port, error_body=crm_routes.error_body)
    api.limit(190, per="10s", retry_after=None, message="You have reached your ten_secondly_rolling limit.")
    api.limits_on = limits
    switches = data.Traps(**traps)
    start = api.now() - (days + 1) * data.DAY
    crm = data.Crm(api, seed, switches, start, wide)
    small = contacts // 4
    crm.fill({"contacts": contacts, "companies": small, "deals": small, "tickets": small, "others": others}, days)
    rooms = hub.Hub(api, crm, seed)
    rooms.fill(days)
    return HubSpotSandbox(api, crm, rooms, switches, seed, oauth)


class HubSpotSandbox:
    """A fake HubSpot: ``with sandbox() as hubspot:`` serves it at ``hubspot.url``.

    ``hubspot.crm`` has the objects and how they change, ``hubspot.hub`` the rest, ``hubspot.traps`` the switches,
    ``hubspot.api`` the faults and the log of requests.
    """

    def __init__(self, api: FakeApi, crm: data.Crm, rooms: hub.Hub, traps: data.Traps, seed: int, oauth: bool) -> None:
        self.api, self.crm, self.hub, self.traps = api, crm, rooms, traps
        self.logs_in_by_oauth = oauth
        self.oauth = OAuthTokens(
            api.now, client_id=CLIENT[0], client_secret=CLIENT[1], refresh_token=REFRESH, life="30m"
        )
        self.journal = OAuthTokens(api.now, client_id=APP[0], client_secret=APP[1], life="30m")
        api.auth = [self.oauth if oauth else Bearer(TOKEN), self.journal]
        api.unauthorized = "The OAuth token used to make this call expired 3 second(s) ago."
        self.served = crm_routes.Served(api, traps)
        self.objects = crm_routes.CrmRoutes(self.served, crm)
        self.more = more_routes.MoreRoutes(self.served, rooms, self.oauth, self.journal, APP[0])
        self._chance = MadeUp(f"life {seed}")

    def start(self) -> HubSpotSandbox:
        """Listen."""
        self.api.start()
        return self

    def stop(self) -> None:
        """Close every connection, and end the data's own life."""
        self.api.stop()

    def __enter__(self) -> HubSpotSandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api.url

    def config(self) -> JsonObject:
        """A config of source-hubspot that fits it; history begins a day before the first object."""
        login: JsonObject = {"credentials_title": "Private app or service key", "token": TOKEN}
        if self.logs_in_by_oauth:
            login = {"credentials_title": "Sign in with HubSpot", "client_id": CLIENT[0], "client_secret": CLIENT[1]}
            login["refresh_token"] = REFRESH
        return {
            "credentials": login,
            "start_date": instant_text(self.crm.start),
            "journal": {"client_id": APP[0], "client_secret": APP[1], "portal_id": "1"},
            "advanced": {"base_url": self.url},
        }

    # ---- truth

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of a stream would hold now: records as the API shows them, by key."""
        with self.api.lock:
            plain = dict(self.hub.truths())
            if stream in plain:
                return self.hub.rows[plain[stream]].truth()
            kind = data.CUSTOM if stream == f"custom_{data.CUSTOM_NAME}" else stream
            if kind in self.crm.objects:
                return self.crm.truth(kind)
            made = self.hub.made_truths().get(stream) or self._below(stream)
            if made is None:
                raise KeyError(f"the sandbox knows no truth of {stream!r}")
            return made()

    def _below(self, stream: str) -> Callable[[], dict[Any, JsonObject]] | None:
        """What hangs on objects."""
        if stream.endswith("_associations"):
            for one in self.crm.kinds:
                for other in self.crm.kinds:
                    if "_".join((one.replace(data.CUSTOM, "custom_car"), other, "associations")) == stream:
                        return partial(self.crm.links_truth, one, other)
        if stream.endswith("_property_history"):
            kind = stream.removesuffix("_property_history")
            return partial(self.crm.history_truth, data.CUSTOM if kind == f"custom_{data.CUSTOM_NAME}" else kind)
        return None

    def settle(self) -> int:
        """Have the search know of everything; gives how many changes it did not."""
        with self.api.lock:
            return sum(index.settle() for index in self.crm.index.values())

    # ---- the data's own life

    def live(self, every: Duration = "2s", changes: int = 1) -> None:
        """Change the data again and again, so long apart on the clock, while it is served."""
        self.api.every(every, lambda: self.tick(changes))

    def tick(self, changes: int = 1, *, only: Sequence[str] = ()) -> list[str]:
        """Make some changes at random (of the kinds ``only``, or of all), and tell what they were."""
        told: list[str] = []
        for _ in range(changes):
            with self.api.lock:
                kinds = self.changes()
                for name in only:
                    if name not in kinds:
                        raise KeyError(f"the sandbox has no change {name!r}; it has {', '.join(kinds)}")
                chosen = [name for name in only or kinds for _ in range(kinds[name][0])]
                if chosen:
                    name = self._chance.pick(chosen)
                    told.append(f"{name} {kinds[name][1]()}")
        return told

    def changes(self) -> dict[str, tuple[int, Callable[[], Any]]]:
        """The kinds of change that ``tick()`` makes, how often each comes among all, and what makes it. One for which
        there is nothing to change comes 0 times."""
        crm, pick = self.crm, self._chance.pick
        kind = pick([each for each in (*data.MAIN, data.CUSTOM) if len(crm.objects[each])])
        enough, archived = len(crm.objects[kind]) > 4, len(crm.archived[kind])
        return {
            "object added": (6, lambda: crm.add(kind)),
            "object edited": (8, lambda: self.edit(kind, self._chance.sentence())),
            "property cleared": (2, lambda: self.edit(kind, "")),
            "object archived": (2 * enough, lambda: self.archive(kind)),
            "object restored": (2 * bool(archived), lambda: self.restore(kind)),
            "objects merged": (1 * enough, lambda: self.merge(kind)),
            "score recalculated": (2, lambda: self.recalculate(kind)),
            "associated": (4, self.associate),
            "dissociated": (2, self.dissociate),
            **self.hub.changes(),
        }

    def edit(self, kind: str, note: str) -> str:
        """Someone writes a note, or clears it."""
        id = self.any_of(kind)
        self.crm.edit(kind, id, note=note)
        return id

    def archive(self, kind: str) -> str:
        """A record is deleted: from now on the archive has it."""
        id = self.any_of(kind)
        self.crm.archive(kind, id)
        return id

    def restore(self, kind: str) -> str:
        """One of the archived records is brought back."""
        id = str(self._chance.pick(list(self.crm.archived[kind].truth())))
        self.crm.restore(kind, id)
        return id

    def merge(self, kind: str) -> str:
        """Two records become one. Nobody knows whether a merged record's own merged ones are told of, so there are
        none."""
        rows = self.crm.truth(kind)
        loser = self._chance.pick([id for id, row in rows.items() if not row["properties"]["hs_merged_object_ids"]])
        return self.crm.merge(kind, self._chance.pick([id for id in rows if id != loser]), str(loser))

    def recalculate(self, kind: str) -> str:
        """A calculated property has another value, and nothing says when."""
        id = self.any_of(kind)
        self.crm.recalculate(kind, id, str(self._chance.number(2, 99)))
        return id

    def associate(self) -> str:
        """A deal and a contact are associated; neither of them changes with it."""
        deal, contact = self.any_of("deals"), self.any_of("contacts")
        self.crm.link("deals", deal, "contacts", contact)
        return f"{deal} {contact}"

    def dissociate(self) -> str:
        """An association is taken away."""
        links = list(self.crm.links.truth())
        if not links:
            return ""
        one, id, other, other_id, _ = self._chance.pick(links)
        self.crm.unlink(one, id, other, other_id)
        return f"{id} {other_id}"

    def any_of(self, kind: str) -> str:
        return str(self._chance.pick(list(self.crm.objects[kind].truth())))
