"""A page as a browser's parser sees it: elements, attributes, text."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Looked", "look"]

VOID = {"br", "hr", "input", "link", "meta", "wbr"}


class Looked(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.within: dict[str, list[str]] = {"script": [], "style": []}

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [key for key, _ in attributes]
        if len(set(names)) < len(names):
            self.wrong.append(f"{name} has an attribute twice: {names}")
        self.elements.append((name, {key: value or "" for key, value in attributes}))
        if name in self.within:
            self.within[name].append("")
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        if not self.open or self.open.pop() != name:
            self.wrong.append(f"</{name}> ends what was not open")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.within:
            self.within[self.open[-1]][-1] += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All text that is shown, on one line."""
        return " ".join("".join(self.words).split())

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self) -> list[str]:
        return [attributes["href"] for name, attributes in self.elements if name == "a"]

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for each, attributes in self.elements if each == name]


def look(page: str) -> Looked:
    seen = Looked()
    seen.feed(page)
    seen.close()
    if seen.open:
        seen.wrong.append(f"never ended: {seen.open}")
    return seen
