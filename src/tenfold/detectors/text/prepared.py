"""A batch of text items, normalised once for all detectors that work upon it."""

from collections.abc import Sequence

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.normalise import NormalBatch, normalise_batch


class PreparedBatch:
    """The fields of all items as one flat list of texts, and their normal forms.

    Text number t is field `fields[t]` of `items[owners[t]]`; `normal` holds the normal forms in the same
    order. Texts of one item stand together, in the order of its fields.
    """

    def __init__(self, items: Sequence[TextItem]) -> None:
        self.items = items
        self.texts: list[str] = []
        self.fields: list[str] = []
        self.owners: list[int] = []
        for number, item in enumerate(items):
            for field, text in item.fields.items():
                self.texts.append(text)
                self.fields.append(field)
                self.owners.append(number)
        self.normal: NormalBatch = normalise_batch(self.texts)

    def __len__(self) -> int:
        return len(self.texts)
