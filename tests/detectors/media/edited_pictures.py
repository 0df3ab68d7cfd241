"""Pictures with something on them, drawn by seed, and points of them."""

import io
from itertools import islice

from tenfold_bench import _made_pictures as made

from tenfold.detectors.media.keypoints import features
from tenfold.detectors.media.points import Points


def poster(seed=0):
    """A poster of the fictional Ashen Banner."""
    return next(made.posters(seed, []))


def scene(seed=0):
    """A drawn landscape with houses."""
    return next(made.scenes(seed))


def several(count, seed=0):
    """Drawn landscapes of one seed."""
    return list(islice(made.scenes(seed), count))


def points(image):
    return Points.from_bytes(features(image))


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
