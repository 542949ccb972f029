"""Functions of the API: keywords in place of dataclasses of options, checks that keep inputs, and documentation."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import inspect
import os
from dataclasses import MISSING, Field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

import click

from archaictools.errors import UsageError
from archaictools.options import InputFile, OutputFile, RunOptions, build, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


#: Ends of the names of indexes, which are read beside a file that an option names.
_INDEXES = (".tbi", ".csi", ".fai", ".gzi")


class Verb(Protocol[P, R_co]):
    """A function of the API, with the dataclasses that hold its options by parameter name."""

    bundles: Mapping[str, type]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the verb."""


def keywords(**bundles: type) -> Callable[[Callable[..., R_co]], Verb[..., R_co]]:
    """Make a function that takes dataclasses of options into one that takes their fields as keywords.

    Parameters
    ----------
    bundles
        Dataclass by the name of the function's parameter. A field that several of them have (``seed``) is given once.
        ``run=RunOptions`` also applies ``force`` to the outputs of the call.

    Examples
    --------
    >>> import click
    >>> from dataclasses import dataclass
    >>> from archaictools.options import option
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Colours:
    ...     depth: int = option(8, type=click.IntRange(1), help="Bits.")
    >>> @keywords(colours=Colours)
    ... def paint(picture, *, colours):
    ...     return picture, colours.depth
    >>> paint("a"), paint("a", depth=16), str(inspect.signature(paint))
    (('a', 8), ('a', 16), "(picture, *, depth: 'int' = 8)")
    >>> paint("a", depth=0)
    Traceback (most recent call last):
    archaictools.errors.UsageError: --depth: 0 is not in the range x>=1.
    """

    def decorate(function: Callable[..., R_co]) -> Verb[..., R_co]:
        fields = {field.name: field for bundle in bundles.values() for field in dataclasses.fields(bundle)}
        plain = [each for each in inspect.signature(function).parameters.values() if each.name not in bundles]
        clash = {each.name for each in plain} & set(fields)
        if clash:
            raise TypeError(f"{function.__name__}: {', '.join(sorted(clash))} stand for a parameter and for an option")

        @wraps(function)
        def call(*args: Any, **given: Any) -> R_co:
            from archaictools.io.files import replacing

            bound = _bound(function.__name__, signature, args, given)
            _keep_inputs(bound.arguments, fields)
            built: dict[str, Any] = {name: build(bundle, given) for name, bundle in bundles.items()}
            rest = {name: value for name, value in given.items() if name not in fields}
            run = next((each for each in built.values() if isinstance(each, RunOptions)), RunOptions())
            with replacing(run.force):
                return function(*args, **rest, **built)

        parameters = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=field.type,
            )
            for field in fields.values()
        ]
        signature = inspect.signature(function).replace(parameters=[*plain, *parameters])
        call.__dict__["__signature__"] = signature
        call.__doc__ = _documented(function.__doc__ or "", fields)
        call.__dict__["bundles"] = bundles
        return cast("Verb[..., R_co]", call)

    return decorate


def _bound(
    name: str, signature: inspect.Signature, args: tuple[Any, ...], given: dict[str, Any]
) -> inspect.BoundArguments:
    """Return arguments by name; raise TypeError, with the verb and a similar name, for one that is unknown."""
    for keyword in given:
        if keyword not in signature.parameters:
            similar = difflib.get_close_matches(keyword, signature.parameters, n=1)
            hint = f"; did you mean {similar[0]!r}?" if similar else ""
            raise TypeError(f"{name}() has no option {keyword!r}{hint}")
    try:
        return signature.bind(*args, **given)
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None


def _keep_inputs(arguments: Mapping[str, Any], fields: Mapping[str, Field[Any]]) -> None:
    """Refuse an output that is an input, lies in a folder that is one, or is a folder with an input in it.

    Nothing is replaced before. Texts that name a folder by chance, such as a title, are no inputs.
    """

    def paths(value: Any) -> Iterator[str]:
        for each in value if isinstance(value, list | tuple) else [value]:
            with contextlib.suppress(TypeError, ValueError, UsageError):  # no path, or a result without a file
                yield os.path.realpath(os.fspath(each))

    def is_output(name: str) -> bool:
        spec = spec_of(fields[name]) if name in fields else None
        return spec is not None and isinstance(spec.type, OutputFile)

    def takes_folder(name: str) -> bool:
        spec = spec_of(fields[name]) if name in fields else None
        return spec is not None and isinstance(spec.type, click.Path) and not isinstance(spec.type, InputFile)

    inputs = {
        path
        for name, value in arguments.items()
        if not is_output(name)
        for path in paths(value)
        if os.path.exists(path)  # noqa: PTH110 - no error for names that no file system allows
    }
    indexes = (f"{path}{suffix}" for path in inputs for suffix in _INDEXES)
    inputs |= {index for index in indexes if os.path.isfile(index)}  # noqa: PTH113 - as above
    folders = {
        Path(path)
        for name, value in arguments.items()
        if takes_folder(name) and not is_output(name)
        for path in paths(value)
        if os.path.isdir(path)  # noqa: PTH112 - no error for names that no file system allows
    }
    for name, value in arguments.items():
        for output in paths(value) if is_output(name) else ():
            if not folders.isdisjoint([Path(output), *Path(output).parents]):
                raise UsageError(
                    "is a folder that is an input, or lies in one, so no output is written there",
                    path=value,
                    remedy="name another output",
                )
            if output in inputs and not Path(output).is_dir():
                raise UsageError(
                    "is an input, which the output would replace", path=value, remedy="name another output"
                )
            if any(Path(output) in Path(path).parents for path in inputs):
                raise UsageError(
                    "is a folder that holds an input, so no output replaces it",
                    path=value,
                    remedy="name another folder",
                )


def _documented(text: str, fields: Mapping[str, Field[Any]]) -> str:
    """Return a docstring with a section of the options, before what is returned."""
    lines = ["Other Parameters", "----------------"]
    for field in fields.values():
        spec = spec_of(field)
        if spec is None:
            continue
        default = "" if field.default is MISSING or spec.required else f", default {field.default!r}"
        lines += [
            f"{field.name} : {field.type}{default}",
            f"    {spec.only.label.capitalize() + ': ' if spec.only else ''}{spec.help}",
        ]
    section = "\n".join(lines)
    head, mark, rest = inspect.cleandoc(text).partition("Returns\n-------\n")
    return f"{head}{section}\n\n{mark}{rest}" if mark else f"{head}\n\n{section}"
