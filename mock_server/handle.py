"""A hand on one tenant of a running fake: all that the control API can do, in Python. Works over HTTP, on any fake that can be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

Json = Any

CAUSES = 10
"""Lines of a refusal that an exception shows; its `response` has them all."""


class Variables(dict[str, str]):
    """Does not show its secret when pytest shows it in the report of a failed test."""

    def __repr__(self) -> str:
        return repr({name: "***" if "SECRET" in name else value for name, value in self.items()})


class Isc:
    """`credentials`: user level → (client id, secret). `tenant` None: the one that the fake started with.

    What the control API refuses raises httpx.HTTPStatusError with its text.
    """

    def __init__(
        self,
        url: str,
        tenant: str | None,
        credentials: Mapping[str, tuple[str, str]],
        *,
        level: str = "ORG_ADMIN",
        token: str | None = None,
    ) -> None:
        self.url = url
        self.tenant = tenant
        self.credentials = credentials
        self.level = level
        self.clock = ClockHandle(self)
        self._http = _client(f"{url}/_mock", token)
        self._http.params = {} if tenant is None else {"tenant": tenant}

    @property
    def env(self) -> dict[str, str]:
        """The three variables that SDKs look for, with the credentials of `level`."""
        client_id, secret = self.credentials[self.level]
        return Variables({"SAIL_BASE_URL": self.url, "SAIL_CLIENT_ID": client_id, "SAIL_CLIENT_SECRET": secret})

    def client(self, level: str | None = None) -> httpx.Client:
        """Logged in, with the fake's address as its base. The caller closes it."""
        client_id, secret = self.credentials[level or self.level]
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        with _client(self.url, None) as http:
            answer = http.post("/oauth/token", data=form).raise_for_status().json()
        return _client(self.url, answer["access_token"])

    def reset(self) -> None:
        self.control("POST", "/reset")

    def scenario(self, name: str) -> None:
        self.control("PUT", "/scenario", {"name": name})

    @contextmanager
    def snapshot(self, name: str = "snapshot") -> Iterator[None]:
        """Takes one; when the block ends, everything is as it was when it began."""
        self.control("PUT", f"/snapshots/{name}")
        try:
            yield
        finally:
            self.control("POST", f"/snapshots/{name}/restore")

    def restore(self, name: str = "snapshot") -> None:
        self.control("POST", f"/snapshots/{name}/restore")

    def add(self, **work_item: Json) -> Json:
        """isc.add(type="Generic", owner="lena.marsh", description="…") answers the work item."""
        return self.control("POST", "/work-items", work_item)

    def launch(self, definition: str = "Cloud Account Aggregation", **launch: Json) -> Json:
        """isc.launch(source="Active Directory", progress={"model": "reads", "after": 2}, race=1) answers the task."""
        return self.control("POST", "/tasks", {"definition": definition, **launch})

    def faults(self, *rules: Mapping[str, Json]) -> None:
        """isc.faults({"operationId": "listWorkItems", "first": 2, "status": 429}) in place of those that were armed; none: disarm."""
        self.control("PUT", "/faults", list(rules))

    def faults_left(self) -> list[Json]:
        left: list[Json] = self.control("GET", "/faults")
        return left

    def journal(self, **wanted: Json) -> list[Json]:
        """Newest first; isc.journal(operation="listWorkItems", status=429)."""
        entries: list[Json] = self.control("GET", "/journal", params=wanted)["entries"]
        return entries

    def journal_summary(self) -> Json:
        return self.control("GET", "/journal/summary")

    def forget_journal(self) -> None:
        self.control("DELETE", "/journal")

    def state(self) -> Json:
        return self.control("GET", "/state")

    def replace_state(self, state: Json) -> None:
        self.control("PUT", "/state", state)

    def control(self, method: str, path: str, body: Json = None, params: Mapping[str, Json] | None = None) -> Json:
        """Any request to the control API."""
        response = (
            self._http.request(method, path, json=body, params=params)
            if body is not None
            else self._http.request(method, path, params=params)
        )
        if response.is_error:
            raise httpx.HTTPStatusError(_told(response), request=response.request, response=response)
        return response.json() if response.content else None

    def delete(self) -> None:
        """Forget the tenant, if there still is one, and let go."""
        if self.tenant is not None:
            self._http.delete(f"/tenants/{self.tenant}")
        self._http.close()

    def close(self) -> None:
        self._http.close()


class ClockHandle:
    """The tenant's time. All answers are ISO 8601."""

    def __init__(self, isc: Isc) -> None:
        self._isc = isc

    def now(self) -> str:
        return self._now(self._isc.control("GET", "/clock"))

    def freeze(self, at: str | None = None) -> str:
        return self._now(self._isc.control("PUT", "/clock", {"mode": "frozen"} | ({} if at is None else {"now": at})))

    def run_from(self, at: str) -> str:
        return self._now(self._isc.control("PUT", "/clock", {"mode": "offset", "now": at}))

    def run(self) -> str:
        return self._now(self._isc.control("PUT", "/clock", {"mode": "real"}))

    def advance(self, seconds: float | None = None, *, duration: str | None = None) -> str:
        """By seconds, or by an ISO 8601 duration such as P1DT2H."""
        distance = {"duration": duration} if duration is not None else {"seconds": seconds}
        return self._now(self._isc.control("POST", "/clock/advance", distance))

    @staticmethod
    def _now(answer: Json) -> str:
        now: str = answer["now"]
        return now


def new_tenant(
    url: str, *, scenario: str | None = None, level: str = "ORG_ADMIN", token: str | None = None, ttl_seconds: int | None = None
) -> Isc:
    """Makes a tenant on a running fake, and takes it in hand. Raises httpx.HTTPStatusError, or ValueError for a level."""
    fake = Isc(url, None, {}, token=token)
    wanted = {"scenario": scenario, "ttlSeconds": ttl_seconds}
    try:
        made = fake.control("POST", "/tenants", {name: value for name, value in wanted.items() if value is not None})
    finally:
        fake.close()
    credentials = {one["level"]: (one["clientId"], one["clientSecret"]) for one in made["credentials"]}
    if level not in credentials:
        raise ValueError(f"nobody has the level {level}; there are: {', '.join(credentials)}")
    return Isc(url, made["name"], credentials, level=level, token=token)


def _told(response: httpx.Response) -> str:
    """Status, text and the first causes of a refusal."""
    try:
        answer = response.json()
        lines = [answer["messages"][0]["text"], *(cause["text"] for cause in answer["causes"])]
    except (ValueError, KeyError, IndexError, TypeError):
        lines = [response.text]
    more = [f"and {len(lines) - CAUSES} more"] if len(lines) > CAUSES else []
    return "\n".join([f"{response.status_code}: {lines[0]}", *lines[1:CAUSES], *more])


def _client(base_url: str, token: str | None) -> httpx.Client:
    """Loading certificates takes longer than a request does: only where there is something to verify."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base_url, headers=headers, trust_env=False, verify=base_url.startswith("https:"))
