"""Fixtures of the inference package's tests."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.inference.serve.browsing import Visit, chromium, opened

pytest.register_assert_rewrite("tests.inference.files.jobs")  # its asserts then tell what was compared


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, without a window."""
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        if made is None:
            pytest.skip("no Chromium with chromedriver here")
        yield made


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The service."""
    from tests.inference.serve.services import serving

    with serving() as (address, _):
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[Any]:
    """One that asks the service: to make an `httpx.Client` takes longer than most answers."""
    from tests.inference.serve.services import httpx

    with httpx.Client(base_url=address, timeout=60) as made:
        yield made


@pytest.fixture(scope="session")
def visit(browser: Any) -> Iterator[Visit]:
    """Open the page, from a service that reads each article once: the tests look at the same ones again and again."""
    from tests.inference.serve.services import READS_ONCE, serving

    with serving(before=READS_ONCE) as (address, _):
        yield partial(opened, browser, address)
