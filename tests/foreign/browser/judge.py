"""Chromium opens every page of the sites, from files and from a web server: quiet, narrow, by keyboard, without
JavaScript, on paper, and as axe-core sees it. Runs in the judges' own environment; ``__main__.py`` calls it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

TOLD = json.loads(sys.argv[1])
WORK, SHOTS, AXE = Path(TOLD["work"]), Path(TOLD["shots"]), Path(TOLD["axe"]).read_text("utf-8")
WIDE, NARROW, NARROWEST = 1280, 360, 320
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Fault(Exception):
    """What a page does wrong."""


class Judge:
    """A browser, the bases from which pages are opened, and what went wrong on them."""

    def __init__(self, browser: Browser, served: str) -> None:
        self._browser = browser
        self.bases = {"file": WORK.as_uri(), "http": served}
        self.noise: list[str] = []
        self.asked: set[str] = set()

    @contextmanager
    def page(self, width: int = WIDE, scheme: str = "light", **more: Any) -> Iterator[Page]:
        """A fresh page, whose every word and request is noted."""
        context = self._browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **more)
        page = context.new_page()
        page.on("console", lambda message: self.noise.append(f"{page.url} {message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.noise.append(f"{page.url} error: {error}"))
        page.on("dialog", lambda dialog: (self.noise.append(f"{page.url} dialog: {dialog.message}"), dialog.dismiss()))
        page.on("requestfailed", lambda request: self.noise.append(f"{page.url} did not get {request.url}"))
        page.on("request", lambda request: self.asked.add(request.url))
        try:
            yield page
        finally:
            context.close()

    def quiet(self) -> None:
        """Raises Fault where a page said something, or asked for anything but pages of its site."""
        own = tuple(f"{base}/" for base in self.bases.values())
        elsewhere = sorted(url for url in self.asked if not url.startswith((*own, "data:")) or not paged(url))
        noise, self.noise, self.asked = self.noise, [], set()
        if noise or elsewhere:
            raise Fault("\n".join([*noise[:10], *(f"asked for {url[:200]}" for url in elsewhere[:10])]))


def paged(url: str) -> bool:
    """Whether it is a page that was asked for, or data within one; a site has no other files to ask for."""
    return url.startswith("data:") or url.partition("#")[0].endswith((".html", "/"))


def places(site: str) -> list[str]:
    root = WORK / site / "site"
    return [each.relative_to(root).as_posix() for each in sorted(root.rglob("*.html"))]


def hear(judge: Judge) -> str:
    """The judge itself: a page that does it all wrong is heard."""
    (WORK / "loud.html").write_text(
        "<!doctype html><title>loud</title><img src='http://127.0.0.1:9/x.png'>"
        "<script>console.error('loud'); alert(1)</script>"
    )
    with judge.page() as page:
        page.goto(f"{judge.bases['http']}/loud.html", wait_until="networkidle")
    try:
        judge.quiet()
    except Fault as found:
        missed = [
            word
            for word in ("error: loud", "dialog: 1", "asked for http://127.0.0.1:9/x.png")
            if word not in str(found)
        ]
        if missed:
            raise Fault(f"the judge is deaf to {missed}") from None
        return "a page that fetches, alerts and complains is heard"
    raise Fault("the judge is deaf")


def open_all(judge: Judge) -> str:
    """Every page of every site, from both, light and dark: no word on the console, no request to anywhere else."""
    opened = 0
    for base in judge.bases.values():
        for scheme in ("light", "dark"):
            with judge.page(scheme=scheme) as page:
                for site in TOLD["sites"]:
                    for place in places(site):
                        page.goto(f"{base}/{site}/site/{place}")
                        opened += 1
                        if page.evaluate(
                            "getComputedStyle(document.body).backgroundColor === 'rgb(251, 251, 250)'"
                        ) != (scheme == "light"):
                            raise Fault(f"{place} is not {scheme}")
    judge.quiet()
    return f"{opened} pages opened"


def keep_policy(judge: Judge) -> str:
    """What a text could bring in, were it not escaped, is refused by each page itself."""
    with judge.page() as page:
        page.goto(f"{judge.bases['http']}/hostile/site/index.html")
        ran = page.evaluate(
            """async () => {
              const script = document.createElement('script');
              script.textContent = 'window.ran = true';
              document.body.append(script);
              const image = new Image();
              const fetched = await fetch(location.href).then(() => true, () => false);
              const loaded = await new Promise((done) => {
                image.onload = () => done(true); image.onerror = () => done(false); image.src = 'index.html?x';
              });
              return [window.ran === true, fetched, loaded];
            }"""
        )
    judge.noise, judge.asked = [], set()
    if any(ran):
        raise Fault(f"script, fetch, image: {ran}")
    return "no script, no fetch and no image that was put into a page"


def stay_narrow(judge: Judge) -> str:
    """No page is wider than a narrow screen, with everything unfolded."""
    seen = 0
    for width in (NARROW, NARROWEST):
        with judge.page(width=width) as page:
            for site in TOLD["sites"]:
                for place in places(site):
                    page.goto(f"{judge.bases['file']}/{site}/site/{place}")
                    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        culprit = page.evaluate(WIDEST, width)
                        raise Fault(f"{site}/{place} is {wide} px wide on a screen of {width}: {culprit}")
                    seen += 1
    judge.quiet()
    return f"{seen} pages fit {NARROW} and {NARROWEST} px"


def be_accessible(judge: Judge) -> str:
    """axe-core finds nothing on any page, light and dark, wide and narrow, with all folded out and the search open."""
    tried = rules = 0
    for width, scheme in ((WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")):
        with judge.page(width=width, scheme=scheme) as page:
            for site in TOLD["sites"]:
                kinds: set[str] = set()
                for place in places(site):
                    # of pages of one kind, all are looked at once, and the first of each again; Estuary's page takes
                    # longest, and is the same on every site
                    kind = place.rpartition("/")[0] or place
                    again = (width, scheme) != (WIDE, "light") and kind in kinds
                    if again or (place == "estuary.html" and site != TOLD["sites"][0]):
                        continue
                    kinds.add(kind)
                    page.goto(f"{judge.bases['file']}/{site}/site/{place}")
                    if place != "estuary.html":
                        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
                    if place == "index.html":
                        page.keyboard.press("/")
                        page.keyboard.type("s")
                    page.evaluate(AXE)
                    found = page.evaluate("(tags) => axe.run({ runOnly: tags, resultTypes: ['violations'] })", TAGS)
                    if found["violations"]:
                        raise Fault(
                            f"{site}/{place}, {width} px, {scheme}:\n" + "\n".join(map(_violation, found["violations"]))
                        )
                    tried, rules = tried + 1, max(rules, len(found["passes"]))
    judge.quiet()
    if rules < 20:
        raise Fault(f"axe-core tried only {rules} rules")
    return f"{tried} pages, up to {rules} rules each"


def _violation(found: dict[str, Any]) -> str:
    node = found["nodes"][0]
    times = f"{found['impact']}, {len(found['nodes'])} times"
    return f"  {found['id']} ({times}): {node['html'][:160]} {node['failureSummary'][:300]}"


WIDEST = """(width) => [...document.querySelectorAll("main *")]
  .filter((each) => each.getBoundingClientRect().right > width).map((each) => each.outerHTML.slice(0, 200)).pop()"""
FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  return { tag: at.tagName, text: at.textContent.trim().slice(0, 40), id: at.id,
    outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight + 1 && box.height > 0,
    covered: !at.contains(document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 8))) };
}"""


def walk_by_tab(judge: Judge) -> str:
    """Tab goes through a page in the order of its elements; each shows that it has the focus, and nothing covers it."""
    steps = 0
    for site, place in (("team", "index.html"), ("team", "requests.html"), ("team", "connectors/source-gong.html")):
        for width in (WIDE, NARROW):
            with judge.page(width=width) as page:
                page.goto(f"{judge.bases['http']}/{site}/site/{place}")
                whole = page.evaluate(
                    "[...document.querySelectorAll('a[href], input, summary')].filter((e) => e.checkVisibility()).map("
                    "(e) => e.textContent.trim().slice(0, 40))"
                )
                walked = []
                for _ in whole:
                    page.keyboard.press("Tab")
                    focus = page.evaluate(FOCUS)
                    walked.append(focus["text"])
                    if not (focus["outline"] and focus["seen"]) or focus["covered"]:
                        raise Fault(f"{place} at {width} px: the focus is not to be seen on {focus}")
                if walked != whole:
                    raise Fault(f"{place}: {walked} instead of {whole}")
                steps += len(walked)
    judge.quiet()
    return f"{steps} steps"


def skip_to_content(judge: Judge) -> str:
    """The first step leads past the bar."""
    with judge.page() as page:
        page.goto(f"{judge.bases['http']}/team/site/requests.html")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('main') === null"):
            raise Fault("the next step is not in the content")
    judge.quiet()
    return "the first step leads to the content"


def search_by_keys(judge: Judge) -> str:
    """The search from both, by keys alone: by name, host, stream and request; from a page below, too."""
    asked = 0
    for base in judge.bases.values():
        for start, query, downs, first, leads in (
            ("index.html", "gong", 0, "Gong", "/connectors/source-gong.html"),
            ("index.html", "gong", 1, "Gong", "/estuary.html#source-gong"),
            (
                "connectors/source-slack.html",
                "https://api.linear.example/graphql?x",
                0,
                "Linear",
                "/connectors/source-linear.html",
            ),
            ("requests/2026-009-microsoft-teams.html", "call_transcripts", 0, "Gong", "/connectors/source-gong.html"),
            ("estuary.html", "Postgres materialize", 0, "PostgreSQL", "/estuary.html#materialize-postgres"),
            ("requests.html", "2026-008", 0, "ServiceNow", "/requests/2026-008-servicenow.html"),
            ("index.html", "my.zendesk.com", 0, "Zendesk Support", "/estuary.html#source-zendesk-support-native"),
        ):
            with judge.page() as page:
                page.goto(f"{base}/team/site/{start}")
                page.keyboard.press("/")
                if page.evaluate("document.activeElement.id") != "search":
                    raise Fault("/ does not lead to the search")
                page.keyboard.type(query)
                for _ in range(downs):
                    page.keyboard.press("ArrowDown")
                chosen = page.locator("[role=option][aria-selected=true]")
                told = chosen.inner_text()
                if (
                    chosen.get_attribute("id") != page.get_attribute("#search", "aria-activedescendant")
                    or first not in told
                ):
                    raise Fault(f"{query!r} finds {page.locator('#found').inner_text()[:300]!r}")
                page.keyboard.press("Enter")
                page.wait_for_url(f"**{leads}", timeout=5000)
                asked += 1
    judge.quiet()
    return f"{asked} searches led where they had to"


def search_by_and_by(judge: Judge) -> str:
    """Arrows go round, Escape closes and then leaves, a slash in the field is a slash, nothing found says so."""
    with judge.page() as page:
        page.goto(f"{judge.bases['file']}/team/site/index.html")
        page.keyboard.press("/")
        page.keyboard.type("sa")
        count = page.locator("[role=option]").count()
        page.keyboard.press("ArrowUp")
        last = page.get_attribute("#search", "aria-activedescendant")
        if last != f"found-{count - 1}" or not page.locator(f"#{last}").is_visible():
            raise Fault(f"up from the first leads to {last} of {count}")
        if "found" not in page.locator("#found-status").inner_text():
            raise Fault("how many were found is not told to a screen reader")
        page.keyboard.press("Escape")
        if page.locator("#found").is_visible() or page.get_attribute("#search", "aria-expanded") != "false":
            raise Fault("Escape does not close the list")
        page.keyboard.press("Escape")
        if page.input_value("#search") or page.evaluate("document.activeElement.id") == "search":
            raise Fault("a second Escape does not leave the field")
        page.keyboard.press("/")
        page.keyboard.type("no/such thing")
        if page.input_value("#search") != "no/such thing" or not page.locator("#found-none").is_visible():
            raise Fault("nothing found is not told")
        page.keyboard.press("Tab")
        if page.locator("#found-none").is_visible():
            raise Fault("the list stays open when the focus has gone")
    judge.quiet()
    return "arrows, Escape, a slash, nothing found"


def do_without_script(judge: Judge) -> str:
    """Without JavaScript all but the search works, and the page says so."""
    for base in judge.bases.values():
        with judge.page(java_script_enabled=False) as page:
            page.goto(f"{base}/team/site/index.html")
            if page.locator("#search").is_visible() or not page.locator("noscript p").is_visible():
                raise Fault("the search is shown, or nothing says why it is not")
            page.locator("summary").first.click()
            if not page.locator("details li").first.is_visible():
                raise Fault("streams cannot be unfolded")
            page.get_by_role("link", name="Gong").first.click()
            page.wait_for_url("**/connectors/source-gong.html", timeout=5000)
            page.get_by_role("link", name="2026-002, Gong").click()
            page.wait_for_url("**/requests/2026-002-gong.html", timeout=5000)
            page.get_by_role("link", name="Estuary's catalog").click()
            page.wait_for_url("**/estuary.html", timeout=5000)
    judge.quiet()
    return "from the overview to a connector, its request and Estuary's catalog"


def print_it(judge: Judge) -> str:
    """On paper there is no bar, and what is told nowhere else is unfolded."""
    with judge.page() as page:
        page.goto(f"{judge.bases['file']}/team/site/estuary.html")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 1000, "height": 1400})
        if page.locator(".bar").is_visible() or not page.locator("details li").first.is_visible():
            raise Fault("the bar is printed, or the streams are not")
        page.goto(f"{judge.bases['file']}/team/site/index.html")
        page.screenshot(path=SHOTS / "overview-print.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth") > 1000:
            raise Fault("the overview is wider than paper")
        if len(page.pdf()) < 10_000:
            raise Fault("the printed page is empty")
    judge.quiet()
    return "no bar, streams unfolded"


def take_shots(judge: Judge) -> str:
    """Screenshots, for people."""
    shots = [
        (name, site, place, width, scheme)
        for name, site, place in (
            ("overview", "team", "index.html"), ("requests", "team", "requests.html"),
            ("connector", "team", "connectors/source-gong.html"), ("request", "team", "requests/2026-002-gong.html"),
            ("estuary", "team", "estuary.html"), ("ours", "ours", "index.html"),
        )
        for width in (WIDE, NARROW)
        for scheme in ("light", "dark")
    ]  # fmt: skip
    for name, site, place, width, scheme in shots:
        with judge.page(width=width, scheme=scheme) as page:
            page.goto(f"{judge.bases['http']}/{site}/site/{place}")
            page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=name != "estuary")
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        with judge.page(width=width, scheme=scheme) as page:
            page.goto(f"{judge.bases['http']}/team/site/index.html")
            page.keyboard.press("/")
            page.keyboard.type("transcripts")
            page.screenshot(path=SHOTS / f"search-{width}-{scheme}.png")
    judge.quiet()
    return f"{len(list(SHOTS.glob('*.png')))} in {SHOTS}"


CHECKS: dict[str, Callable[[Judge], str]] = {
    "the judge hears": hear,
    "quiet, from file and http": open_all,
    "the page's own policy": keep_policy,
    "narrow screens": stay_narrow,
    "axe-core": be_accessible,
    "tab order and focus": walk_by_tab,
    "skip link": skip_to_content,
    "search by keys": search_by_keys,
    "keys within the search": search_by_and_by,
    "without JavaScript": do_without_script,
    "print": print_it,
    "screenshots": take_shots,
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def main() -> int:
    failed = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(WORK)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=TOLD["browser"], args=arguments)
        judge = Judge(browser, f"http://127.0.0.1:{server.server_port}")
        print(
            f"Chromium {browser.version}; {', '.join(f'{len(places(each))} pages of {each}' for each in TOLD['sites'])}"
        )
        for name, check in CHECKS.items():
            began = time.monotonic()
            try:
                verdict, found = "ok", check(judge)
            except Fault as wrong:
                verdict, found = "FAILED", str(wrong)
            except Exception:  # what Playwright raises where a page does not do what it has to
                verdict, found = "FAILED", traceback.format_exc(limit=-3)
            failed += verdict != "ok"
            judge.noise, judge.asked = [], set()
            print(f"{name:28} {verdict:7} {time.monotonic() - began:6.1f} s  {found}", flush=True)
        browser.close()
    server.shutdown()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
