"""Verifies tokens as an app would that never asks the server about them: PyJWT, and the server's JWKS.

Reads `{"jwks": URL, "issuer": TEXT, "tokens": [TEXT]}`, and writes for each token its claims or the name of the error.
"""

import json
import sys

import jwt

asked = json.load(sys.stdin)
keys = jwt.PyJWKClient(asked["jwks"])


def verify(token):
    try:
        key = keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["EdDSA"], issuer=asked["issuer"], options={"require": ["iat", "jti"]})
    except jwt.exceptions.PyJWTError as error:
        return type(error).__name__


json.dump([verify(token) for token in asked["tokens"]], sys.stdout)
