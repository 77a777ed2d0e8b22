"""Starts LocalStack with the ledger's rule of whom it answers (ledger/http/checks.ts).

LocalStack itself answers to any name. A web page in the developer's browser can reach loopback, but only with its own Origin, or under a
public name that was made to point here.
"""

import ipaddress
import re

from localstack.aws import handlers
from localstack.runtime.main import main


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


# Before anything is answered, LocalStack's own resources below /_localstack too (localstack/aws/app.py).
handlers.preprocess_request.append(refuse_web_pages)
main()
