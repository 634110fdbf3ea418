"""Figures of matplotlib as SVG that takes its colours from where it stands, with text that stays text."""

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

import matplotlib.style
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INK = "#010203"
"""What becomes the colour of the text around the figure."""
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours that colour-blind readers can tell apart (Okabe and Ito 2008); the page lightens some of them in the dark."""
MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH = 340
"""Pixels: what a phone shows without making the text smaller."""

_SIZE = 11
_FONT_SHOWN = FontProperties(family="DejaVu Sans", size=_SIZE)
_MISSING = "Glyph .* missing from font"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar in a source's name is a dollar
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, and is wider than what browsers show instead
    "font.size": _SIZE,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}
_ALONE = """<style>svg{color:#1d2125}@media(prefers-color-scheme:dark){svg{color:#e3e6e9;background:#15181b}}</style>"""


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure with the words that say what it shows."""

    name: str
    title: str
    caption: str
    svg: str
    """As a file of its own."""
    width: int
    height: int

    @property
    def inline(self) -> Markup:
        """The SVG element for a page, without what only a file needs."""
        element = self.svg[self.svg.index("<svg") :].replace(_ALONE, "")
        element = re.sub(r"<svg [^>]*>", f'<svg viewBox="0 0 {self.width} {self.height}">', element, count=1)
        element = re.sub(r"\s*<defs>\s*<style.*?</defs>", "", element, count=1, flags=re.DOTALL)
        # Each figure has its own ids on the page.
        element = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{self.name}-", element)
        return Markup(_recoloured(element, {colour: f"var(--series-{i})" for i, colour in enumerate(SERIES, 1)}))


def draw(
    name: str, title: str, caption: str, paint: Callable[[Axes], object], *, width: int = WIDTH, height: int = 250
) -> Plot:
    """Return the plot that `paint` makes on axes that fill `width` times `height` pixels."""
    with _style(name):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        figure.get_layout_engine().set(w_pad=3 / 72, h_pad=3 / 72)  # type: ignore[union-attr,call-arg]
        paint(figure.add_subplot())
        buffer = StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", buffer.getvalue(), count=1, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?width=")(\d+)pt(" height=")(\d+)pt"', r'\g<1>\2\3\4"', svg, count=1)
    svg = re.sub(r"(<svg [^>]*>)", rf"\g<1>{_ALONE}", svg, count=1)
    svg = _recoloured(svg, {INK: "currentColor", "'DejaVu Sans'": _FONT})
    return Plot(name, title, caption, svg, width, height)


def _recoloured(svg: str, new: Mapping[str, str]) -> str:
    """Return the figure with words of its style attributes replaced."""

    def replace(style: re.Match[str]) -> str:
        return re.sub("|".join(map(re.escape, new)), lambda old: new[old[0]], style[0])

    return re.sub(r'\bstyle="[^"]*"', replace, svg)


@contextmanager
def _style(salt: str) -> Iterator[None]:
    with matplotlib.style.context(["default", {**_STYLE, "svg.hashsalt": salt}]), warnings.catch_warnings():
        # The browser has fonts for scripts that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", _MISSING)
        yield


def share_axis(axes: Axes, which: str, label: str) -> None:
    """Set one axis of `axes` ("x" or "y") to run from 0 to 1."""
    axes.set(**{f"{which}lim": (-0.02, 1.02), f"{which}ticks": [0, 0.2, 0.4, 0.6, 0.8, 1], f"{which}label": label})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{value:.1f}".removesuffix(".0") if value in (0, 1) else f"{value:.1f}")


def width_of(text: str) -> float:
    """Return how many pixels wide a line of a figure is, which a browser's own fonts do not exceed."""
    # What the font lacks would be measured as an empty box, and is about as wide as high.
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    rest = "".join(c for c in text if unicodedata.east_asian_width(c) not in "WF")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _MISSING)
        return wide * _SIZE + (text_to_path.get_text_width_height_descent(rest, _FONT_SHOWN, False)[0] if rest else 0)


def short(text: str, most: float = 250) -> str:
    """Return text for one line of a figure: printable, and its middle left out where it is wider than `most` pixels."""
    # Control characters would spoil the XML.
    line = " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())
    found, half = line, len(line) // 2
    while half > 1 and width_of(found) > most:
        half -= 1
        found = f"{line[:half]}…{line[-half:]}"
    return found


def wrapped(text: str, most: float) -> list[str]:
    """Return the lines of a text, none of them wider than `most` pixels: parted at spaces, long words anywhere."""
    lines = [""]
    for word in text.split():
        room = f"{lines[-1]} {word}".strip()
        if width_of(room) <= most:
            lines[-1] = room
            continue
        lines.append("")
        for character in word:
            if width_of(lines[-1] + character) > most:
                lines.append("")
            lines[-1] += character
    return [line for line in lines if line]
