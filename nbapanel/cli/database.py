"""`db`: the PostgreSQL of the warehouse: start, stop, status, url, psql."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import click
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.cli.place import find_place, place_options
from nbapanel.errors import DatabaseUnavailable, UsageError
from nbapanel.opening import open_warehouse, server
from nbapanel.origin import check
from nbapanel.place import Place
from nbapanel.warehouse import server as embedded
from nbapanel.warehouse.db import connect, without_password


@click.group()
def db() -> None:
    """The PostgreSQL of the warehouse."""


@db.command()
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
    click.echo(f"Embedded PostgreSQL {state.version or ''}: {up}{pinned}")
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
    with open_warehouse(place, "psql") as conninfo:
        parts = conninfo_to_dict(conninfo)
        # The environment, not the command line: other users can read the latter.
        password = parts.pop("password", None)
        environment = dict(os.environ)
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        where = make_conninfo("", **parts)
        done = subprocess.run([_psql(), "-d", where, *psql_options], env=environment, check=False)
    sys.exit(done.returncode)


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
