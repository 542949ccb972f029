"""Names that scripts must not meet: properties that every JavaScript object has, such as ``constructor``.

Vega, Vega-Lite and igv.js keep values by name in plain objects. A person, chromosome or archaic genome with the name of
a property would be taken for it, and the chart or track would be lost. In data for scripts, such a name ends in a space
of no width. A reader sees no difference.
"""

from __future__ import annotations

import re
from typing import Any

#: Properties of ``Object.prototype`` (ECMA-262).
PROPERTIES = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)

_MARK = "\u200b"
_QUOTED = re.compile(rf"([\"'])({'|'.join(sorted(PROPERTIES))})\1")

#: Keys of a Vega-Lite specification whose text is an expression.
_EXPRESSIONS = frozenset({"calculate", "expr", "filter", "labelExpr", "test"})


def safe_name(name: str) -> str:
    r"""Return a name that is no property of every object.

    Examples
    --------
    >>> safe_name("chr1"), safe_name("constructor")
    ('chr1', 'constructor\u200b')
    """
    return f"{name}{_MARK}" if name in PROPERTIES else name


def safe_names(node: Any) -> Any:
    r"""Return plain values (texts, numbers, lists, dictionaries) with safe names, also in expressions and as keys.

    Examples
    --------
    >>> safe_names({"field": "toString", "labelExpr": '{"valueOf": 1}[datum.label]', "values": ["a"]})
    {'field': 'toString\u200b', 'labelExpr': '{"valueOf\u200b": 1}[datum.label]', 'values': ['a']}
    """
    if isinstance(node, str):
        return safe_name(node)
    if isinstance(node, list | tuple):
        return [safe_names(each) for each in node]
    if isinstance(node, dict):
        return {
            safe_name(key): _QUOTED.sub(rf"\1\2{_MARK}\1", value)
            if key in _EXPRESSIONS and isinstance(value, str)
            else safe_names(value)
            for key, value in node.items()
        }
    return node
