"""Which Ed25519 keys and signatures are taken at all, so that every implementation gives the same answer.

RFC 8032 leaves room: libraries differ on small-order and non-canonical points, on S beyond the group's order, and on
whether the cofactor is multiplied in.  With a key of prime order, and R and S in their one canonical form, the equation
without the cofactor (``R == S*B - h*A``, compared as bytes) has one answer everywhere (PROTOCOL.md 3.5).
Pure arithmetic; nothing secret passes through here, so it need not run in constant time.
"""

from __future__ import annotations

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the prime subgroup
_D = -121665 * pow(121666, -1, P) % P
_ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1
_Y = 2**255 - 1  # the bits of y in an encoded point; the topmost is the sign of x

_Y8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
SMALL_ORDER = frozenset({0, 1, P - 1, _Y8, P - _Y8})  # the y of the eight points whose order divides 8

_Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z


def canonical_point(encoded: bytes) -> bool:
    """True for 32 bytes whose y is reduced and belongs to no point of small order.  It may lie off the curve."""
    y = int.from_bytes(encoded, "little") & _Y
    return len(encoded) == 32 and y < P and y not in SMALL_ORDER


def good_public_key(encoded: bytes) -> bool:
    """True for the canonical encoding of a point of prime order.  Takes some milliseconds: ask once for a key."""
    if not canonical_point(encoded):
        return False
    point = _decode(encoded)
    if point is None:
        return False
    _, y, z, _ = _times(ORDER, point)
    return y == z  # the neutral element is the one point with y = 1


def good_signature(signature: bytes) -> bool:
    """True for 64 bytes: R in canonical form and not of small order, S below the group's order."""
    return (
        len(signature) == 64
        and int.from_bytes(signature[32:], "little") < ORDER
        and canonical_point(signature[:32])
    )


def _decode(encoded: bytes) -> _Point | None:
    """RFC 8032, 5.1.3; x is never 0 here, since those points are of small order."""
    number = int.from_bytes(encoded, "little")
    y = number & _Y
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P:
        return None
    if x & 1 != number >> 255:
        x = P - x
    return x, y, 1, x * y % P


def _add(one: _Point, two: _Point) -> _Point:
    """RFC 8032, 5.1.4; complete, so it doubles as well."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = two
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * _D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: _Point) -> _Point:
    result = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result
