"""Matplotlib figures as SVG that takes its colours from the page around it and keeps text as text."""

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
"""A placeholder that is replaced by the text colour of the surrounding page."""
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours that colour-blind readers can distinguish (Okabe and Ito 2008); the page lightens some in dark mode."""
MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH = 340
"""Pixels: the widest figure that a phone shows without shrinking its text."""

_SIZE = 11
_FONT_SHOWN = FontProperties(family="DejaVu Sans", size=_SIZE)
_MISSING = "Glyph .* missing from font"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in a source's name is not mathematics
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, and is wider than the fonts of browsers that replace it
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
_STANDALONE_STYLE = (
    """<style>svg{color:#1d2125}@media(prefers-color-scheme:dark){svg{color:#e3e6e9;background:#15181b}}</style>"""
)


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure with its title and a caption that says what it shows."""

    name: str
    title: str
    caption: str
    svg: str
    """The figure as a standalone SVG file."""
    width: int
    height: int

    @property
    def inline(self) -> Markup:
        """The SVG element to put into a page, without the parts that only a standalone file needs."""
        element = self.svg[self.svg.index("<svg") :].replace(_STANDALONE_STYLE, "")
        element = re.sub(r"<svg [^>]*>", f'<svg viewBox="0 0 {self.width} {self.height}">', element, count=1)
        element = re.sub(r"\s*<defs>\s*<style.*?</defs>", "", element, count=1, flags=re.DOTALL)
        # Prefix ids with the name, since they must be unique on the page.
        element = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{self.name}-", element)
        return Markup(_recoloured(element, {colour: f"var(--series-{i})" for i, colour in enumerate(SERIES, 1)}))


def draw(
    name: str, title: str, caption: str, paint: Callable[[Axes], object], *, width: int = WIDTH, height: int = 250
) -> Plot:
    """Return the plot that `paint` draws on axes in a figure of `width` times `height` pixels."""
    with _style(name):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        figure.get_layout_engine().set(w_pad=3 / 72, h_pad=3 / 72)  # type: ignore[union-attr,call-arg]
        paint(figure.add_subplot())
        buffer = StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", buffer.getvalue(), count=1, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?width=")(\d+)pt(" height=")(\d+)pt"', r'\g<1>\2\3\4"', svg, count=1)
    svg = re.sub(r"(<svg [^>]*>)", rf"\g<1>{_STANDALONE_STYLE}", svg, count=1)
    svg = _recoloured(svg, {INK: "currentColor", "'DejaVu Sans'": _FONT})
    return Plot(name, title, caption, svg, width, height)


def _recoloured(svg: str, new: Mapping[str, str]) -> str:
    """Replace strings in the style attributes of a figure, such as colours and fonts."""

    def replace(style: re.Match[str]) -> str:
        return re.sub("|".join(map(re.escape, new)), lambda old: new[old[0]], style[0])

    return re.sub(r'\bstyle="[^"]*"', replace, svg)


@contextmanager
def _style(salt: str) -> Iterator[None]:
    with matplotlib.style.context(["default", {**_STYLE, "svg.hashsalt": salt}]), warnings.catch_warnings():
        # Browsers have fonts for the scripts that matplotlib's font lacks.
        warnings.filterwarnings("ignore", _MISSING)
        yield


def share_axis(axes: Axes, which: str, label: str) -> None:
    """Label one axis of `axes` ("x" or "y"), with a range from 0 to 1."""
    axes.set(**{f"{which}lim": (-0.02, 1.02), f"{which}ticks": [0, 0.2, 0.4, 0.6, 0.8, 1], f"{which}label": label})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{value:.1f}".removesuffix(".0") if value in (0, 1) else f"{value:.1f}")


def width_of(text: str) -> float:
    """Return the width in pixels of a line of text in a figure; browsers' fonts are no wider."""
    # The font lacks wide characters and would measure an empty box; they are about as wide as high.
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    rest = "".join(c for c in text if unicodedata.east_asian_width(c) not in "WF")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _MISSING)
        return wide * _SIZE + (text_to_path.get_text_width_height_descent(rest, _FONT_SHOWN, False)[0] if rest else 0)


def short(text: str, most: float = 250) -> str:
    """Return printable text for one line of a figure; if wider than `most` pixels, its middle is left out."""
    # Control characters would make the XML invalid.
    line = " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())
    shortened, half = line, len(line) // 2
    while half > 1 and width_of(shortened) > most:
        half -= 1
        shortened = f"{line[:half]}…{line[-half:]}"
    return shortened


def wrapped(text: str, most: float) -> list[str]:
    """Wrap a text into lines of at most `most` pixels: between words, and anywhere in words that are too long."""
    lines = [""]
    for word in text.split():
        extended = f"{lines[-1]} {word}".strip()
        if width_of(extended) <= most:
            lines[-1] = extended
            continue
        lines.append("")
        for character in word:
            if width_of(lines[-1] + character) > most:
                lines.append("")
            lines[-1] += character
    return [line for line in lines if line]
