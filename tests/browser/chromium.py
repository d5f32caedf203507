"""Which browser the tests drive; as a command, install one where there is none."""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """Return the path of an installed Chromium: the machine's own, else Playwright's, else none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if os.path.exists(own) else None


def install() -> None:
    """Install a Chromium where there is none; exit with what to do where that fails."""
    if executable():
        return
    print("Installing a browser for the tests")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        commands = [["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in commands:
        subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL)
    if not executable():
        sys.exit("There is no browser for the tests. Install one: apt-get install chromium")


if __name__ == "__main__":
    install()
