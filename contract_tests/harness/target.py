"""Where a run goes and what it may do there: profiles in isc-contract.toml, addresses, and credentials from the environment."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.harness.errors import Misuse
from mock_server.contract import VERSIONS

FILE = "isc-contract.toml"

DEFAULT_RATE = 90
"""Requests in 10 s for each client and version. The vendor admits 100; the rest is for requests that were sent before and arrive late."""

VENDORS_RATE = 100

SANDBOX_REQUESTS = 2000
"""What a run may send to a sandbox unless profile or option say otherwise."""

ROLES = ("main", "plain", "reader")
"""`main` does the work. `plain` is a user without a user level, `reader` a client that may only read tasks: with them, access is tested."""

_TARGET_KEYS = {
    "base-url": str,
    "kind": str,
    "mode": str,
    "versions": list,
    "rate": int,
    "rate-store": str,
    "max-requests": int,
    "disposable": bool,
    "writable-ids": list,
    "client-id-env": str,
    "client-secret-env": str,
    "clients": dict,
}
_CLIENT_KEYS = {"client-id-env": str, "client-secret-env": str}


@dataclass(frozen=True)
class Credentials:
    """Neither part is ever shown."""

    id: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Target:
    """`rate`: requests in 10 s for each client and version; None: no limit. `credentials`: by role, at least `main`.

    `disposable`: what the run finds there may be changed. `rate_store`: a redis URL that several machines share, or None.
    """

    name: str
    base_url: str
    kind: str
    mode: str
    versions: tuple[str, ...]
    credentials: Mapping[str, Credentials] = field(repr=False)
    rate: int | None = None
    rate_store: str | None = None
    max_requests: int | None = None
    disposable: bool = False
    writable_ids: frozenset[str] = frozenset()
    is_own: bool = False
    """A fake that the run has started itself, and may reset."""

    @property
    def is_stub(self) -> bool:
        return self.kind == "stub"

    def digest(self) -> str:
        """Changes with whatever the profile says; credentials are not part of it."""
        address = "" if self.is_own else self.base_url  # on another port each time
        told: list[Any] = [self.name, address, self.kind, self.mode, self.versions, self.rate, self.max_requests, self.disposable]
        told += [self.rate_store, sorted(self.writable_ids)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def is_loopback(host: str | None) -> bool:
    """By the text alone: no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def resolve(
    wanted: str | None, config: Path | None, environment: Mapping[str, str], folder: Path, instead: Credentials | None = None
) -> Target:
    """The target that a name or a URL stands for; without either, the one that SAIL_BASE_URL names.

    `instead`: takes the place of all credentials, where nothing logs in.

    Raises:
        Misuse: nothing says what the address is, or the profile or the environment lacks something. No name was looked up.
    """
    profiles, place = _profiles(config, folder)
    wanted = wanted or environment.get("SAIL_BASE_URL")
    if not wanted:
        raise Misuse("no target: name one with --target NAME|URL, start a fake with --stub, or set SAIL_BASE_URL")
    if "://" not in wanted:
        if wanted not in profiles:
            known = f"it has {', '.join(sorted(profiles))}" if profiles else "it has none" if place else "there is no such file"
            raise Misuse(f"--target {wanted}: {place or FILE} has no [targets.{wanted}]; {known}")
        return _from_profile(wanted, profiles[wanted], f"{place}: [targets.{wanted}]", environment, instead)
    url = _address(wanted, "--target")
    for name, profile in profiles.items():
        if profile.get("base-url") and _address(str(profile["base-url"]), f"{place}: [targets.{name}]: base-url") == url:
            return _from_profile(name, profile, f"{place}: [targets.{name}]", environment, instead)
    if not is_loopback(urlsplit(url).hostname):
        raise Misuse(_unknown(url))
    return loopback(url, {"main": instead or _credentials({}, "the environment", environment)})


def has_profile(name: str, config: Path | None, folder: Path) -> bool:
    return name in _profiles(config, folder)[0]


def loopback(url: str, credentials: Mapping[str, Credentials], name: str = "stub", *, is_own: bool = False) -> Target:
    """A fake on this machine, without a profile: writable, and without a limit."""
    return Target(name, url.rstrip("/"), "stub", "writes", VERSIONS, credentials, is_own=is_own)


def _unknown(url: str) -> str:
    name = (urlsplit(url).hostname or "").split(".")[0]
    name = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else "tenant"
    url = "https://" + url.partition("://")[2]
    profile = "\n".join(
        [
            f"  [targets.{name}]",
            f'  base-url = "{url}"',
            '  kind = "sandbox"        # never a production tenant',
            '  mode = "read-only"      # "writes" needs --allow-writes as well',
            '  client-id-env = "SAIL_CLIENT_ID"',
            '  client-secret-env = "SAIL_CLIENT_SECRET"',
        ]
    )
    return f"{url} is no address of this machine, and no profile says that it is a sandbox; nothing was sent. Add to {FILE}:\n{profile}"


def _profiles(config: Path | None, folder: Path) -> tuple[dict[str, dict[str, Any]], Path | None]:
    place = config or next((parent / FILE for parent in (folder, *folder.parents) if (parent / FILE).is_file()), None)
    if place is None:
        return {}, None
    try:
        if hasattr(os, "getuid") and place.stat().st_uid not in (os.getuid(), 0):
            raise Misuse(f"{place}: belongs to somebody else, who could send your credentials anywhere; name your own with --config")
        document = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misuse(f"{place}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{place}: is not TOML: {error}") from None
    unknown = document.keys() - {"targets"}
    targets = document.get("targets", {})
    if unknown or not isinstance(targets, dict) or not all(isinstance(profile, dict) for profile in targets.values()):
        raise Misuse(f"{place}: only tables [targets.NAME] are known here" + (f", not {', '.join(sorted(unknown))}" if unknown else ""))
    return targets, place


def _from_profile(name: str, profile: Mapping[str, Any], where: str, environment: Mapping[str, str], instead: Credentials | None) -> Target:
    _check(profile, _TARGET_KEYS, where)
    kind, mode = _choice(profile, "kind", ("stub", "sandbox"), where), _choice(profile, "mode", ("read-only", "writes"), where, "read-only")
    if "base-url" not in profile:
        raise Misuse(f"{where}: base-url is missing: a profile names the one address that it is about")
    url = _address(profile["base-url"], f"{where}: base-url")
    is_near = is_loopback(urlsplit(url).hostname)
    if kind == "stub" and not is_near:
        raise Misuse(f'{where}: kind = "stub" is for addresses of this machine; what others reach is a "sandbox"')
    if urlsplit(url).scheme == "http" and not is_near:
        raise Misuse(f"{where}: base-url must be https, or the secret would travel in clear")
    versions = tuple(profile.get("versions", VERSIONS))
    if not versions or any(version not in VERSIONS for version in versions):
        raise Misuse(f"{where}: versions are some of {', '.join(VERSIONS)}")
    is_stub = kind == "stub"
    return Target(
        name=name,
        base_url=url,
        kind=kind,
        mode=mode,
        versions=versions,
        credentials=_roles(profile, where, environment) if instead is None else {"main": instead},
        rate=_rate(profile, where, None if is_stub else DEFAULT_RATE),
        rate_store=profile.get("rate-store"),
        max_requests=_budget(profile, where, None if is_stub else SANDBOX_REQUESTS),
        disposable=profile.get("disposable", False),
        writable_ids=frozenset(_texts(profile, "writable-ids", where, ())),
    )


def _check(table: Mapping[str, Any], keys: Mapping[str, type], where: str) -> None:
    for key, value in table.items():
        if key not in keys:
            hint = "; secrets belong into the environment" if "secret" in key or key == "client-id" else ""
            raise Misuse(f"{where}: {key} is not known here, but {', '.join(keys)}{hint}")
        if type(value) is not keys[key]:
            raise Misuse(f"{where}: {key} must be a {_TOML[keys[key]]}")


_TOML = {str: "string", int: "number", bool: "boolean", list: "list", dict: "table"}


def _choice(profile: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str, default: str | None = None) -> str:
    value = profile.get(key, default)
    if value not in choices:
        raise Misuse(f"{where}: {key} is {' or '.join(repr(choice) for choice in choices)}")
    return str(value)


def _rate(profile: Mapping[str, Any], where: str, default: int | None) -> int | None:
    rate: int | None = profile.get("rate", default)
    if rate is not None and not 1 <= rate <= VENDORS_RATE:
        raise Misuse(f"{where}: rate is from 1 to {VENDORS_RATE} requests in 10 s")
    return rate


def _budget(profile: Mapping[str, Any], where: str, default: int | None) -> int | None:
    requests: int | None = profile.get("max-requests", default)
    if requests is not None and requests < 1:
        raise Misuse(f"{where}: max-requests is at least 1")
    return requests


def _texts(profile: Mapping[str, Any], key: str, where: str, default: Sequence[str]) -> tuple[str, ...]:
    values = profile.get(key, default)
    if not all(isinstance(value, str) for value in values):
        raise Misuse(f"{where}: {key} must be a list of strings")
    return tuple(values)


def _roles(profile: Mapping[str, Any], where: str, environment: Mapping[str, str]) -> dict[str, Credentials]:
    roles = {"main": _credentials(profile, where, environment)}
    for role, table in profile.get("clients", {}).items():
        place = f"{where}: clients.{role}"
        if role not in ROLES[1:] or not isinstance(table, dict):
            raise Misuse(f"{place}: clients are {' and '.join(ROLES[1:])}, each a table")
        _check(table, _CLIENT_KEYS, place)
        if table.keys() != _CLIENT_KEYS.keys():
            raise Misuse(f"{place}: names client-id-env and client-secret-env, both")
        roles[role] = _credentials(table, place, environment)
    return roles


def _credentials(table: Mapping[str, Any], where: str, environment: Mapping[str, str]) -> Credentials:
    names = table.get("client-id-env", "SAIL_CLIENT_ID"), table.get("client-secret-env", "SAIL_CLIENT_SECRET")
    missing = [name for name in names if not environment.get(name)]
    if missing:
        hint = '; for a running fake: eval "$(isc-mock credentials)"' if not table else ""
        raise Misuse(f"{where}: {' and '.join(missing)} must be set{hint}")
    return Credentials(environment[names[0]], environment[names[1]])


def _address(url: str, where: str) -> str:
    """Scheme, host and port, and nothing else that a parser could read in another way. No name is looked up.

    Raises:
        Misuse: it is no such address.
    """
    match = _ADDRESS.fullmatch(url)
    port = int(match["port"] or 0) if match else 0
    if match is None or port > 65_535:
        raise Misuse(f"{where}: an address is wanted such as https://TENANT.api.identitynow.com: no path, no query, no user in it")
    default = {"https": 443, "http": 80}[match["scheme"].lower()]
    told = f":{port}" if port and port != default else ""
    return f"{match['scheme'].lower()}://{match['host'].lower()}{told}"


_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?/?", re.IGNORECASE
)
