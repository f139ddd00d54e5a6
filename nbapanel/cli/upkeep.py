"""`migrate`, `doctor` and `archive`: the schema, the installation and the archive looked after."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from psycopg import Connection

from nbapanel import __version__
from nbapanel.archive import Archive
from nbapanel.cli.leftovers import undisturbed_in
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import console, ticked
from nbapanel.errors import UserFacingError
from nbapanel.logs import log_to
from nbapanel.opening import is_there, open_warehouse, server
from nbapanel.origin import check as check_origin
from nbapanel.origin import remembered
from nbapanel.paths import shipped
from nbapanel.place import Place
from nbapanel.settings import Settings
from nbapanel.warehouse import catalog
from nbapanel.warehouse import migrate as migrations
from nbapanel.warehouse.db import connect, without_password

_LEAST_FREE_BYTES = 2_000_000_000
_MOST_NAMED = 8


@click.command(short_help="Bring the schema up to date.")
@place_options
@click.option("--dry-run", is_flag=True, help="Name what would be applied, and apply nothing.")
def migrate(data_dir: Path | None, feeds: str | None, verbose: bool, dry_run: bool) -> None:
    """Bring the schema up to date (every command that needs it does so by itself)."""
    place = find_place(data_dir, feeds, verbose)
    if not dry_run:
        with open_warehouse(place, "migrate", told=_tell_migration):
            click.echo("The schema is up to date.")
        return
    check_origin(place.data_dir, place.feeds)
    todo = migrations.available()
    if is_there(place):
        with (
            server(place, "migrate") as conninfo,
            connect(conninfo, purpose="migrate") as connection,
        ):
            todo = migrations.pending(connection)
    for one in todo:
        click.echo(f"would apply {one.version:04}_{one.name}")
    if not todo:
        click.echo("The schema is up to date.")


@dataclass(frozen=True, slots=True)
class Check:
    is_good: bool
    what: str
    told: str
    hint: str = ""


@click.command(short_help="Look at the installation, the database and its schema.")
@place_options
def doctor(data_dir: Path | None, feeds: str | None, verbose: bool) -> None:
    """Look at the installation, the data directory, the database and its schema."""
    place = find_place(data_dir, feeds, verbose)
    out = console()
    bad = 0
    for check in _checks(place):
        out.print(ticked(f"{check.what}: {check.told}", is_good=check.is_good))
        if not check.is_good and check.hint:
            out.print(f"  {check.hint}")
        bad += not check.is_good
    sys.exit(1 if bad else 0)


def _checks(place: Place) -> Iterator[Check]:
    yield Check(True, "nbapanel", f"{__version__}, Python {platform.python_version()}")
    count = len(migrations.available())
    yield Check(count > 0, "files", f"{count} migrations in {shipped('migrations')}")
    yield from _data_dir_checks(place)
    yield from _database_checks(place)
    yield from _archive_checks(place)


def _data_dir_checks(place: Place) -> Iterator[Check]:
    root = place.data_dir.root
    have = remembered(place.data_dir)
    belongs = f"holds data of {have.identity}" if have is not None else "new"
    yield Check(True, "data directory", f"{root} ({belongs})")
    if root.is_dir():
        mode = root.stat().st_mode & 0o777
        yield Check(mode == 0o700, "its mode", f"{mode:o}", f"chmod 700 {root}")
    existing = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    yield Check(
        free >= _LEAST_FREE_BYTES, "disk", f"{free / 1e9:.1f} GB free", "Free some space there."
    )


def _database_checks(place: Place) -> Iterator[Check]:
    check_origin(place.data_dir, place.feeds)
    if not is_there(place):
        yield Check(True, "database", "none yet: a refetch makes the embedded one")
        return
    if place.data_dir.origin.exists():
        log_to(place.data_dir.logs, verbose=place.verbose)
    try:
        with (
            server(place, "doctor") as conninfo,
            connect(conninfo, purpose="doctor") as connection,
        ):
            version = connection.info.parameter_status("server_version")
            kind = "your own" if place.settings.database_url else "embedded"
            yield Check(
                True, "database", f"PostgreSQL {version}, {kind}, {without_password(conninfo)}"
            )
            yield _schema_check(connection)
    except UserFacingError as error:
        yield Check(False, "database", f"{error.title} {error.detail}".strip(), error.hint)


def _schema_check(connection: Connection[Any]) -> Check:
    known, have = migrations.available(), migrations.applied(connection)
    told = migrations.drift(have, known)
    if told:
        hint = "Install the nbapanel that made this database."
        return Check(False, "schema", "; ".join(told), hint)
    lost = catalog.missing(connection) if len(have) == len(known) else []
    if lost:
        more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        return Check(
            False,
            "schema",
            f"missing or changed: {'; '.join(lost[:_MOST_NAMED])}{more}",
            "Somebody changed it by hand: put that back, or load another database from the"
            " archive (nbapanel rebuild).",
        )
    return Check(True, "schema", f"{len(have)} of {len(known)} migrations applied")


def _archive_checks(place: Place) -> Iterator[Check]:
    waiting = len(Archive(place.data_dir.archive).pending())
    yield Check(True, "archive", f"{waiting} payloads not yet known to the database")


@click.group()
def archive() -> None:
    """The raw payloads as the feeds gave them."""


@archive.command("verify", short_help="Check every payload against its hash.")
@place_options
def verify_archive(data_dir: Path | None, feeds: str | None, verbose: bool) -> None:
    """Read every payload again and check it against its hash; exit 1 if one is damaged."""
    place = find_place(data_dir, feeds, verbose)
    kept = _archive(place)
    count = sum(1 for _ in kept.all())
    bad = 0
    for finding in kept.verify():
        bad += 1
        click.echo(f"✗ {finding.path}: {finding.kind.value}: {finding.detail}", err=True)
    click.echo(f"{count:,} payloads, {bad} findings.")
    if bad:
        forced, sweep = map(place.command, ("refetch --force --date DAY", "archive sweep"))
        click.echo(f"What is damaged or missing is fetched again by: {forced}", err=True)
        click.echo(f"What is left over then goes with: {sweep} --damaged", err=True)
    sys.exit(1 if bad else 0)


@archive.command("sweep", short_help="Remove what nothing can be loaded from.")
@place_options
@click.option("--damaged", is_flag=True, help="Payloads that are damaged or missing, too.")
def sweep_archive(data_dir: Path | None, feeds: str | None, verbose: bool, damaged: bool) -> None:
    """Remove unfinished writes and payloads without a manifest, which nothing can be loaded from.

    With --damaged also what `archive verify` finds damaged or missing. Fetch it again first: what
    was found in it is lost with it for a rebuild.
    """
    place = find_place(data_dir, feeds, verbose)
    kept = _archive(place)
    with undisturbed_in(place.data_dir):
        removed = kept.sweep(stale_after_s=0) + (kept.discard_damaged() if damaged else [])
    for path in removed:
        click.echo(f"removed {path}")
    click.echo(f"{len(removed)} removed.")


@archive.command("list")
@place_options
@click.option("--key", help="Only payloads of this key (a day, event:competition, a ticker).")
def list_archive(data_dir: Path | None, feeds: str | None, verbose: bool, key: str | None) -> None:
    """Name the payloads, oldest first."""
    kept = _archive(find_place(data_dir, feeds, verbose))
    for manifest in kept.all():
        if key is None or manifest.source_key == key:
            click.echo(
                f"{manifest.fetched_at:%Y-%m-%dT%H:%M:%SZ} {manifest.source_type.value}"
                f" {manifest.source_key} {manifest.byte_size:,} bytes {manifest.path}"
            )


def _archive(place: Place) -> Archive:
    settings: Settings = place.settings
    return Archive(place.data_dir.archive, most_bytes=settings.most_payload_mb * 1_000_000)


def _tell_migration(migration: migrations.Migration, seconds: float) -> None:
    click.echo(f"applied {migration.version:04}_{migration.name} in {seconds:.2f} s")
