#!/usr/bin/env python3
"""Reads a vault of format 1 or 2 and prints all of it as JSON, secrets included.

It knows nothing but Sources/IsogeoVault/Documentation.docc/FileFormat.md, and shows that the page says enough. For
tests: Python can't keep a secret out of swap or wipe it. Needs PyNaCl.

    read_vault.py (--passphrase-file FILE | --key-file FILE | --recovery FILE) VAULT
"""

import argparse
import hashlib
import hmac
import json
import pathlib
import re
import sqlite3
import struct
import sys

import nacl.bindings
import nacl.exceptions
import nacl.pwhash

ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAGE = pathlib.Path(__file__).parents[3] / "Sources/IsogeoVault/Documentation.docc/FileFormat.md"


class Refused(Exception):
    """Why the vault isn't read."""


def require(condition, why):
    if not condition:
        raise Refused(why)


# Canonical encoding


def field(value):
    if isinstance(value, int):
        value = struct.pack("<q", value)
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack("<I", len(value)) + value


def encode(*values):
    return b"".join(map(field, values))


def decode(data, kinds):
    """The fields of a list: `n` a number, `t` a text, `b` bytes."""
    values = []
    for kind in kinds:
        require(len(data) >= 4, "an encoding is cut off")
        count = struct.unpack_from("<I", data)[0]
        value, data = data[4 : 4 + count], data[4 + count :]
        require(len(value) == count, "an encoding is cut off")
        if kind == "n":
            require(count == 8, "a number has another length")
            value = struct.unpack("<q", value)[0]
        elif kind == "t":
            value = value.decode()
        values.append(value)
    require(not data, "something stands behind an encoding")
    return values


# Primitives


def blake2b(data, size=32, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def unpad(padded, step):
    start = len(padded) - step
    require(start >= 0 and len(padded) % step == 0, "a plaintext has another length")
    end = padded.rindex(b"\x80") if b"\x80" in padded[start:] else -1
    require(end >= start and not any(padded[end + 1 :]), "a plaintext isn't padded")
    return padded[:end]


def open_box(box, key, context, step=None):
    try:
        padded = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], context, box[:24], key)
    except nacl.exceptions.CryptoError:
        raise Refused("a box doesn't open") from None
    return padded if step is None else unpad(padded, step)


# Slots


def slot_secret(slot, secret):
    if slot["kind"] in ("key-file", "recovery"):
        return blake2b(encode(f"isogeo-vault {slot['kind']}", slot["salt"]), 64, secret)
    passes, memory = decode(slot["parameters"], "nn")
    require(2 <= passes <= 10 and 64 << 20 <= memory <= 2048 << 20, "a slot's cost is refused")
    return nacl.pwhash.argon2id.kdf(64, secret, slot["salt"], opslimit=passes, memlimit=memory)


def vault_key(slots, vault_id, kind, credential):
    candidates = [slot for slot in slots if slot["kind"] == kind][: 4 if kind == "passphrase" else None]
    for slot in candidates:
        secret = slot_secret(slot, credential)
        context = encode(
            "isogeo-vault slot", 1, vault_id, slot["id"], slot["kind"], slot["created"], slot["parameters"], slot["salt"]
        )
        if hmac.compare_digest(blake2b(context, key=secret[32:]), slot["commitment"]):
            return slot, open_box(slot["wrapped_key"], secret[:32], context)
    raise Refused("no slot opens")


def slot_digest(slot):
    names = ["id", "kind", "created", "parameters", "salt", "commitment", "wrapped_key"]
    return blake2b(encode(*(slot[name] for name in names)))


def read_key_file(path):
    content = pathlib.Path(path).read_bytes()
    return content if len(content) == 32 else bytes.fromhex(content.decode().strip())


def read_passphrase(path):
    return re.sub(rb"\r?\n\Z", b"", pathlib.Path(path).read_bytes())


def read_recovery_code(path):
    """The 32 bytes of a recovery code: 13 groups of four characters that carry bits, and one that checks them."""
    typed = pathlib.Path(path).read_bytes().upper().translate(bytes.maketrans(b"OIL", b"011"), b"- \t\n\v\f\r")
    require(len(typed) == 65 and set(typed) <= set(ALPHABET), "this is no recovery code")
    bits = 0
    for group in range(13):
        total = group + 1
        for place in range(5):
            value = ALPHABET.index(typed[5 * group + place])
            total = times_alpha(total) ^ value
            if place < 4:
                bits = bits << 5 | value
        require(total == 0, f"group {group + 1} of the recovery code is mistyped")
    require(bits & 15 == 0, "group 13 of the recovery code is mistyped")
    return (bits >> 4).to_bytes(32, "big")


def times_alpha(value):
    """In GF(32), modulo x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


# The vault


class Vault:
    def __init__(self, path, kind, credential):
        require(pathlib.Path(path).read_bytes()[18:20] == b"\1\1", "the journal is of another kind")
        self.database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.database.row_factory = sqlite3.Row
        self.database.execute("BEGIN")
        self.check_schema()
        headers, slots = self.rows("header"), self.rows("slot ORDER BY id")
        require(len(headers) == 1 and 1 <= len(slots) <= 16, "there is not one header, or no slot, or too many")
        self.header = headers[0]
        opener, self.key = vault_key(slots, self.header["vault_id"], kind, credential)
        self.check_header()
        self.warnings = self.check_slots(slots, opener)
        number = 1 if self.format == 1 else 9
        state = self.open_record(self.header["state"], number, 512, "header", self.header["vault_id"], "state")
        self.decode_state(state)

    def decode_state(self, state):
        version = decode(state[:12], "n")[0]
        require(version in ((1, 2) if self.format == 1 else (3,)), "the state has another version")
        none = [1, bytes(32), 0, bytes(32)]
        self.log_bounds, self.tallies = {1: none, 2: none}, []
        if version == 1:
            # It knew no log: it is as if there had never been an entry.
            self.set_hash, self.default = decode(state, "nbb")[1:]
        elif version == 2:
            self.set_hash, self.default, *self.log_bounds[1] = decode(state, "nbbnbnb")[1:]
        else:
            fixed = "nnnnbbnbnbnbnbn"
            start = 0
            for _ in fixed:
                start += 4 + struct.unpack_from("<I", state, start)[0]
            found = decode(state[:start], fixed)
            self.count, self.size, self.depth, self.root, self.default = found[1:6]
            self.log_bounds = {1: found[6:10], 2: found[10:14]}
            require(found[14] <= 64, "there are too many tallies")
            tallies = decode(state[start:], "ttnnnn" * found[14])
            self.tallies = [tallies[place : place + 6] for place in range(0, len(tallies), 6)]

    def rows(self, table):
        return [dict(row) for row in self.database.execute(f"SELECT * FROM {table}")]

    def check_schema(self):
        pragma = lambda name: self.database.execute(f"PRAGMA {name}").fetchone()[0]
        require(pragma("application_id") == 0x49564C54, "this is no vault")
        self.format = pragma("user_version")
        require(self.format in (1, 2), "the format is another one")
        ours, older = (
            re.findall(r"```sql\n(.*?)\n```", part, re.DOTALL) for part in PAGE.read_text().split("\n## Format 1\n")
        )
        if self.format == 1:
            later = r"CREATE TABLE (application_tree|certificates|log) "
            ours = [text for text in ours if not re.match(later, text)] + older
        ours = set(ours) | {None}
        found = [row[0] for row in self.database.execute("SELECT sql FROM sqlite_schema")]
        require(len(found) == len(ours) and set(found) == ours, "the schema is another one")

    def subkey(self, number):
        salt, person = struct.pack("<Q", number) + bytes(8), b"isogeovt" + bytes(8)
        return hashlib.blake2b(digest_size=32, key=self.key, salt=salt, person=person).digest()

    def hash(self, number, *values):
        return blake2b(encode(*values), key=self.subkey(number))

    def open_record(self, box, number, step, table, row, purpose, *more):
        header = self.header
        context = encode(
            "isogeo-vault record", self.format, header["vault_id"], header["key_epoch"], table, row, purpose, *more
        )
        return open_box(box, self.subkey(number), context, step)

    def check_header(self):
        names = ["vault_id", "created", "changed", "key_epoch", "generation", "slots", "state"]
        tag = self.hash(1, "isogeo-vault header", self.format, *(self.header[name] for name in names))
        require(hmac.compare_digest(tag, self.header["tag"]), "the header was edited")

    def check_slots(self, slots, opener):
        listed = self.header["slots"]
        entries = [listed[start : start + 48] for start in range(0, len(listed), 48)]
        ids = [entry[:16] for entry in entries]
        require(ids == sorted(set(ids)), "the header's list of slots is out of order")
        require(opener["id"] + slot_digest(opener) in entries, "the slot that opened the vault was edited")
        altered = [slot for slot in slots if slot["id"] + slot_digest(slot) not in entries]
        gone = set(ids) - {slot["id"] for slot in slots}
        return [f"slot {slot['id'].hex()} was edited" for slot in altered] + [f"slot {id.hex()} is gone" for id in gone]

    def applications(self):
        rows = self.rows("application")
        digests = {row["id"]: self.digest(row) for row in rows}
        if self.format == 1:
            total = sum(int.from_bytes(digest, "little") for digest in digests.values())
            whole = (total % 2**256).to_bytes(32, "little") == self.set_hash
        else:
            size = sum(len(row["metadata"]) + len(row["secret"]) for row in rows)
            nodes = self.tree([(row["name_tag"], digests[row["id"]]) for row in rows])
            whole = (len(rows), size) == (self.count, self.size) and self.root == self.node_digest(nodes, b"")
            found = {row["path"]: row["digests"] for row in self.rows("application_tree")}
            require(not whole or found == nodes, "the tree of applications is another one")
        require(whole, "the applications are not those written")
        return [self.application(row) | {"digest": digests[row["id"]]} for row in rows]

    def digest(self, row):
        return self.hash(6, row["id"], row["name_tag"], row["metadata"], row["secret"])

    def tree(self, rows):
        """The nodes over these rows, by their paths."""
        nodes = {}
        for tag, digest in rows:
            nodes.setdefault(tag[: self.depth], []).append(digest)
        nodes = {path: b"".join(sorted(digests)) for path, digests in nodes.items()}
        for length in range(self.depth - 1, -1, -1):
            for path in {path[:length] for path in nodes if len(path) == length + 1}:
                children = (self.node_digest(nodes, path + bytes([byte])) for byte in range(256))
                nodes[path] = b"".join(children)
        return nodes

    def node_digest(self, nodes, path):
        return self.hash(12, path, nodes[path]) if path in nodes else bytes(32)

    def application(self, row):
        plain = self.open_record(row["metadata"], 3, 512, "application", row["id"], "metadata", row["name_tag"])
        names = """version name credential clientID tokenURI basicEncoding authURI scopes kind isogeoType caFile
            created credentialWritten""".split()
        version = decode(plain[:12], "n")[0]
        require(version in (1, 2, 3), "an application has another version")
        names += [[], ["proxy", "apiBase"], ["proxy", "apiBase", "certificates"]][version - 1]
        found = dict(zip(names, decode(plain, "ntbttttttttnn" + ["", "tt", "ttb"][version - 1])))
        del found["version"]
        require(self.hash(2, "name", found["name"]) == row["name_tag"], "a name has another tag")
        credential = found["credential"]
        secret = self.open_record(row["secret"], 4, 256, "application", row["id"], "secret", credential)
        boxes = [] if self.format == 1 else [one for one in self.rows("certificates") if one["application"] == row["id"]]
        require(len(boxes) == (version == 3), "an application has no certificates, or too many")
        if boxes:
            context = "certificates", row["id"], "certificates", found["certificates"]
            found["certificates"] = self.open_record(boxes[0]["box"], 13, 512, *context).decode()
        return found | {"id": row["id"], "scopes": found["scopes"].split(), "secret": secret.decode()}

    def token(self, row, applications):
        owner = next(one for one in applications if one["id"] == row["application"])
        more = [] if self.format == 1 else [owner["digest"]]
        context = "token", row["id"], "token", row["application"], row["expires"], *more
        plain = self.open_record(row["box"], 5, 1024, *context)
        if plain.startswith(field("failure")):
            version = decode(plain[: len(field("failure")) + 12], "tn")[1]
            require(version in (1, 2), "a note has another version")
            decode(plain, "tnnnnttt" if version == 1 else "tnnnntbnnn")
            return None
        version, value, asked, expires = decode(plain, "ntnn")
        require(version == 1 and expires == row["expires"], "a token has another version or end")
        request = b"grant_type=client_credentials"
        number = 2 if self.format == 1 else 10
        plainly = self.hash(number, "token", row["application"], owner["credential"], owner["tokenURI"], request)
        return {
            "application": owner["name"],
            "value": value,
            "asked": asked,
            "expires": expires,
            "hasScope": plainly != row["id"],
        }

    def log(self, trail):
        oldest, before, newest, newest_digest = self.log_bounds[trail]
        if self.format == 1:
            rows = self.rows("log ORDER BY number") if trail == 1 else []
        else:
            rows = self.rows(f"log WHERE trail = {trail} ORDER BY number")
        require([row["number"] for row in rows] == list(range(oldest, newest + 1)), "the log has gaps")
        entries = []
        for row in rows:
            number = struct.pack("<q", row["number"])
            plain = self.open_record(row["box"], 7, 256, "log", number, "entry" if trail == 1 else "requests")
            version, time, event, subject, detail, previous = decode(plain, "nntttb")
            require(version == 1 and previous == before, f"the log is broken at entry {row['number']}")
            before = self.hash(6 if self.format == 1 else 11, row["number"], row["box"])
            entries.append(
                {"number": row["number"], "time": time, "event": event, "subject": subject, "detail": detail}
            )
        require(before == newest_digest, "the log ends with another entry")
        return entries

    def everything(self):
        applications = self.applications()
        tokens = [token for row in self.rows("token") if (token := self.token(row, applications))]
        default = next((one["name"] for one in applications if one["id"] == self.default), None)
        for application in applications:
            del application["id"], application["credential"], application["digest"]
        return {
            "default": default,
            "applications": applications,
            "tokens": tokens,
            "log": self.log(1),
            "requests": self.log(2),
            "tallies": [dict(zip(("event", "subject", "first", "last", "count", "after"), tally)) for tally in self.tallies],
            "warnings": self.warnings,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--passphrase-file")
    way.add_argument("--key-file")
    way.add_argument("--recovery")
    parser.add_argument("vault")
    options = parser.parse_args()
    try:
        if options.key_file:
            opener = "key-file", read_key_file(options.key_file)
        elif options.recovery:
            opener = "recovery", read_recovery_code(options.recovery)
        else:
            opener = "passphrase", read_passphrase(options.passphrase_file)
        print(json.dumps(Vault(options.vault, *opener).everything(), indent=2))
    except Refused as refused:
        sys.exit(f"{options.vault}: {refused}")


if __name__ == "__main__":
    main()
