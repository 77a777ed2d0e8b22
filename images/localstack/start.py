"""Starts LocalStack with the ledger's rule of whom it answers (ledger/http/checks.ts), and with the stack's certificate.

LocalStack itself answers to any name. A web page in the developer's browser can reach loopback, but only with its own Origin, or under a
public name that was made to point here.

It speaks http and https on one port. By itself it would make a certificate at each start that nobody can trust, which takes its time, and
keep one of somebody else's for as long as it runs.
"""

import ipaddress
import os
import re

from localstack.aws import handlers
from localstack.aws.serving.twisted import TLSMultiplexerFactory
from localstack.runtime.main import main
from localstack.runtime.server.twisted import TwistedRuntimeServer
from localstack.utils import ssl
from OpenSSL import SSL
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

CERTIFICATE = "/tls/server.pem"


def host_problem(header: str) -> str | None:
    """Addresses, names without a dot, *.localhost and the names of the stack's network are fine: no public name can be one."""
    name = re.sub(r":\d+$", "", header.lower())
    bare = re.sub(r"^\[(.*)\]$", r"\1", name)
    if bare != "" and ("." not in bare or is_address(bare) or bare.endswith((".localhost", ".localstack"))):
        return None
    return f'host "{header}" is not one of this server\'s: use 127.0.0.1 or localhost'


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def refuse_web_pages(chain, context, response) -> None:
    headers = context.request.headers
    problem = host_problem(headers.get("Host", ""))
    if problem is None and "Origin" in headers:
        problem = "requests of web pages are refused (header Origin)"
    if problem is None:
        return
    response.status_code = 403
    response.content_type = "text/plain"
    response.data = problem + "\n"
    # What would follow adds the headers by which a browser hands answers to pages.
    chain.terminate()


@implementer(IOpenSSLServerConnectionCreator)
class CertificateFile:
    """A certificate and its key in one PEM file: there once the key-feeder runs, and looked at whenever a client begins with TLS."""

    def __init__(self, path: str):
        self.path = path
        self.mark = None
        self.context = None

    def serverConnectionForTLS(self, protocol) -> SSL.Connection:
        found = os.stat(self.path)
        mark = (found.st_ino, found.st_mtime_ns)
        if mark != self.mark:
            context = SSL.Context(SSL.TLS_SERVER_METHOD)
            context.set_min_proto_version(SSL.TLS1_2_VERSION)
            context.use_certificate_chain_file(self.path)
            context.use_privatekey_file(self.path)
            self.mark, self.context = mark, context
        return SSL.Connection(self.context, None)


def register(self, gateway, listen, ssl_creds=None) -> None:
    """As TwistedRuntimeServer does it, but for the certificate."""
    site = TLSMultiplexerFactory(CertificateFile(CERTIFICATE), False, TwistedGateway(gateway))
    for address in listen:
        endpoints.TCP4ServerEndpoint(reactor, address.port).listen(site)


ssl.create_ssl_cert = lambda serial_number=None: (None, None, None)
TwistedRuntimeServer.register = register
# Before anything is answered, LocalStack's own resources below /_localstack too (localstack/aws/app.py).
handlers.preprocess_request.append(refuse_web_pages)
main()
