"""The asyncio client against a real kernel."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
import unittest
from typing import List

import quire
import quire.aio

from . import COUNTING, needs_kernel, needs_numpy


@needs_kernel
class CallsAreAwaited(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.q = await quire.aio.Workspace(self.folder.name, plugins=[COUNTING]).__aenter__()
        self.addAsyncCleanup(self.q.close)

    async def test_calls_run_side_by_side(self) -> None:
        found = await asyncio.gather(*(self.q.call("data.load", source=[[number]]) for number in range(20)))
        self.assertEqual([one.rows for one in found], [1] * 20)
        self.assertTrue(os.path.isfile(found[0].matrix.path))
        self.assertIn("counting.words", await self.q.methods())
        self.assertEqual((await self.q.describe("data.load")).name, "data.load")

    async def test_progress_is_told_on_the_loop(self) -> None:
        seen: List[str] = []
        papers = [{"id": "1", "title": "Wörter"}]
        await self.q.call("counting.words", papers=papers, progress=lambda done, message: seen.append(message))
        self.assertIn("Wörter", seen)

    async def test_a_cancelled_task_cancels_its_call(self) -> None:
        task = asyncio.ensure_future(self.q.call("counting.behave", mode="spin"))
        await asyncio.sleep(0.5)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        start = time.monotonic()
        await self.q.call("counting.behave", mode="nothing")
        self.assertLess(time.monotonic() - start, 5)

    async def test_errors_and_timeouts_are_those_of_the_blocking_client(self) -> None:
        with self.assertRaises(quire.ParameterError):
            await self.q.call("data.load", sourec=[[1]])
        with self.assertRaises(quire.Timeout):
            await self.q.call("counting.behave", mode="sleep", timeout=0.3)

    @needs_numpy
    async def test_large_arrays_go_as_files(self) -> None:
        import numpy

        # NumPy is imported here; the loop need not complain of that.
        asyncio.get_running_loop().slow_callback_duration = 5
        large = numpy.ones((200, 100))
        loaded = await self.q.call("data.load", source=large)
        numpy.testing.assert_array_equal(loaded.matrix.array(), large)

    async def test_a_kernel_that_is_killed_says_so(self) -> None:
        asked = asyncio.ensure_future(self.q.call("counting.behave", mode="sleep"))
        await asyncio.sleep(0.3)
        os.kill(self.q._session.connection.process.pid, signal.SIGKILL)
        with self.assertRaises(quire.KernelDied):
            await asked


class AWorkspaceIsOpenedFirst(unittest.TestCase):
    def test_without_async_with_it_says_so(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "async with"):
            asyncio.run(quire.aio.Workspace("/nowhere").methods())


if __name__ == "__main__":
    unittest.main()
