"""As whom the embedded PostgreSQL runs, past which folders, and what is said when it cannot."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse import keeper_process, postgres_binaries, server
from nbapanel.warehouse.server_dir import ServerDir

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tried on Linux only")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

CLIENT = """
import pathlib, sys
from nbapanel.warehouse import server
with server.acquire(pathlib.Path(sys.argv[1]), purpose="client", fast_unsafe=True) as lease:
    sys.stdout.write(lease.conninfo + "\\n")
    sys.stdout.flush()
    sys.stdin.readline()
"""
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1 << 1, 1 << 2


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data" / "postgres"
    yield folder
    assert not server.stop(folder, force=True), "a server was left running"


def acquire(folder: Path) -> server.Lease:
    return server.acquire(folder, purpose="test", fast_unsafe=True)


def one_value(conninfo: str, query: str) -> object:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def postmaster(folder: Path) -> psutil.Process:
    pid = server.status(folder).pid
    assert pid is not None
    return psutil.Process(pid)


def effective_capabilities(process: psutil.Process) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))


def run_client(folder: Path, *before: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, sys.executable, "-c", CLIENT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def without(*capabilities: str) -> tuple[str, ...]:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    return ("setpriv", "--bounding-set=" + ",".join(f"-{name}" for name in capabilities))


# Root


@as_root
def test_root_is_served_past_its_own_closed_folders(folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    secret = tmp_path / "secret"
    secret.write_text("not for the server")
    secret.chmod(0o644)
    with acquire(folder) as lease:
        process = postmaster(folder)
        assert process.uids().effective == (folder / "cluster").stat().st_uid != 0
        assert one_value(lease.conninfo, "show data_directory") == str(folder / "cluster")
        assert effective_capabilities(process) == 0
        seen = one_value(lease.conninfo, f"select pg_stat_file('{secret}', true) is not null")
        assert seen is False, "the server sees nothing of the folder but its own"
        assert "nbapanel" not in Path("/proc/self/mounts").read_text()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "secret"]


@as_root
@pytest.mark.parametrize(
    ("lacking", "left"),
    [
        (("sys_admin",), CAP_DAC_READ_SEARCH),
        (("sys_admin", "dac_read_search"), CAP_DAC_OVERRIDE),  # an ordinary container
    ],
)
def test_root_that_may_not_mount(
    folder: Path, tmp_path: Path, lacking: tuple[str, ...], left: int
) -> None:
    tmp_path.chmod(0o700)
    client = run_client(folder, *without(*lacking))
    assert client.stdout is not None
    assert one_value(client.stdout.readline(), "select 1") == 1
    assert postmaster(folder).uids().effective != 0
    assert effective_capabilities(postmaster(folder)) == left
    client.communicate("\n", timeout=30)


@as_root
def test_root_that_may_nothing_is_told_where_to_go(folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    closed = without("sys_admin", "dac_read_search", "dac_override")
    _, complaint = run_client(folder, *closed).communicate("\n", timeout=30)
    assert "DatabaseUnavailable" in complaint
    assert "cannot reach its files" in complaint
    assert "may not enter /tmp" in complaint or f"may not enter {tmp_path}" in complaint
    assert "NBAPANEL_DATA_DIR" in complaint
    assert "Operation not permitted" in complaint


@as_root
def test_account_may_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBAPANEL_PG_USER", "nobody")
    with acquire(folder):
        assert postmaster(folder).username() == "nobody"
    monkeypatch.setenv("NBAPANEL_PG_USER", "daemon")
    with acquire(folder):
        assert postmaster(folder).username() == "nobody", "the cluster's owner decides from then on"


@as_root
@pytest.mark.parametrize("name", ["nobody-of-that-name", "root"])
def test_account_that_cannot_be_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("NBAPANEL_PG_USER", name)
    with pytest.raises(DatabaseUnavailable) as refused:
        acquire(folder)
    assert name in refused.value.detail
    assert "NBAPANEL_PG_USER" in refused.value.hint


@as_root
def test_programs_that_only_root_may_read_are_copied(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pip leaves them where root's umask is 077."""
    found = postgres_binaries.binaries_for(None)
    site, above = tmp_path / "site", found.bin_dir.parents[2]
    for tree in found.trees:
        copy = site / tree.relative_to(above)
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns("*.a"))
    for path in (site, *site.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o077)
    bin_dir = site / found.bin_dir.relative_to(above)
    monkeypatch.setenv("NBAPANEL_PG_BIN", str(bin_dir))
    with acquire(folder) as lease:
        assert one_value(lease.conninfo, "select 1") == 1
        assert Path(postmaster(folder).cmdline()[0]).is_relative_to(folder)
    with acquire(folder):
        assert len(list(folder.glob("bin-*"))) == 1


# A normal user


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder of nobody's that everybody can get to."""
    place = Path(tempfile.mkdtemp(prefix="nbapanel-test-", dir="/tmp"))
    place.chmod(0o755)
    home = place / "nobody"
    home.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    yield home
    shutil.rmtree(place)


@as_root
def test_normal_user(open_place: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    python, environment = python_for(nobody)
    folder = open_place / "data" / "postgres"
    client = subprocess.Popen(
        [python, "-c", CLIENT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        env=environment,
        cwd="/",
    )
    assert client.stdout is not None
    conninfo = client.stdout.readline()
    assert one_value(conninfo, "select 1") == 1
    assert postmaster(folder).username() == "nobody"
    assert psutil.Process(int((folder / "keeper.lock").read_text())).username() == "nobody"
    assert {path.owner() for path in folder.iterdir()} == {"nobody"}
    client.communicate("\n", timeout=30)
    assert not server.status(folder).is_running
    with acquire(folder):  # and root may come along: it runs as the owner
        assert postmaster(folder).username() == "nobody"


def python_for(account: pwd.struct_passwd) -> tuple[str, dict[str, str]]:
    """An interpreter that the account can run nbapanel with; else the test is skipped."""
    home = str(Path(keeper_process.__file__).parents[2])
    environment = {"PYTHONPATH": os.pathsep.join((home, sysconfig.get_paths()["purelib"]))}
    probe = (
        "import sys, nbapanel.warehouse.server as s; s.binaries(); assert sys.version_info > (3,11)"
    )
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            done = subprocess.run(
                [python, "-c", probe],
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=[],
                env=environment,
                cwd="/",
                capture_output=True,
            )
        except (PermissionError, FileNotFoundError):
            continue
        if done.returncode == 0:
            return python, environment
    pytest.skip("no Python >= 3.11 that a normal user can run with these packages")


@as_root
def test_normal_user_on_roots_folder(folder: Path, open_place: Path) -> None:
    python, environment = python_for(pwd.getpwnam("nobody"))
    shutil.rmtree(open_place)
    open_place.mkdir(mode=0o700)  # root's now
    done = subprocess.run(
        [python, "-c", CLIENT, str(open_place / "postgres")],
        user="nobody",
        group=pwd.getpwnam("nobody").pw_gid,
        extra_groups=[],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert "DatabaseUnavailable: The data directory belongs to another user" in done.stderr
    assert str(open_place) in done.stderr


def test_older_postgres_of_the_system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = Path("/usr/lib/postgresql/15/bin")
    if not (bin_dir / "postgres").exists():
        pytest.skip(f"no PostgreSQL in {bin_dir}")
    monkeypatch.setenv("NBAPANEL_PG_BIN", str(bin_dir))
    with acquire(folder) as lease:
        assert str(one_value(lease.conninfo, "show server_version")).startswith("15.")
    monkeypatch.delenv("NBAPANEL_PG_BIN")
    with acquire(folder) as lease:  # the cluster's version decides, not the newest at hand
        assert str(one_value(lease.conninfo, "show server_version")).startswith("15.")


# What can be wrong with the programs, the cluster and the disk


def test_no_programs_where_they_were_said_to_be(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBAPANEL_PG_BIN", str(tmp_path))
    with pytest.raises(DatabaseUnavailable) as refused:
        acquire(folder)
    assert "NBAPANEL_PG_BIN" in refused.value.title
    assert str(tmp_path) in refused.value.detail


def fake_programs(place: Path, version: str, initdb: str) -> Path:
    place.mkdir()
    (place / "postgres").write_text(f"#!/bin/sh\n{version}\n")
    (place / "initdb").write_text(f"#!/bin/sh\n{initdb}\n")
    for name in ("postgres", "initdb"):
        (place / name).chmod(0o755)
    return place


@pytest.mark.parametrize(
    ("version", "initdb", "told"),
    [
        ("echo 'cannot execute' >&2; exit 126", "true", "cannot execute"),
        ("echo 'postgres (PostgreSQL) 14.9'", "true", "14.9"),
        ("echo 'postgres (PostgreSQL) 18beta1'", "echo 'initdb: error: odd'; exit 1", "odd"),
        ("echo 'postgres (PostgreSQL) 17.2'", "echo 'No space left on device'; exit 1", "disk is"),
    ],
)
def test_programs_that_do_not_do(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    initdb: str,
    told: str,
) -> None:
    bin_dir = fake_programs(tmp_path / "bin", version, initdb)
    monkeypatch.setenv("NBAPANEL_PG_BIN", str(bin_dir))
    with pytest.raises(DatabaseUnavailable) as refused:
        acquire(folder)
    assert told in str(refused.value)
    assert refused.value.hint


def test_cluster_of_another_major_version(folder: Path) -> None:
    (folder / "cluster").mkdir(parents=True)
    (folder / "cluster" / "PG_VERSION").write_text("12\n")
    if os.geteuid() == 0:
        os.chown(folder / "cluster", pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(DatabaseUnavailable, match="no PostgreSQL of version 12") as refused:
        acquire(folder)
    assert "found: 18" in refused.value.detail


def test_something_else_in_the_clusters_place(folder: Path) -> None:
    (folder / "cluster").mkdir(parents=True)
    (folder / "cluster" / "diary.txt").write_text("dear")
    if os.geteuid() == 0:
        os.chown(folder / "cluster", pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(DatabaseUnavailable, match="taken by something else"):
        acquire(folder)
    assert (folder / "cluster" / "diary.txt").read_text() == "dear"


def test_damaged_cluster_shows_the_end_of_the_log(folder: Path) -> None:
    acquire(folder).release()
    (folder / "cluster" / "global" / "pg_control").unlink()
    with pytest.raises(DatabaseUnavailable, match="did not come up") as refused:
        acquire(folder)
    assert "pg_control" in refused.value.detail
    assert str(folder / "server.log") in refused.value.detail


@as_root
@pytest.mark.parametrize(
    ("options", "told"), [("size=12m", "disk is full"), ("ro", "cannot be written to")]
)
def test_disk_that_is_full_or_read_only(tmp_path: Path, options: str, told: str) -> None:
    """trap W14"""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o {options} none {disk} && exec "$@"'
    apart = ("unshare", "--mount", "sh", "-c", mount, "sh")
    _, complaint = run_client(disk / "postgres", *apart).communicate("\n", timeout=60)
    if "unshare" in complaint.splitlines()[0]:
        pytest.skip(complaint)
    assert "DatabaseUnavailable" in complaint
    assert told in complaint


def test_environment_of_a_frozen_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle")
    monkeypatch.setenv("PGPORT", "1")
    assert "LD_LIBRARY_PATH" not in postgres_binaries.child_environment()
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/the/users/own")
    environment = postgres_binaries.child_environment()
    assert environment["LD_LIBRARY_PATH"] == "/the/users/own"
    assert "PGPORT" not in environment
    command = keeper_process.command(ServerDir(Path("/data/postgres")), fast_unsafe=False)
    assert command == [sys.executable, "--keeper", "/data/postgres"]
