"""Texts of objects that many are made of, held so that they take little room."""

from __future__ import annotations


class Packed:
    """A text of an object, held in UTF-8: as text, one emoji makes it four times as long."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}_utf8"

    def __get__(self, instance: object, owner: type) -> str | None:
        data: bytes | None = getattr(instance, self._name, None)
        return None if data is None else data.decode("utf-8", "surrogatepass")

    def __set__(self, instance: object, text: str | None) -> None:
        data = None if text is None else text.encode("utf-8", "surrogatepass")
        # Most are set again to what they are.
        if data is None or data != getattr(instance, self._name, None):
            setattr(instance, self._name, data)
