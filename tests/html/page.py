"""A page of kautopsy in headless Chromium, and what its tests ask of it."""

import json
import os
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

# Colours that the drawing has beside what shines through; a blank canvas has none.
COLOURS = """
const pen = arguments[0].getContext('2d');
const {width, height} = arguments[0];
const data = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);
return new Set(data).size;
"""


class Browser:
    """One Chromium with a profile of its own, which goes when it is closed."""

    def __init__(self, *arguments):
        self.profile = tempfile.mkdtemp(prefix="kautopsy-chromium-")
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        # Without a sandbox, since tests may run as root, for whom Chromium has none.
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                         "--disable-dev-shm-usage", "--disable-background-networking",
                         "--window-size=1280,900", "--user-data-dir=" + self.profile, *arguments):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, path, fragment=""):
        """Opens a page of a file anew; what earlier pages logged is gone."""
        self.driver.get("about:blank")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get("file://" + os.path.abspath(path) + fragment)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def click(self, element):
        """Clicks where the bar that stays on top does not lie above it."""
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()

    def texts(self, selector):
        """textContent of every match, hidden ones too."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
                        selector)

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses that the page asked for."""
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def colours(self, canvas):
        return self.run(COLOURS, canvas)
