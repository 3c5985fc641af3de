"""The steps of the README in a JupyterLab that a browser without a screen looks at."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.request
from typing import Any, Iterator, List

from .. import FOLDER
from . import LONG, NOISE, STUDY, Installed, needs_jupyter

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(FOLDER)))

needs_browser = unittest.skipUnless(
    importlib.util.find_spec("selenium") and importlib.util.find_spec("jupyterlab") and shutil.which("chromedriver"),
    "needs JupyterLab, selenium and Chromium: make jupyter",
)


def steps() -> List[str]:
    """The lines of the README's section."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        section = file.read().partition("### Jupyter\n")[2]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    return found.group(1).splitlines() if found else []


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def lab(command: str, folder: str) -> Iterator[str]:
    """A JupyterLab that was started by the command; gives the notebook's address."""
    port = free_port()
    more = f"--no-browser --allow-root --ip=127.0.0.1 --port={port} --IdentityProvider.token=test"
    with open(os.path.join(folder, "lab.log"), "wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command} {more}"], cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=test", timeout=1).close()
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/lab/tree/{command.split()[-1]}?token=test&reset"
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for one in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1600"):
        options.add_argument(one)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


@needs_jupyter
@needs_browser
class TheStepsOfTheReadmeLeadToALab(Installed):
    def wait(self, driver: Any, script: str, seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = driver.execute_script(f"return {script}")
            if found:
                return found
            time.sleep(0.25)
        self.keep(driver, "failed")
        raise AssertionError(f"{seconds} s without {script}")

    def keep(self, driver: Any, name: str) -> None:
        folder = os.environ.get("QUIRE_SCREENSHOTS")
        if folder:
            os.makedirs(folder, exist_ok=True)
            driver.save_screenshot(os.path.join(folder, f"jupyterlab-{name}.png"))

    def test_cells_run_show_pictures_and_are_interrupted(self) -> None:
        folder = self.work()
        with open(os.path.join(folder, "study.quire.md"), "w", encoding="utf-8") as file:
            for one in (NOISE, LONG):
                header, _, body = one.partition("\n")
                file.write(f"```{header[2:]}\n{body}```\n\n")
            file.write(STUDY)
        commands = steps()
        self.assertEqual(len(commands), 4)
        binaries = os.path.dirname(os.path.abspath(sys.executable))
        os.environ["PATH"] = os.pathsep.join([binaries, os.path.dirname(os.environ["QUIRE"]), os.environ["PATH"]])
        for command in commands[:3]:
            quietly = command.replace("pip install", "pip install --quiet --disable-pip-version-check")
            place = ROOT if "Clients" in command else folder
            subprocess.run(quietly, shell=True, check=True, cwd=place, capture_output=True)
        with lab(commands[3], folder) as address, browser() as driver:
            driver.get(address)
            self.wait(driver, "document.querySelectorAll('.jp-CodeCell').length >= 5")
            self.wait(driver, "document.body.innerText.includes('# quire id=probe')")
            self.wait(
                driver, "document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=\"idle\"]') !== null"
            )
            self.run_all_but_one_that_is_interrupted(driver)
            picture = self.wait(
                driver,
                "document.querySelector('.jp-OutputArea-output.jp-RenderedSVG img, "
                ".jp-OutputArea-output svg, .vega-embed canvas, .vega-embed svg') !== null",
            )
            self.assertTrue(picture)
            driver.execute_script("document.querySelectorAll('.jp-CodeCell')[4].scrollIntoView()")
            time.sleep(1)
            self.keep(driver, "picture")

    def run_all_but_one_that_is_interrupted(self, driver: Any) -> None:
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys

        def select(number: int) -> None:
            cell = driver.find_elements(By.CSS_SELECTOR, ".jp-CodeCell .cm-content")[number]
            driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", cell)
            cell.click()

        def execute(number: int) -> None:
            select(number)
            ActionChains(driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()

        def output(number: int) -> str:
            return f"document.querySelectorAll('.jp-CodeCell')[{number}].querySelector('.jp-OutputArea-output')"

        execute(0)
        self.wait(driver, output(0))
        execute(1)
        self.wait(driver, "document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=\"busy\"]') !== null")
        time.sleep(2)
        self.keep(driver, "progress")
        # The stop button is I, I in command mode.
        ActionChains(driver).send_keys(Keys.ESCAPE).send_keys("i").send_keys("i").perform()
        self.wait(driver, f"{output(1)}?.innerText.includes('Interrupted')", 20)
        self.keep(driver, "interrupted")
        for number in (2, 3, 4):
            execute(number)
            self.wait(driver, output(number))
