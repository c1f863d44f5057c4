"""The page in a real browser: nothing on its console, nothing fetched, and what it shows is what is in it."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading

import pytest
from html_pages import Page

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

import lp_posg as posg
from lp_posg import report

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser here: none of {', '.join(BROWSERS)} is installed")

QUIET = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")


class Server(http.server.ThreadingHTTPServer):
    """Serves one page, as the proxy of the browser: so nothing that it asks for leaves the machine."""

    def __init__(self, text):
        super().__init__(("127.0.0.1", 0), Handler)
        self.text = text


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        here = self.path.endswith("/page.html")
        self.send_response(200 if here else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.text.encode() if here else b"")

    def do_CONNECT(self):
        self.send_error(502)

    def log_message(self, *arguments):
        pass


def opened(text, folder):
    """Return the page as the browser has it, its console messages, and what it asked for.

    A browser asks for things of its own too; its log says which requests are the page's.
    """
    log = folder / "requests.json"
    with Server(text) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        command = [BROWSER, "--headless=new", "--no-sandbox", *QUIET, f"--user-data-dir={folder / 'profile'}"]
        command += [f"--proxy-server={address}", "--proxy-bypass-list=<-loopback>", f"--log-net-log={log}"]
        command += ["--enable-logging=stderr", "--dump-dom", f"{address}/page.html"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        server.shutdown()
    assert result.returncode == 0, result.stderr[-2000:]
    console = [line for line in result.stderr.splitlines() if ":CONSOLE" in line]
    started = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    asked = {own["url"] for own in started if own.get("initiator") == address and not own["url"].startswith("data:")}
    return Page(result.stdout), console, {url.removeprefix(address) for url in asked}


def test_the_page_opens_without_a_message_or_a_request(tmp_path):
    table = posg.compare(posg.catalog("chicken"), 1, ["full"], ["team", "ce", "cce"])
    page, console, asked = opened(report.page(table), tmp_path)
    assert console == []
    assert asked == set()
    assert page.texts["title"] == ["chicken: equilibria compared"]
    assert len(page.attributes("img")) == 4
    rows = [" ".join(own.split()) for own in page.texts["tr"]]
    assert any(row.startswith("fullce exact 5.25 5.25 10.5") for row in rows)
    assert len(page.texts["table"]) == 3  # the comparison, and of the one state what is played and what deviating gains


def test_labels_that_are_scripts_are_not_run(tmp_path):
    game = posg.catalog("chicken")
    attack = ['<script>console.log("run")</script>', '<img src="http://elsewhere.invalid/x.png">']
    parts = (game.transition, game.observation, game.reward, game.initial)
    table = posg.compare(posg.Game(*parts, agents=attack, actions=[attack, attack]), 1, ["full"], ["ce"])
    page, console, asked = opened(report.page(table), tmp_path)
    assert console == []
    assert asked == set()
    assert len(page.attributes("script")) == 1
    assert all(label in page.texts["body"][0] for label in attack)


def test_messages_and_requests_would_be_seen(tmp_path):
    """What the other tests rely on."""
    text = (
        '<title>t</title><script>console.log("run")</script><img src="http://elsewhere.invalid/x.png"><img src="y.png">'
    )
    page, console, asked = opened(text, tmp_path)
    assert page.texts["title"] == ["t"]
    assert any('"run"' in line for line in console)
    assert asked - {"/favicon.ico"} == {"/y.png", "http://elsewhere.invalid/x.png"}
