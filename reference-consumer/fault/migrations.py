"""A store of an older version, and a process that is killed at each call that writes while it brings it up to date."""

import sqlite3

from crashes import FILE_CALLS, copy_of_file, killed_at_each
from fleets import Fleet
from harness import case, require

# What takes a version of the tables back to the one before. A new version adds its own, or the cases say so.
SQLITE_BACK = {6: """ALTER TABLE scopes DROP COLUMN is_forgotten; ALTER TABLE dead_letters DROP COLUMN cluster;
                     ALTER TABLE scopes RENAME COLUMN held_back_items TO held_back; PRAGMA user_version = 5""",
               5: "DROP TABLE row_index; DROP TABLE row_blocks; PRAGMA user_version = 4",
               4: """ALTER TABLE scopes DROP COLUMN row_bytes; ALTER TABLE scopes DROP COLUMN rows_checksum;
                     DROP TABLE staged_rows; DROP TABLE staged_changes; PRAGMA user_version = 3"""}
POSTGRESQL_BACK = {7: """ALTER TABLE scopes DROP COLUMN is_forgotten; ALTER TABLE dead_letters DROP COLUMN cluster;
                         DROP INDEX items_of_scope; ALTER TABLE scopes RENAME COLUMN held_back_items TO held_back; UPDATE schema_version SET version = 6""",
                   6: """DROP TABLE row_index; DROP TABLE row_blocks;
                         ALTER TABLE changes RENAME COLUMN kept_version TO kept_after; UPDATE schema_version SET version = 5""",
                   5: "ALTER FUNCTION item_as_jsonb(TEXT) PARALLEL SAFE; UPDATE schema_version SET version = 4",
                   4: """ALTER TABLE scopes DROP COLUMN row_bytes, DROP COLUMN rows_checksum;
                         DROP TABLE staged_rows; DROP TABLE staged_changes; UPDATE schema_version SET version = 3"""}
FLEET = ("--clusters", 1, "--namespaces", 2, "--items", 60)


def versions(newest, scripts):
    """From the newest down, as long as there is a way back."""
    require(newest in scripts, f"the tables have version {newest}: write down what takes it back to {newest - 1}")
    while newest in scripts:
        yield scripts[newest]
        newest -= 1


@case("F2", "F40", holds="I3", how="SIGKILL at each write, sync and unlink while an older SQLite store is brought up to date")
def migration_killed_sqlite(world):
    fleet = Fleet(world, "nats+sqlite")
    expected, _ = fleet.producer.simulate(*FLEET, "--rounds", 3)
    template = fleet.consumer("--ack-wait", "1s", group="template")
    template.to_end()
    path = template.store.removeprefix("sqlite:")
    with sqlite3.connect(path) as old:
        newest = old.execute("PRAGMA user_version").fetchone()[0]
        for script in versions(newest, SQLITE_BACK):
            old.executescript(script)
    old.close()

    return killed_at_each(world, fleet, expected, FILE_CALLS, lambda: copy_of_file(world, path), least=6, most=30)


@case("F2", "F40", holds="I3", how="SIGKILL at each message to the server while older PostgreSQL tables are brought up to date")
def migration_killed_postgresql(world):
    fleet = Fleet(world, "nats+postgresql")
    expected, _ = fleet.producer.simulate(*FLEET, "--rounds", 3)
    fleet.consumer("--ack-wait", "1s", group="template").to_end()
    schema = "SET search_path TO kollect; "
    newest = int(fleet.database.run(fleet.store, schema + "SELECT version FROM schema_version")[0])
    for script in versions(newest, POSTGRESQL_BACK):
        fleet.database.run(fleet.store, schema + script)
    return killed_at_each(world, fleet, expected, ("sendto",), lambda: fleet.database.make_database("copy", fleet.store),
                          least=6, most=30)
