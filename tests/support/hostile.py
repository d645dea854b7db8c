"""Hostile values: texts, numbers, times, tokens and documents that break what was not made for them."""

TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "x\udfffy",
    "x" * 70_000,
    "泵" * 5_000,
    "😀" * 3_000,
    "\u202e\u200b\ufeff",
    "\x7f\x1b[2J",
    "'; DROP TABLE ticket; --",
    "%s%n%x",
    "../../../etc/passwd",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "NaN",
    "null",
    "\n" * 2_000,
    "e\u0301" * 500,
    "{tenant}",
    "$1",
    "\\",
    '"',
    "sha256:" + "0" * 64,
]
NUMBERS = [0, -1, 1, 101, 2**31 - 1, 2**31, 2**53, 2**63, -(2**63) - 1, 10**30, 10**400, 0.5, -0.0, 1e308, 1e-320, True]
TIMES = [
    "2026-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-12:00",
    "2026-02-30T00:00:00Z",
    "2026-01-01",
    "10000-01-01T00:00:00Z",
    "24:00",
    "2026-01-01T00:00:00",
    "-4712-01-01",
    "2026-06-30T23:59:60Z",
    "now",
]
BEARERS = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Basic YTpi",
    "Bearer mk_",
    "Bearer mr_x",
    "bearer " + "A" * 5_000,
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "Bearer \xe9\xff",
    "Bearer a b c",
    "Bearer mk_" + "A" * 86,
]


def doubling(end: str, depth: int = 60) -> str:
    """Fragments that each spread the next one twice: as text a line each, spread two to the power of the depth."""
    links = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(depth))
    return f"{{ ...F0 }} {links} fragment F{depth} on Query {{ {end} }}"


def every_one_to_every_other(count: int) -> str:
    """Fragments that each spread all the others: as many ways lead through them as there are orders of them."""
    names = [f"F{n}" for n in range(count)]
    bodies = {name: " ".join(f"...{other}" for other in names if other != name) for name in names}
    return "{ ...F0 } " + " ".join(f"fragment {name} on Query {{ {body} }}" for name, body in bodies.items())


BOMBS = {
    "doubling to nowhere": doubling("...X"),
    "doubling in a circle": doubling("...F60"),
    "doubling to the first": doubling("...F0"),
    "doubling": doubling("__typename"),
    "doubling, each said twice": doubling("__typename") + " " + doubling("__typename", 59).partition("} ")[2],
    "everyone to everyone": every_one_to_every_other(40),
    "repeats that nobody asks for": "{ __typename } fragment U on Query { " + "me { name } " * 1_200 + "}",
    "a chain": "{ ...F0 } " + "".join(f"fragment F{n} on Query {{ ...F{n + 1} }} " for n in range(550)),
    "many side by side": "{ "
    + " ".join(f"...F{n}" for n in range(450))
    + " } "
    + " ".join(f"fragment F{n} on Query {{ f{n} }}" for n in range(450)),
    "many operations": "fragment A on Query { "
    + " ".join(f"...B{n}" for n in range(150))
    + " } "
    + " ".join(f"fragment B{n} on Query {{ b{n} }}" for n in range(150))
    + " ".join(f"query Q{n} {{ ...A }}" for n in range(300)),
    "long arguments, compared": "{ " + " ".join("nodes(ids: [" + '"x" ' * 85 + "]) { id }" for _ in range(50)) + " }",
}
"""Documents that are small, and work without end for who follows every spread or compares every pair."""

DOCUMENTS = [
    *BOMBS.values(),
    "",
    "{",
    "}",
    "{}",
    "{ }",
    "query",
    "{ me { } }",
    "{ me }",
    "subscription { }",
    "{ __typename }" * 3,
    "{ ...A }",
    "fragment A on Query { ...A }",
    "{ me { name { x } } }",
    "query($a: Nope) { me { name } }",
    "#" * 9_000,
    "{ \u0000 }",
    "{ node(id: 7) { id } }",
    '{ node(id: "' + "x" * 60_000 + '") { id } }',
    "type Query { x: Int }",
    "{ a: b: c }",
    "{ me { ...on Nope { id } } }",
    "query A { me { name } } query A { me { name } }",
    "query ($x: Int = 1e999) { me { name } }",
    "{ worklist(first: 99999999999999999999) { totalCount } }",
    "{ worklist(first: -1) { totalCount } }",
    '{ worklist(after: "x", before: "y") { nodes { number } } }',
    "{ me @skip { name } }",
    "{ me @include(if: 3) { name } }",
    "query($v: [[[[Int]]]]) { me { name } }",
    "{ " + "me { organisation { " * 40 + "code" + " } }" * 40 + " }",
    "{ " + " ".join(f"a{n}: __typename" for n in range(200)) + " }",
    "{ me { name name name ... { ... { name } } } }",
    'mutation { reportFault(input: "x") { ticket { id } } }',
    "mutation { reportFault { ticket { id } } }",
    "\ufeff{ __typename }",
    '{ ticket(number: """block\n\\""" string""") { id } }',
    "{ __type(name: 7) { name } }",
    "{ __schema { __typename } }",
]
KINDS = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=" + "y" * 300,
    "application/json; charset=utf-16",
    "application/json; charset=",
    "application/graphql",
    "application/jso\xe9n",
    ";;;",
    "application/json, text/plain",
    "*/*",
    "a" * 2_000,
]
"""Content types."""

HEADS: list[tuple[str, list[str]]] = [
    ("authorization", BEARERS),
    ("accept", ["text/html", ";q=x,,", "*/*;q=", "a" * 3_000, "text/event-stream, " * 200, "\xe9/\xff"]),
    ("accept-language", ["zh-Hans-CN-x", "*", "-", "\xe4\xb8\xad", "e" * 3_000, ",,;q=9", "../zh"]),
    ("content-encoding", ["gzip", "br", "x"]),
    ("x-request-id", ["\xff" * 10, "x" * 5_000, "../../x", "{evil}"]),
    ("origin", ["null", "https://evil.example", "\xff"]),
    ("host", ["evil.example", "127.0.0.1:99999", "[::1", ""]),
    ("x-forwarded-for", ["1.2.3.4", "' OR 1=1", "\xff"]),
    ("cookie", ["a=b; " * 500, "a" * 70_000]),
    ("transfer-encoding", ["chunked", "chunked, chunked", "identity"]),
    ("content-length", ["0", "-1", "99999999999", "abc", "5", "1, 1"]),
    ("expect", ["100-continue", "x"]),
    ("upgrade", ["websocket", "h2c"]),
    ("connection", ["upgrade", "keep-alive, x"]),
    ("na me", ["x"]),
    ("x", ["a\r\n b", "\0", "\x7f"]),
]
"""Headers, each with values."""

METHODS = ["GET", "PUT", "OPTIONS", "TRACE", "HEAD", "PATCH", "DELETE", "FOO", "post", "", "G\xe9T"]

PATHS = [
    "/graphql/",
    "//graphql",
    "/graphql?query={me{name}}",
    "/graphql/%00",
    "/%ff",
    "/..%2fgraphql",
    "/graphql;x=1",
    "*",
    "http://evil.example/graphql",
    "/graph ql",
    "/" + "x" * 9_000,
    "",
]

MARKS = ["", "{", "}", "(", "$", "@", "...", "\0", '"', "!", ":", "\ud800", "on", "9e9"]
"""What a document is bent with."""
