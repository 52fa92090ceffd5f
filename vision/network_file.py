"""A network's file rewritten so that it runs in little more than half the time, with the same answers but for rounding.

Networks of the PP-LCNet kind scale and shift after each convolution, bend by a hard swish that is written out in four
steps, and scale and shift again. The runtime makes a pass of its own over all values for each of these, and leaves its
fast layout for it. Here scales and shifts go into the convolutions around them, and the bend becomes two steps that
the runtime knows. What does not look exactly so is left as it is.

The file is of the format ONNX (protocol buffers); only what is needed of it is read here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.network_fields import as_bytes, as_text, fields, float_field, message_field, parted, whole_field

Values = NDArray[np.float32]

_GRAPH, _NODE, _OUTPUTS = 7, 1, 12
_INPUT, _OUTPUT, _OPERATION, _ATTRIBUTE = 1, 2, 4, 5
_NAME, _FLOAT, _TENSOR, _TYPE = 1, 2, 5, 20
_OF_FLOAT, _OF_TENSOR = 1, 4
_DIMENSION, _KIND, _NUMBERS, _RAW = 1, 2, 4, 9
_FLOAT32 = 1


@dataclass(slots=True)
class _Node:
    """One operation. :ivar attributes: as they stand in the file. :ivar value: of a constant of numbers, else None."""

    operation: str
    inputs: list[str]
    outputs: list[str]
    attributes: list[bytes] = field(default_factory=list)
    value: Values | None = None

    @property
    def output(self) -> str:
        """Its first."""
        return self.outputs[0]


@dataclass(frozen=True, slots=True)
class _Line:
    """A scale and a shift, one after the other. :ivar first: the scaling step. :ivar last: the shifting one."""

    first: _Node
    last: _Node
    scale: np.float32
    shift: np.float32


def quickened(model: bytes) -> bytes:
    """The network's file with fewer steps; the same where it has none that can be put together."""
    around, graphs = parted(model, _GRAPH)
    rest, nodes = parted(b"".join(graphs), _NODE)
    plan = _Plan([_node(each) for each in nodes])
    plan.join_after()
    plan.bend_in_two()
    plan.join_before()
    return around + message_field(_GRAPH, rest + b"".join(message_field(_NODE, _written(node)) for node in plan.nodes))


def with_outputs(model: bytes, names: tuple[str, ...]) -> bytes:
    """The network's file with inner results among its outputs.

    A file of this format may be followed by more of its fields, which are then added: here outputs of the graph, each
    with nothing but its name.
    """
    added = (message_field(_OUTPUTS, message_field(_NAME, name.encode())) for name in names)
    return model + b"".join(message_field(_GRAPH, output) for output in added)


class _Plan:
    """The operations in their order, while they are put together."""

    def __init__(self, nodes: list[_Node]) -> None:
        self.nodes = nodes
        self._constants = {node.output: node for node in nodes if node.value is not None}
        self._users: dict[str, list[_Node]] = {}
        self._count()

    def join_after(self) -> None:
        """What scales and shifts a convolution's answer becomes part of its weights."""
        instead: dict[int, list[_Node]] = {}
        for node in self.nodes:
            line = self._line_after(node) if self._has_own_weights(node) else None
            if line is not None:
                weights, bias = self._weights(node)
                weights.value, bias.value = _of(weights) * line.scale, _of(bias) * line.scale + line.shift
                node.outputs = line.last.outputs
                instead |= {id(line.first): [], id(line.last): []}
        self._replace(instead)

    def bend_in_two(self) -> None:
        """Four steps of a hard swish, x * clip(x + 3, 0, 6) / 6, become two."""
        instead: dict[int, list[_Node]] = {}
        for node in self.nodes:
            steps = self._swish(node)
            if steps:
                bent, answer = self._other(node), steps[-1].output
                share = f"{answer}.share"
                shares = _Node("HardSigmoid", [bent], [share], [_number("alpha", 1 / 6), _number("beta", 0.5)])
                instead |= {id(step): [] for step in steps}
                instead[id(steps[-1])] = [shares, _Node("Mul", [bent, share], [answer])]
        self._replace(instead)

    def join_before(self) -> None:
        """What scales and shifts the values of one convolution becomes part of its weights.

        Not a shift before one that looks around itself: beyond the picture's edge there is nothing to shift. It stays,
        as the operation by which the runtime shifts whole channels without leaving its layout.
        """
        instead: dict[int, list[_Node]] = {}
        for node in self.nodes:
            line = self._line_after(node) if node.operation == "Mul" and self._constant_of(node) is None else None
            after = self._only_user(line.last) if line is not None else None
            if line is None or after is None or not self._has_own_weights(after):
                continue
            weights, bias = self._weights(after)
            kernel, between = _of(weights), list[_Node]()
            weights.value = kernel * line.scale
            if kernel.shape[2:] == (1, 1):
                bias.value = _of(bias) + kernel.sum(axis=(1, 2, 3)) * line.shift
                node.outputs = line.last.outputs
            else:
                between = _shifting(node.output, line.last.output, len(kernel), line.shift / line.scale)
            instead |= {id(line.first): [], id(line.last): between}
        self._replace(instead)

    def _replace(self, instead: dict[int, list[_Node]]) -> None:
        self.nodes = [put for node in self.nodes for put in instead.get(id(node), [node])]
        self._count()
        self.nodes = [node for node in self.nodes if node.value is None or node.output in self._users]

    def _count(self) -> None:
        users: dict[str, list[_Node]] = defaultdict(list)
        for node in self.nodes:
            for name in node.inputs:
                users[name].append(node)
        self._users = dict(users)

    def _only_user(self, node: _Node | None, operation: str = "") -> _Node | None:
        """What alone takes a node's answer, if it is such an operation."""
        users = self._users.get(node.output, []) if node is not None else []
        return users[0] if len(users) == 1 and operation in ("", users[0].operation) else None

    def _line_after(self, node: _Node) -> _Line | None:
        first = self._only_user(node, "Mul")
        last = self._only_user(first, "Add")
        scale, shift = self._constant_of(first), self._constant_of(last)
        if first is None or last is None or not scale or shift is None:
            return None
        return _Line(first, last, np.float32(scale), np.float32(shift))

    def _swish(self, node: _Node) -> list[_Node]:
        """The steps of a hard swish that begins here, or none."""
        clip = self._only_user(node, "Clip") if node.operation == "Add" and self._constant_of(node) == 3 else None
        product = self._only_user(clip, "Mul")
        share = self._only_user(product, "Div")
        if clip is None or product is None or share is None or self._other(node) not in product.inputs:
            return []
        bounds = [self._scalar(name) for name in (*clip.inputs[1:], share.inputs[1])]
        return [node, clip, product, share] if bounds == [0, 6, 6] else []

    def _other(self, node: _Node) -> str:
        """The input that is no constant."""
        return next(name for name in node.inputs if name not in self._constants)

    def _constant_of(self, node: _Node | None) -> float | None:
        """The one number among a node's inputs."""
        scalars = [scalar for name in node.inputs if (scalar := self._scalar(name)) is not None] if node else []
        return scalars[0] if len(scalars) == 1 else None

    def _scalar(self, name: str) -> float | None:
        constant = self._constants.get(name)
        return float(_of(constant).ravel()[0]) if constant is not None and _of(constant).size == 1 else None

    def _has_own_weights(self, node: _Node) -> bool:
        """Whether it is a convolution with weights and bias that no other operation uses."""
        return (
            node.operation == "Conv"
            and len(node.inputs) == 3
            and all(name in self._constants and len(self._users[name]) == 1 for name in node.inputs[1:])
        )

    def _weights(self, node: _Node) -> tuple[_Node, _Node]:
        weights, bias = (self._constants[name] for name in node.inputs[1:])
        return weights, bias


def _of(constant: _Node) -> Values:
    assert constant.value is not None
    return constant.value


def _shifting(name: str, answer: str, channels: int, by: np.float32) -> list[_Node]:
    """The operations that add a number to every channel."""
    parts = (("scale", 1.0), ("shift", float(by)), ("mean", 0.0), ("variance", 1.0))
    values = [
        _Node("Constant", [], [f"{answer}.{part}"], value=np.full(channels, number, np.float32))
        for part, number in parts
    ]
    inputs = [name, *(value.output for value in values)]
    return [*values, _Node("BatchNormalization", inputs, [answer], [_number("epsilon", 0.0)])]


def _node(data: bytes) -> _Node:
    node = _Node("", [], [])
    for number, value, _ in fields(data):
        if number == _INPUT:
            node.inputs.append(as_text(value))
        elif number == _OUTPUT:
            node.outputs.append(as_text(value))
        elif number == _OPERATION:
            node.operation = as_text(value)
        elif number == _ATTRIBUTE:
            node.attributes.append(as_bytes(value))
    if node.operation == "Constant" and len(node.attributes) == 1:
        node.value = _numbers(node.attributes[0])
    return node


def _numbers(attribute: bytes) -> Values | None:
    """The tensor of an attribute when it holds 32-bit floating point numbers."""
    for number, value, _ in fields(attribute):
        if number == _TENSOR:
            parts = [(name, part) for name, part, _ in fields(as_bytes(value))]
            kinds = [part for name, part in parts if name == _KIND]
            raw = [as_bytes(part) for name, part in parts if name in (_RAW, _NUMBERS)]
            shape = [part for name, part in parts if name == _DIMENSION and isinstance(part, int)]
            if kinds == [_FLOAT32] and len(raw) == 1:
                return np.frombuffer(raw[0], "<f4").reshape(shape)
    return None


def _written(node: _Node) -> bytes:
    data = b"".join(message_field(_INPUT, name.encode()) for name in node.inputs)
    data += b"".join(message_field(_OUTPUT, name.encode()) for name in node.outputs)
    data += message_field(_OPERATION, node.operation.encode())
    attributes = node.attributes if node.value is None else [_tensor(node.value)]
    return data + b"".join(message_field(_ATTRIBUTE, attribute) for attribute in attributes)


def _tensor(value: Values) -> bytes:
    """An attribute that holds numbers, as a constant has it."""
    data = b"".join(whole_field(_DIMENSION, side) for side in value.shape)
    data += whole_field(_KIND, _FLOAT32) + message_field(_RAW, value.astype("<f4").tobytes())
    return message_field(_NAME, b"value") + message_field(_TENSOR, data) + whole_field(_TYPE, _OF_TENSOR)


def _number(name: str, value: float) -> bytes:
    """An attribute that is one number."""
    number = float_field(_FLOAT, value)
    return message_field(_NAME, name.encode()) + number + whole_field(_TYPE, _OF_FLOAT)
