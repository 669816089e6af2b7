"""Dual control in the database: what tables keep, whichever code or session writes them.

A table that is under dual control says so in three words: `another` is the constraint that
two hands differ; `info["hands"]` names the columns in which a hand, once it is there, stays;
and whatever spans rows or tables is a trigger that refuses by the name of its rule.
"""

from sqlalchemy import CheckConstraint


def another(second: str, first: str, *, name: str) -> CheckConstraint:
    """Return the constraint that the `second` hand is not the `first` one."""
    return CheckConstraint(f"{second} <> {first}", name=name)


def refusing(name: str, *, on: str, unless: str, changes: bool = False) -> tuple[str, ...]:
    """Return the statements of a rule: a new row of `on` is refused `unless` something holds.

    With `changes` a row that is changed is held to it, too. `unless` is an expression about
    NEW. What row-level security hides from who writes does not exist for it, so whatever must
    be there is asked for, and not that its opposite is absent.
    """
    when = "INSERT OR UPDATE" if changes else "INSERT"
    return (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ({unless}) IS NOT TRUE THEN
    RAISE EXCEPTION 'a row of % breaks a rule', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = '{name}';
  END IF;
  RETURN NEW;
END $$""",
        f"CREATE TRIGGER {name} BEFORE {when} ON {on} FOR EACH ROW EXECUTE FUNCTION {name}()",
        f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}",
    )


HANDS_STAY = """
CREATE FUNCTION hands_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  hand text;
BEGIN
  FOREACH hand IN ARRAY TG_ARGV LOOP
    IF to_jsonb(OLD)->>hand IS NOT NULL
      AND to_jsonb(NEW)->>hand IS DISTINCT FROM to_jsonb(OLD)->>hand
    THEN
      RAISE EXCEPTION '% of % was written once', hand, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_hands_stay';
    END IF;
  END LOOP;
  RETURN NEW;
END $$"""
"""Nobody makes room for his own hand by taking another's away."""


def staying(table: str, hands: tuple[str, ...]) -> tuple[str, ...]:
    """Return the statements by which these columns of a table, once they are set, stay."""
    listed = ", ".join(f"'{one}'" for one in hands)
    return (
        (
            f"CREATE TRIGGER {table}_hands_stay BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION hands_stay({listed})"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_hands_stay",
    )
