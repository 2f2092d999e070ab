"""Functions that Flink calls in the JVM's process are no generators: where one raises, Java waits for ever."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.structure.source_tree import modules, tree

CALLED = {"map", "flat_map", "filter", "map1", "map2", "flat_map1", "flat_map2", "on_timer"} | {
    f"process_{what}" for what in ("element", "element1", "element2", "broadcast_element")
}
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp, ast.ClassDef)


def generators(parsed: ast.Module) -> list[str]:
    """Return the methods of Flink's functions that yield, and what these return that yields."""
    return [
        f"{made.name}.{method.name}"
        for made in ast.walk(parsed)
        if isinstance(made, ast.ClassDef) and any("Function" in ast.unparse(base) for base in made.bases)
        for method in made.body
        if isinstance(method, ast.FunctionDef) and method.name in CALLED and is_lazy(method)
    ]


def is_lazy(method: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) or returns_generator(node) for node in own_nodes(method))


def returns_generator(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and isinstance(node.value, ast.GeneratorExp)


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function, without those of functions in it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, SCOPES):
            yield from own_nodes(child)


def test_functions_of_flink_are_no_generators() -> None:
    assert [f"{name}: {found}" for name in modules() for found in generators(tree(name))] == []


def test_functions_of_flink_are_found() -> None:
    methods = [
        node.name
        for name in modules()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef) and node.name in CALLED
    ]
    assert {"flat_map", "process_element", "process_element1", "on_timer"} <= set(methods)


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("yield 1", True),
        ("if value:\n            yield from value", True),
        ("return (each for each in value)", True),
        ("return [each for each in value]", False),
        ("def inner():\n            yield 1\n        return list(inner())", False),
    ],
    ids=["yield", "yield from", "generator expression", "list", "inner generator"],
)
def test_generators_are_found(body: str, is_found: bool) -> None:
    parsed = ast.parse(f"class Split(FlatMapFunction):\n    def flat_map(self, value):\n        {body}\n")
    assert generators(parsed) == (["Split.flat_map"] if is_found else [])
