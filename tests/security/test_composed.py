"""Statements are composed by psycopg.sql alone, and nothing that runs what it is given is used.

Read from the source, so that a new line that does otherwise fails here whatever it is fed with.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_TAKES_SQL = {"execute", "executemany", "copy", "SQL"}
_RUNS_WHAT_IT_IS_GIVEN = {"eval", "exec", "compile", "__import__"}
_NEVER_IMPORTED = {"pickle", "cPickle", "dill", "shelve", "marshal", "yaml", "telnetlib", "ftplib",
                   "xml", "xmlrpc", "tarfile", "zipfile"}  # fmt: skip


def composed(call: ast.Call) -> bool:
    """Whether a statement is made of strings there: an f-string of more than constants, +, %, or
    .format of a text."""
    return bool(call.args) and _is_made_of_strings(call.args[0])


def _is_made_of_strings(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values):
            return not all(map(_is_fixed, values))
        case ast.BinOp(left, ast.Add() | ast.Mod(), right):
            return not (_is_fixed(left) and _is_fixed(right)) and not _is_sql(left)
        case ast.Call(ast.Attribute(receiver, "format" | "join")):
            return not _is_sql(receiver)
        case ast.IfExp(_, body, orelse):
            return _is_made_of_strings(body) or _is_made_of_strings(orelse)
        case _:
            return False


def _is_fixed(node: ast.expr) -> bool:
    """A literal, or a constant of the module by its name."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(name):
            return name.lstrip("_").isupper()
        case ast.FormattedValue(value):
            return _is_fixed(value)
        case ast.JoinedStr(values):
            return all(map(_is_fixed, values))
        case ast.BinOp(left, ast.Add(), right):
            return _is_fixed(left) and _is_fixed(right)
        case _:
            return False


def _is_sql(node: ast.expr) -> bool:
    match node:
        case ast.Call(ast.Attribute(_, "SQL" | "Identifier")) | ast.Call(ast.Name("SQL")):
            return True
        case ast.Call(ast.Attribute(receiver, "format" | "join")):
            return _is_sql(receiver)
        case ast.BinOp(left, ast.Add(), _):
            return _is_sql(left)
        case _:
            return False


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """By path: every module of ours."""
    paths = sorted((_ROOT / "nbapanel").rglob("*.py"))
    return {
        str(path.relative_to(_ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths
    }


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    yield name, node


@pytest.mark.parametrize(
    ("code", "is_composed"),
    [
        ('c.execute(f"SELECT {name}")', True),
        ('c.execute("SELECT " + name)', True),
        ('c.execute("SELECT %s" % name)', True),
        ('c.execute("SELECT {}".format(name))', True),
        ('c.execute(" ".join(parts))', True),
        ('sql.SQL(f"DROP TABLE {name}")', True),
        ('c.execute(f"LISTEN {CHANNEL}")', False),
        ('c.execute("SELECT %s", (name,))', False),
        ('c.execute(sql.SQL("SELECT {}").format(sql.Identifier(name)))', False),
        ('c.execute(statement("overview"), values)', False),
    ],
)
def test_the_check_tells_one_from_the_other(code: str, is_composed: bool) -> None:
    assert any(composed(call) for _, call in _calls(ast.parse(code))) is is_composed


def test_no_statement_is_made_of_strings(trees: dict[str, ast.Module]) -> None:
    calls = [
        (f"{path}:{call.lineno}", call)
        for path, tree in trees.items()
        for name, call in _calls(tree)
        if name in _TAKES_SQL
    ]
    assert len(calls) > 100
    assert [where for where, call in calls if composed(call)] == []


def test_nothing_runs_what_it_is_given(trees: dict[str, ast.Module]) -> None:
    """No eval, no pickle, no shell."""
    found = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if _runs_what_it_is_given(node)
    ]
    assert found == []


def _runs_what_it_is_given(node: ast.AST) -> bool:
    match node:
        case ast.Call(ast.Name(name)):
            return name in _RUNS_WHAT_IT_IS_GIVEN
        case ast.Call(ast.Attribute(ast.Name("os"), "system" | "popen")):
            return True
        case ast.keyword("shell", ast.Constant(True)):
            return True
        case ast.Import(names):
            return not _NEVER_IMPORTED.isdisjoint(one.name.partition(".")[0] for one in names)
        case ast.ImportFrom(module):
            return (module or "").partition(".")[0] in _NEVER_IMPORTED
        case _:
            return False


@pytest.mark.parametrize(
    "code",
    ["eval(x)", "os.system(x)", "subprocess.run(x, shell=True)", "import pickle", "import yaml.x",
     "from marshal import loads"],
)  # fmt: skip
def test_the_check_knows_them(code: str) -> None:
    assert any(map(_runs_what_it_is_given, ast.walk(ast.parse(code))))
