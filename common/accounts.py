"""Who sits at this node: passwords, sessions, API tokens, and the reset of a password by telephone.

Nothing of this is in the ledger: it is kept at the node alone (design 4).  An officer is the id of his appointment.

* Wrong passwords are slowed and limited: from the fifth on each doubles a wait.  A clock that is set back makes nobody
  wait for it: machines here may think that it is 2003.
* A session is a random token of 256 bits in the officer's browser; the node keeps its SHA-256.  It is *locked* after
  idle time, by hand, or after a working day, and opens with the same officer's password: the page behind it stays.
* Telephone reset: the node shows eight digits; who has the reset key that its enrolment gave both sides answers with
  eight digits (an HMAC over the digits and the officer), which let him choose a new password.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from common import vault
from common.errors import BadInput, CommandRefused, NotPermitted
from common.reference import Appointment

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 24 * 3_600_000

LEAST_PASSWORD, MOST_PASSWORD = 6, 128  # characters; a PIN of six digits will do, since guesses are limited
FREE_FAILURES = 4  # wrong passwords without a wait
FIRST_WAIT_MS, MOST_WAIT_MS = 30_000, 15 * MINUTE_MS

IDLE_MS = 15 * MINUTE_MS
LIFE_MS = 12 * HOUR_MS
SEEN_EVERY_MS = MINUTE_MS  # how exactly `last_seen` is kept: each write is a full sync to disk
FORGET_SESSIONS_MS = 30 * DAY_MS
MOST_TOKEN_DAYS = 3_660

RESET_LIFE_MS = 2 * HOUR_MS
_CODE_DIGITS = 8

Random = Callable[[int], bytes]
"""That many random bytes."""


class LoginNeeded(NotPermitted):
    """No one is logged in, or the password is asked again."""

    http_status = 401


class TooMany(NotPermitted):
    """Tried too often; ``detail["wait_ms"]`` says how long to wait."""

    http_status = 429


# -- what the store keeps


@dataclass(frozen=True, slots=True)
class Password:
    """``changed_at`` is 0 where another than the officer chose it."""

    officer: str
    phc: str
    changed_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """``key`` is the SHA-256 of the token; ``created`` is when the password was last given.

    ``last_seen`` is 0 while the screen is locked by hand.
    """

    key: bytes
    officer: str
    created: int
    last_seen: int
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """``key`` is the SHA-256 of the token."""

    key: bytes
    officer: str
    expires: int


@dataclass(frozen=True, slots=True)
class Reset:
    """A challenge that waits for its answer."""

    officer: str
    challenge: str
    made_at: int


class AccountStore(Protocol):
    """The node's own tables; times are UTC milliseconds.

    ``save_*`` inserts or replaces by the first field; ``write`` is the store's one transaction, which may be entered
    again inside itself.
    """

    def write(self) -> AbstractContextManager[object]: ...

    def password(self, officer: str) -> Password | None: ...
    def save_password(self, row: Password) -> None: ...

    def session(self, key: bytes) -> Session | None: ...
    def sessions(self, officer: str) -> list[Session]: ...
    def save_session(self, row: Session) -> None: ...
    def forget_sessions(self, before: int) -> None:
        """Drop the sessions created before that time."""

    def token(self, key: bytes) -> Token | None: ...
    def save_token(self, row: Token) -> None: ...
    def drop_tokens(self, officer: str) -> None: ...

    def reset(self, officer: str) -> Reset | None: ...
    def save_reset(self, row: Reset) -> None: ...
    def drop_reset(self, officer: str) -> None: ...

    def tries(self, key: str) -> tuple[int, int]:
        """(tries in a row on this that failed or are being judged, time of the last)."""

    def count_try(self, key: str, at: int) -> int: ...
    def clear_tries(self, key: str) -> None: ...


class People(Protocol):
    """The officers who work at this node now, by their appointments."""

    def get(self, officer: str) -> Appointment | None: ...
    def here(self) -> list[Appointment]: ...


class Throttle:
    """Slows and limits tries on one thing: the first few are free, then each doubles a wait.

    A try is counted before it is judged, so that tries made at the same time count as well.

    Args:
        free: how many failures in a row cost no wait.
    """

    def __init__(self, store: AccountStore, clock: Callable[[], int], free: int = FREE_FAILURES) -> None:
        self._store = store
        self._clock = clock
        self._free = free

    def count(self, key: str, code: str = "web.too_many") -> None:
        """Counts a try.

        Errors:
            TooMany ``code`` (failures, wait, wait_ms) while one must wait; then it does not count.
        """
        with self._store.write():
            self.check(key, code)
            self._store.count_try(key, self._clock())

    def check(self, key: str, code: str = "web.too_many") -> None:
        """Asks whether a try is free now, without counting one.  Errors as ``count``."""
        now = self._clock()
        count, at = self._store.tries(key)
        # A last try in the future: the clock was set back, and it may be years until it is there again.
        waiting = at + wait_after(count, self._free) - now if at <= now else 0
        if waiting > 0:
            raise TooMany(code, failures=count, wait=_duration(waiting), wait_ms=waiting)

    def clear(self, key: str) -> None:
        """The try was a right one: the next is free again."""
        self._store.clear_tries(key)


# -- what the pages see


@dataclass(frozen=True, slots=True)
class Login:
    """A session that is known: whose it is and whether it asks for the password again."""

    key: bytes
    officer: Appointment
    created: int
    last_seen: int
    locked: bool


class Accounts:
    """Passwords, sessions and tokens of one node.

    Args:
        clock: UTC milliseconds.
        hash_password, check_password: Argon2id in PHC form.
        idle_ms, life_ms: after how long a session locks: without use, and at the latest.
    """

    def __init__(
        self,
        store: AccountStore,
        people: People,
        clock: Callable[[], int],
        random: Random,
        *,
        hash_password: Callable[[str, Random], str] = vault.hash_password,
        check_password: Callable[[str, str], bool] = vault.check_password,
        idle_ms: int = IDLE_MS,
        life_ms: int = LIFE_MS,
    ) -> None:
        self.people = people
        self.idle_ms = idle_ms
        self.throttle = Throttle(store, clock)
        self._store = store
        self._clock = clock
        self._random = random
        self._hash = hash_password
        self._check = check_password
        self._life_ms = life_ms
        self._decoy = ""

    # -- passwords

    def has_password(self, officer: str) -> bool:
        return self._store.password(officer) is not None

    def has_own_password(self, officer: str) -> bool:
        """False while the officer has none, or one that an operator gave him."""
        row = self._store.password(officer)
        return row is not None and row.changed_at > 0

    def set_password(self, officer: str, password: str) -> None:
        """A password given by the operator; ends the officer's sessions, tokens and waits.

        Errors:
            BadInput ``account.password_too_short``, ``account.password_too_long``, ``account.no_such_officer``.
        """
        self._person(officer)
        phc = self._hash(_checked(password), self._random)
        with self._store.write():
            self._replace_password(officer, phc, temporary=True)

    def give_first_password(self, officer: str, password: str) -> None:
        """As ``set_password``, but only to who has none yet.  CommandRefused ``account.has_password``."""
        person = self._person(officer)
        phc = self._hash(_checked(password), self._random)
        with self._store.write():
            if self.has_password(officer):
                raise CommandRefused("account.has_password", name=person.name)
            self._replace_password(officer, phc, temporary=True)

    def change_password(self, session: str, old: str, new: str) -> None:
        """The officer's own password, by himself; his other sessions end.

        Args:
            session: the token of his session.
        Errors:
            as ``log_in`` for ``old``; BadInput ``account.password_*`` for ``new``.
        """
        login = self._known(session)
        officer = login.officer
        chosen = _own(new, officer.name)
        self.prove(officer.id, old)
        if chosen == _plain(old):
            raise BadInput("account.password_same")
        phc = self._hash(chosen, self._random)
        with self._store.write():
            self._store.save_password(Password(officer.id, phc, max(1, self._clock())))
            self._end_sessions(officer.id, but=login.key)

    def _replace_password(self, officer: str, phc: str, *, temporary: bool) -> None:
        """Inside a transaction: whoever had the old one is out."""
        self._store.save_password(Password(officer, phc, 0 if temporary else max(1, self._clock())))
        self.throttle.clear(_login_key(officer))
        self._store.drop_tokens(officer)
        self._store.drop_reset(officer)
        self._end_sessions(officer)

    def prove(self, officer: str, password: str) -> None:
        """Is this his password?  A right one is not counted as a try.

        Errors:
            LoginNeeded ``account.no_password``, ``account.wrong_password``; TooMany ``account.locked``;
            BadInput ``account.nothing_typed``, which is no try.
        """
        row = self._store.password(officer)
        if row is None:
            raise LoginNeeded("account.no_password")
        if not password:
            raise BadInput("account.nothing_typed")
        self.throttle.count(_login_key(officer), "account.locked")
        plain = _plain(password)
        if len(plain) > MOST_PASSWORD or not self._check(plain, row.phc):
            raise LoginNeeded("account.wrong_password")
        self.throttle.clear(_login_key(officer))

    def _person(self, officer: str) -> Appointment:
        person = self.people.get(officer)
        if person is None:
            raise BadInput("account.no_such_officer")
        return person

    # -- sessions

    def log_in(self, officer: str, password: str) -> str:
        """A new session for the officer; returns its token.

        Errors:
            LoginNeeded ``account.wrong_password``, ``account.no_password``; BadInput ``account.no_such_officer``;
            TooMany ``account.locked`` (failures, wait, wait_ms).
        """
        if self.people.get(officer) is None:
            self._take_as_long()
        self._person(officer)
        self.prove(officer, password)
        token = _text(self._random(32))
        now = self._clock()
        with self._store.write():
            self._store.forget_sessions(now - FORGET_SESSIONS_MS)
            self._store.save_session(Session(session_key(token), officer, created=now, last_seen=now))
        return token

    def _take_as_long(self) -> None:
        """What a wrong password costs, so that the time does not tell who is known here."""
        self._decoy = self._decoy or self._hash(_text(self._random(16)), self._random)
        self._check("", self._decoy)

    def session(self, token: str) -> Login | None:
        """The session of a token; None if there is none, it has ended, or its officer works here no more."""
        row = self._going_on(session_key(token))
        officer = self.people.get(row.officer) if row is not None else None
        if row is None or officer is None:
            return None
        return Login(row.key, officer, row.created, row.last_seen, self._is_locked(row))

    def _going_on(self, key: bytes) -> Session | None:
        row = self._store.session(key)
        return row if row is not None and row.ended is None else None

    def _is_locked(self, row: Session) -> bool:
        now = self._clock()
        return now - row.last_seen > self.idle_ms or now - row.created > self._life_ms

    def touch(self, token: str) -> None:
        """The officer did something: the idle time starts again.  Does not open a locked session."""
        now = self._clock()
        row = self._going_on(session_key(token))
        if row is None or 0 <= now - row.last_seen < SEEN_EVERY_MS:
            return
        with self._store.write():
            row = self._going_on(row.key)
            if row is not None and not self._is_locked(row):
                # A clock set back would otherwise keep the session open until it has caught up.
                self._store.save_session(replace(row, last_seen=now, created=min(row.created, now)))

    def lock(self, token: str) -> None:
        with self._store.write():
            if row := self._going_on(session_key(token)):
                self._store.save_session(replace(row, last_seen=0))

    def unlock(self, token: str, password: str) -> None:
        """The same officer's password again.

        Errors:
            as ``log_in``; LoginNeeded ``web.log_in`` if the session has ended.
        """
        login = self._known(token)
        self.prove(login.officer.id, password)
        now = self._clock()
        with self._store.write():
            row = self._going_on(login.key)
            if row is None:
                raise LoginNeeded("web.log_in")
            self._store.save_session(replace(row, created=now, last_seen=now))

    def log_out(self, token: str) -> None:
        with self._store.write():
            if row := self._going_on(session_key(token)):
                self._end(row)

    def sessions(self, officer: str) -> list[Session]:
        """His sessions that have not ended, the last used first."""
        going_on = (row for row in self._store.sessions(officer) if row.ended is None)
        return sorted(going_on, key=lambda row: row.last_seen, reverse=True)

    def whose(self, fits: Callable[[bytes], bool]) -> Appointment | None:
        """The officer of whose sessions one fits by its key: of those known here, ended ones too."""
        for officer in self.people.here():
            if any(fits(row.key) for row in self._store.sessions(officer.id)):
                return officer
        return None

    def end_others(self, token: str) -> int:
        """Ends the officer's other sessions; returns how many."""
        login = self._known(token)
        with self._store.write():
            return self._end_sessions(login.officer.id, but=login.key)

    def end_all(self, officer: str) -> None:
        """Ends every session and token of an officer."""
        with self._store.write():
            self._store.drop_tokens(officer)
            self._end_sessions(officer)

    def _known(self, token: str) -> Login:
        login = self.session(token)
        if login is None:
            raise LoginNeeded("web.log_in")
        return login

    def _end_sessions(self, officer: str, but: bytes = b"") -> int:
        others = [row for row in self.sessions(officer) if row.key != but]
        for row in others:
            self._end(row)
        return len(others)

    def _end(self, row: Session) -> None:
        self._store.save_session(replace(row, ended=self._clock()))

    # -- tokens of the API

    def issue_token(self, officer: str, days: int) -> tuple[str, int]:
        """(token, when it expires in UTC ms).

        Errors:
            BadInput ``account.no_such_officer``; ``account.token_days`` if days is not 1 to ``MOST_TOKEN_DAYS``.
        """
        if not 1 <= days <= MOST_TOKEN_DAYS:
            raise BadInput("account.token_days", most=MOST_TOKEN_DAYS)
        self._person(officer)
        token = _text(self._random(32))
        expires = self._clock() + days * DAY_MS
        with self._store.write():
            self._store.save_token(Token(session_key(token), officer, expires))
        return token, expires

    def bearer(self, token: str) -> Appointment | None:
        """The officer of a token; None if it is unknown or has expired."""
        row = self._store.token(session_key(token))
        if row is None or row.expires <= self._clock():
            return None
        return self.people.get(row.officer)

    # -- reset by telephone

    def start_reset(self, officer: str) -> str:
        """The digits to read out to the operator: those that wait already, or new ones.

        Errors:
            BadInput ``account.no_such_officer``.
        """
        self._person(officer)
        with self._store.write():
            if waiting := self._waiting_reset(officer):
                return waiting.challenge
            challenge = new_challenge(self._random)
            self._store.save_reset(Reset(officer, challenge, self._clock()))
        return challenge

    def reset_under_way(self, officer: str) -> str | None:
        """The digits of a reset that waits for its answer."""
        waiting = self._waiting_reset(officer)
        return waiting.challenge if waiting else None

    def finish_reset(self, officer: str, answer: str, new_password: str, keys: Iterable[bytes]) -> None:
        """The operator's answer, and the password that the officer chose himself.

        Wrong answers count as wrong passwords do; a right one is used up.

        Args:
            keys: the reset keys shared with those above who may answer.
        Errors:
            BadInput ``account.no_such_officer``, ``account.code_expired``, ``account.code_used``,
            ``account.password_*``; LoginNeeded ``account.wrong_answer``; TooMany ``account.locked``.
        """
        chosen = _own(new_password, self._person(officer).name)
        waiting = self._waiting_reset(officer)
        if waiting is None:
            raise BadInput("account.code_expired")
        self.throttle.count(_login_key(officer), "account.locked")
        given = _digits(answer)
        if not any(hmac.compare_digest(given, reset_answer(key, waiting.challenge, officer)) for key in keys):
            raise LoginNeeded("account.wrong_answer")
        phc = self._hash(chosen, self._random)
        with self._store.write():
            if self._store.reset(officer) != waiting:
                raise BadInput("account.code_used")
            self._replace_password(officer, phc, temporary=False)

    def _waiting_reset(self, officer: str) -> Reset | None:
        row = self._store.reset(officer)
        return row if row is not None and abs(self._clock() - row.made_at) <= RESET_LIFE_MS else None


# -- the codes that are read over the telephone


def new_challenge(random: Random) -> str:
    """Eight digits, the last a check digit, so that one misheard or swapped shows at once."""
    drawn = int.from_bytes(random(8)) % 10 ** (_CODE_DIGITS - 1)
    digits = f"{drawn:0{_CODE_DIGITS - 1}}"
    return digits + _check_digit(digits)


def read_challenge(text: str) -> str:
    """The challenge that a person typed.  BadInput ``account.code_mistyped``."""
    digits = _digits(text)
    if len(digits) != _CODE_DIGITS or digits[-1] != _check_digit(digits[:-1]):
        raise BadInput("account.code_mistyped")
    return digits


def reset_answer(key: bytes, challenge: str, officer: str) -> str:
    """The eight digits that answer a challenge for one officer.

    Args:
        key: the reset key of the officer's node, at least 16 bytes.
    """
    if len(key) < 16:
        raise ValueError("a reset key has at least 16 bytes")
    mac = hmac.new(key, f"bianmin password reset\n{challenge}\n{officer}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8]) % 10**_CODE_DIGITS:0{_CODE_DIGITS}}"


def _check_digit(digits: str) -> str:
    """Damm's quasigroup: finds every single wrong digit and every swap of neighbours."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


_DAMM = tuple(
    tuple(map(int, row))
    for row in (
        "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
        "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
    )
)  # fmt: skip


# -- passwords as people type them


def wait_after(failures: int, free: int = FREE_FAILURES) -> int:
    """Milliseconds to wait after that many failures in a row: none at first, then doubling up to a limit."""
    if failures <= free:
        return 0
    return min(FIRST_WAIT_MS << min(failures - free - 1, 20), MOST_WAIT_MS)


def _checked(password: str) -> str:
    plain = _plain(password)
    if len(plain) < LEAST_PASSWORD:
        raise BadInput("account.password_too_short", least=LEAST_PASSWORD)
    if len(plain) > MOST_PASSWORD:
        raise BadInput("account.password_too_long", most=MOST_PASSWORD)
    return plain


def _own(password: str, name: str) -> str:
    """A password that an officer chooses himself: not one that anybody tries first."""
    plain = _checked(password)
    low = plain.lower()
    runs = ("01234567890", "09876543210", "qwertyuiop", "abcdefghijklmnop")
    repeated = any(low == low[:n] * (len(low) // n) for n in (1, 2, 3) if len(low) % n == 0)
    if (
        repeated
        or any(low in run for run in runs)
        or plain == name
        or low in ("password", "passw0rd", "admin123")
    ):
        raise BadInput("account.password_common")
    return plain


def _plain(password: str) -> str:
    """One form for what the same keys give under different input methods: full-width becomes plain."""
    return unicodedata.normalize("NFKC", password)


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in unicodedata.normalize("NFKC", text) if c.isdecimal())


def _duration(ms: int) -> str:
    seconds = -(-ms // 1000)
    return f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"


def _login_key(officer: str) -> str:
    return f"login {officer}"


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def session_key(token: str) -> bytes:
    """What the node keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
