"""Label whole files of quotes and read many articles; every row and the order of rows are kept."""

from typing import TYPE_CHECKING

from rejoinder.files.into_folder import PartlyDoneError
from rejoinder.files.label import label_file
from rejoinder.files.summary import LabelSummary
from rejoinder.lazy import lazy_getattr

if TYPE_CHECKING:
    from rejoinder.files.read import read_file
else:
    # On first use, since it imports the rules for articles, which quotes do not need.
    __getattr__ = lazy_getattr(__name__, {"read": ("read_file",)})

__all__ = ["LabelSummary", "PartlyDoneError", "label_file", "read_file"]
