"""An example of every body that the API takes, by the name of its schema."""

from __future__ import annotations

_CONTENT, _OTHER = "ab" * 32, "cd" * 32
_KEY = "q3uNl0c9Yb1n4s2xkzJv0mTtWQe8oHfR5dLaPgC7iUs"

EXAMPLES: dict[str, dict[str, object]] = {
    "SignIn": {"name": "novak", "password": "several words in a row"},
    "Enter": {"key": _KEY},
    "Accept": {"name": "novak", "key": _KEY, "password": "several words in a row"},
    "ChangePassword": {"old": "several words in a row", "new": "other words in a row"},
    "NewToken": {"name": "night import", "scopes": ["match", "match-detail"], "days": 90, "quota": 50_000},
    "NewPasskey": {"name": "blue key", "client_data": "eyJ0eXBlIjoi", "attestation": "o2NmbXRkbm9u"},
    "PasskeySignIn": {
        "credential": "dGhlIGtleQ",
        "client_data": "eyJ0eXBlIjoi",
        "authenticator_data": "SZYN5YgOjGh0",
        "signature": "MEUCIQDx",
        "user_handle": "Zm9yIG5vdmFr",
    },
    "ProviderSignIn": {"code": "4f8c2a", "state": _KEY},
    "NewSubject": {"subject": "f3a1-0017"},
    "NewCase": {
        "number": "2026-014",
        "title": "Harbour",
        "agency": "Unit 7",
        "legal_basis": "order 3 K 112/26",
    },
    "NewExhibit": {"number": "AB-1", "path": "/mnt/stick", "description": "a stick", "first_look": True},
    "Reveal": {"case": "2026-014", "look": "clear", "size": "large"},
    "WantedPictures": {"sha256": [_CONTENT, _OTHER]},
    "NewJudgement": {
        "case": "2026-014",
        "subject": "match",
        "object": _CONTENT,
        "other": _OTHER,
        "decision": "positive",
        "reason": "the same chimney, from the same place",
    },
    "NewUser": {"name": "novak", "agency": "Unit 7", "unit": "desk", "roles": ["analyst"]},
    "Member": {"user": "novak"},
    "Release": {"level": "named-agencies", "agencies": ["Unit 9"]},
    "NewPolicy": {"votes": 2},
    "NewLimit": {"agency": "Unit 7", "a_day": 500, "before_a_break": 50, "break_minutes": 10},
    "Question": {"signals": [{"sha256": _CONTENT}, {"pdq": _OTHER}], "lists": ["known"]},
    "NewEntries": {
        "list": "known",
        "entries": [{"id": "1001", "signal": {"sha256": _CONTENT}, "category": "2"}],
    },
}
