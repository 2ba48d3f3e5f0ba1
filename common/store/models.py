"""The tables.  Peewee makes them; hot paths speak SQL to them.  Ids of events and cases are BLOBs of 32 bytes here.

Three kinds: the *ledger* and what stands beside it (never rebuilt, never changed), *views* (made from the ledger, and
made again by ``rebuild``), and *local* facts of this one node (never rebuilt, never sent).
"""

from __future__ import annotations

from peewee import (
    SQL,
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    IntegerField,
    Model,
    Node,
    TextField,
)

_ZERO: list[Node] = [SQL("DEFAULT 0")]


class Table(Model):
    class Meta:
        legacy_table_names = False


# -- ledger


class Origin(Table):
    """A node's stream of events, with the head of its main line: the newest event (or stub) with none missing before.

    ``top``: the largest seq held at all.  ``reference``: the hub's reference ledger.
    """

    id = AutoField()
    name = TextField(unique=True)
    seq = BigIntegerField(constraints=_ZERO)
    head = BlobField(null=True)
    top = BigIntegerField(constraints=_ZERO)
    reference = BooleanField(constraints=_ZERO)


class Name(Table):
    """Short numbers for what repeats in every row: types of events, JWS headers, sources."""

    id = AutoField()
    text = TextField(unique=True)


class Cases(Table):
    """Short numbers for the ids of cases."""

    no = AutoField()
    id = BlobField(unique=True)


class Event(Table):
    """One row an event, in the order taken; its place with its id is unique.  ``signature``: 64 bytes."""

    pos = AutoField()
    id = BlobField()
    origin = IntegerField()
    seq = BigIntegerField()
    prev = BlobField(null=True)
    type = IntegerField()
    case_no = IntegerField(null=True)
    side = BooleanField()  # a branch off its origin's main line
    refers = BooleanField()  # the Reference is made from it
    source = IntegerField()  # which node it came from
    header = IntegerField()
    signature = BlobField()
    payload = BlobField()

    class Meta:
        indexes = ((("origin", "seq", "id"), True), (("case_no",), False))


Event.add_index(
    SQL("CREATE INDEX IF NOT EXISTS event_of_no_case ON event (substr(id, 1, 8)) WHERE case_no IS NULL")
)
Event.add_index(SQL("CREATE INDEX IF NOT EXISTS event_refers ON event (pos) WHERE refers"))
Event.add_index(SQL("CREATE INDEX IF NOT EXISTS event_side ON event (pos) WHERE side"))


class Waiting(Table):
    """A good event that came too early; ``needs`` is the id of an event (hex) or of a node."""

    id = BlobField(primary_key=True)
    needs = TextField(index=True)
    reason = TextField()
    line = BlobField()
    source = TextField()
    upward = BooleanField()
    since = BigIntegerField()


class Stub(Table):
    """What was signed well but cannot be read: it holds its place in the chain, its bytes are in quarantine."""

    id = BlobField(primary_key=True)
    node = TextField()
    origin = IntegerField(null=True)
    seq = BigIntegerField(null=True)
    prev = BlobField(null=True)
    code = TextField()
    line = BlobField(null=True)
    source = TextField()
    since = BigIntegerField()

    class Meta:
        indexes = ((("origin", "seq"), False),)


class Division(Table):
    """A feed's tip: its last number, and of the events that concern the division now the count and the set hash."""

    id = AutoField()
    code = TextField(unique=True)
    number = BigIntegerField(constraints=_ZERO)
    count = BigIntegerField(constraints=_ZERO)
    sum = BlobField()


class Feed(Table):
    """What concerns one division, numbered 1, 2, 3 ...; without ``pos``: the case left its scope."""

    division = IntegerField()
    number = BigIntegerField()
    case_no = IntegerField(null=True)
    pos = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("division", "number")
        without_rowid = True


class FeedExtra(Table):
    """Events of no case that stand in a feed: appointments and their ends, evidence of forks.

    ``counted`` in its tip: of the division's own; not one that came with somebody who acted in a case.
    """

    division = IntegerField()
    pos = BigIntegerField()
    counted = BooleanField()

    class Meta:
        primary_key = CompositeKey("pos", "division")
        without_rowid = True


class Scope(Table):
    """Which divisions hold a case; ``upto``: events of the case up to this pos stand in the division's feed."""

    case_no = IntegerField()
    division = IntegerField(index=True)
    upto = BigIntegerField()
    present = BooleanField()

    class Meta:
        primary_key = CompositeKey("case_no", "division")
        without_rowid = True


class Tree(Table):
    """The hub's Merkle tree over all event ids in the order of pos, as a compact range; one row."""

    id = IntegerField(primary_key=True)
    size = BigIntegerField()
    range = BlobField()


class Checkpoint(Table):
    """The newest checkpoint of the hub that was made or shown here; one row."""

    id = IntegerField(primary_key=True)
    log = TextField()
    size = BigIntegerField()
    root = BlobField()
    time = BigIntegerField()
    note = BlobField()


class Receipt(Table):
    """The newest county's receipt for a division."""

    office = TextField(primary_key=True)
    size = BigIntegerField()
    at = BigIntegerField()
    line = BlobField()


# -- exchange


class Peer(Table):
    """Another node that this one exchanges with.

    given: request ids given to it; used: the newest answer of it that was used; asked: the newest request of it.
    """

    id = TextField(primary_key=True)
    url = TextField(null=True)
    given = BigIntegerField(constraints=_ZERO)
    used = BigIntegerField(constraints=_ZERO)
    asked = BigIntegerField(constraints=_ZERO)
    at = BigIntegerField(null=True)
    result = TextField(null=True)
    health = TextField(null=True)


class PeerHead(Table):
    """The head of an origin that a peer showed last."""

    peer = TextField()
    origin = TextField()
    seq = BigIntegerField()
    head = BlobField()

    class Meta:
        primary_key = CompositeKey("peer", "origin")
        without_rowid = True


class Cursor(Table):
    """How far this node has read a peer's feed of a division, in one epoch of the peer."""

    peer = TextField()
    epoch = TextField()
    division = TextField()
    number = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("peer", "epoch", "division")
        without_rowid = True


class Refusal(Table):
    """An event of ours that a peer refused or could not read, with its code."""

    id = BlobField(primary_key=True)
    peer = TextField()
    code = TextField()
    at = BigIntegerField()


# -- views


class CaseView(Table):
    """One row a case: what lists and searches ask for.  Dates are ISO texts, offices and labels as in the fold."""

    case_no = IntegerField(primary_key=True)
    case_id = BlobField()
    number = TextField(index=True)
    item = TextField()
    edition = TextField()
    label = TextField()
    ended = BooleanField()
    holder = TextField()
    held_since = TextField(null=True)
    offer_to = TextField(null=True)
    office = TextField()
    village = TextField(null=True)
    salt = TextField()
    applicant = TextField()
    id_number = TextField(null=True)
    phone = TextField(null=True)
    urgent = BooleanField()
    registered_on = TextField()
    received = TextField(null=True)
    accepted_on = TextField(null=True)
    due = TextField(null=True)
    provisional = BooleanField()
    duty = TextField(null=True)  # the next day that matters: due, last day of the notice or of the correction
    confirmed = BooleanField()
    frozen = BooleanField()
    set_aside = IntegerField()
    asks = IntegerField()
    loose = IntegerField()  # deliveries of a decision that has no effect
    waiting = IntegerField()
    left = BooleanField()
    updated = BigIntegerField()  # pos of its newest event

    class Meta:
        indexes = (
            (("holder", "ended", "duty"), False),
            (("office", "ended", "duty"), False),
            (("offer_to", "duty"), False),
        )


CaseView.add_index(SQL("CREATE INDEX IF NOT EXISTS case_view_salt ON case_view (salt) WHERE salt <> ''"))
CaseView.add_index(SQL("CREATE INDEX IF NOT EXISTS case_view_aside ON case_view (set_aside) WHERE set_aside"))
CaseView.add_index(SQL("CREATE INDEX IF NOT EXISTS case_view_asks ON case_view (asks) WHERE asks"))


class Aside(Table):
    """An act kept without effect 未生效, with its reason."""

    id = BlobField()
    case_no = IntegerField()
    reason = TextField()

    class Meta:
        primary_key = CompositeKey("case_no", "id")
        without_rowid = True


class Ask(Table):
    """An asking act that nobody has heard yet."""

    id = BlobField()
    case_no = IntegerField()

    class Meta:
        primary_key = CompositeKey("case_no", "id")
        without_rowid = True


class Need(Table):
    """A case whose fold misses something (an appointment, a base): folded again when it comes."""

    needs = BlobField()
    case_no = IntegerField(index=True)

    class Meta:
        primary_key = CompositeKey("needs", "case_no")
        without_rowid = True


class Timer(Table):
    """The first day on which the clock alone may call for an act of this node on a case."""

    case_no = IntegerField(primary_key=True)
    day = TextField(index=True)


class Paper(Table):
    """A page that an event of a case names; found by its hash through ``paper_key``."""

    hash = BlobField()
    event = BlobField()
    case_no = IntegerField(index=True)
    material = TextField()
    size = BigIntegerField()


# Two full-text indexes: written in sorted runs, where an ordinary index of such keys would touch a page, to be
# encrypted again, for nearly each key (docs/decisions/0004).  ``word``: what finds a case, whose number is the rowid;
# the tokenizer takes what is not ASCII for letters, so that rare characters of names are letters.  ``paper_key``: the
# first 16 digits of a paper's hash; the rowid is the paper's.
TEXT_INDEXES = (
    "CREATE VIRTUAL TABLE word USING fts5 (text, content = '', tokenize = 'ascii')",
    "CREATE VIRTUAL TABLE paper_key USING fts5 (key, content = '', tokenize = 'ascii', detail = none)",
)

VIEWS = (CaseView, Aside, Ask, Need, Timer, Paper)


# -- local


class Setting(Table):
    key = TextField(primary_key=True)
    value = TextField()


class Secret(Table):
    name = TextField(primary_key=True)
    value = BlobField()


class Series(Table):
    """The last number given in a series: case numbers of a device and day, decisions of an office and year."""

    name = TextField(primary_key=True)
    last = BigIntegerField()


class PaperFile(Table):
    """A paper's ciphertext on this machine.  ``have`` of ``size`` bytes; ``at_parent``: a parent said it has it."""

    hash = BlobField(primary_key=True)
    size = BigIntegerField()
    have = BigIntegerField(constraints=_ZERO)
    wanted = BooleanField(constraints=_ZERO)
    at_parent = BooleanField(constraints=_ZERO)
    at_county = BooleanField(constraints=_ZERO)
    at = BigIntegerField()


PaperFile.add_index(
    SQL(
        "CREATE INDEX IF NOT EXISTS paper_file_owed ON paper_file (size) WHERE NOT at_parent AND NOT at_county"
    )
)


class Draft(Table):
    """An application being typed; ``salt`` exists from the first keystroke and is its idempotency key."""

    salt = TextField(primary_key=True)
    officer = TextField(index=True)
    item = TextField()
    data = TextField()
    at = BigIntegerField()


class Password(Table):
    """``changed_at`` is 0 where another than the officer chose it."""

    officer = TextField(primary_key=True)
    phc = TextField()
    changed_at = BigIntegerField()


class Session(Table):
    """``key`` is the SHA-256 of the cookie's token."""

    key = BlobField(primary_key=True)
    officer = TextField(index=True)
    created = BigIntegerField()
    last_seen = BigIntegerField()
    ended = BigIntegerField(null=True)


class Token(Table):
    """``key`` is the SHA-256 of the API token."""

    key = BlobField(primary_key=True)
    officer = TextField(index=True)
    expires = BigIntegerField()


class Reset(Table):
    """A challenge shown for a forgotten password."""

    officer = TextField(primary_key=True)
    challenge = TextField()
    made_at = BigIntegerField()


class Slip(Table):
    """An enrolment slip given out by the hub; ``body`` is JSON, ``code`` its one-time secret."""

    id = TextField(primary_key=True)
    office = TextField(index=True)
    code = BlobField()
    expires = BigIntegerField()
    body = TextField()
    node = TextField(null=True)  # who used it
    used = BigIntegerField(null=True)


class Idempotency(Table):
    """The answer given to a request with an Idempotency-Key, for its repeat."""

    key = TextField(primary_key=True)
    request = BlobField()
    status = IntegerField()
    answer = BlobField()
    at = BigIntegerField()


class Attempt(Table):
    """Failed tries by what they were made on: a login, a query code."""

    key = TextField(primary_key=True)
    count = IntegerField()
    at = BigIntegerField()


LEDGER = (
    Origin,
    Name,
    Cases,
    Event,
    Waiting,
    Stub,
    Division,
    Feed,
    FeedExtra,
    Scope,
    Tree,
    Checkpoint,
    Receipt,
)
EXCHANGE = (Peer, PeerHead, Cursor, Refusal)
LOCAL = (
    Setting,
    Secret,
    Series,
    PaperFile,
    Draft,
    Password,
    Session,
    Token,
    Reset,
    Slip,
    Idempotency,
    Attempt,
)
TABLES = LEDGER + EXCHANGE + VIEWS + LOCAL
