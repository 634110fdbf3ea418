"""Fixtures of the inference package's tests."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.inference.serve.browsing import Visit, chromium, opened

pytest.register_assert_rewrite("tests.inference.files.jobs")  # so that its failing asserts show the compared values


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium."""
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        if driver is None:
            pytest.skip("no Chromium with chromedriver here")
        yield driver


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of the service."""
    from tests.inference.serve.services import serving

    with serving() as (address, _):
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[Any]:
    """A shared client of the service: creating an `httpx.Client` takes longer than most requests."""
    from tests.inference.serve.services import httpx

    with httpx.Client(base_url=address, timeout=60) as shared_client:
        yield shared_client


@pytest.fixture(scope="session")
def visit(browser: Any) -> Iterator[Visit]:
    """Open the page of a service that caches articles, since the tests open the same ones again and again."""
    from tests.inference.serve.services import CACHE_ARTICLES, serving

    with serving(before=CACHE_ARTICLES) as (address, _):
        yield partial(opened, browser, address)
