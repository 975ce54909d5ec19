"""Many files in one import, and vaults with up to a million applications."""

import os
import time

from running import Command, Goal, Row, once

IMPORT, SCALE = "many files at once", "many applications"
FEW = ("token", "show", "rotate", "rename")  # touch one application, and must not take longer for the others
ALL = ("list", "verify", "backup")  # touch all of them
MEBIBYTE = 1 << 20


def import_rows(world, quick):
    count = 20 if quick else 2000

    def command():
        home = world.home("import")
        files = world.folder_for("import/files")
        for number in range(count):
            home.client_secrets(f"files/app-{number:04}.json", f"app-{number:04}", f"{number:064}", world.http)

        def before(_):
            for name in os.listdir(home.folder):
                if name.startswith("vault.db") or name.startswith("key"):
                    os.remove(os.path.join(home.folder, name))

        return Command([world.binary, "import", "--no-prompt", "--protect", "key-file=" + home.key, files],
                       home.with_key, before=before)

    goals = [] if quick else [Goal("ms", 2000)]
    yield Row(IMPORT, f"isogeo-vault import, {count} files", command, ours=True, rounds=5, goals=goals)


class Vault:
    """A vault with many applications, which Benchmarks' vault-of-many makes when a row first wants it."""

    def __init__(self, world, count, maker, suffix=""):
        self.world, self.count, self.maker, self.name = world, count, maker, f"applications-{count}{suffix}"
        self.seconds = None

    @once
    def home(self):
        program, home, began = self.maker(), self.world.home(self.name), time.monotonic()
        home.run(program, str(self.count), home.vault, home.key)
        self.seconds = time.monotonic() - began
        # Its applications ask where nobody answers: this one gets a token.
        home.run(*self.rotation(FEW.index("token"), home))
        return home

    def number(self, offset):
        """One of those in the middle."""
        return 1 if self.count == 1 else self.count // 2 + offset

    def rotation(self, offset, home):
        """What gives an application another secret; nothing else of it changes."""
        number = self.number(offset)
        file = home.client_secrets(f"rotated-{number}.json", f"client-{number}", "r" * 64, self.world.http)
        return self.world.binary, "rotate", "-q", "--no-prompt", f"application-{number}", file


def rows(world, quick, maker):
    sizes = (1, 100) if quick else (1, 1_000, 100_000, 1_000_000)
    vaults = {count: Vault(world, count, maker) for count in sizes}

    def applications(count):
        return f"{count:,} application{'s' if count > 1 else ''}".replace(",", " ")

    def few(what, count):
        # No row sees what another one changes.
        vault, offset = Vault(world, 1, maker, "-" + what) if count == 1 else vaults[count], FEW.index(what)
        home, name = vault.home, f"application-{vault.number(offset)}"
        if what == "token":
            home.token = home.run(world.binary, "token", "--no-prompt", name)
            return home.token_command(home.with_key, name)
        if what == "show":
            return Command([world.binary, "show", "--no-prompt", name], home.with_key,
                           lambda output: name in output.decode())
        if what == "rotate":
            return Command(list(vault.rotation(offset, home)), home.with_key)
        # There and back: each run finds the name that the one before it gave.
        names = [name, name + "-renamed"]

        def before(_):
            names.reverse()
            return [world.binary, "rename", "-q", "--no-prompt", *reversed(names)]

        return Command([world.binary], home.with_key, before=before)

    def all_of(what, count):
        home = vaults[count].home
        arguments = [world.binary, what, "-q", "--no-prompt"]
        if what != "backup":
            return Command(arguments, home.with_key, lambda output: what == "verify" or output.count(b"\n") > count)
        backup = home.folder + "/backup"
        return Command([*arguments, backup], home.with_key,
                       before=lambda _: os.path.exists(backup) and os.remove(backup))

    for what in FEW:
        for count in sizes:
            one = f"{what}, {applications(1)}"
            yield Row(SCALE, f"{what}, {applications(count)}", lambda what=what, count=count: few(what, count),
                      "" if count == 1 else one, ours=True, goals=[] if count == 1 else [Goal("ms", 1.3, one)])
    for what in ALL:
        for count in sizes:
            goals = [Goal("peak_mib", 64)]
            fewer = max((size for size in sizes if 1 < size < count), default=None)
            if fewer:
                # In proportion, and not more than that.
                goals.append(Goal("ms", 1.3 * count / fewer, f"{what}, {applications(fewer)}"))
            yield Row(SCALE, f"{what}, {applications(count)}", lambda what=what, count=count: all_of(what, count),
                      ours=True, rounds=5, goals=goals)
    for count in sizes:
        def size(count=count):
            home = vaults[count].home
            mebibytes = os.path.getsize(home.vault) / MEBIBYTE
            return {"file_mib": round(mebibytes, 2), "seconds": round(vaults[count].seconds, 2)}

        yield Row(SCALE, f"the vault's file, {applications(count)}", size, ours=True, goals=[Goal("seconds", 600)])
