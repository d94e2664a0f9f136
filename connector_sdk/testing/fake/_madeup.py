"""Made-up people, companies and sentences: varied, harmless, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["MadeUp"]

T = TypeVar("T")


def _list(*lines: str) -> list[str]:
    return [each for line in lines for each in line.split("|")]


_FIRST = _list(
    "Ana|Kim|Lars|Noor|Wei|Priya|Tomás|Zoë|Amara|Björn|Chloé|Dmitri|Elif|Farid|Grace|Hana|Igor|Jun|Katya|Liam|Mei",
    "Nadia|Omar|Paula|Quinn|Rosa|Sven|Tariq|Uma|Vera|Wanda|Xenia|Yusuf|Łukasz|Ingrid|Mateo|Aisha|Oluwaseun|Siobhán|美咲",
)
_LAST = _list(
    "Li|Okafor|Nguyen|García|Müller|Rossi|Haddad|Kowalska|Ivanova|Tanaka|Silva|Johansson|Dubois|O'Brien|Patel|Yılmaz",
    "Novák|Fernández|Schmidt|Andersen|Kapoor|Mensah|Costa|Laurent|Petrov|Sato|Walsh|Ørsted|van Dijk|Castellanos",
)
_COMPANY = _list(
    "Fabrikam|Contoso|Northwind|Tailspin|Litware|Adatum|Wingtip|Proseware|Lucerne|Margie|Alpine|Blue Yonder|Coho",
    "Fourth Coffee|Graphic Design|Humongous|Nod|Relecloud|Southridge|Trey|VanArsdel|Woodgrove|Wide World",
)
_KIND = ("Inc", "GmbH", "Ltd", "S.A.", "Logistics", "Health", "Bank", "Foods", "Energy", "Research")
_SUBJECT = _list(
    "the customer|our champion|procurement|the security team|their CFO|the new buyer|the legal department",
    "the pilot group|an integration partner|the operations lead|everyone on the call|the former owner",
)
_VERB = _list(
    "asked about|agreed on|pushed back on|was delighted with|wants another look at|postponed|compared us on",
    "signed off|raised doubts about|explained|could not open|needs approval for",
)
_OBJECT = _list(
    "the renewal price|the data residency question|a two-week pilot|single sign-on|the quarterly report|next steps",
    "our “unlimited” plan|the migration from spreadsheets|onboarding for 300 people|the roadmap for Q3|an 8 % discount",
    'the API limits|a naïve export\tof all rows|the contract\'s second page|training in Zürich|the "final" offer',
)


class MadeUp:
    """A source of made-up values. ``MadeUp(7)`` gives the same ones every time, on every machine."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)
        self._ids: set[str] = set()

    def id(self, *digits: int) -> str:
        """A new id, of one of these lengths (19 by default), as text; never the same twice."""
        while True:
            count = self.pick(digits or (19,))
            text = str(self.random.randrange(10 ** (count - 1), 10**count))
            if text not in self._ids:
                self._ids.add(text)
                return text

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[int(self.random.random() * len(options))]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """A few different ones."""
        return self.random.sample(options, min(len(options), self.number(least, most)))

    def chance(self, share: float) -> bool:
        """True this often."""
        return self.random.random() < share

    def number(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self.random.random() * (most - least + 1))

    def person(self) -> tuple[str, str]:
        """A first and a last name."""
        return self.pick(_FIRST), self.pick(_LAST)

    def company(self) -> str:
        """A company's name."""
        return f"{self.pick(_COMPANY)} {self.pick(_KIND)}"

    def email(self, first: str, last: str, domain: str) -> str:
        """An address under ``.test``, in ASCII."""
        name = "".join(
            letter for letter in f"{first}.{last}".lower() if letter.isascii() and (letter.isalnum() or letter == ".")
        )
        return f"{name.strip('.') or 'someone'}{self.number(1, 9999)}@{domain}.test"

    def sentence(self) -> str:
        """A plain sentence, with the odd quote, umlaut or emoji."""
        text = f"{self.pick(_SUBJECT)} {self.pick(_VERB)} {self.pick(_OBJECT)}"
        return text[0].upper() + text[1:] + self.pick([".", ".", ".", "!", "?", " 👍", "…"])

    def text(self, least: int, most: int) -> str:
        """Several sentences."""
        return " ".join(self.sentence() for _ in range(self.number(least, most)))
