"""`db`: the PostgreSQL of the warehouse: start, stop, status, url, psql."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.cli.place import find_place, place_options
from nbapanel.errors import DatabaseUnavailable, UsageError
from nbapanel.opening import open_warehouse, server
from nbapanel.origin import check
from nbapanel.place import Place
from nbapanel.warehouse import server as embedded
from nbapanel.warehouse.db import connect, without_password
from nbapanel.warehouse.server_dir import write_private

_SERVICE = "nbapanel"


@click.group()
def db() -> None:
    """The PostgreSQL of the warehouse."""


@db.command(short_help="Keep the embedded server up until `db stop`.")
@place_options
def start(data_dir: Path | None, feeds: str | None, verbose: bool) -> None:
    """Keep the embedded server up, also while nobody uses it, until `db stop`."""
    place = _embedded(find_place(data_dir, feeds, verbose), "started")
    check(place.data_dir, place.feeds)
    place.data_dir.make()
    state = embedded.start(place.data_dir.postgres)
    click.echo(f"PostgreSQL {state.version} is up on 127.0.0.1:{state.port} (pid {state.pid}).")


@db.command()
@place_options
@click.option("--force", is_flag=True, help="Also while others use it: their work breaks off.")
def stop(data_dir: Path | None, feeds: str | None, verbose: bool, force: bool) -> None:
    """Stop the embedded server."""
    place = _embedded(find_place(data_dir, feeds, verbose), "stopped")
    was_up = embedded.stop(place.data_dir.postgres, force=force)
    click.echo("Stopped." if was_up else "It was not running.")


@db.command()
@place_options
def status(data_dir: Path | None, feeds: str | None, verbose: bool) -> None:
    """Whether the server is up, where, and who uses it. Nothing is started."""
    place = find_place(data_dir, feeds, verbose)
    url = place.settings.database_url
    if url:
        with connect(url, purpose="status") as connection:
            version = connection.info.parameter_status("server_version")
        click.echo(f"Your own PostgreSQL {version}: {without_password(url)}")
        return
    state = embedded.status(place.data_dir.postgres)
    if not state.is_initialised:
        click.echo(f"Not initialised yet; it will be, in {state.data_path}")
        return
    up = f"up on 127.0.0.1:{state.port} (pid {state.pid})" if state.is_running else "down"
    pinned = ", kept up until `nbapanel db stop`" if state.is_pinned else ""
    version = f" {state.version}" if state.version else ""
    click.echo(f"Embedded PostgreSQL{version}: {up}{pinned}")
    click.echo(f"Cluster: {state.data_path}, {state.size_bytes / 1e6:.1f} MB")
    for user in state.users:
        click.echo(f"Used by process {user.pid} ({user.purpose}) since {user.since:%H:%M:%S}")


@db.command()
@place_options
def url(data_dir: Path | None, feeds: str | None, verbose: bool) -> None:
    """The connection URL, password included, for your own scripts.

    The embedded server is up only while somebody uses it: keep it up with `nbapanel db start`.
    """
    place = find_place(data_dir, feeds, verbose)
    if place.settings.database_url:
        click.echo(place.settings.database_url)
        return
    state = embedded.status(place.data_dir.postgres)
    if not state.is_running:
        raise DatabaseUnavailable(
            "The embedded server is not up, so it has no address.", hint="nbapanel db start"
        )
    with server(place, "url") as conninfo:
        parts = conninfo_to_dict(conninfo)
    click.echo(
        f"postgresql://{quote(str(parts['user']))}:{quote(str(parts['password']))}"
        f"@{parts['host']}:{parts['port']}/{parts['dbname']}"
    )


@db.command(context_settings={"ignore_unknown_options": True})
@place_options
@click.argument("psql_options", nargs=-1, type=click.UNPROCESSED)
def psql(
    data_dir: Path | None, feeds: str | None, verbose: bool, psql_options: tuple[str, ...]
) -> None:
    """Open psql on the warehouse. What follows `--` goes to psql."""
    place = find_place(data_dir, feeds, verbose)
    with (
        open_warehouse(place, "psql") as conninfo,
        _out_of_sight(conninfo, place.data_dir.root) as (where, environment),
    ):
        done = subprocess.run([_psql(), "-d", where, *psql_options], env=environment, check=False)
    sys.exit(done.returncode)


@contextmanager
def _out_of_sight(conninfo: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The connection string without its secrets, and the environment that holds them instead.

    Other users can read a command line. libpq takes the password from the environment, and the
    rest from a service file, which is private and lies in `folder` for the length of the block.
    """
    parts = conninfo_to_dict(conninfo)
    environment = dict(os.environ)
    secrets = {key: str(parts.pop(key)) for key in _secret_keys() if key in parts}
    password = secrets.pop("password", None)
    if password is not None:
        environment["PGPASSWORD"] = password
    if not secrets:
        yield make_conninfo("", **parts), environment
        return
    _refuse_untellable(secrets, parts)
    service = folder / f"psql_service.{os.getpid()}.tmp"
    try:
        lines = [f"[{_SERVICE}]", *(f"{key}={value}" for key, value in secrets.items())]
        write_private(service, "\n".join(lines) + "\n")
        environment["PGSERVICEFILE"] = str(service)
        yield make_conninfo("", **parts, service=_SERVICE), environment
    finally:
        service.unlink(missing_ok=True)


def _secret_keys() -> set[str]:
    """What libpq itself would not show, and the keys that stand for the password."""
    marked = {o.keyword.decode() for o in pq.Conninfo.get_defaults() if o.dispchar == b"*"}
    return marked | {"scram_client_key", "scram_server_key"}


def _refuse_untellable(secrets: dict[str, str], parts: dict[str, Any]) -> None:
    """A service file has one service a connection, one line a value, and no quotes."""
    named = ", ".join(secrets)
    if "service" in parts:
        raise UsageError(
            f"psql cannot be given the {named} of DATABASE_URL out of sight of others.",
            "It names a service as well, and there can be only one.",
            f"Put {named} into the file of that service.",
        )
    if any(value != value.rstrip() or "\n" in value for value in secrets.values()):
        raise UsageError(
            f"psql cannot be given the {named} of DATABASE_URL out of sight of others.",
            "A value that ends with a space, or has a line break, cannot be kept in a file for it.",
        )


def _psql() -> str:
    found = shutil.which("psql")
    if found is not None:
        return found
    shipped = embedded.binaries() / ("psql.exe" if os.name == "nt" else "psql")
    if shipped.exists():
        return str(shipped)
    raise UsageError("psql is not installed.", hint="Install it, or use: nbapanel db url")


def _embedded(place: Place, done: str) -> Place:
    if place.settings.database_url:
        raise UsageError(
            f"The server of DATABASE_URL is not {done} from here.",
            without_password(place.settings.database_url),
            "Unset DATABASE_URL to speak of the embedded one.",
        )
    return place
