"""A service on pysaml2: one protected page, the address for answers, its metadata.

Run as a program with its settings as one JSON argument:
{"host", "port", "key", "certificate", "idp_metadata", "idp"}
"""

import json
import sys
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor

settings = json.loads(sys.argv[1])
base = "http://{host}:{port}".format(**settings)
pair = {"key_file": settings["key"], "cert_file": settings["certificate"]}

config = SPConfig().load({
    "entityid": base + "/sp",
    **pair,
    "encryption_keypairs": [pair],
    "metadata": {"local": [settings["idp_metadata"]]},
    "allow_unknown_attributes": True,
    "service": {"sp": {
        "endpoints": {"assertion_consumer_service": [(base + "/acs", BINDING_HTTP_POST)]},
        "authn_requests_signed": True,
        # Here and nowhere else; without them it signs with SHA-1.
        "signing_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "digest_algorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
        "want_response_signed": True,
        "want_assertions_signed": True,
        "allow_unsolicited": False,
        "name_id_format": ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
    }},
})
client = Saml2Client(config)
outstanding = {}


def page(environ, start_response):
    path = environ["PATH_INFO"]
    try:
        if path == "/metadata":
            return answer(start_response, "application/samlmetadata+xml", str(entity_descriptor(config)))
        if path == "/received":
            request_id, request = client.prepare_for_authenticate(settings["idp"], binding=BINDING_HTTP_REDIRECT)
            outstanding[request_id] = path
            start_response("302 Found", [("Location", dict(request["headers"])["Location"])])
            return []
        if path == "/acs":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            response = client.parse_authn_request_response(parse_qs(body)["SAMLResponse"][0], BINDING_HTTP_POST, outstanding)
            del outstanding[response.in_response_to]
            return answer(start_response, "application/json", json.dumps({
                "nameId": response.name_id.text,
                "format": response.name_id.format,
                "issuer": response.issuer(),
                "attributes": response.ava,
            }))
        start_response("404 Not Found", [])
        return []
    except Exception as error:  # What it objects to is what a test wants to read.
        print(repr(error), file=sys.stderr, flush=True)
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [repr(error).encode()]


def answer(start_response, kind, text):
    start_response("200 OK", [("Content-Type", kind + "; charset=utf-8")])
    return [text.encode()]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_words):
        pass


make_server(settings["host"], settings["port"], page, handler_class=Quiet).serve_forever()
