"""What the operator decides: settings from a TOML file and the environment, each documented.

The environment wins over the file. A setting that is wrong or unknown is named.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.runtime import attributes
from ecosystem.values.identifiers import pattern
from ecosystem.values.patterns import whole

PREFIX = "ECOSYSTEM_"
_OUTSIDE = {"DATABASE_URL": "database_url", "DATABASE_OWNER_URL": "database_owner_url"}


class SettingsWrong(Exception):
    """A setting is unknown or has a value that it cannot have; the text says which and why."""


Positive = Annotated[int, Meta(ge=1)]
_BUCKET = whole("s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*")
_HERE = r"http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?"
_ISSUER = whole(rf"(https://[^/?#@\s]+|{_HERE})(/[^?#\s]*)?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, with their defaults."""

    database_url: str | None = None
    """PostgreSQL to serve from (`postgresql://...`), as a role that owns nothing.
    Without it an embedded server is started in `data_folder`."""
    database_owner_url: str | None = None
    """The same database as the role that owns the tables; only migrations use it."""
    data_folder: str | None = None
    """Where the embedded database, keys and documents lie. By default
    /var/lib/ecosystem for root, else $XDG_DATA_HOME/ecosystem or ~/.local/share/ecosystem."""
    documents_store: Annotated[str, Meta(pattern=_BUCKET)] | None = None
    """Bucket of an S3-compatible service in which documents are kept, as s3://BUCKET/PREFIX,
    instead of `data_folder`; what is still arriving lies there either way. The credentials are
    those of the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the machine's own."""
    documents_endpoint: Annotated[str, Meta(pattern=whole("https?://[^/?#]+"))] | None = None
    """Address of the S3-compatible service, where it is not Amazon's."""
    documents_region: Annotated[str, Meta(pattern=whole("[a-z0-9-]{1,40}"))] = "us-east-1"
    """Region of the bucket."""
    postgres_binaries: str | None = None
    """Folder with `postgres` and `initdb` for the embedded server, instead of the wheel's."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8080
    """TCP port to listen on."""
    processes: Annotated[int, Meta(ge=1, le=64)] = 1
    """How many server processes share the port."""
    public_url: Annotated[str, Meta(pattern=whole("https?://[^/?#]+"))] = "http://127.0.0.1:8080"
    """How clients reach the service: the issuer of tokens and the root of links."""
    proxies: Annotated[int, Meta(ge=0, le=10)] = 0
    """How many proxies stand in front, each adding to X-Forwarded-For whom it heard. Wrong by one,
    everybody seems to call from one address, or anybody can say that he calls from any."""
    sandbox: bool = False
    """Whether this is a sandbox: seeded parties, a clock that can be moved, tokens for people.
    Never for real money."""
    background: Literal["inside", "apart"] = "inside"
    """Whether `serve` does background work itself, or leaves it to `serve --role worker`."""
    pool_size: Annotated[int, Meta(ge=2, le=200)] = 8
    """Database connections per process."""
    pool_waiters_max: Positive = 500
    """Requests that may wait for a connection; one more is answered 503."""
    pool_wait_s_max: Positive = 5
    """Seconds that a request waits for a connection before it is answered 503."""
    statement_ms_max: Positive = 10_000
    """Milliseconds after which a statement is ended."""
    body_bytes_max: Positive = 262_144
    """Bytes of a JSON request body."""
    batch_bytes_max: Positive = 8_388_608
    """Bytes of a batch of rows: a JSON array, NDJSON or CSV. No more than document_bytes_max."""
    batch_rows_max: Positive = 20_000
    """Rows of a batch."""
    document_bytes_max: Positive = 20_971_520
    """Bytes of a document that is uploaded in one request."""
    upload_bytes_max: Positive = 4_294_967_296
    """Bytes of a document that is uploaded in parts."""
    uploads_bytes_max: Positive = 68_719_476_736
    """Bytes that all unfinished uploads together may come to."""
    uploads_bytes_each_max: Positive = 17_179_869_184
    """Bytes that the unfinished uploads of one organisation may come to."""
    upload_hours: Positive = 24
    """Hours after which an unfinished upload is discarded."""
    body_wait_s_max: Positive = 60
    """Seconds that the whole body of a request may take to arrive; of a document, that may pass
    without anything arriving."""
    token_lifetime_s: Annotated[int, Meta(ge=60, le=3600)] = 600
    """Seconds that an access token lives."""
    step_up_s_max: Annotated[int, Meta(ge=30, le=43_200)] = 900
    """Seconds for which a person's passkey is good for opening, award, signature and payment."""
    oidc_issuer: Annotated[str, Meta(pattern=_ISSUER)] | None = None
    """Outside OIDC issuer whose access tokens are accepted for people, exactly as `iss` says it:
    https; http only on this machine. Set together with oidc_audience and oidc_client."""
    oidc_audience: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """What `aud` of its access tokens must be, or contain: this service, as it knows it."""
    oidc_person_claim: Annotated[str, Meta(pattern=whole("[A-Za-z0-9_:/.-]{1,100}"))] = "sub"
    """The claim of its access tokens that names the person, and is never given to another."""
    oidc_client: Annotated[str, Meta(pattern=pattern("client"))] | None = None
    """Identifier of a client of the platform as whose tokens they count: its scopes bound them,
    and when it is deactivated they are worth nothing."""
    client_keys_networks: str = ""
    """Networks (CIDR, comma-separated) in which a client's `jwks_uri` may be although they are not
    public. Name only those of which anybody who registers a client may have the https asked."""
    webhook_wait_s_max: Annotated[int, Meta(ge=1, le=60)] = 15
    """Seconds that the target of a webhook may take to answer a message."""
    webhook_networks: str = ""
    """Networks (CIDR, comma-separated) in which the target of a webhook may be although they are
    not public. Name only those of which any verified organisation may have the https asked."""
    webhook_loopback: bool = False
    """Whether the target of a webhook may be http on this machine, by number (127.0.0.1, [::1]):
    to try webhooks out. In a sandbox only."""
    reads_per_minute: Positive = 6_000
    """Reading requests per client and minute, in each process."""
    writes_per_minute: Positive = 1_200
    """Writing requests per client and minute, in each process."""
    idempotency_hours: Positive = 24
    """Hours that an answer is kept under its Idempotency-Key."""
    log_format: Literal["auto", "json", "readable"] = "auto"
    """`auto` is readable on a terminal and JSON elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe line that is logged."""
    metrics: bool = False
    """Whether `/metrics` answers Prometheus, to whoever can reach the port."""
    traces_endpoint: str | None = None
    """OTLP over HTTP endpoint that traces go to; none are made without it."""


def load(
    environ: Mapping[str, str] | None = None, *, file: Path | None = None, **given: object
) -> Settings:
    """Return the settings from `file`, then `environ`, then `given`, the later winning.

    `file` defaults to what ECOSYSTEM_SETTINGS names. Raises SettingsWrong with the
    name of the setting, where it stands, and what it must be.
    """
    environ = os.environ if environ is None else environ
    if file is None and (named := environ.get(f"{PREFIX}SETTINGS")):
        file = Path(named)
    values = _from_file(file) if file else {}
    values |= _from_environment(environ)
    values |= {
        name: (value, "the command line") for name, value in given.items() if value is not None
    }
    checked = {name: _checked(name, *found) for name, found in values.items()}
    chosen = msgspec.convert(checked, Settings)
    _check_issuer(chosen)
    for name in ("client_keys_networks", "webhook_networks"):
        try:
            networks(getattr(chosen, name))
        except ValueError as error:
            message = f"The setting {name} must name networks: {error}."
            raise SettingsWrong(message) from None
    if chosen.webhook_loopback and not chosen.sandbox:
        message = "The setting webhook_loopback is for a sandbox alone, and this is none."
        raise SettingsWrong(message)
    return chosen


def networks(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that a setting lists; raise ValueError where one is none."""
    named = (one.strip() for one in listed.split(","))
    return tuple(ip_network(one) for one in named if one)


def _check_issuer(chosen: Settings) -> None:
    """Refuse an outside issuer that is only half described, or is this service itself."""
    needed = ("oidc_issuer", "oidc_audience", "oidc_client")
    missing = [name for name in needed if getattr(chosen, name) is None]
    is_wanted = len(missing) < len(needed) or chosen.oidc_person_claim != "sub"
    if is_wanted and missing:
        message = f"An outside issuer also needs the settings {', '.join(missing)}."
        raise SettingsWrong(message)
    if chosen.oidc_issuer == chosen.public_url:
        message = "The setting oidc_issuer names this service itself, as public_url does."
        raise SettingsWrong(message)


def manual() -> dict[str, str]:
    """Return what each setting decides, by its name, in the order in which they stand."""
    return attributes.manual(Settings)


def variable(name: str) -> str:
    """Return the environment variable of the setting called `name`."""
    outside = {setting: variable for variable, setting in _OUTSIDE.items()}
    return outside.get(name, f"{PREFIX}{name.upper()}")


def environment(chosen: Settings) -> dict[str, str]:
    """Return the settings as environment variables, for processes that this one starts."""
    return {
        variable(name): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in msgspec.structs.asdict(chosen).items()
        if value is not None
    }


def _from_file(file: Path) -> dict[str, tuple[object, str]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"The settings file {file} cannot be read: {error.strerror}."
        raise SettingsWrong(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The settings file {file} is not TOML: {error}."
        raise SettingsWrong(message) from None
    return {name: (value, f"the file {file}") for name, value in content.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    found: dict[str, tuple[object, str]] = {}
    for variable, text in environ.items():
        if variable in _OUTSIDE:
            found[_OUTSIDE[variable]] = (text, f"the environment variable {variable}")
        elif variable.startswith(PREFIX) and variable != f"{PREFIX}SETTINGS":
            name = variable.removeprefix(PREFIX).lower()
            found[name] = (text, f"the environment variable {variable}")
    return found


def _checked(name: str, value: object, where: str) -> object:
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    if name not in fields:
        message = (
            f"{where} sets {name}, which is no setting. Settings: {', '.join(sorted(fields))}."
        )
        raise SettingsWrong(message[0].upper() + message[1:])
    try:
        return msgspec.convert(value, fields[name].type, strict=False)
    except msgspec.ValidationError as error:
        message = f"{where} sets {name} to {value!r}: {error}."
        raise SettingsWrong(message[0].upper() + message[1:]) from None
