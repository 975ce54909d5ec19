"""What the rows need around them: homes, servers, desktop keyrings. All of it in one folder that is thrown away."""

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import tempfile
import time

from running import Command, Failure, Missing, last_line, once, say

PATIENCE = 120  # seconds: for what is started or prepared, not measured
DAY = "86400"  # seconds that a token lives: longer than the benchmark


class Home:
    """A folder with a vault that a key file opens, and the environment of the programs in it."""

    def __init__(self, world, name):
        self.world, self.folder = world, world.folder_for(name)
        self.vault, self.key = self.folder + "/vault.db", self.folder + "/key"
        self.environment = {"HOME": self.folder, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
                            "ISOGEO_VAULT": self.vault}
        self.with_key = {**self.environment, "ISOGEO_VAULT_KEY_FILE": self.key}

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def client_secrets(self, name, client_id, secret, token_uri):
        web = {"client_id": client_id, "client_secret": secret, "token_uri": token_uri}
        return self.write(name, json.dumps({"web": web}))

    def run(self, *arguments, environment=None, **options):
        """Runs a program to its end, and gives its output."""
        return self.world.run(arguments, self.with_key if environment is None else environment, **options)

    def import_into_vault(self, token_uri, *options, client=("city-maps", "s" * 64), environment=None,
                          scope=()):
        """Makes the vault with one application and its cached token."""
        file = self.client_secrets("client_secrets.json", *client, token_uri)
        environment = self.with_key if environment is None else environment
        self.run(self.world.binary, "import", "-q", "--no-prompt", file, "--name", "city-maps", *options,
                 environment=environment)
        self.token = self.run(self.world.binary, "token", "--no-prompt", *scope, environment=environment)

    def token_command(self, environment, *arguments):
        """The command that prints the cached token, as plain as most call it; another token wouldn't do."""
        return Command([self.world.binary, "token", *arguments], environment,
                       lambda output: output.decode() == self.token)


class World:
    """Everything is made when a row first wants it, and ended by `close`."""

    def __init__(self, checkout, binary):
        self.checkout, self.binary = checkout, binary
        # On a disk, since a commit costs nothing in memory; and short: a socket's path has 107 characters at most.
        self.folder = tempfile.mkdtemp(prefix="isogeo-vault-benchmark.", dir=os.environ.get("TMPDIR", "/var/tmp"))
        self.processes, self.endings = [], []
        self.secret = secrets.token_hex(32)

    def folder_for(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path, 0o700)
        return path

    def home(self, name):
        return Home(self, name)

    def run(self, arguments, environment, input=""):
        """Runs what prepares a row; if it fails, the row is missing, and if it is ours, the benchmark has failed."""
        if shutil.which(arguments[0]) is None:
            raise Missing(f"{arguments[0]} isn't installed")
        # It may leave a daemon behind that keeps its streams open: they are files, whose end nobody waits for.
        with tempfile.TemporaryFile(dir=self.folder) as output, tempfile.TemporaryFile(dir=self.folder) as errors:
            try:
                code = subprocess.run(arguments, env=environment, input=input.encode(), stdout=output, stderr=errors,
                                      timeout=PATIENCE * 10, check=False).returncode
            except subprocess.TimeoutExpired:
                code = "no end"
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode(errors="replace"))
        if code != 0:
            reason = Failure if arguments[0] == self.binary else Missing
            raise reason(f"{os.path.basename(arguments[0])} ended with {code}: {last_line(texts[1] or texts[0])}")
        return texts[0]

    def serve(self, *arguments, environment=None, until="ready"):
        """Starts a server that ends with its standard input; gives the pairs that it prints until it is ready."""
        log = open(os.path.join(self.folder, f"server-{len(self.processes)}.log"), "w+", encoding="utf-8")
        process = subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=log, start_new_session=True)
        self.processes.append(process)
        said, deadline = b"", time.monotonic() + PATIENCE
        while True:
            readable, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
            more = os.read(process.stdout.fileno(), 4096) if readable else b""
            said += more
            lines = said.decode().split("\n")[:-1]
            pairs = dict(line.partition("=")[::2] for line in lines)
            if until in pairs:
                return pairs
            if not more:
                log.seek(0)
                raise Missing(f"{os.path.basename(arguments[0])} doesn't start: {last_line(log.read())}")

    def await_file(self, path, process):
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Missing(f"{os.path.basename(process.args[0])} doesn't start")
            time.sleep(0.02)

    def close(self):
        for ending in reversed(self.endings):
            # The others end even so.
            with contextlib.suppress(Missing, Failure, OSError):
                ending()
        for process in reversed(self.processes):
            process.stdin.close()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if os.path.exists(self.folder):
            say(f"benchmark: {self.folder} couldn't be removed")

    @property
    def sdk_python(self):
        """A Python with isogeo-pysdk and the requests that it brings, if there is one."""
        return os.environ.get("ISOGEO_VAULT_SDK_PYTHON", self.checkout + "/.build-servers/sdk-python/bin/python")

    # Servers

    @once
    def environment(self):
        return {"HOME": self.folder, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}

    @once
    def authority(self):
        folder = self.folder_for("authority")
        self.run([self.checkout + "/Tests/Servers/throwaway-ca", folder], self.environment)
        return folder

    def token_server(self, *options):
        server = self.serve(self.checkout + "/Scripts/token-server", "--until-stdin-closes", "--expires-in", DAY,
                            *options, environment=self.environment, until="port")
        return server["port"]

    @once
    def http(self):
        return f"http://127.0.0.1:{self.token_server()}/oauth/token"

    @property
    def tls_options(self):
        return "--tls-cert", self.authority + "/server.pem", "--tls-key", self.authority + "/server.key"

    @once
    def https(self):
        return f"https://localhost:{self.token_server(*self.tls_options)}/oauth/token"

    @once
    def glewlwyd(self):
        """An OAuth server of another project that is an OpenID provider too."""
        root = os.environ.get("ISOGEO_VAULT_SERVERS", self.checkout + "/.build-servers/root")
        root = "/" if os.path.exists("/usr/bin/glewlwyd") else root
        if not os.path.exists(root + "/usr/bin/glewlwyd"):
            raise Missing("glewlwyd isn't there, which --install-peers unpacks")
        return self.serve(self.checkout + "/Tests/Servers/glewlwyd", "--root", root, "--state",
                          self.folder_for("glewlwyd"), "--certificates", self.authority, "--lifetime", DAY, "--openid",
                          environment=self.environment)

    @once
    def oidc(self):
        """The environment in which oidc-agent has a token of Glewlwyd's, for an account of its user."""
        for program in ("oidc-agent", "oidc-gen", "oidc-token"):
            if shutil.which(program) is None:
                raise Missing(f"{program} isn't installed")
        server, folder = self.glewlwyd, self.folder_for("oidc-agent")
        environment = {**self.environment, "HOME": folder, "OIDC_CONFIG_DIR": self.folder_for("oidc-agent/accounts"),
                       "OIDC_SOCK": folder + "/socket", "OIDC_ENCRYPTION_PW": secrets.token_hex(12)}
        with open(folder + "/log", "w", encoding="utf-8") as log:
            agent = subprocess.Popen(["oidc-agent", "--console", "--socket-path=" + environment["OIDC_SOCK"]],
                                     env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.endings.append(lambda: (agent.terminate(), agent.wait()))
        self.await_file(environment["OIDC_SOCK"], agent)
        self.run(["oidc-gen", "benchmark", "--manual", f"--iss={server['issuer']}/", "--flow=password",
                  f"--client-id={server['client_id']}", f"--client-secret={server['client_secret']}",
                  "--redirect-uri=http://localhost:4242", f"--scope=openid offline_access {server['scope']}",
                  "--op-username=user", f"--op-password={server['password']}", "--pw-env=OIDC_ENCRYPTION_PW",
                  f"--cert-path={self.authority}/ca.pem", "--confirm-default", "--prompt=none"], environment)
        return environment

    # Keyrings

    def keyring(self, kind):
        """A home on a bus of its own with a desktop keyring, which has the key of its vault and our secret."""
        for program in ("dbus-daemon", "gdbus", *{"unlocked": ["gnome-keyring-daemon"],
                                                   "keepassxc": ["Xvfb", "keepassxc", "keepassxc-cli"]}[kind]):
            if shutil.which(program) is None:
                raise Missing(f"{program} isn't installed")
        home = self.home(kind)
        runtime = self.folder_for(kind + "-run")
        started = self.serve(self.checkout + "/Tests/Servers/keyring", kind, home.folder, runtime,
                             environment=self.environment)
        home.environment["DBUS_SESSION_BUS_ADDRESS"] = started["bus"]
        return home

    @once
    def gnome_keyring(self):
        return self.keyring("unlocked")

    @once
    def keepassxc(self):
        return self.keyring("keepassxc")

    @once
    def gpg(self):
        """A home with a key of GnuPG's that has no passphrase, its agent, and our secret in a store as pass has it."""
        home = self.home("gpg")
        home.environment["GNUPGHOME"] = folder = self.folder_for("gpg/gnupg")
        home.write("gnupg/gpg-agent.conf", "disable-scdaemon\n")
        self.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "benchmark@example.org",
                  "default", "default", "never"], home.environment)
        said = self.run(["gpg-connect-agent", "GETINFO pid", "/bye"], home.environment)
        agent = int(said.split()[1])
        self.endings.append(lambda: end(agent))
        store = self.folder_for("gpg/.password-store")
        home.write(".password-store/.gpg-id", "benchmark@example.org\n")
        self.run(["gpg", "--batch", "--quiet", "--encrypt", "--recipient", "benchmark@example.org", "--output",
                  store + "/benchmark.gpg"], home.environment, self.secret + "\n")
        return home


def end(pid):
    """Ends a daemon that isn't our child, by its number."""
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
