"""The HTTP server of the tests; a pytest plugin, too: `make mutation` has no tests/conftest.py."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """The server behind `httpserver`, which a request that hangs does not keep from the next."""
    # It is in the process of the code under test, whose log some tests read for secrets.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server
