# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium that opens a file and tells what went wrong in it and what it asked for."""

from __future__ import annotations

import atexit
from functools import cache
import json
from pathlib import Path
import shutil
import tempfile
from typing import Any

import pytest

CHROMIUM = ('chromium', 'chromium-browser', 'google-chrome')
ARGUMENTS = (
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--hide-scrollbars', '--force-color-profile=srgb')


@pytest.fixture(scope='session')
def browser() -> Browser:
    """Return the one browser of all tests; skips where there is none."""
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    return started()


def missing() -> str:
    """Return what this machine lacks for a browser, '' if nothing."""
    try:
        import selenium.webdriver  # noqa: F401
    except ImportError:
        return 'selenium is not installed'
    if not _executable():
        return 'no Chromium on this machine (apt install chromium)'
    return '' if shutil.which('chromedriver') else (
        'no chromedriver on this machine (apt install chromium-driver)')


@cache
def started() -> Browser:
    """Start the browser once; it ends with the process."""
    found = Browser()
    atexit.register(found.quit)
    return found


class Browser:
    """One page at a time, at a given width and in given colours."""

    def __init__(self) -> None:
        from selenium import webdriver
        self._profile = tempfile.mkdtemp(prefix='chromium_')
        options = webdriver.ChromeOptions()
        options.binary_location = _executable()
        for argument in (*ARGUMENTS, f'--user-data-dir={self._profile}'):
            options.add_argument(argument)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
        self.driver = webdriver.Chrome(
            options=options, service=webdriver.ChromeService(shutil.which('chromedriver')))
        self.driver.set_script_timeout(30)
        self.tell('Page.addScriptToEvaluateOnNewDocument', source=_WATCH_SHIFTS)

    def quit(self) -> None:
        """End the browser and forget its profile."""
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, page: Path, *, hash: str = '', size: tuple[int, int] = (1280, 900),
             dark: bool = False) -> None:
        """Open a file anew and wait until its script has run."""
        self.tell('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1],
                  deviceScaleFactor=1, mobile=size[0] < 600)
        self.tell('Emulation.setEmulatedMedia', media='', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.driver.get('about:blank')
        self._drain()
        self.driver.get(page.resolve().as_uri() + hash)

    def tell(self, command: str, **given: Any) -> Any:
        """Give a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, given)

    def js(self, script: str, *given: Any) -> Any:
        """Return what a script returns."""
        return self.driver.execute_script(script, *given)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements that a selector finds, in order."""
        return list(self.js(
            'return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)',
            selector))

    def click(self, selector: str) -> None:
        """Click the first element that a selector finds, where it really is."""
        element = self.driver.find_element('css selector', selector)
        self.js('arguments[0].scrollIntoView({block: "center"})', element)
        element.click()

    def keys(self, *names: str) -> None:
        """Press keys, by their names in selenium, one after the other."""
        from selenium.webdriver import ActionChains, Keys
        for name in names:
            ActionChains(self.driver, duration=0).send_keys(
                getattr(Keys, name, name)).perform()

    def errors(self) -> list[str]:
        """Return what the page complained about since it was opened."""
        return [entry['message'] for entry in self.driver.get_log('browser')]

    def requests(self) -> list[str]:
        """Return the addresses of everything the page has asked for, itself left out."""
        messages = (json.loads(entry['message'])['message']
                    for entry in self.driver.get_log('performance'))
        return [address for message in messages
                if message['method'] == 'Network.requestWillBeSent'
                and (address := message['params']['request']['url'])
                and message['params'].get('type') != 'Document'
                and not address.startswith('data:')]

    def shifts(self) -> float:
        """Return by how much the page's layout has shifted by itself."""
        return float(self.js('return window.layoutShifts'))

    def shoot(self, file: Path) -> None:
        """Write a picture of what is in sight."""
        self.driver.save_screenshot(str(file))

    def _drain(self) -> None:
        for kind in ('browser', 'performance'):
            self.driver.get_log(kind)


_WATCH_SHIFTS = """
window.layoutShifts = 0;
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (!shift.hadRecentInput) window.layoutShifts += shift.value;
  }
}).observe({type: 'layout-shift', buffered: true});
"""


def _executable() -> str:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), '')
