"""Which decisions a second person looks at: drawn uniformly, by a seed that shows that nobody chose.

The draw of a decision is the first 8 bytes of SHA-256 of `SEED:NUMBER` (the decision's number) as a share of
2^64; it is drawn where that lies below the sample's share. The audit chain keeps the SHA-256 of the seed when
a sample is set, so a seed that is told later can be checked, and every draw made again.
"""

import hashlib
import secrets
from datetime import datetime

from tenfold.casework.wishes import NotFoundError, RefusedError
from tenfold.store import audit, quality, quality_samples
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.quality_samples import Drawable, Drawn, Sample
from tenfold.taxonomy import Ground

LONGEST = 200  # characters of a seed


def fraction(seed: str, decision_id: int) -> float:
    """The draw of a decision, in [0, 1)."""
    digest = hashlib.sha256(f"{seed}:{decision_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def draw(conn: Conn, now: datetime) -> int:
    """Draw from the decisions made since the last time; returns how many were drawn. Running it again draws
    nothing else."""
    made = quality_samples.drawable(conn, now)
    samples = quality_samples.samples(conn)
    drawn = [Drawn(decision=one, sample_id=sample.id) for one in made if (sample := _by(samples, one))]
    return quality_samples.keep_drawn(conn, drawn, now) if drawn else 0


def _by(samples: list[Sample], decision: Drawable) -> Sample | None:
    """The first sample by which a decision is drawn."""
    return next(
        (
            sample
            for sample in samples
            if sample.set_at <= decision.decided_at
            and sample.queue in (None, decision.queue)
            and sample.ground in (None, decision.ground)
            and sample.language in (None, decision.language)
            and fraction(sample.seed, decision.id) < sample.share
        ),
        None,
    )


def set_sample(
    conn: Conn,
    *,
    share: float,
    actor: str,
    now: datetime,
    queue: str | None = None,
    ground: str | None = None,
    language: str | None = None,
    seed: str = "",
) -> int:
    """Have a share of the decisions from now on looked at again; returns the sample's id. Without a seed one
    is made. RefusedError names what is wrong."""
    if not 0 < share <= 1:
        raise RefusedError("share", "is more than 0 % and at most 100 %")
    if ground is not None and ground not in set(Ground):
        raise RefusedError("ground", "is none of the grounds")
    if len(seed) > LONGEST or "\0" in seed:
        raise RefusedError("seed", f"has at most {LONGEST} characters")
    seed = seed.strip() or secrets.token_hex(16)
    sample = quality_samples.add_sample(
        conn, queue=queue, ground=ground, language=language, share=share, seed=seed, actor=actor, now=now
    )
    details = {
        "sample": sample,
        "share": share,
        "queue": queue,
        "ground": ground,
        "language": language,
        "seed_sha256": hashlib.sha256(seed.encode()).hexdigest(),
    }
    audit.append(conn, [Entry(actor=actor, act="sample.set", subject=f"sample:{sample}", details=details)])
    return sample


def end_sample(conn: Conn, *, sample_id: int, actor: str, now: datetime) -> None:
    """Draw no more by this sample. NotFoundError if it is not in force."""
    if not quality_samples.end_sample(conn, sample_id, actor, now):
        raise NotFoundError(f"there is no sample {sample_id} in force")
    audit.append(conn, [Entry(actor=actor, act="sample.ended", subject=f"sample:{sample_id}")])


def set_rates(conn: Conn, *, review_rate: float, golden_rate: float, actor: str) -> None:
    """How often somebody who takes the next case is given a check instead."""
    for field, rate in (("review_rate", review_rate), ("golden_rate", golden_rate)):
        if not 0 <= rate <= 1:
            raise RefusedError(field, "lies between 0 % and 100 %")
    quality.save_settings(conn, quality.Settings(review_rate=review_rate, golden_rate=golden_rate))
    details = {"review_rate": review_rate, "golden_rate": golden_rate}
    audit.append(conn, [Entry(actor=actor, act="checks.set", details=details)])
