"""``quire mcp`` as the official client of the Model Context Protocol sees it, in both eras."""

from __future__ import annotations

import array
import asyncio
import contextlib
import importlib.util
import json
import os
import random
import tempfile
import unittest
from typing import Any, AsyncIterator, Dict, List, Tuple

from . import needs_kernel

needs_mcp = unittest.skipUnless(importlib.util.find_spec("mcp"), "needs the MCP client: pip install mcp")

CORE = [
    "artifact_read", "cell_run", "log_show", "method_call", "method_describe", "methods_find", "notebook_open",
    "notebook_run", "papers_get", "papers_import", "papers_search", "run_status",
]  # fmt: skip

NOTEBOOK = """
```quire id=load
method: data.load
params:
  source: [[1, 2], [3, 4]]
```
"""


@needs_kernel
@needs_mcp
class TheOfficialClient(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    @contextlib.asynccontextmanager
    async def client(self, *arguments: str, mode: str = "auto") -> AsyncIterator[Any]:
        from mcp import Client, StdioServerParameters

        command = StdioServerParameters(
            command=os.path.abspath(os.environ["QUIRE"]), args=["mcp", "--workspace", self.folder, *arguments]
        )
        async with Client(command, mode=mode) as client:
            yield client

    def test_finds_describes_and_calls_in_both_eras(self) -> None:
        async def session(mode: str) -> str:
            async with self.client(mode=mode) as client:
                tools = (await client.list_tools()).tools
                self.assertEqual([tool.name for tool in tools], CORE)
                for tool in tools:
                    self.assertEqual(tool.input_schema["type"], "object")
                    self.assertLessEqual(len(tool.description.encode()), 1024)
                found = await client.call_tool("methods_find", {"words": "load a matrix"})
                names = [item["name"] for item in found.structured_content["items"]]
                self.assertIn("data.load", names)
                page = await client.call_tool("method_describe", {"name": "data.load"})
                self.assertIn("source", page.structured_content["params"]["properties"])
                called = await client.call_tool(
                    "method_call", {"name": "data.load", "params": {"source": [[1, 2], [3, 4]]}}
                )
                self.assertFalse(called.is_error)
                self.assertEqual(called.structured_content["rows"], 2)
                self.assertEqual(json.loads(called.content[0].text), called.structured_content)
                shown = await client.call_tool("log_show", {"run": called.meta["quire/run"]})
                self.assertEqual(shown.structured_content["entries"][0]["method"], "data.load")
                return str(client.protocol_version)

        self.assertEqual(asyncio.run(session("auto")), "2026-07-28")
        self.assertEqual(asyncio.run(session("legacy")), "2025-11-25")

    def test_a_failed_call_tells_a_model_what_to_mend(self) -> None:
        async def session() -> None:
            async with self.client() as client:
                failed = await client.call_tool("method_call", {"name": "data.load", "params": {"sourec": [[1]]}})
                self.assertTrue(failed.is_error)
                error = json.loads(failed.content[0].text)
                self.assertEqual(error["data"]["kind"], "params.schema")
                self.assertIn("source", error["data"]["hint"])
                with self.assertRaises(Exception) as raised:
                    await client.call_tool("no_such_tool", {})
                self.assertIn("Unknown tool", str(raised.exception))

        asyncio.run(session())

    def test_papers_are_imported_searched_and_read(self) -> None:
        async def session(mode: str) -> None:
            async with self.client(mode=mode) as client:
                text = "Attention Is All You Need\nA network of attention layers alone translates better.\n"
                done = await client.call_tool("papers_import", {"text": text})
                self.assertFalse(done.is_error, done.content)
                found = await client.call_tool("papers_search", {"query": "attention"})
                paper = found.structured_content["items"][0]["id"]
                page = (await client.read_resource(f"quire://papers/{paper}")).contents[0]
                self.assertIn("# Attention Is All You Need", page.text)
                self.assertIn(paper, (await client.read_resource("quire://papers")).contents[0].text)
                templates = (await client.list_resource_templates()).resource_templates
                self.assertIn("quire://papers/{id}", [one.uri_template for one in templates])
                with self.assertRaises(Exception) as raised:
                    await client.read_resource("quire://papers/paper:none")
                self.assertIn("not found", str(raised.exception))

        asyncio.run(session("auto"))
        asyncio.run(session("legacy"))

    def test_pictures_are_resources(self) -> None:
        async def session() -> None:
            async with self.client() as client:
                features = [[0, 1], [1, 0], [1, 2], [2, 1], [3, 5], [4, 4], [5, 3], [5, 6]]
                labels = ["low"] * 4 + ["high"] * 4
                params = {"features": features, "labels": labels}
                called = await client.call_tool("method_call", {"name": "probe.logistic", "params": params})
                self.assertFalse(called.is_error, called.content)
                links = [part for part in called.content if part.type == "resource_link"]
                self.assertTrue(links)
                picture = (await client.read_resource(str(links[0].uri))).contents[0]
                self.assertEqual(picture.mime_type, "image/svg+xml")
                self.assertTrue(picture.text.startswith("<svg"))

        asyncio.run(session())

    def test_notebooks_run_by_cells(self) -> None:
        with open(os.path.join(self.folder, "study.quire.md"), "w", encoding="utf-8") as file:
            file.write(NOTEBOOK)

        async def session() -> None:
            async with self.client() as client:
                opened = await client.call_tool("notebook_open", {"path": "study.quire.md"})
                name = opened.structured_content["notebook"]
                ran = await client.call_tool("cell_run", {"notebook": name, "cell": "load"})
                self.assertEqual(ran.structured_content["state"], "fresh")
                again = await client.call_tool("notebook_run", {"notebook": name})
                self.assertEqual(again.structured_content["cached"], 1)
                resources = [str(one.uri) for one in (await client.list_resources()).resources]
                (address,) = (uri for uri in resources if "notebooks/" in uri)
                self.assertIn("data.load", (await client.read_resource(address)).contents[0].text)

        asyncio.run(session())

    def test_prompts_take_arguments(self) -> None:
        async def session() -> None:
            async with self.client() as client:
                self.assertEqual(len((await client.list_prompts()).prompts), 5)
                prompt = await client.get_prompt("notebook_review", {"path": "study.quire.md"})
                self.assertIn("study.quire.md", prompt.messages[0].content.text)

        asyncio.run(session())

    def test_a_long_call_tells_its_progress_and_obeys_a_cancel(self) -> None:
        work = long_work(self.folder)

        async def session(mode: str) -> None:
            async with self.client(mode=mode) as client:
                heard: List[Tuple[float, Any]] = []

                async def note(progress: float, total: Any, message: Any) -> None:
                    heard.append((progress, total))

                task = asyncio.create_task(client.call_tool("method_call", work, progress_callback=note))
                for _ in range(600):
                    if len(heard) > 1:
                        break
                    await asyncio.sleep(0.05)
                self.assertGreater(len(heard), 1)
                self.assertEqual(heard, sorted(heard))
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                # Whoever is free again answers.
                self.assertFalse((await client.call_tool("methods_find", {"words": "probe"})).is_error)

        asyncio.run(session("auto"))
        asyncio.run(session("legacy"))

    def test_a_call_in_the_background_is_followed_and_stopped(self) -> None:
        async def session() -> None:
            async with self.client() as client:
                begun = await client.call_tool("method_call", {**long_work(self.folder), "background": True})
                run = begun.structured_content["run"]
                self.assertEqual(begun.structured_content["state"], "running")
                await client.call_tool("run_status", {"run": run, "cancel": True})
                self.assertEqual((await self.ended(client, run))["state"], "failed")
                short = {"name": "data.load", "params": {"source": [[1, 2]]}, "background": True}
                run = (await client.call_tool("method_call", short)).structured_content["run"]
                self.assertEqual((await self.ended(client, run))["value"]["rows"], 1)

        asyncio.run(session())

    async def ended(self, client: Any, run: str) -> Dict[str, Any]:
        for _ in range(600):
            status: Dict[str, Any] = (await client.call_tool("run_status", {"run": run})).structured_content
            if status["state"] != "running":
                return status
            await asyncio.sleep(0.05)
        self.fail("the call did not end")

    def test_a_read_only_server_has_no_tool_that_writes(self) -> None:
        async def session() -> None:
            async with self.client("--read-only", "--tools", "all") as client:
                names = [tool async for tool in self.all_tools(client)]
                self.assertTrue(all(tool.annotations.read_only_hint for tool in names))
                self.assertNotIn("papers_import", [tool.name for tool in names])
                refused = await client.call_tool("method_call", {"name": "papers.import", "params": {"text": "A\nB"}})
                self.assertEqual(json.loads(refused.content[0].text)["data"]["kind"], "store.readOnly")

        asyncio.run(session())

    def test_each_method_can_be_a_tool(self) -> None:
        async def session() -> None:
            async with self.client("--tools", "all") as client:
                tools = [tool async for tool in self.all_tools(client)]
                names = [tool.name for tool in tools]
                self.assertGreater(len(names), 120)
                self.assertEqual(names, sorted(set(names)))
                for name in names:
                    self.assertRegex(name, "^[a-zA-Z0-9_-]{1,64}$")
                by_name = {tool.name: tool for tool in tools}
                self.assertFalse(by_name["papers_import"].annotations.read_only_hint)
                self.assertTrue(by_name["papers_delete"].annotations.destructive_hint)
                called = await client.call_tool("data_load", {"source": [[1, 2]]})
                self.assertEqual(called.structured_content["rows"], 1)

        asyncio.run(session())

    @staticmethod
    async def all_tools(client: Any) -> AsyncIterator[Any]:
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            for tool in page.tools:
                yield tool
            cursor = page.next_cursor
            if cursor is None:
                return


def long_work(folder: str) -> Dict[str, Any]:
    """Many fits of noise, which takes longer than any test waits."""
    rows, columns = 20_000, 150
    draw = random.Random(7).random
    values = array.array("d", (draw() - 0.5 for _ in range(rows * columns)))
    codes = array.array("q", (int(draw() < 0.5) for _ in range(rows)))
    for name, shape, content in (("x.npy", f"{rows}, {columns}", values), ("y.npy", f"{rows},", codes)):
        kind = "<f8" if content.typecode == "d" else "<i8"
        header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}"
        header += " " * (63 - (10 + len(header)) % 64) + "\n"
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + content.tobytes())
    return {
        "name": "probe.control",
        "params": {
            "features": {"$file": "x.npy"},
            "labels": {"$file": "y.npy"},
            "shuffle": "rows",
            "C": 1e6,
            "repeats": 100,
        },
    }
