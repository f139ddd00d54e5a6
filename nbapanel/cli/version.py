"""`--version`: the version, and with `--verbose` all that one would be asked for in a report."""

from __future__ import annotations

import click

from nbapanel import __version__
from nbapanel.errors import UserFacingError
from nbapanel.installation import facts, libraries


def tell_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Say it and leave. `--verbose` is eager, so it is known by now."""
    if not is_asked or context.resilient_parsing:
        return
    if context.params.get("verbose"):
        _tell_all()
    else:
        click.echo(f"nbapanel, version {__version__}")
    context.exit()


def _tell_all() -> None:
    told = {**facts(), "PostgreSQL": _postgres()}
    width = max(map(len, told))
    for name, value in told.items():
        click.echo(f"{name:{width}}  {value}")
    click.echo()
    known = libraries()
    widths = max(len(one.name) for one in known), max(len(one.version) for one in known)
    for one in known:
        click.echo(f"{one.name:{widths[0]}}  {one.version:{widths[1]}}  {one.licence}")


def _postgres() -> str:
    from nbapanel.warehouse.postgres_binaries import binaries_for

    try:
        found = binaries_for(None)
    except UserFacingError as error:
        return error.title
    return f"{found.version}, embedded, {found.bin_dir}"
