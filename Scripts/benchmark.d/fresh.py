"""A new token from a server on this machine."""

import json
import os

from running import Command, Goal, Missing, Row

GROUP = "a new token, from a server on loopback"

REQUESTS = """\
import sys, requests
uri, client_id, secret, authority = sys.argv[1:]
answer = requests.post(uri, auth=(client_id, secret), data={"grant_type": "client_credentials"},
                       verify=authority or None, timeout=30)
answer.raise_for_status()
print(answer.json()["access_token"])
"""

SDK = """\
import sys
from isogeo_pysdk import Isogeo
base, client_id, secret = sys.argv[1:]
isogeo = Isogeo(client_id=client_id, client_secret=secret, auth_mode="group", platform="custom",
                auto_refresh_url=base + "/oauth/token", isogeo_urls={"api_url": base})
isogeo.connect()
print(isogeo.token["access_token"])
"""

# The SDK takes no others: an id that ends with a UUID, and 64 characters.
CLIENT = ("atlas-" + "0123456789abcdef" * 2, "s" * 64)


def rows(world, rounds):
    def is_token(output):
        return len(output.strip()) > 20

    def ours(name, uri, client, *options, scope=()):
        home = world.home(name)
        home.import_into_vault(uri, "--protect", "key-file=" + home.key, *options, client=client, scope=scope)
        return Command([world.binary, "token", "--refresh", *scope], home.with_key, is_token)

    def curl(uri, client, *options):
        form = ["-d", "grant_type=client_credentials"]
        return Command(["curl", "-sS", "--fail", *options, "-u", ":".join(client), *form, uri], world.environment,
                       lambda output: "access_token" in json.loads(output))

    def python(script, *arguments):
        if not os.path.exists(world.sdk_python):
            raise Missing("isogeo-pysdk isn't installed, nor the requests that it brings")
        return Command([world.sdk_python, "-c", script, *arguments], {**world.environment, "PYTHONWARNINGS": "ignore"},
                       is_token)

    def sdk():
        # It asks for a token, then for the shares, and the API over https alone.
        shares = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": "[]"}
        answers = os.path.join(world.folder, "answers")
        with open(answers, "w", encoding="utf-8") as file:
            json.dump([None, shares] * (rounds + 8), file)
        port = world.token_server("--answers", answers, *world.tls_options)
        return python(SDK, f"https://localhost:{port}", *CLIENT)

    plain, tls, glewlwyd = "curl, http", "curl, https", "curl, https, Glewlwyd"
    yield Row(GROUP, plain, lambda: curl(world.http, CLIENT))
    yield Row(GROUP, "isogeo-vault token --refresh, http", lambda: ours("over-http", world.http, CLIENT), plain,
              ours=True, goals=[Goal("ms", 2.0, plain)])
    yield Row(GROUP, "requests, http", lambda: python(REQUESTS, world.http, *CLIENT, ""), plain)

    def authority():
        return world.authority + "/ca.pem"

    yield Row(GROUP, tls, lambda: curl(world.https, CLIENT, "--cacert", authority()))
    yield Row(GROUP, "isogeo-vault token --refresh, https",
              lambda: ours("over-https", world.https, CLIENT, "--ca-file", authority()), tls, ours=True,
              goals=[Goal("ms", 2.0, tls), Goal("ms", 1.5, tls)])
    yield Row(GROUP, "requests, https", lambda: python(REQUESTS, world.https, *CLIENT, authority()), tls)
    yield Row(GROUP, "isogeo-pysdk, https, and the shares", sdk, tls)

    def of_glewlwyd(make):
        server = world.glewlwyd
        return make(server["issuer"] + "/token", (server["client_id"], server["client_secret"]))

    yield Row(GROUP, glewlwyd, lambda: of_glewlwyd(
        lambda uri, client: curl(uri, client, "--cacert", authority(), "-d", "scope=scope1")))
    yield Row(GROUP, "oidc-token --time, https, Glewlwyd",
              lambda: Command(["oidc-token", "--time=1000000", "benchmark"], world.oidc, is_token), glewlwyd)
    yield Row(GROUP, "isogeo-vault token --refresh, https, Glewlwyd", lambda: of_glewlwyd(
        lambda uri, client: ours("from-glewlwyd", uri, client, "--ca-file", authority(),
                                 scope=("--scope", "scope1"))), glewlwyd, ours=True)
