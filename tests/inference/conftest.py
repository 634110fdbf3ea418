"""Fixtures of the inference package's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.inference.browsing import chromium

pytest.register_assert_rewrite("tests.inference.jobs")  # its asserts then tell what was compared


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, without a window."""
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        if made is None:
            pytest.skip("no Chromium with chromedriver here")
        yield made


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The service with its page, for `browser`."""
    from tests.inference.test_serve import serving

    with serving() as (address, _):
        yield address
