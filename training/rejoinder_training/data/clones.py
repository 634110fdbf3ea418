"""Article texts from local git clones of the six repositories that the standoff labels point into.

Our labels are character offsets into texts that we may not redistribute. Anyone who clones the
repositories at the commits in `SOURCES` can rebuild the same texts with `Clones`. A statement's
hash is checked afterwards, so a text that comes out differently is rejected.

How far each reader was compared with original files (stored copies, each from one commit of
the repository's history, a few documents of each source read and compared by eye and the
places with irregular white space by `clean`):

- verified: fnc-1 (both files), MBIB, and one file of Article-Bias-Prediction in part;
- verified for text and row numbers, but none of the documents read has white space to clean:
  metalinguistic-prompting. That it is cleaned like its siblings is inferred;
- verified through a mirror that holds the same text files unzipped: fakenewsdata1. The zip
  itself could not be read, so the bytes' encoding is tried in order, not known;
- verified for text, tabs and row numbers: FA-KES. Six of its 50 articles hold the characters
  U+0095 and U+0081, whose bytes were not seen: `_decoded` gives the same text from UTF-8 and Latin-1.

Non-breaking spaces and carriage returns occur in no cleaned text; that they become spaces and
line feeds is inferred from that, not seen in an original.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rejoinder.errors import InputError


def clean(text: str) -> str:
    """Collapse runs of spaces, strip every line, and keep at most one blank line in a row.

    Only space, tab and non-breaking space collapse, since the labelled texts contain thin and zero-width spaces.
    """
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub(r"[ \t\xa0]+", " ", text)
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _article_bias(article: dict[str, Any], member: str, doc: str) -> str:
    """Return `content_original` untouched; `content` is tokenised and masks the outlet's name."""
    return str(article["content_original"])


def _fnc(rows: list[dict[str, str]], member: str, doc: str) -> str:
    """Return the body with the Body ID that ends `doc` (`fnc1:train:8`)."""
    bodies = {row["Body ID"]: row["articleBody"] for row in rows}
    return clean(bodies[doc.rpartition(":")[2]])


def _horne(members: dict[str, bytes], member: str, doc: str) -> str:
    """Return one text file of the archive; the title is in a separate file."""
    return clean(_decoded(members[member]))


def _fa_kes(rows: list[dict[str, str]], member: str, doc: str) -> str:
    """Return the text of the row with the 0-based number in `doc` (`fakes:UNIT:ROW`); unit ids are not unique."""
    unit, row = doc.split(":")[1:]
    found = rows[int(row)]
    if found["unit_id"] != unit:
        raise KeyError(f"row {row} has unit_id {found['unit_id']}")
    return clean(found["article_content"])


def _mbib(article: dict[str, Any], member: str, doc: str) -> str:
    """Join the sentences with spaces, without the one at position 0, which is the headline."""
    sentences = sorted(article["sentences"], key=lambda sentence: int(sentence["position_in_article"]))
    return clean(" ".join(sentence["content"].strip() for sentence in sentences if sentence["position_in_article"]))


def _newsdata(rows: list[dict[str, str]], member: str, doc: str) -> str:
    """Return the text of the row with the 0-based number in `doc` (`newsdata2023:10`)."""
    return clean(rows[int(doc.rpartition(":")[2])]["raw_text"])


class Source(NamedTuple):
    """The commit that the offsets belong to, and the reader: (loaded file, zip member, doc) -> text."""

    commit: str
    read: Callable[[Any, str, str], str]


SOURCES = {
    "ramybaly/Article-Bias-Prediction": Source("ced8111a720948e6a410e52031ace99c4e53f096", _article_bias),
    "FakeNewsChallenge/fnc-1": Source("29d473af2d15278f0464d5e41e4cbe7eb58231f2", _fnc),
    "BenjaminDHorne/fakenewsdata1": Source("74545f56e3b62d488eb153cef8e33a0d5e5385dc", _horne),
    "paki501/Fake-News-Detection": Source("a8be076b050110539544e3f0ea51929d9a62e43d", _fa_kes),
    "Media-Bias-Group/MBIB": Source("b9a887ffd461fa462e89835fc27b36e370091954", _mbib),
    "jennhu/metalinguistic-prompting": Source("89d1b526d0ef0b955b886a9cee50883eeaee8e76", _newsdata),
}


class Clones:
    """A folder of git clones, as `<owner>/<name>` or `<name>`; files that hold many articles are read once."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._loaded: dict[Path, Any] = {}

    def article_text(self, source: str, path: str, doc: str) -> str:
        """Return the text that the offsets of `doc` refer to; `path` is the file in the clone, or `zip!member`.

        Raises:
            InputError: If the source is unknown, or the clone, file or document is missing or unreadable.
        """
        if source not in SOURCES:
            raise InputError(f"{source}: not a source of articles; the sources are {', '.join(SOURCES)}")
        clone, (commit, read) = self._clone(source), SOURCES[source]
        name, _, member = path.partition("!")
        hint = (
            f"check that {clone} is a complete clone (git clone {_url(source)}) "
            f"at the commit of the labels: git -C {clone} checkout {commit}"
        )
        if not (clone / name).is_file():
            raise InputError(f"{source}: no file {name}; {hint}")
        try:
            content = self._load(clone / name)
        except (OSError, ValueError, csv.Error, zipfile.BadZipFile) as error:
            raise InputError(f"{source}: cannot read {name} ({error}); {hint}") from error
        try:
            return read(content, member, doc)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise InputError(f"{source}: no document {doc} in {path} ({error}); {hint}") from error

    def _clone(self, source: str) -> Path:
        """Return the clone's folder."""
        places = [self.folder / source, self.folder / source.partition("/")[2]]
        for place in places:
            if place.is_dir():
                return place
        raise InputError(
            f"{source}: no clone at {places[0]} or {places[1]}; get it with: "
            f"git clone {_url(source)} {places[0]} && git -C {places[0]} checkout {SOURCES[source].commit}"
        )

    def _load(self, file: Path) -> Any:
        """Return a JSON file's value, a CSV file's rows, or a zip file's members by name."""
        if file.suffix == ".json":  # one article: not worth keeping
            return json.loads(file.read_bytes())
        if file not in self._loaded:
            if file.suffix == ".zip":
                with zipfile.ZipFile(file) as archive:
                    self._loaded[file] = {name: archive.read(name) for name in archive.namelist()}
            else:
                self._loaded[file] = list(csv.DictReader(io.StringIO(_decoded(file.read_bytes()), newline="")))
        return self._loaded[file]


def _url(source: str) -> str:
    """Return the URL to clone from."""
    return f"https://github.com/{source}"


def _decoded(raw: bytes) -> str:
    """Decode as UTF-8, else Windows-1252, else Latin-1, which accepts any bytes."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
