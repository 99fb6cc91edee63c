"""The part of SARIF 2.1.0 that we write, as a JSON Schema of our own, from the standard's text.

Stricter than the standard where GitHub asks for more: every result has a file and a
line, every rule a level and a help text.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _object(properties: Schema, *optional: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


TEXT: Schema = {"type": "string", "minLength": 1}
LINE: Schema = {"type": "integer", "minimum": 1}
LEVEL: Schema = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = _object({"text": TEXT})
MULTIFORMAT = _object({"text": TEXT, "markdown": TEXT}, "markdown")
URI: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9._~/%:-]+$"}

RULE = _object(
    {
        "id": TEXT,
        "shortDescription": MULTIFORMAT,
        "fullDescription": MULTIFORMAT,
        "help": MULTIFORMAT,
        "helpUri": {"type": "string", "pattern": r"^https?://[\x21-\x7e]+$"},
        "defaultConfiguration": _object({"level": LEVEL}),
        "properties": _object(
            {
                "tags": _list(TEXT, uniqueItems=True),
                "precision": {"enum": ["very-high", "high", "medium", "low"]},
                "problem.severity": {"enum": ["error", "warning", "recommendation"]},
                "security-severity": {"type": "string", "pattern": r"^\d\d?\.\d$"},
            },
            "problem.severity", "security-severity",
        ),
    },
    "helpUri",
)  # fmt: skip

LOCATION = _object(
    {
        "physicalLocation": _object(
            {
                "artifactLocation": _object(
                    {"uri": URI, "uriBaseId": {"const": "%SRCROOT%"}}, "uriBaseId"
                ),
                "region": _object({"startLine": LINE}),
            }
        ),
        "logicalLocations": _list(
            _object(
                {"name": TEXT, "fullyQualifiedName": TEXT, "kind": {"enum": ["layer", "path"]}}
            ),
            minItems=1,
        ),
    },
    "logicalLocations",
)

RESULT = _object(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": _list(LOCATION, minItems=1, maxItems=1),
        "partialFingerprints": _object(
            {
                "primaryLocationLineHash": {"type": "string", "pattern": "^[0-9a-f]{32}:1$"},
                "layerlens/v1": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            }
        ),
        "properties": {"type": "object"},
        "suppressions": _list(
            _object(
                {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": TEXT,
                }
            )
        ),
    },
    "properties", "suppressions",
)  # fmt: skip

NOTIFICATION = _object({"descriptor": _object({"id": TEXT}), "level": LEVEL, "message": MESSAGE})

RUN = _object(
    {
        "tool": _object(
            {
                "driver": _object(
                    {
                        "name": TEXT,
                        "version": TEXT,
                        "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                        "rules": _list(RULE, uniqueItems=True),
                    }
                )
            }
        ),
        "invocations": _list(
            _object(
                {
                    "executionSuccessful": {"type": "boolean"},
                    "toolExecutionNotifications": _list(NOTIFICATION, minItems=1),
                },
                "toolExecutionNotifications",
            ),
            minItems=1,
            maxItems=1,
        ),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "properties": {"type": "object"},
        "results": _list(RESULT, maxItems=5000),
    }
)

LOG = _object(
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": _list(RUN, minItems=1, maxItems=1),
    }
)
