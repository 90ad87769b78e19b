"""Frozen values for the rooms that start with every command.

To a type checker a `Record` is a `typing.NamedTuple`. At run time it is made without importing `typing`, which costs a
quarter of an interpreter's start (and dataclasses cost more than a whole one): `whimbrel heads` imports little else.
"""

from __future__ import annotations

from operator import itemgetter

__all__ = ["TYPE_CHECKING", "Record"]

TYPE_CHECKING = False  # type checkers take the name for true

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class _RecordType(type):
        """Turns a class body with annotated fields into a named tuple."""

        def __new__(cls, name, bases, body):
            fields = tuple(body.get("__annotations__", ()))
            body["_fields"] = body["__match_args__"] = fields
            body["_defaults"] = {field: body[field] for field in fields if field in body}
            body["__slots__"] = ()
            body.update((field, property(itemgetter(number))) for number, field in enumerate(fields))
            return super().__new__(cls, name, bases, body)

    class Record(tuple, metaclass=_RecordType):
        """The base of all records, with the methods of a named tuple."""

        def __new__(cls, *values, **named):
            if named or len(values) != len(cls._fields):
                values = cls._filled(values, named)
            return tuple.__new__(cls, values)

        @classmethod
        def _filled(cls, values, named):
            left = cls._fields[len(values) :]
            given = {**cls._defaults, **named} if named else cls._defaults
            if len(values) > len(cls._fields) or not named.keys() <= set(left) or not given.keys() >= set(left):
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
            return values + tuple([given[field] for field in left])

        @classmethod
        def _make(cls, values):
            return tuple.__new__(cls, values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **named):
            values = list(map(named.pop, self._fields, self))
            if named:
                raise TypeError(f"{type(self).__name__} has no {', '.join(named)}")
            return tuple.__new__(type(self), values)

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

        def __getnewargs__(self):
            return tuple(self)
