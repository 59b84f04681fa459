"""Edits of rule headers as text: what is not changed, comments above all, stays byte for byte.

An edit finds the place in the YAML's own node marks. What came out is parsed again and compared with what was wanted,
so a header in an unusual style is refused, never garbled.
"""

import json
import re
from typing import Any

import yaml

from trueup.price_files.errors import RULES_STAY, price_error
from trueup.rulebook.load import TextLoader

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./+() '-]*[A-Za-z0-9_./)'])?")
_WORDS_OF_YAML = {"null", "true", "false", "yes", "no", "on", "off"}


def parsed(text: str) -> Any:
    """A YAML text with every scalar as text."""
    return yaml.load(text, Loader=TextLoader)


def flow(value: Any) -> str:
    """A scalar, list or mapping as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS_OF_YAML
    return text if plain else json.dumps(text, ensure_ascii=False)


def rewritten(file: str, text: str, wanted: dict[str, Any]) -> str:
    """The header `text` with the values of `wanted`, its comments and order kept.

    Raises
    ------
    TrueupError
        E-PRICE-016 if the header is written in a style that cannot be edited safely.
    """
    try:
        edited = _edited(text, parsed(text), wanted)
        same = parsed(edited) == wanted
    except yaml.YAMLError:
        same = False
    if not same:
        raise price_error("E-PRICE-016", f"{file}: this header cannot be edited by lines", _by_hand(wanted), RULES_STAY)
    return edited


def _edited(text: str, old: dict[str, Any], wanted: dict[str, Any]) -> str:
    for key, value in wanted.items():
        if key not in old:
            text = text.rstrip("\n") + f"\n{key}: {flow(value)}\n"
        elif isinstance(value, dict) and isinstance(old[key], dict):
            text = _with_entries(text, key, old[key], value)
        elif old[key] != value:
            text = _with_value(text, _child(_root(text), key)[1], flow(value))
    return text


def _by_hand(wanted: dict[str, Any]) -> str:
    short = {key: value for key, value in wanted.items() if key in {"vintages", "calculator", "basis"}}
    return f"Give each entry of it a line of its own, or edit it by hand to {flow(short)}."


def _root(text: str) -> yaml.MappingNode:
    node = yaml.compose(text, Loader=yaml.BaseLoader)
    assert isinstance(node, yaml.MappingNode)
    return node


def _child(node: yaml.MappingNode, name: str) -> tuple[yaml.Node, yaml.Node]:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
    return next(pair for pair in pairs if pair[0].value == name)


def _end(text: str, node: yaml.Node) -> int:
    """Where a node's own characters end; YAML counts the comments below a block as part of it."""
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        return int(end)
    lines = text[start:end].split("\n")
    while not lines[-1].strip() or lines[-1].lstrip().startswith("#"):
        lines.pop()
    return int(start) + len("\n".join(lines))


def _with_value(text: str, node: yaml.Node, value: str) -> str:
    """The text with a node's own characters replaced; what follows it on the line stays."""
    return text[: node.start_mark.index] + value + text[_end(text, node) :]


def _with_entries(text: str, key: str, old: dict[str, Any], wanted: dict[str, Any]) -> str:
    """The text with the entries of a mapping dropped, changed and added."""
    for name, value in old.items():
        node = _child(_root(text), key)[1]
        assert isinstance(node, yaml.MappingNode)
        if name not in wanted:
            text = _without_entry(text, node, name)
        elif value != wanted[name]:
            text = _with_value(text, _child(node, name)[1], flow(wanted[name]))
    for name in [name for name in wanted if name not in old]:
        node = _child(_root(text), key)[1]
        assert isinstance(node, yaml.MappingNode)
        text = _with_new_entry(text, node, name, flow(wanted[name]))
    return text


def _without_entry(text: str, node: yaml.MappingNode, name: str) -> str:
    """The text without one entry: its line in a block, itself and a comma in a flow mapping."""
    key, value = _child(node, name)
    if node.flow_style:
        kept = [pair for pair in node.value if pair[0].value != name]
        parts = [text[pair[0].start_mark.index : pair[1].end_mark.index] for pair in kept]
        return _with_value(text, node, "{" + ", ".join(parts) + "}")
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    end = text.find("\n", _end(text, value))
    return text[:start] + text[end + 1 :] if end >= 0 else text[:start]


def _with_new_entry(text: str, node: yaml.MappingNode, name: str, value: str) -> str:
    """The text with one entry more at the end of a mapping."""
    if node.flow_style:
        inside = text[node.start_mark.index + 1 : node.end_mark.index - 1].strip()
        return _with_value(text, node, "{" + (f"{inside}, " if inside else "") + f"{name}: {value}" + "}")
    end = text.find("\n", _end(text, node.value[-1][1]))
    at = len(text) if end < 0 else end
    indent = " " * node.start_mark.column
    return f"{text[:at]}\n{indent}{name}: {value}{text[at:]}"
