"""`rejoinder serve`."""

import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from rejoinder.cli.app import EngineOption, ModelOption, app, complain
from rejoinder.cli.bulk import PriorOption, load_classifier
from rejoinder.errors import InputError
from rejoinder.limits import Limits, usable_token

_LIMIT = "Beyond it a request is refused"
_TAKES = Limits()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8080,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with a bearer token that clients need; or set REJOINDER_TOKEN.")
    ] = None,
    max_body_bytes: Annotated[
        int, typer.Option(min=1, help=f"Bytes of a body. {_LIMIT} (413).")
    ] = _TAKES.max_body_bytes,
    max_batch: Annotated[
        int, typer.Option(min=1, help=f"Statements of a request. {_LIMIT} (422).")
    ] = _TAKES.max_client_batch_size,
    max_characters: Annotated[
        int, typer.Option(min=1, help=f"Characters of a request. {_LIMIT} (422).")
    ] = _TAKES.max_characters,
    max_waiting: Annotated[
        int, typer.Option(min=1, help=f"Statements that may wait. {_LIMIT} (429).")
    ] = _TAKES.max_waiting,
    max_articles: Annotated[
        int, typer.Option(min=1, help=f"Articles that may wait. {_LIMIT} (429).")
    ] = _TAKES.max_articles,
    max_requests: Annotated[
        int, typer.Option(min=1, help=f"Requests at a time. {_LIMIT} (429).")
    ] = _TAKES.max_requests,
    body_timeout: Annotated[
        float, typer.Option(min=0.1, help=f"Seconds in which a body must have come. {_LIMIT} (408).")
    ] = _TAKES.body_timeout,
    keep_alive: Annotated[
        int, typer.Option(min=1, help="Seconds until a connection without a request is closed.")
    ] = 75,
    shutdown_timeout: Annotated[
        int, typer.Option(min=1, help="Seconds to answer what was taken when a signal ends the service.")
    ] = 120,
    prior: PriorOption = None,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads; all allowed ones by default.")] = None,
) -> None:
    """Answer over HTTP (extra `serve`): POST /predict, /statements and /read; GET /info, /health and /metrics."""

    from rejoinder.serve import bound, only_here, run_server

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
    sockets = bound(host, port)  # before a model is loaded
    if not token and not only_here(sockets):
        reached = host or "all addresses of this machine"
        complain("rejoinder", f"warning: whoever reaches {reached} may ask without a token; give one with --token-file")
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
        told = os.environ.get("REJOINDER_TOKEN")
        return None if told is None else usable_token(told, "REJOINDER_TOKEN")
    try:
        return usable_token(file.read_text("utf-8-sig"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
