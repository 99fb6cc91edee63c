import asyncio, sys
from tests.unit.comparison.twoimages import shops, attacked
from tests.tui.piloting import *
from layerlens.tui.reading import Opened
from tests.members import *  # noqa
async def main(size, keys, which=shops):
    c = which()
    async with opened(Opened(c.new, None, c, None), size) as (pilot, screen, _):
        await pilot.pause(0.1)
        print(text_of(pilot.app))
        for group in keys:
            await pilot.press(*group.split())
            await pilot.pause(0.25)
            print("=====", group); print(text_of(pilot.app))
asyncio.run(main(tuple(map(int, sys.argv[1].split("x"))), sys.argv[3:], {"s":shops,"a":attacked}[sys.argv[2]]))
