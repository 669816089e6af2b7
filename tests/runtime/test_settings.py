"""Settings come from file and environment, and a wrong one names itself."""

from pathlib import Path

import msgspec
import pytest

from ecosystem.runtime import settings
from ecosystem.runtime.settings import Settings, SettingsWrong


def test_without_anything_every_setting_has_its_default() -> None:
    assert settings.load({}) == Settings()


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = tmp_path / "ecosystem.toml"
    file.write_text('port = 1001\nhost = "0.0.0.0"\nprocesses = 2\n', encoding="utf-8")
    environ = {"ECOSYSTEM_PORT": "1002", "ECOSYSTEM_PROCESSES": "3"}

    found = settings.load(environ, file=file, processes=4, sandbox=None)

    assert (found.host, found.port, found.processes) == ("0.0.0.0", 1002, 4)  # noqa: S104 - text


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "ecosystem.toml"
    file.write_text("sandbox = true\n", encoding="utf-8")

    assert settings.load({"ECOSYSTEM_SETTINGS": str(file)}).sandbox


def test_the_database_has_the_usual_variable() -> None:
    found = settings.load({"DATABASE_URL": "postgresql://there/x"})

    assert found.database_url == "postgresql://there/x"


def test_variables_of_others_are_left_alone() -> None:
    assert settings.load({"PORT": "1", "HOME": "/"}) == Settings()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"ECOSYSTEM_PROT": "1"}, ["ECOSYSTEM_PROT", "prot", "no setting", "port"]),
        ({"ECOSYSTEM_PORT": "http"}, ["ECOSYSTEM_PORT", "'http'", "int"]),
        ({"ECOSYSTEM_PORT": "70000"}, ["ECOSYSTEM_PORT", "65535"]),
        ({"ECOSYSTEM_SANDBOX": "perhaps"}, ["ECOSYSTEM_SANDBOX", "bool"]),
        ({"ECOSYSTEM_PUBLIC_URL": "example"}, ["ECOSYSTEM_PUBLIC_URL", "https?"]),
        ({"ECOSYSTEM_LOG_LEVEL": "loud"}, ["ECOSYSTEM_LOG_LEVEL", "loud"]),
    ],
)
def test_a_wrong_variable_names_itself_and_what_it_must_be(
    environ: dict[str, str], told: list[str]
) -> None:
    with pytest.raises(SettingsWrong) as refused:
        settings.load(environ)

    assert [part for part in told if part not in str(refused.value)] == []


_OIDC = {
    "ECOSYSTEM_OIDC_ISSUER": "https://id.example",
    "ECOSYSTEM_OIDC_AUDIENCE": "https://market.example",
    "ECOSYSTEM_OIDC_CLIENT": "client_0190f3c2a1b070008000000000000001",
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ECOSYSTEM_OIDC_ISSUER": None}, "also needs the settings oidc_issuer"),
        ({"ECOSYSTEM_OIDC_AUDIENCE": None}, "also needs the settings oidc_audience"),
        ({"ECOSYSTEM_OIDC_CLIENT": None}, "also needs the settings oidc_client"),
        ({"ECOSYSTEM_OIDC_CLIENT": "someone"}, "ECOSYSTEM_OIDC_CLIENT sets oidc_client"),
        ({"ECOSYSTEM_OIDC_ISSUER": "http://id.example"}, "ECOSYSTEM_OIDC_ISSUER sets oidc_issuer"),
        ({"ECOSYSTEM_PUBLIC_URL": "https://id.example"}, "names this service itself"),
        (
            {**dict.fromkeys(_OIDC), "ECOSYSTEM_OIDC_PERSON_CLAIM": "email"},
            "also needs the settings oidc_issuer, oidc_audience, oidc_client",
        ),
    ],
)
def test_an_outside_issuer_is_described_wholly_or_not_at_all(
    changed: dict[str, str | None], told: str
) -> None:
    assert settings.load(_OIDC).oidc_person_claim == "sub"
    environ = {name: value for name, value in (_OIDC | changed).items() if value is not None}

    with pytest.raises(SettingsWrong, match=told):
        settings.load(environ)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1\n", ["prot", "no setting", "port"]),
        ("port = 'http'\n", ["port", "'http'"]),
        ("port = \n", ["not TOML"]),
        ("\udcff", ["not TOML"]),
    ],
)
def test_a_wrong_file_names_itself_and_the_setting(
    text: str, told: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "ecosystem.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SettingsWrong) as refused:
        settings.load({}, file=file)

    assert [part for part in [str(file), *told] if part not in str(refused.value)] == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent.toml"

    with pytest.raises(SettingsWrong, match=r"absent\.toml cannot be read: No such file"):
        settings.load({}, file=absent)


def test_what_is_handed_on_in_the_environment_is_read_again_as_it_was() -> None:
    chosen = Settings(database_url="postgresql://there/x", sandbox=True, port=9, metrics=False)

    assert settings.load(settings.environment(chosen)) == chosen


def test_every_setting_says_what_it_decides() -> None:
    said = settings.manual()

    assert [field.name for field in msgspec.structs.fields(Settings)] == list(said)
    assert [name for name, text in said.items() if not text.rstrip().endswith((".", ")"))] == []
