"""A node written by a stranger who has PROTOCOL.md, a JOSE library, HPKE, zstd and HTTP, and nothing of this project.

It imports nothing of ours.  It enrols by a slip, reads the reference ledger and its feed, hands in a case with a paper,
fetches the papers that others added, and checks every signature on the way.  The numbers are sections of PROTOCOL.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

import requests
import zstandard
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from joserfc import jws
from joserfc.jwk import OKPKey

JOSE = jws.JWSRegistry(algorithms=["Ed25519"])
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
EPOCH = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# -- 2.2, 2.3: keys and JWS lines


def thumbprint(jwk: dict[str, Any]) -> bytes:
    return hashlib.sha256(compact({"crv": jwk["crv"], "kty": "OKP", "x": jwk["x"]})).digest()


def name_of(jwk: dict[str, Any]) -> str:
    return base64.b32encode(thumbprint(jwk))[:12].decode().lower()


def check_line(line: bytes, jwk: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a JWS line that this key signed."""
    token, _, payload = line.partition(b" ")
    header = json.loads(unb64u(token.decode().partition(".")[0]))
    assert header == {"alg": "Ed25519", "b64": False, "crit": ["b64"], "kid": b64u(thumbprint(jwk))}
    jws.deserialize_compact(token, OKPKey.import_key(jwk), payload=payload, registry=JOSE)
    return json.loads(payload)


# -- 8.1: the tree


def tree_root(ids: list[str]) -> str:
    """RFC 6962, 2.1, over the 32 bytes of the ids."""

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        half = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()

    return root([bytes.fromhex(id) for id in ids]).hex()


class Keys:
    """One machine's keys."""

    def __init__(self) -> None:
        self.signing = OKPKey.generate_key("Ed25519")
        jwk = {k: v for k, v in self.signing.as_dict(private=False).items() if k in ("crv", "x")}
        self.sign = {"kty": "OKP", **jwk, "kid": b64u(thumbprint(jwk)), "alg": "Ed25519", "use": "sig"}
        self.sealing = X25519PrivateKey.generate()
        seal = {"crv": "X25519", "x": b64u(self.sealing.public_key().public_bytes_raw())}
        self.seal = {"kty": "OKP", **seal, "kid": b64u(thumbprint(seal)), "use": "enc"}
        self.node = name_of(self.sign)

    def line(self, payload: bytes) -> bytes:
        header = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "kid": self.sign["kid"]}
        return jws.serialize_compact(header, payload, self.signing, registry=JOSE).encode() + b" " + payload

    def raw(self, data: bytes) -> bytes:
        return self.signing.get_op_key("sign").sign(data)


# -- 10.1: the slip


def read_slip(text: str) -> dict[str, Any]:
    bits = ""
    for place, group in enumerate(text.split("-")[1:], 1):
        total = place
        for turn, char in enumerate(reversed(group[:-1])):
            product = CROCKFORD.index(char) * (2 if turn % 2 == 0 else 1)
            total += product // 32 + product % 32
        assert (total + CROCKFORD.index(group[-1])) % 32 == 0
        bits += "".join(f"{CROCKFORD.index(char):05b}" for char in group[:-1])
    data = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))
    content, check = data[:-3], data[-3:]
    assert hashlib.sha256(content).digest()[:3] == check
    assert len(data) == data[1]
    parents, rest = [], content[60:]
    while rest:
        size = rest[0] & 127
        parents.append(("https://" if rest[0] & 128 else "http://") + rest[1 : 1 + size].decode())
        rest = rest[1 + size :]
    office = str(int.from_bytes(content[3:8], "big")).zfill((6, 9, 12)[content[2]])
    return {"office": office, "code": content[12:28], "root": b64u(content[28:60]), "parents": parents}


# -- 10.4: a chain


def read_chain(lines: list[bytes], root: str) -> dict[str, Any]:
    """Body of the event that names the node."""
    first = json.loads(lines[0].partition(b" ")[2])
    assert first["type"] == "hub.enrolled"
    assert b64u(thumbprint(first["body"]["root"])) == root
    hub = check_line(lines[0], first["body"]["root"])["body"]
    assert name_of(hub["sign"]) == hub["node"]
    if len(lines) == 1:
        return {**hub, "office": hub["county"]}
    second = check_line(lines[1], hub["sign"])
    assert second["type"] == "node.enrolled"
    assert second["origin"].split("/")[0] == hub["node"]
    assert name_of(second["body"]["sign"]) == second["body"]["node"]
    return second["body"]


class Stranger:
    """A village's node."""

    def __init__(self, slip: str, url: str, dictionary: Path | None = None) -> None:
        self.slip, self.url, self.keys = read_slip(slip), url, Keys()
        self.http = requests.Session()
        self.http.trust_env = False
        self.version = 1 if dictionary else 0
        self.dictionary = zstandard.ZstdCompressionDict(dictionary.read_bytes()) if dictionary else None
        self.epoch = "".join(secrets.choice(EPOCH) for _ in range(8))
        self.events: dict[str, dict[str, Any]] = {}  # all that was read, by id
        self.own: list[tuple[str, bytes]] = []  # (id, line)
        self.held: dict[str, list[Any]] = {}  # heads that the parent showed
        self.reference: list[str] = []
        self.nodes: dict[str, dict[str, Any]] = {}
        self.cursors: dict[str, int] = {}
        self.parent_epoch: str | None = None
        self.request = 0
        self.seen: list[Any] | None = None  # log, size, root, time of the newest checkpoint
        self.receipts: dict[str, dict[str, Any]] = {}  # division -> the county's newest receipt
        self.papers: dict[str, bytes] = {}
        self.owed: set[str] = set()
        self.wanted: dict[str, dict[str, Any]] = {}  # hash -> page of a paper that is wanted from above
        self.parts: dict[str, bytes] = {}  # of those, what has come
        self.piece = 65_536
        self.round_trips = 0

    @property
    def origin(self) -> str:
        return f"{self.keys.node}/{self.epoch}"

    # -- 10: enrolment

    def enrol(self) -> None:
        self.parent = self._who_is_there()
        asked = {
            "v": 1, "office": self.slip["office"], "sign": self.keys.sign, "seal": self.keys.seal, "at": 0,
            "nonce": secrets.token_hex(16),
        }  # fmt: skip
        payload = compact(asked)
        request = b64u(hmac.digest(self.slip["code"], payload, "sha256")).encode() + b" " + payload
        reply = self.http.post(self.url + "/sync/v1/enrol", data=request)
        assert reply.status_code == 200
        said = json.loads(reply.content.partition(b" ")[2])
        lines = [line.encode() for line in said["lines"]]
        check_line(reply.content, read_chain(lines[:1], self.slip["root"])["sign"])
        assert (said["request"], said["refused"]) == (sha(request), None)
        me = read_chain(lines, self.slip["root"])
        assert (me["node"], me["office"], me["sign"]) == (self.keys.node, self.slip["office"], self.keys.sign)
        self.chain = [line.decode() for line in lines]

    def _who_is_there(self) -> dict[str, Any]:
        document = self.http.get(self.url + "/sync/v1/node").content
        return read_chain(document[:-1].split(b"\n"), self.slip["root"])

    # -- 5: messages

    def _pack(self, header: dict[str, Any], lines: list[bytes]) -> bytes:
        outer = f"bianmin/1 {self.keys.node} {self.parent['node']} {self.version}\n".encode()
        content = b"".join(row + b"\n" for row in (compact(header), *lines))
        frame = zstandard.ZstdCompressor(dict_data=self.dictionary).compress(content)
        signature = self.keys.raw(b"bianmin message 1\n" + outer + frame)
        reader = X25519PublicKey.from_public_bytes(unb64u(self.parent["seal"]["x"]))
        return outer + SUITE.encrypt(signature + frame, reader, info=outer)

    def _unpack(self, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
        outer, newline, sealed = data.partition(b"\n")
        outer += newline
        assert outer == f"bianmin/1 {self.parent['node']} {self.keys.node} {self.version}\n".encode()
        plain = SUITE.decrypt(sealed, self.keys.sealing, info=outer)
        key = OKPKey.import_key(self.parent["sign"]).get_op_key("verify")
        key.verify(plain[:64], b"bianmin message 1\n" + outer + plain[64:])
        content = zstandard.ZstdDecompressor(dict_data=self.dictionary).decompress(plain[64:])
        header, *lines = content.split(b"\n")[:-1]
        return json.loads(header), lines

    # -- 6: the exchange

    def sync(self) -> None:
        """Exchange until nothing is left to say."""
        while True:
            answer = self._exchange()
            self._carry(answer.get("wants", []))
            self._fetch(answer.get("gives", []))
            if not answer.get("more") and not self._unsent() and not self.owed:
                return

    def _unsent(self) -> list[tuple[str, bytes]]:
        return self.own[self.held.get(self.origin, [0])[0] :]

    def _exchange(self) -> dict[str, Any]:
        self.request += 1
        unsent = self._unsent()
        expected = dict(self.held)
        if self.own:
            expected[self.origin] = [len(self.own), self.own[-1][0]]
        text = "".join(f"{origin} {seq} {id}\n" for origin, (seq, id) in sorted(expected.items()))
        header: dict[str, Any] = {
            "v": 1, "request": self.request, "digest": b64u(hashlib.sha256(text.encode()).digest()[:16]),
            "epoch": self.parent_epoch, "cursors": self.cursors, "chain": self.chain, "max": 65_536,
            "ref": [len(self.reference), self.reference[-1][:16]] if self.reference else None,
            "seen": [self.seen[1], self.seen[3]] if self.seen else None,
            "receipts": max((receipt["size"] for receipt in self.receipts.values()), default=0),
            "papers": [[hash, len(self.papers[hash])] for hash in self.owed],
            "need": list(self.wanted)[:64],
        }  # fmt: skip
        message = self._pack({k: v for k, v in header.items() if v}, [line for _, line in unsent])
        reply = self.http.post(self.url + "/sync/v1/exchange", data=message)
        assert reply.status_code == 200
        answer, lines = self._unpack(reply.content)
        assert (answer["answers"], answer.get("refusal")) == (self.request, None)
        self.round_trips += 1
        for line in lines:
            self._take(line)
        for line in answer.get("receipts", []):
            self._keep_receipt(line.encode())
        if "checkpoint" in answer:
            self._keep_checkpoint(answer["checkpoint"])
        self.held = answer.get("heads", expected)
        self.parent_epoch = answer["epoch"]
        self.cursors.update({division: span[1] for division, span in answer.get("feed", {}).items()})
        self.owed &= {want[0] for want in answer.get("wants", [])} | {
            late[0] for late in answer.get("later", [])
        }
        return answer

    def _take(self, line: bytes) -> None:
        """3.4, 3.5: an event, checked under the key of its node; the reference ledger names the keys."""
        payload = line.partition(b" ")[2]
        event, id = json.loads(payload), sha(payload)
        node = event["origin"].split("/")[0]
        if event["type"] == "hub.enrolled":
            read_chain([line], self.slip["root"])
        else:
            check_line(line, self.nodes[node]["sign"])
        if event["type"] in ("hub.enrolled", "node.enrolled"):
            self.nodes[event["body"]["node"]] = event["body"]
        if not self.reference or event["prev"] == self.reference[-1]:
            self.reference.append(id)
        self.events[id] = event

    # -- 8: evidence

    @property
    def hub(self) -> dict[str, Any]:
        """The hub's signing key."""
        return next(e for e in self.events.values() if e["type"] == "hub.enrolled")["body"]["sign"]

    def _keep_receipt(self, line: bytes) -> None:
        """8.2: the hub signs what it holds of a division."""
        receipt = check_line(line, self.hub)
        assert (receipt["v"], receipt["type"]) == (1, "receipt")
        known = self.receipts.get(receipt["office"], {"size": 0})
        if receipt["size"] >= known["size"]:
            self.receipts[receipt["office"]] = receipt

    def at_county(self, id: str) -> bool:
        """Does the county's receipt name an event of this machine, or a later one of its line?"""
        place = [own for own, _ in self.own].index(id) + 1
        seq, head = self.receipts.get(self.slip["office"], {"heads": {}})["heads"].get(self.origin, (0, ""))
        return seq >= place and head == self.own[seq - 1][0]

    def _keep_checkpoint(self, note: str) -> None:
        """8.1: the hub's tree, signed and timed."""
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        log, size, root = text.split("\n")[:3]
        raw = unb64u(self.hub["x"])
        verify = OKPKey.import_key(self.hub).get_op_key("verify").verify
        found: dict[int, bytes] = {}
        for row in signatures.splitlines():
            dash, name, encoded = row.split(" ")
            signature = base64.b64decode(encoded, validate=True)
            for kind in (1, 4):
                if signature[:4] == hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + raw).digest()[:4]:
                    assert (dash, name) == ("\N{EM DASH}", log)
                    found[kind] = signature[4:]
        verify(found[1], text.encode())
        seconds = int.from_bytes(found[4][:8], "big")
        verify(found[4][8:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
        seen = [log, int(size), base64.b64decode(root).hex(), seconds * 1000]
        assert self.seen is None or (seen[1] > self.seen[1]) or seen[1:3] == self.seen[1:3]
        self.seen = seen

    # -- 4, 9: a case

    def write(
        self, kind: str, moves: bool, body: dict[str, Any], actor: str, case: str | None, base: str | None
    ) -> str:
        event = {
            "v": 1, "type": kind, "moves": moves, "origin": self.origin, "seq": len(self.own) + 1,
            "prev": self.own[-1][0] if self.own else None, "at": 0, "seen": self.seen, "ref": self.reference[-1],
            "actor": actor, "case": case, "base": base, "body": {"office": self.slip["office"], **body},
        }  # fmt: skip
        payload = compact(event)
        self.own.append((sha(payload), self.keys.line(payload)))
        return self.own[-1][0]

    def register(self, item: str, number: str, day: str) -> str:
        """An application with one paper, handed to the township; the case's id."""
        edition = next(
            id for id, e in self.events.items() if e["type"] == "item.published" and e["body"]["code"] == item
        )
        actor = next(
            id
            for id, e in self.events.items()
            if e["type"] == "officer.appointed" and e["body"]["office"] == self.slip["office"]
        )
        key, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
        sheet = nonce + AESGCM(key).encrypt(nonce, b"%PDF-1.4 a signed form %%EOF", None)
        self.papers[sha(sheet)] = sheet
        self.owed.add(sha(sheet))
        page = {"hash": sha(sheet), "size": len(sheet), "key": b64u(key), "type": "application/pdf"}
        body = {
            "day": day, "salt": secrets.token_hex(12), "number": number, "item": item, "edition": edition,
            "channel": "village_agent", "applicant": {"kind": "person", "name": "王秀英"}, "form": {},
            "papers": [{"material": "form", "name": "申请表", "form": "original", "pages": [page]}],
            "query_code": "123456",
        }  # fmt: skip
        case = self.write("case.registered", True, body, actor, None, None)
        to = self.slip["office"][:9]
        self.write("case.submitted", True, {"day": day, "to": to}, actor, case, case)
        return case

    def _carry(self, wants: list[list[Any]]) -> None:
        """9.2: papers up, in pieces."""
        for hash, capability, offset in wants:
            url, content = self.url + "/sync/v1/up/" + capability, self.papers[hash]
            tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
            while offset < len(content):
                reply = self.http.patch(
                    url, content[offset : offset + 20], headers={**tus, "Upload-Offset": str(offset)}
                )
                assert reply.status_code == 204
                offset = int(reply.headers["Upload-Offset"])

    def pages(self, case: str) -> list[dict[str, Any]]:
        """9.1: the pages that others' events of a case name."""
        events = [e for id, e in self.events.items() if case in (id, e["case"])]
        return [page for e in events for paper in e["body"].get("papers", []) for page in paper["pages"]]

    def want(self, page: dict[str, Any]) -> None:
        """Ask for a page from now on, until it is here."""
        if page["hash"] not in self.papers:
            self.wanted[page["hash"]] = page

    def _fetch(self, gives: list[list[str]]) -> None:
        """9.3: papers down, in pieces; what has come stays if the link breaks."""
        for hash, capability in gives:
            size = self.wanted[hash]["size"]
            while (had := len(self.parts.get(hash, b""))) < size:
                last = min(had + self.piece, size) - 1
                reply = self.http.get(
                    self.url + "/sync/v1/down/" + capability, headers={"Range": f"bytes={had}-{last}"}
                )
                assert reply.status_code == 206
                assert reply.headers["Content-Range"] == f"bytes {had}-{had + len(reply.content) - 1}/{size}"
                self.parts[hash] = self.parts.get(hash, b"") + reply.content
            whole = self.parts.pop(hash)
            if sha(whole) == hash:
                self.papers[hash] = whole
                del self.wanted[hash]

    def open_page(self, page: dict[str, Any]) -> bytes:
        """9.1: nonce, ciphertext, tag, under the key in the event."""
        sheet = self.papers[page["hash"]]
        return AESGCM(unb64u(page["key"])).decrypt(sheet[:12], sheet[12:], None)
