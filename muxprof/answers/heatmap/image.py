"""The heatmap as a static image, drawn by a browser through kaleido: the extra ``muxprof[image]``."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from muxprof.answers.heatmap import figure, measured_figure
from muxprof.answers.heatmap.measured import measured
from muxprof.answers.heatmap.types import Heatmap
from muxprof.document.view import View
from muxprof.errors import Unavailable

WIDTH = 960
#: Pixels per unit of length, where there are pixels.
SCALE = 2
#: What starting a browser and drawing may take together.
SECONDS = 90.0
SECONDS_TO_CLOSE = 15.0

_INSTEAD = "--out with .html needs neither"


def svg(view: View) -> bytes:
    """The figure at the report's C and metric as SVG.

    Where the heatmap was timed, the ratios of MAdds and of time stand side by side. Raises :class:`Unavailable` where
    kaleido or a browser is missing or does not answer.
    """
    return _image(view, "svg")


def png(view: View) -> bytes:
    """The same as PNG."""
    return _image(view, "png")


def pdf(view: View) -> bytes:
    """The same as PDF."""
    return _image(view, "pdf")


def _image(view: View, kind: str) -> bytes:
    heat: Heatmap = view.report.sections["heatmap"]
    timed = measured(heat)
    made = figure.figure(heat) if timed is None else measured_figure.figure(timed)
    width = WIDTH if timed is None else measured_figure.WIDTH
    return _drawn(made, {"format": kind, "width": width, "height": made.layout.height, "scale": SCALE})


def _drawn(drawing: Any, options: dict[str, Any]) -> bytes:
    try:
        import kaleido
        from choreographer import errors
    except ImportError as error:
        raise Unavailable(
            f"static images need kaleido, which cannot be imported ({error}): pip install 'muxprof[image]'; {_INSTEAD}."
        ) from None

    async def draw() -> bytes:
        # MathJax would be fetched from a server; the figure has no use for it.
        browser = kaleido.Kaleido(mathjax=False, timeout=SECONDS)
        try:
            async with asyncio.timeout(SECONDS):
                await browser.open()
                image: bytes = await browser.calc_fig(drawing, opts=options)
                return image
        finally:
            async with asyncio.timeout(SECONDS_TO_CLOSE):
                await browser.close()

    try:
        # In a thread of its own, because a notebook's thread runs an event loop already.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(draw())).result()
    except errors.ChromeNotFoundError:
        raise Unavailable(
            "static images need Chrome or Chromium, and none was found: install one, set BROWSER_PATH to it, "
            f"or run kaleido_get_chrome; {_INSTEAD}."
        ) from None
    except (TimeoutError, errors.BrowserFailedError, errors.BrowserClosedError, errors.ChannelClosedError) as error:
        raise Unavailable(
            f"the browser that draws static images failed or gave no answer in {SECONDS:g} s ({type(error).__name__}): "
            f"check that it starts, or set BROWSER_PATH to another; {_INSTEAD}."
        ) from None
