"""Two hosts' style sheets and ours: neither changes a pixel of the other's pages."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from PIL import Image, ImageChops
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from lre_kit.testing.office import throwaway_office
from lre_web import LRE, Actor

RESET = """
*, *::before, *::after { box-sizing: border-box; margin: 0; padding: 0; }
html { font-size: 62.5%; } body { font: 1.6rem/1.4 Georgia, serif; color: #222; background: #fffbe8; }
h1, h2, h3 { font: 400 3rem/1 Impact, sans-serif; text-transform: uppercase; color: #b00; }
a { color: #080; text-decoration: none; } a:hover { text-decoration: underline; }
ul, ol { list-style: none; } table { border-collapse: collapse; width: 100%; }
td, th { border: 2px solid #000; }
input, select, textarea, button { border: 0; border-radius: 0; background: #eee; width: 12rem; }
button { background: #b00; color: #fff; padding: 1rem; } form { display: flex; gap: 1rem; }
label { float: left; width: 20rem; } main { display: grid; } footer { background: #000; color: #fff; }
.lre-card, .inner, .top, .brand, .hint, .button { outline: 3px dashed #00f; }
"""
UTILITY = """
:root { --ink: hotpink; --accent: lime; --paper: navy; --radius: 40px; --line: red; }
.flex { display: flex; } .gap-4 { gap: 1rem; } .p-4 { padding: 1rem; } .mt-2 { margin-top: .5rem; }
.text-sm { font-size: .875rem; } .font-bold { font-weight: 700; } .rounded { border-radius: .25rem; }
.bg-blue { background: #1d4ed8; color: #fff; } .small { font-size: .5rem; }
.back { position: fixed; right: 0; }
.button { background: teal; color: #fff; padding: 2rem; } .inner { width: 200px; } .headline { color: red; }
@media (min-width: 600px) { .md-flex { display: flex; } }
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>host</title>
<link rel="stylesheet" href="/host.css">{more}</head><body class="p-4"><h1>Host</h1>
<main class="flex gap-4"><p class="inner">Text with a <a class="button" href="#">link</a></p>
<ul><li>one</li><li>two</li></ul><table><tr><th>Head</th><td>Cell</td></tr></table></main>
<form class="mt-2"><label for="f">Name</label><input id="f" value="x"><select><option>a</option></select>
<button class="bg-blue rounded">Send</button></form><footer class="text-sm top">Foot</footer></body></html>"""


def host(style: str) -> Flask:
    app = Flask("host")

    @app.get("/host.css")
    def sheet() -> tuple[str, int, dict[str, str]]:
        return style, 200, {"Content-Type": "text/css"}

    @app.get("/")
    def home() -> str:
        return PAGE.format(more="")

    @app.get("/both")
    def both() -> str:
        # As if the host had loaded our sheet on its own page: nothing of it may reach there.
        return PAGE.format(more='<link rel="stylesheet" href="/lre/static/lre.css">')

    return app


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Hosts by name, each served on a port of its own; two of them mount the office."""
    servers, threads, found = [], [], {}
    with throwaway_office(tmp_path_factory.mktemp("styles") / "office") as office:
        for name, style, is_mounted in (
            ("reset", RESET, True), ("utility", UTILITY, True), ("plain", "", True),
            ("reset alone", RESET, False), ("utility alone", UTILITY, False),
        ):  # fmt: skip
            app = host(style)
            if is_mounted:
                actor = Actor(ref="u", name="Alice Martin", email="alice@example.org")
                LRE(app, office=office, current_actor=lambda actor=actor: actor)
            server = make_server("127.0.0.1", 0, app, threaded=True)
            threads.append(Thread(target=server.serve_forever))
            threads[-1].start()
            servers.append(server)
            found[name] = f"http://127.0.0.1:{server.server_port}"
        yield found
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def test_neither_changes_a_pixel_of_the_other(browser: Browser, places: dict[str, str]) -> None:
    context = browser.new_context(viewport={"width": 900, "height": 900}, reduced_motion="reduce")
    page = context.new_page()

    def picture(address: str) -> Image.Image:
        page.goto(address)
        return Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")

    def same(one: Image.Image, other: Image.Image) -> bool:
        return one.size == other.size and ImageChops.difference(one, other).getbbox() is None

    for name in ("reset", "utility"):
        before = picture(f"{places[f'{name} alone']}/")
        assert same(before, picture(f"{places[name]}/"))
        assert same(before, picture(f"{places[name]}/both"))
        for path in ("/lre/deposit?lang=en", "/lre/verify?lang=en"):
            ours = picture(f"{places['plain']}{path}")
            assert same(ours, picture(f"{places[name]}{path}"))
    # The two hosts do look different, so pictures that are the same mean something.
    assert not same(picture(f"{places['reset']}/"), picture(f"{places['utility']}/"))
    context.close()


def test_the_sheets_of_the_kit_name_nothing_outside_their_body() -> None:
    import re

    import lre_web

    folder = Path(lre_web.__file__).parent / "static"
    for sheet in folder.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"@media[^{]*\{", "", text)
        text = re.sub(r"@keyframes[^{]*\{(?:[^{}]*\{[^}]*\})*\s*\}", "", text)
        for selectors in re.findall(r"([^{}]+)\{[^{}]*\}", text):
            for selector in re.split(r",(?![^(]*\))", selectors):
                if selector.strip() and not selector.strip().startswith("@"):
                    assert ".lre" in selector or ":root" not in selector, (sheet.name, selector)
                    assert selector.strip().startswith((".lre", "body.lre", "html:has(.lre)", "}")), (
                        sheet.name,
                        selector,
                    )
