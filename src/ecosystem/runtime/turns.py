"""The turns of a row in the database: from which state it goes to which, and what that writes.

`turning` bounds the state alone, for rows that are written in many ways while they stay in one;
`stepping` bounds the whole row, for those that only their turns change.
"""

from collections.abc import Collection, Mapping


def turning(
    table: str, turns: Mapping[str, Collection[str]], *, begins: Collection[str]
) -> tuple[str, ...]:
    """Return the statements by which a row's state goes only from where to where `turns` say.

    A new row `begins` in one of the states that are given.
    """
    first = ", ".join(f"'{one}'" for one in begins)
    listed = ", ".join(f"'{old} {new}'" for old, after in turns.items() for new in after)
    return (
        f"""
CREATE FUNCTION {table}_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% % cannot go from % to %',
    TG_TABLE_NAME, NEW.id, coalesce(OLD.state, 'nothing'), NEW.state
    USING ERRCODE = 'restrict_violation', CONSTRAINT = '{table}_takes_its_turn';
END $$""",
        (
            f"CREATE TRIGGER {table}_begins BEFORE INSERT ON {table} FOR EACH ROW "
            f"WHEN ((NEW.state IN ({first})) IS NOT TRUE) EXECUTE FUNCTION {table}_takes_its_turn()"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_begins",
        (
            f"CREATE TRIGGER {table}_turns BEFORE UPDATE OF state ON {table} FOR EACH ROW "
            "WHEN (OLD.state IS DISTINCT FROM NEW.state "
            f"AND OLD.state || ' ' || NEW.state NOT IN ({listed})) "
            f"EXECUTE FUNCTION {table}_takes_its_turn()"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_turns",
    )


def stepping(
    table: str,
    turns: Mapping[str, str],
    *,
    begins: Collection[str] = (),
    never: str = "",
    named: str | None = None,
) -> tuple[str, ...]:
    """Return the statements by which a row changes only from state to state, as `turns` says.

    Each turn, `requested approved`, sets only the columns that are listed for it, besides the
    state and the version, which counts every one. A row whose first states are given `begins`
    in one of them, at version 1. `never` is an expression about OLD and NEW: a turn for which
    it holds is none. `named` is what the sentence calls a row, where not by its table.
    """
    cases = "\n    ".join(f"WHEN '{turn}' THEN '{{{marks}}}'" for turn, marks in turns.items())
    rule, name = f"{table}_takes_its_turn", named or table
    refusal = f"USING ERRCODE = 'restrict_violation', CONSTRAINT = '{rule}'"
    barred = f"\n    OR ({never})" if never else ""
    beginning = _beginning(begins, name=name, refusal=refusal) if begins else ""
    return (
        f"""
CREATE FUNCTION {rule}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[];
  always text[] := '{{state,version}}';
BEGIN{beginning}
  marks := CASE OLD.state || ' ' || NEW.state
    {cases}
  END;
  IF marks IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks - always IS DISTINCT FROM to_jsonb(OLD) - marks - always{barred}
  THEN
    RAISE EXCEPTION '{name} % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      {refusal};
  END IF;
  RETURN NEW;
END $$""",
        (
            f"CREATE TRIGGER {table}_turns BEFORE {'INSERT OR ' if begins else ''}UPDATE "
            f"ON {table} FOR EACH ROW EXECUTE FUNCTION {rule}()"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_turns",
    )


def _beginning(states: Collection[str], *, name: str, refusal: str) -> str:
    """Return what a trigger does with a new row."""
    return f"""
  IF TG_OP = 'INSERT' THEN
    IF NEW.version = 1 AND NEW.state = ANY ('{{{",".join(states)}}}'::text[]) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION '{name} % begins as %', NEW.id, NEW.state
      {refusal};
  END IF;"""
