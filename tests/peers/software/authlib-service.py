"""A service in Python, as Authlib's Flask integration has it. Run as a program of its own, with its
settings as one JSON argument:
{ "host", "port", "issuer", "client_id", "secret" or "private_key" (a PEM file) }

It answers with what it accepted, as JSON; what Authlib refuses is answered with 400 and the reason.
"""

import json
import sys

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, jsonify, request, session, url_for
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

settings = json.loads(sys.argv[1])
app = Flask(__name__)
app.secret_key = "only-for-tests-of-one-run"
logouts = []


def registration():
    """How the service is registered; each of these lines is in the manual."""
    common = {
        "server_metadata_url": settings["issuer"] + "/.well-known/openid-configuration",
        "client_id": settings["client_id"],
    }
    how = {"scope": "openid profile", "code_challenge_method": "S256"}
    if "secret" in settings:
        return common | {"client_secret": settings["secret"], "client_kwargs": how}
    with open(settings["private_key"], "rb") as file:
        key = ECKey.import_key(file.read())
    # The issuer in place of the token endpoint, which Authlib would name.
    signs = PrivateKeyJWT(settings["issuer"], alg="ES256")
    how["token_endpoint_auth_method"] = "private_key_jwt"
    return common | {"client_secret": key, "client_auth_methods": [signs], "client_kwargs": how}


portner = OAuth(app).register("portner", **registration())


@app.get("/login")
def login():
    return portner.authorize_redirect(url_for("callback", _external=True), **request.args)


@app.get("/callback")
def callback():
    token = portner.authorize_access_token()
    session["id_token"] = token["id_token"]
    told = portner.userinfo(token=token)
    return jsonify(id_token=token["userinfo"], userinfo=told, signed=token["id_token"])


@app.get("/logout")
def logout():
    return portner.logout_redirect(url_for("goodbye", _external=True), session.pop("id_token"))


@app.get("/goodbye")
def goodbye():
    portner.validate_logout_response()
    return jsonify(goodbye=True)


@app.post("/backchannel")
def backchannel():
    metadata = portner.load_server_metadata()
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=5).json())
    token = jwt.decode(request.form["logout_token"], keys, algorithms=["ES256"])
    if token.header.get("typ") != "logout+jwt" or "nonce" in token.claims:
        raise ValueError("this is no logout token")
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": settings["client_id"]},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
        sid={"essential": True},
        events={"essential": True},
    ).validate(token.claims)
    if LOGOUT_EVENT not in token.claims["events"]:
        raise ValueError("nobody is logged out by this")
    logouts.append(token.claims)
    return "", 200


@app.get("/logouts")
def heard():
    return jsonify(logouts)


@app.errorhandler(OAuthError)
@app.errorhandler(JoseError)
@app.errorhandler(ValueError)
def refused(error):
    app.logger.error("refused: %r", error)
    return jsonify(refused=str(error)), 400


app.run(settings["host"], settings["port"])
