"""A cached token, and what else a script could call for a secret that is stored encrypted."""

import os

from running import Command, Failure, Goal, Missing, Row

GROUP = "a cached token, or a stored secret"
TRUE, AGE, OIDC = "/bin/true", "age -d, key in a file", "oidc-token, agent loaded"
SECRET_TOOL = {"gnome-keyring": "secret-tool lookup, gnome-keyring", "KeePassXC": "secret-tool lookup, KeePassXC"}
KEY_FILE = "isogeo-vault token, key file"


def rows(world):
    def prints(text):
        return lambda output: output.decode().strip() == text

    def key_file():
        home = world.home("key-file")
        home.import_into_vault(world.http, "--protect", "key-file=" + home.key)
        return home.token_command(home.with_key)

    def readme():
        home = world.home("readme")
        home.import_into_vault(world.http, "--protect", "key-file=" + home.key)
        return home.token_command(home.with_key, "--min-ttl", "60", "--no-prompt")

    def session():
        home = world.home("session")
        home.import_into_vault(world.http, "--protect", "key-file=" + home.key)
        try:
            home.run(world.binary, "unlock", "--for", "1d", "--shared-uid", "-q")
        except Failure as reason:
            raise Missing(f"no session: {reason}") from reason
        world.endings.append(lambda: home.run(world.binary, "lock", "-q"))
        return home.token_command(home.environment)

    def credential():
        home = world.home("credential")
        home.import_into_vault(world.http, "--protect", "key-file=" + home.key)
        folder = world.folder_for("credential/credentials")
        os.rename(home.key, folder + "/isogeo-vault.key")
        os.chmod(folder + "/isogeo-vault.key", 0o400)
        os.chmod(folder, 0o500)
        # Nothing is removed from such a folder, except by root.
        world.endings.append(lambda: os.chmod(folder, 0o700))
        return home.token_command({**home.environment, "CREDENTIALS_DIRECTORY": folder})

    def version():
        return Command([world.binary, "--version"], world.environment)

    def age():
        home = world.home("age")
        secret = home.write("secret", world.secret)
        home.run("age-keygen", "-o", home.folder + "/age-key", environment=home.environment)
        recipient = home.run("age-keygen", "-y", home.folder + "/age-key", environment=home.environment).strip()
        home.run("age", "-r", recipient, "-o", secret + ".age", secret, environment=home.environment)
        return Command(["age", "-d", "-i", home.folder + "/age-key", secret + ".age"], home.environment,
                       prints(world.secret))

    def oidc():
        return Command(["oidc-token", "benchmark"], world.oidc, lambda output: len(output) > 20)

    def openssl():
        home = world.home("openssl")
        options = ["-aes-256-ctr", "-pbkdf2", "-iter", "1", "-pass", "pass:benchmark"]
        home.run("openssl", "enc", *options, "-in", home.write("secret", world.secret), "-out",
                 home.folder + "/secret.enc", environment=home.environment)
        return Command(["openssl", "enc", "-d", *options, "-in", home.folder + "/secret.enc"], home.environment,
                       prints(world.secret))

    def keyring_token(home):
        home.import_into_vault(world.http, "--protect", "keyring", environment=home.environment)
        return home.token_command(home.environment)

    def secret_tool(home):
        world.run(["secret-tool", "store", "--label", "benchmark", "account", "secret-tool"], home.environment,
                  world.secret)
        return Command(["secret-tool", "lookup", "account", "secret-tool"], home.environment, prints(world.secret))

    def password_store(program):
        home = world.gpg
        return Command([program, "show", "benchmark"], home.environment,
                       lambda output: world.secret in output.decode())

    def keepassxc_cli():
        home = world.home("keepassxc-cli")
        database, key = home.folder + "/database.kdbx", home.folder + "/database.key"
        options = ["-q", "--no-password", "-k", key]
        home.run("keepassxc-cli", "db-create", "-q", "--set-key-file", key, database, environment=home.environment)
        world.run(["keepassxc-cli", "add", *options, "-p", database, "benchmark"], home.environment,
                  f"{world.secret}\n{world.secret}\n")
        return Command(["keepassxc-cli", "show", *options, "-s", "-a", "Password", database, "benchmark"],
                       home.environment, prints(world.secret))

    def python_keyring():
        environment = {**world.gnome_keyring.environment,
                       "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring"}
        world.run(["keyring", "set", "benchmark", "user"], environment, world.secret + "\n")
        return Command(["keyring", "get", "benchmark", "user"], environment, prints(world.secret))

    yield Row(GROUP, TRUE, lambda: Command(["/bin/true"], world.environment))
    yield Row(GROUP, OIDC, oidc, TRUE)
    yield Row(GROUP, AGE, age, TRUE)
    yield Row(GROUP, KEY_FILE, key_file, AGE, ours=True, goals=[
        Goal("ms", 1.0, AGE), Goal("page_faults", 250), Goal("ms", 1.3, OIDC)])
    yield Row(GROUP, "isogeo-vault token --min-ttl 60 --no-prompt", readme, AGE, ours=True)
    yield Row(GROUP, "isogeo-vault token, session", session, AGE, ours=True, goals=[Goal("ms", 1.0, AGE)])
    yield Row(GROUP, "isogeo-vault token, systemd credential", credential, AGE, ours=True, goals=[Goal("ms", 1.0, AGE)])
    yield Row(GROUP, "isogeo-vault --version", version, TRUE, ours=True)
    yield Row(GROUP, "openssl enc -d, PBKDF2 once", openssl, TRUE)
    yield Row(GROUP, "gopass show", lambda: password_store("gopass"), TRUE)
    yield Row(GROUP, "pass show", lambda: password_store("pass"), TRUE)
    yield Row(GROUP, "keepassxc-cli show, key file", keepassxc_cli, TRUE)
    for name, home in (("gnome-keyring", lambda: world.gnome_keyring), ("KeePassXC", lambda: world.keepassxc)):
        peer = SECRET_TOOL[name]
        yield Row(GROUP, peer, lambda home=home: secret_tool(home()), TRUE)
        yield Row(GROUP, f"isogeo-vault token, {name}", lambda home=home: keyring_token(home()), peer, ours=True,
                  goals=[Goal("ms", 1.0, peer)])
    yield Row(GROUP, "keyring get (Python), gnome-keyring", python_keyring, TRUE)
