# SPDX-License-Identifier: MIT
"""As much of JSON Schema as docs/openapi.json uses. A keyword that is not known here is an error: nothing passes
because nobody looked."""
import datetime

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
WORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maxItems", "maxLength",
         "format", "$ref", "description"}


def faults(schema, value, document, where="$"):
    """What is wrong with `value`, one line each."""
    unknown = set(schema) - WORDS
    if unknown: return [f"{where}: the checker does not know {sorted(unknown)}"]
    if "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return faults(found, value, document, where)
    if "enum" in schema and value not in schema["enum"]: return [f"{where}: {value!r} is none of {schema['enum']}"]
    if "type" in schema:
        right = isinstance(value, TYPES[schema["type"]]) and isinstance(value, bool) == (schema["type"] == "boolean")
        if not right: return [f"{where}: {value!r} is no {schema['type']}"]
    if isinstance(value, dict): return object_faults(schema, value, document, where)
    if isinstance(value, list):
        out = [f"{where}: {len(value)} items"] if len(value) > schema.get("maxItems", len(value)) else []
        for i, each in enumerate(value):
            out += faults(schema.get("items", {}), each, document, f"{where}[{i}]")
        return out
    if "minimum" in schema and value < schema["minimum"]: return [f"{where}: {value} is too small"]
    return format_faults(schema.get("format"), value, where)


def object_faults(schema, value, document, where):
    known = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    out = [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
    for name, each in value.items():
        if name in known: out += faults(known[name], each, document, f"{where}.{name}")
        elif more is False: out.append(f"{where}: {name} is not described")
        elif more is not True: out += faults(more, each, document, f"{where}.{name}")
    return out


def format_faults(name, value, where):
    form = {"date-time": "%Y-%m-%dT%H:%M:%SZ", "date": "%Y-%m-%d"}.get(name)
    if form is None: return []
    try:
        datetime.datetime.strptime(value, form)
    except ValueError:
        return [f"{where}: {value!r} is no {name}"]
    return []
