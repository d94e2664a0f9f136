"""Taking turns, and who is alone."""

from __future__ import annotations

import asyncio

from connector_sdk.engine.overtaken import Overtaken
from connector_sdk.engine.turns import Turns


def test_work_for_the_same_name_is_done_one_after_the_other_and_any_other_at_once() -> None:
    done: list[str] = []

    async def work(turns: Turns, what: str, *names: str) -> None:
        async with turns.of(names):
            done.append(f"{what} begins")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            done.append(f"{what} ends")

    async def all_of_it() -> Turns:
        turns = Turns()
        await asyncio.gather(work(turns, "a", "x", "y"), work(turns, "b", "y", "x"), work(turns, "c", "z"))
        return turns

    turns = asyncio.run(all_of_it())
    assert done.index("a ends") < done.index("b begins")
    assert done.index("c begins") < done.index("a ends")
    assert vars(turns) == {"_locks": {}, "_wanted": {}}  # nothing is kept of names that nobody uses


def test_a_turn_that_is_cancelled_while_it_waits_is_given_up() -> None:
    async def work() -> None:
        turns = Turns()
        async with turns.of(["x"]):
            waiting = asyncio.ensure_future(turns.of(["w", "x"]).__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            async with turns.of(["w"]):
                pass
        assert vars(turns) == {"_locks": {}, "_wanted": {}}

    asyncio.run(work())


def test_who_is_alone_has_nothing_to_remember() -> None:
    overtaken = Overtaken()
    fill = overtaken.sent("fill")
    assert overtaken.alone(fill)
    tail = overtaken.sent("tail")
    assert not overtaken.alone(fill)
    assert not overtaken.alone(tail)
    overtaken.wrote(b"1", 5, tail)
    overtaken.leave("tail")
    assert not overtaken.alone(fill)  # what the tail wrote may be newer than what the fill brings
    overtaken.leave("fill")
    again = overtaken.sent("fill")
    assert overtaken.alone(again)
    overtaken.leave("fill")
    overtaken.sent("tail")
    assert not overtaken.alone(again)  # it is another lane that is under way, which asked earlier than it is written
