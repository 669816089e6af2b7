"""Dual control in the database: what tables keep, whichever code or session writes them.

A table that is under dual control says so in three words: `another` is the constraint that
two hands differ; `info["hands"]` names the columns in which a hand, once it is there, stays;
and whatever spans rows or tables is a trigger that refuses by the name of its rule.
"""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Table


def another(second: str, first: str, *, name: str) -> CheckConstraint:
    """Return the constraint that the `second` hand is not the `first` one.

    Of its table `parting` makes that the first is no program that the second keeps, either.
    """
    return CheckConstraint(
        f"{second} <> {first}", name=name, info={"another": (second, first, name)}
    )


def refusing(
    name: str, *, on: str, unless: str, changes: bool = False, when: str = ""
) -> tuple[str, ...]:
    """Return the statements of a rule: a new row of `on` is refused `unless` something holds.

    With `changes` a row that is changed is held to it, too. `unless` is an expression about
    NEW. What row-level security hides from who writes does not exist for it, so whatever must
    be there is asked for, and not that its opposite is absent. `when` tells of NEW alone which
    rows the rule is about: all others do not pay for making it ready.
    """
    events = "INSERT OR UPDATE" if changes else "INSERT"
    about = f"WHEN ({when}) " if when else ""
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
        (
            f"CREATE TRIGGER {name} BEFORE {events} ON {on} FOR EACH ROW {about}"
            f"EXECUTE FUNCTION {name}()"
        ),
        f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}",
    )


IS_ONE_HAND = """
CREATE FUNCTION is_one_hand(second text, first text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN second = first
    OR EXISTS (SELECT FROM client_keeper WHERE person_id = second AND client_id = first);
END $$"""
"""Whoever keeps a program, having given it a key or a secret, could have done what it did."""
HANDS_DIFFER = """
CREATE FUNCTION hands_differ() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  second text := to_jsonb(NEW)->>TG_ARGV[0];
  first text := to_jsonb(NEW)->>TG_ARGV[1];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD)->>TG_ARGV[0] IS NOT DISTINCT FROM second THEN
    RETURN NEW;
  END IF;
  IF is_one_hand(second, first) THEN
    RAISE EXCEPTION '% of % keeps the program that was %', TG_ARGV[0], TG_TABLE_NAME, TG_ARGV[1]
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_' || TG_ARGV[2];
  END IF;
  RETURN NEW;
END $$"""
"""Nobody is his own second hand by way of a program of his."""


def parting(table: Table) -> Iterator[str]:
    """Yield the statements by which no hand follows on a program of its own in a table."""
    pairs = [one.info["another"] for one in table.constraints if "another" in one.info]
    for second, first, name in sorted(pairs, key=lambda pair: pair[2]):
        yield (
            f"CREATE TRIGGER {table.name}_{name} BEFORE INSERT OR UPDATE ON {table.name} "
            f"FOR EACH ROW WHEN (NEW.{first} LIKE 'client%' AND NEW.{second} IS NOT NULL) "
            f"EXECUTE FUNCTION hands_differ('{second}', '{first}', '{name}')"
        )
        yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {table.name}_{name}"


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
