"""`rejoinder serve`."""

import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from rejoinder.cli.app import EngineOption, ModelOption, app, print_message
from rejoinder.cli.bulk import PriorOption, load_classifier
from rejoinder.errors import InputError
from rejoinder.limits import Limits, usable_token

_LIMIT = "A request above this limit is refused"
_DEFAULTS = Limits()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free one.")] = 8080,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with the bearer token that clients must send; or set REJOINDER_TOKEN.")
    ] = None,
    max_body_bytes: Annotated[
        int, typer.Option(min=1, help=f"Size of a request body in bytes. {_LIMIT} (413).")
    ] = _DEFAULTS.max_body_bytes,
    max_batch: Annotated[
        int, typer.Option(min=1, help=f"Statements in a request. {_LIMIT} (422).")
    ] = _DEFAULTS.max_client_batch_size,
    max_characters: Annotated[
        int, typer.Option(min=1, help=f"Characters in a request. {_LIMIT} (422).")
    ] = _DEFAULTS.max_characters,
    max_waiting: Annotated[
        int, typer.Option(min=1, help=f"Statements waiting for an answer. {_LIMIT} (429).")
    ] = _DEFAULTS.max_waiting,
    max_articles: Annotated[
        int, typer.Option(min=1, help=f"Articles waiting for an answer. {_LIMIT} (429).")
    ] = _DEFAULTS.max_articles,
    max_requests: Annotated[
        int, typer.Option(min=1, help=f"Concurrent requests. {_LIMIT} (429).")
    ] = _DEFAULTS.max_requests,
    body_timeout: Annotated[
        float, typer.Option(min=0.1, help=f"Seconds in which a request body must arrive. {_LIMIT} (408).")
    ] = _DEFAULTS.body_timeout,
    keep_alive: Annotated[int, typer.Option(min=1, help="Seconds after which an idle connection is closed.")] = 75,
    shutdown_timeout: Annotated[
        int, typer.Option(min=1, help="Seconds to answer accepted requests after a signal to stop.")
    ] = 120,
    prior: PriorOption = None,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads; by default all that the process may use.")
    ] = None,
) -> None:
    """Serve over HTTP (extra `serve`): POST /predict, /statements and /read; GET /info, /health and /metrics."""

    from rejoinder.serve import bind_sockets, is_loopback_only, run_server

    token = _token(token_file)
    limits = Limits(
        max_body_bytes=max_body_bytes,
        max_client_batch_size=max_batch,
        max_characters=max_characters,
        max_waiting=max_waiting,
        max_articles=max_articles,
        max_requests=max_requests,
        body_timeout=body_timeout,
    )
    sockets = bind_sockets(host, port)  # before the model is loaded, which takes longer
    if not token and not is_loopback_only(sockets):
        address = host or "all addresses of this machine"
        print_message(
            "rejoinder", f"warning: no token is needed to send requests to {address}; set one with --token-file"
        )
    classifier = load_classifier(model, engine, threads, prior)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        run_server(
            classifier,
            sockets,
            host=host,
            limits=limits,
            token=token,
            shutdown_timeout=shutdown_timeout,
            keep_alive=keep_alive,
        )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _token(file: Path | None) -> str | None:
    if file is None:
        token = os.environ.get("REJOINDER_TOKEN")
        return None if token is None else usable_token(token, "REJOINDER_TOKEN")
    try:
        return usable_token(file.read_text("utf-8-sig"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
