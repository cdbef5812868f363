"""Seals of the JSON files of a run folder (results/store/seal.hpp): the last member is the SHA-256 of all before it."""

import hashlib
import re

MEMBER = ',\n "sha256": "'


def sealed(text):
    """The text of a JSON object, sealed (again, when it was)."""
    body = text.rpartition(MEMBER)[0] if MEMBER in text else text.rstrip().removesuffix("}").rstrip()
    return f'{body}{MEMBER}{hashlib.sha256(body.encode()).hexdigest()}"\n}}\n'


def present(text):
    return re.search(MEMBER + r'[0-9a-f]{64}"\n}\n$', text) is not None


def holds(text):
    return MEMBER in text and sealed(text) == text
