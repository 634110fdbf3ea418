"""What tests of files share."""

from typing import Any

import pytest


@pytest.fixture
def parquet() -> Any:
    return pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
