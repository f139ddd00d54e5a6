"""What a newcomer reads first: every command's help, whole in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from nbapanel.cli import cli

_COLUMNS = 80


def _commands(above: click.Group, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), above
    context = click.Context(above)
    for name in above.list_commands(context):
        found = above.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from _commands(found, (*words, name))
        else:
            yield " ".join((*words, name)), found


COMMANDS = dict(_commands(cli, ("nbapanel",)))


def _help(name: str) -> str:
    command = COMMANDS[name]
    context = click.Context(command, info_name=name, terminal_width=_COLUMNS)
    return command.get_help(context)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_fits_and_nothing_is_cut(name: str) -> None:
    """Half of the commands ended in the middle of what they do."""
    told = _help(name)
    assert not [line for line in told.splitlines() if len(line) > _COLUMNS]
    _, _, listed = told.partition("Commands:")
    assert "..." not in listed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    shown = [one for one in options if not one.hidden]
    assert [one.name for one in shown if len((one.help or "").split()) < 2] == []
