"""Counts kept by the database itself, in stretches of the list, and a number that every change of a dataset moves.

Triggers, not application code: whatever writes a dataset, the counts are true in the same transaction.
"""

# ruff: noqa: S608, ISC004  statements are built of constants only; long ones stand on several lines
from typing import Any

from django.db import migrations

# Whose list a dataset stands in: everybody's (0), or only its organization's.
_SCOPE = "CASE WHEN {row}.visibility IN ('public', 'restricted') THEN 0 ELSE {row}.organization_id END"

_TABLES = [
    # A stretch of one list begins at its oldest dataset, named by creation and row id, and ends before the next one's.
    """CREATE TABLE catalogue_stretch (
        scope bigint NOT NULL, since {time} NOT NULL, since_id bigint NOT NULL, datasets bigint NOT NULL,
        PRIMARY KEY (scope, since, since_id))""",
    "CREATE TABLE catalogue_generation (id smallint PRIMARY KEY CHECK (id = 1), number bigint NOT NULL)",
    "INSERT INTO catalogue_generation VALUES (1, 1)",
]
_OLDEST = "0001-01-01 00:00:00"

_SQLITE_MOVE = """
  INSERT OR IGNORE INTO catalogue_stretch
    SELECT {scope}, '{oldest}', 0, 0 WHERE {row}.status = 'published';
  UPDATE catalogue_stretch SET datasets = datasets {step} WHERE {row}.status = 'published' AND rowid = (
    SELECT rowid FROM catalogue_stretch
    WHERE scope = {scope} AND (since, since_id) <= ({row}.created_at, {row}.id)
    ORDER BY since DESC, since_id DESC LIMIT 1);
"""
_GENERATION = "UPDATE catalogue_generation SET number = number + 1;"


def _sqlite_move(row: str, step: str) -> str:
    return _SQLITE_MOVE.format(row=row, step=step, scope=_SCOPE.format(row=row), oldest=_OLDEST)


def _sqlite() -> list[str]:
    moved = (
        "OLD.status <> NEW.status OR OLD.visibility <> NEW.visibility OR OLD.organization_id <> NEW.organization_id "
        "OR OLD.created_at <> NEW.created_at"
    )
    return [
        f"CREATE TRIGGER catalogue_dataset_added AFTER INSERT ON catalogue_dataset BEGIN "
        f"{_sqlite_move('NEW', '+ 1')} {_GENERATION} END",
        f"CREATE TRIGGER catalogue_dataset_dropped AFTER DELETE ON catalogue_dataset BEGIN "
        f"{_sqlite_move('OLD', '- 1')} {_GENERATION} END",
        f"CREATE TRIGGER catalogue_dataset_moved AFTER UPDATE ON catalogue_dataset WHEN {moved} BEGIN "
        f"{_sqlite_move('OLD', '- 1')} {_sqlite_move('NEW', '+ 1')} END",
        f"CREATE TRIGGER catalogue_dataset_changed AFTER UPDATE ON catalogue_dataset BEGIN {_GENERATION} END",
    ]


def _postgresql() -> list[str]:
    # One pass over what a statement changed, so that a bulk insert pays once. The generation's row is taken first: it
    # is the lock that makes writers count one after the other.
    departed = f"SELECT {_SCOPE.format(row='o')} AS scope, o.created_at, o.id, -1 AS step FROM departed o WHERE o.status = 'published'"
    arrived = f"SELECT {_SCOPE.format(row='n')} AS scope, n.created_at, n.id, 1 AS step FROM arrived n WHERE n.status = 'published'"
    sources = {
        "insert": arrived,
        "delete": departed,
        # What stays where it is does not count.
        "update": f"SELECT scope, created_at, id, sum(step) AS step FROM ({departed} UNION ALL {arrived}) b "
        "GROUP BY scope, created_at, id HAVING sum(step) <> 0",
    }
    tables = {
        "insert": "NEW TABLE AS arrived", "delete": "OLD TABLE AS departed",
        "update": "OLD TABLE AS departed NEW TABLE AS arrived",
    }  # fmt: skip
    statements = []
    for verb, moved in sources.items():
        statements += [
            f"""CREATE FUNCTION catalogue_count_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_GENERATION}
  INSERT INTO catalogue_stretch SELECT DISTINCT m.scope, '{_OLDEST}Z'::timestamptz, 0, 0 FROM ({moved}) m
    ON CONFLICT DO NOTHING;
  UPDATE catalogue_stretch s SET datasets = s.datasets + c.step FROM (
    SELECT m.scope, b.since, b.since_id, sum(m.step) AS step FROM ({moved}) m, LATERAL (
      SELECT t.since, t.since_id FROM catalogue_stretch t
      WHERE t.scope = m.scope AND (t.since, t.since_id) <= (m.created_at, m.id)
      ORDER BY t.since DESC, t.since_id DESC LIMIT 1) b
    GROUP BY m.scope, b.since, b.since_id) c
  WHERE s.scope = c.scope AND s.since = c.since AND s.since_id = c.since_id;
  RETURN NULL;
END $$""",
            f"CREATE TRIGGER catalogue_dataset_{verb} AFTER {verb.upper()} ON catalogue_dataset "
            f"REFERENCING {tables[verb]} FOR EACH STATEMENT EXECUTE FUNCTION catalogue_count_{verb}()",
        ]
    return statements


def create(apps: Any, schema_editor: Any) -> None:
    sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in _TABLES:
        schema_editor.execute(statement.format(time="text" if sqlite else "timestamptz"))
    for statement in _sqlite() if sqlite else _postgresql():
        schema_editor.execute(statement)
    oldest = f"'{_OLDEST}'" if sqlite else f"'{_OLDEST}Z'::timestamptz"
    schema_editor.execute(
        f"INSERT INTO catalogue_stretch SELECT {_SCOPE.format(row='d')}, {oldest}, 0, count(*) "
        "FROM catalogue_dataset d WHERE d.status = 'published' GROUP BY 1"
    )


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for name in ("added", "dropped", "moved", "changed"):
            schema_editor.execute(f"DROP TRIGGER catalogue_dataset_{name}")
    else:
        for verb in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER catalogue_dataset_{verb} ON catalogue_dataset")
            schema_editor.execute(f"DROP FUNCTION catalogue_count_{verb}()")
    schema_editor.execute("DROP TABLE catalogue_stretch")
    schema_editor.execute("DROP TABLE catalogue_generation")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_search_index")]
    operations = [migrations.RunPython(create, drop)]
