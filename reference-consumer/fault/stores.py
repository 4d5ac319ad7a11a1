"""Disks that are full, fail or stand still, files that are torn, and databases that restart, lock, fence or vanish."""

import itertools
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

from children import free_port
from fleets import Fleet
from harness import case, require, require_injected, wait_for
from injection import disk, injected, small_file_system, straced
from oracle import describe, require_all, require_conserved, require_state
from proxy import TO_CLIENT, TO_SERVER, Proxy
from servers import Session, answers

FLEET = ("--clusters", 2, "--namespaces", 4, "--items", 200, "--rounds", 12)


@case("F25", holds="I1 I3", how="SQLite on a tmpfs of 3 MiB; room is made later")
def disk_is_full(world):
    fleet = Fleet(world, "nats+sqlite")
    expected, told = fleet.producer.simulate("--clusters", 2, "--namespaces", 4, "--items", 800, "--rounds", 10)
    place = small_file_system(world, 3 << 20)
    consumer = fleet.consumer(store=f"sqlite:{place}/state.db").start()
    wait_for(lambda: consumer.logs("full|No space"), "the consumer tells that the disk is full", 60)
    require(consumer.child.is_running(), f"the consumer ended with {consumer.child.ended}")
    held = consumer.consumed()
    subprocess.run(["mount", "-o", f"remount,size={512 << 20}", str(place)], check=True)
    require(consumer.wait_consumed(told["messages"], 60), f"it does not go on: {consumer.consumed()} of {told['messages']}")
    consumer.end()
    ended = require_all(consumer, expected)
    return f"stood still at {held} of {told['messages']}, went on by itself; {describe(ended)}"


@case("F25", holds="I1 I3", how="PostgreSQL on an ext4 of 64 MiB that is filled; room is made later")
def database_disk_is_full(world):
    fleet = Fleet(world, "nats+sqlite")
    place = disk(world, 160 << 20)
    place.chmod(0o777)
    database = world.postgresql()
    (place / "space").mkdir()
    if database.as_owner:
        shutil.chown(place / "space", "postgres", "postgres")
    database.run("postgres", f"CREATE TABLESPACE small LOCATION '{place}/space'")
    database.run("postgres", "CREATE DATABASE full_one TABLESPACE small")
    ballast = place / "ballast"
    with open(ballast, "wb") as file:
        left = os.statvfs(place)
        file.write(b"\0" * (left.f_bavail * left.f_frsize - (3 << 20)))
        os.fsync(file.fileno())
    expected, told = fleet.producer.simulate("--clusters", 2, "--namespaces", 4, "--items", 800, "--rounds", 8)
    consumer = fleet.consumer(store=f"postgresql://kollect@127.0.0.1:{database.port}/full_one").start()
    wait_for(lambda: consumer.logs("No space left|could not extend"), "the consumer tells that the disk is full", 60)
    require(consumer.child.is_running(), f"the consumer ended with {consumer.child.ended}: {consumer.log()[-500:]}")
    ballast.unlink()
    require(consumer.wait_consumed(told["messages"], 60), f"it does not go on: {consumer.consumed()} of {told['messages']}")
    consumer.end()
    return describe(require_all(consumer, expected))


def failing_calls(world, injection, expected_told, patience=60):
    fleet = Fleet(world, "nats+sqlite")
    expected, told = fleet.producer.simulate(*FLEET)
    log = world.path("trace")
    consumer = fleet.consumer("--batch-messages", 20, prefix=straced(log, injection)).start()
    wait_for(lambda: injected(log) > 0, "strace injects", 60)
    wait_for(lambda: consumer.logs(expected_told) or not consumer.child.is_running(), "the consumer tells", 30)
    ended = consumer.end()
    again = fleet.consumer()
    again.to_end()
    with sqlite3.connect(again.store.removeprefix("sqlite:")) as database:
        require(database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "I3: integrity_check finds damage")
    counted = require_all(again, expected)
    return f"{injected(log)} calls failed, the consumer ended with {ended}; {describe(counted)}"


@case("F26", holds="I3", how="the third fdatasync fails with EIO, once")
def fsync_fails_once(world):
    return failing_calls(world, "fdatasync:error=EIO:when=3", "I/O|disk")


@case("F26", holds="I3", how="every fdatasync from the fifth on fails with EIO")
def fsync_fails_for_ever(world):
    return failing_calls(world, "fdatasync:error=EIO:when=5+", "I/O|disk")


@case("F26", holds="I3", how="pwrite64 fails with EIO, each seventh call")
def writes_fail(world):
    return failing_calls(world, "pwrite64:error=EIO:when=9+7", "I/O|disk")


@case("F27", holds="I1 I7", how="the file system of the SQLite store is frozen for 8 s")
def disk_stands_still(world):
    fleet = Fleet(world, "kafka+sqlite")
    place = disk(world, 200 << 20)
    producer, path = fleet.producer.start("--rounds", 60, "--rate", 30)
    consumer = fleet.consumer("--session-timeout", "6s", store=f"sqlite:{place}/state.db").start()
    consumer.wait_consumed(20)
    subprocess.run(["fsfreeze", "-f", str(place)], check=True)
    world.undo.append(lambda: subprocess.run(["fsfreeze", "-u", str(place)], capture_output=True))
    before = consumer.metric("kollect_consumer_messages_total")
    time.sleep(8)  # the length of the stall is the fault
    stalled = consumer.metric("kollect_consumer_messages_total")
    subprocess.run(["fsfreeze", "-u", str(place)], check=True)
    require(producer.wait() == 0, "the producer failed")
    fleet.catch_up(consumer)
    told = require_all(consumer, json.loads(path.read_text()))
    return f"{stalled - before:.0f} messages during the stall; {describe(told)}"


@case("F28", holds="I3", how="SIGKILL, then the write-ahead log is cut at random places, or one bit of it is flipped")
def log_is_torn(world):
    fleet = Fleet(world, "nats+sqlite")
    expected, _ = fleet.producer.simulate(*FLEET)
    running = fleet.consumer("--batch-messages", 5).start()
    running.wait_consumed(40)
    running.kill()
    path = pathlib.Path(running.store.removeprefix("sqlite:"))
    whole, tail = path.read_bytes(), pathlib.Path(f"{path}-wal").read_bytes()
    require_injected(len(tail) > 20000, "there is no write-ahead log to tear")
    tried, refused = 0, 0
    for number in range(14 * world.size):
        copy = world.path("torn")
        copy.write_bytes(whole)
        torn = bytearray(tail)
        if number % 2:
            torn[world.random.randrange(len(torn))] ^= 1 << world.random.randrange(8)
        else:
            torn = torn[:world.random.randrange(len(torn)) // 512 * 512]
        pathlib.Path(f"{copy}-wal").write_bytes(torn)
        one = fleet.consumer(store=f"sqlite:{copy}", group=world.fresh("group"))
        ended = one.attempt()
        tried += 1
        if ended.returncode != 0:
            require(ended.returncode in (69, 74, 78), f"ended with {ended.returncode}: {ended.stderr[-400:]}")
            refused += 1
            continue
        require_state(one, expected)
        require_conserved(one)
    return f"{tried} torn logs: {tried - refused} opened at a commit and arrived at the state, {refused} refused"


@case("F29", holds="I1 I3", how="PostgreSQL backends killed, and immediate stops and starts, while messages come")
def database_is_killed(world):
    fleet = Fleet(world, "kafka+postgresql")
    producer, path = fleet.producer.start("--clusters", 2, "--namespaces", 5, "--items", 150, "--rounds", 60, "--rate", 40)
    consumer = fleet.consumer("--batch-messages", 20).start()
    consumer.wait_consumed(20)
    kills = 0
    for _ in range(4 * world.size):
        pid = fleet.database.run(fleet.store, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database() ORDER BY random() LIMIT 1")
        if pid:
            os.kill(int(pid[0]), signal.SIGTERM if world.random.random() < 0.5 else signal.SIGQUIT)
            kills += 1
            time.sleep(world.random.uniform(0.1, 0.8))  # when is random
            wait_for(lambda: is_up(fleet.database), "the server is up again", 60)
    fleet.database.child.end(signal.SIGQUIT)  # immediate
    fleet.database.start()
    require(producer.wait() == 0, "the producer failed")
    fleet.catch_up(consumer)
    told = require_all(consumer, json.loads(path.read_text()))
    return f"{kills} backends ended, one immediate stop; {describe(told)}"


def is_up(database):
    try:
        return database.run("postgres", "SELECT 1") == ["1"]
    except Exception:
        return False


@case("F30", holds="I2", how="the proxy passes COMMIT on and resets the connection before the answer")
def answer_to_commit_is_lost(world):
    fleet = Fleet(world, "kafka+postgresql")
    expected, _ = fleet.producer.simulate(*FLEET)
    proxy = Proxy(world, fleet.database.port)
    cuts, turn = [], itertools.count()

    def at_commit(way, data):
        if way == TO_SERVER and b"COMMIT" in data and len(cuts) < 6 * world.size and next(turn) % 2:
            proxy.dropped.add(TO_CLIENT)
            cuts.append(time.monotonic())
            time.sleep(0.2)  # the server commits meanwhile
            return True
        if proxy.dropped and cuts and time.monotonic() - cuts[-1] > 0.25:
            proxy.dropped.clear()
        return False

    proxy.cut_at = at_commit
    store = fleet.store.replace(f":{fleet.database.port}/", f":{proxy.port}/")
    consumer = fleet.consumer("--batch-messages", 5, "--store-timeout", "4s", store=store)
    consumer.to_end("--give-up-after", "60s")
    require_injected(len(cuts) >= 3, f"only {len(cuts)} commits were cut")
    direct = fleet.consumer()
    direct.to_end()
    return f"{len(cuts)} answers lost; {describe(require_all(direct, expected))}"


@case("F31", holds="I1 I2", how="another session locks the tables, deadlocks, and turns the database read-only for a while")
def database_is_locked(world):
    fleet = Fleet(world, "kafka+postgresql")
    fleet.producer.simulate("--rounds", 1, seed=7)
    consumer = fleet.consumer("--batch-messages", 20, "--store-timeout", "3s")
    consumer.to_end()
    name = fleet.store.rpartition("/")[2]
    producer, path = fleet.producer.start("--rounds", 60, "--rate", 60)
    consumer.start()
    locker = Session(fleet.database, fleet.store)
    for _ in range(2):
        locker.ask("BEGIN")
        locker.ask("LOCK TABLE kollect.positions IN ACCESS EXCLUSIVE MODE")
        time.sleep(4)  # longer than --store-timeout
        locker.ask("ROLLBACK")
    fleet.database.run("postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    fleet.database.run("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    wait_for(lambda: consumer.logs("read-only|read only"), "the consumer tells that the database is read-only", 30)
    fleet.database.run("postgres", f"ALTER DATABASE {name} RESET default_transaction_read_only")
    fleet.database.run("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    locker.process.kill()
    require(producer.wait() == 0, "the producer failed")
    fleet.catch_up(consumer)
    require(consumer.summary()["dead_lettered"] == 0, "a message became a dead letter")
    told = require_all(consumer, json.loads(path.read_text()))
    return describe(told)


@case("F32", holds="I2", how="a reader holds a snapshot of the SQLite file, sqlite3 checkpoints it, another one writes")
def file_is_busy(world):
    fleet = Fleet(world, "nats+sqlite")
    producer, path = fleet.producer.start("--clusters", 2, "--namespaces", 4, "--items", 200, "--rounds", 60, "--rate", 80)
    consumer = fleet.consumer("--batch-messages", 10).start()
    consumer.wait_consumed(10)
    name = consumer.store.removeprefix("sqlite:")
    reader = sqlite3.connect(name, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    other = sqlite3.connect(name, isolation_level=None, timeout=0.2)
    tries = 0
    while producer.is_running():
        try:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            other.execute("BEGIN IMMEDIATE")
            time.sleep(0.3)  # holds the lock of writers
            other.execute("ROLLBACK")
            tries += 1
        except sqlite3.OperationalError:
            pass
    reader.execute("ROLLBACK")
    reader.close()
    other.close()
    require_injected(tries > 2, "the lock was never held")
    fleet.catch_up(consumer)
    told = require_all(consumer, json.loads(path.read_text()))
    return f"{tries} times locked; {describe(told)}"


@case("F50", holds="I1 I2", how="pgbouncer in session, transaction and statement mode in front of PostgreSQL")
def behind_a_pooler(world):
    fleet = Fleet(world, "nats+postgresql")
    expected, _ = fleet.producer.simulate(*FLEET)
    ends = {}
    for mode in ("session", "transaction", "statement"):
        port = free_port()
        name = fleet.database.make_database(mode).rpartition("/")[2]
        config = world.write("pgbouncer", f"""[databases]
{name} = host=127.0.0.1 port={fleet.database.port} dbname={name} user=kollect
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits,options
logfile =
unix_socket_dir =
""")
        words = ["pgbouncer", config]
        if os.geteuid() == 0:
            config.chmod(0o644)
            words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", "pgbouncer", config]
        pooler = world.start("pgbouncer", words)
        wait_for(lambda: answers(port), f"pgbouncer listens: {pooler.log()}", 20)
        through = fleet.consumer("--give-up-after", "5s", store=f"postgresql://kollect@127.0.0.1:{port}/{name}", group=mode)
        ended = through.attempt()
        ends[mode] = ended.returncode
        require(ended.returncode in (0, 78), f"{mode}: {ended.returncode} {ended.stderr.decode()[-500:]}")
        if ended.returncode == 0:
            require_all(fleet.consumer(store=f"postgresql://kollect@127.0.0.1:{fleet.database.port}/{name}"), expected)
        world.end(pooler)
    return f"exit codes {ends}"


@case("F50", holds="I9", how="role and database settings that change meaning: standard_conforming_strings, read-only, search_path, encodings")
def settings_of_role_and_database(world):
    fleet = Fleet(world, "nats+postgresql")
    expected, _ = fleet.producer.simulate(*FLEET)
    ends = {}
    for setting in ("standard_conforming_strings = off", "search_path = nowhere", "DateStyle = 'German'", "bytea_output = escape",
                    "TimeZone = 'Asia/Kathmandu'", "client_encoding = LATIN1", "extra_float_digits = -15",
                    "default_transaction_isolation = 'serializable'", "statement_timeout = '20s'", "jit = on",
                    "default_transaction_read_only = on", "IntervalStyle = 'iso_8601'", "lc_messages = 'C'"):
        store = fleet.database.make_database("setting")
        name = store.rpartition("/")[2]
        fleet.database.run("postgres", f"ALTER DATABASE {name} SET {setting}")
        one = fleet.consumer("--give-up-after", "3s", store=store, group=name)
        code = one.attempt().returncode
        ends[setting] = code
        if "read_only" in setting:
            require(code == 73, f"{setting}: {code}")
        else:
            require(code == 0, f"{setting}: ended with {code}")
            require_all(one, expected)
    return f"{sum(code == 0 for code in ends.values())} settings make no difference; read-only ends with {ends['default_transaction_read_only = on']}"


@case("S32", holds="I1", how="sqlite::memory:, sqlite:file:…?mode=memory, a folder, /dev/null, a file that is no database")
def stores_that_are_none(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate("--rounds", 2)
    text = world.write("text", "this is no database, " * 100)
    ends = {}
    for store in ("sqlite::memory:", "sqlite:file::memory:", f"sqlite:file:{world.folder}/x.db?mode=memory", "sqlite:", "sqlite:/dev/null",
                  f"sqlite:{world.folder}", f"sqlite:{text}", "sqlite:///proc/self/x.db", "mysql://x/y", "postgresql://"):
        ended = fleet.consumer("--give-up-after", "2s", store=store).attempt()
        ends[store.replace(str(world.folder), "…")] = ended.returncode
        require(ended.returncode in (64, 69, 73, 78), f"{store}: ended with {ended.returncode}: {ended.stderr[-300:]}")
        require(b"applied" not in ended.stdout, f"{store}: something was applied into nothing")
    require(text.read_text().startswith("this is no database"), "the file was changed")
    return f"{ends}"


@case("F28", holds="I3", how="one byte of a stored row is changed with sqlite3; doctor and start-up look")
def row_is_damaged(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate(*FLEET)
    consumer = fleet.consumer()
    consumer.to_end()
    require(consumer.doctor()[0] == 0, "doctor is not content before")
    path = consumer.store.removeprefix("sqlite:")
    with sqlite3.connect(path) as database:
        changed = database.execute("UPDATE items SET item = replace(item, '1', '2') WHERE rowid = (SELECT max(rowid) FROM items WHERE "
                                   "instr(item, '1'))").rowcount
    require_injected(changed == 1, f"{changed} rows changed")
    code, told = consumer.doctor()
    require(code != 0, "doctor is content with a changed row")
    return f"doctor ended with {code}: {told[:160]}"


@case("F24", holds="I1", how="DROP SCHEMA under a running consumer; the SQLite file is unlinked under it")
def store_vanishes(world):
    ends = {}
    fleet = Fleet(world, "nats+postgresql")
    producer, _ = fleet.producer.start("--rounds", 200, "--rate", 60)
    consumer = fleet.consumer().start()
    consumer.wait_consumed(20)
    fleet.database.run(fleet.store, "DROP SCHEMA kollect CASCADE")
    wait_for(lambda: not consumer.child.is_running(), "the consumer ends", 60)
    ends["schema dropped"] = consumer.child.ended
    require(consumer.child.ended in (69, 78) and "report" not in consumer.log(), f"ended with {consumer.child.ended}: {consumer.log()[-400:]}")
    file = fleet.consumer(store=world.sqlite(), group="file").start()
    file.wait_consumed(20)
    os.unlink(file.store.removeprefix("sqlite:"))
    wait_for(lambda: not file.child.is_running(), "the consumer notices that its file is gone", 60)
    ends["file unlinked"] = file.child.ended
    require(file.child.ended in (69, 74, 78), f"ended with {file.child.ended}")
    producer.end()
    return f"exit codes {ends}"
