-- Earlier uploads are looked through for entries that banks of media got since.
--
-- One row. Numbers of hashes, sounds and points of entries: for all up to the first three, earlier uploads were looked
-- through; those up to `to_...` are looked for now, NULL while nothing is. It begins when no transaction older than
-- `waits_for` works any more, since each of those may add an upload that it did not compare with them.
CREATE TABLE media_lookback (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    hashes    integer NOT NULL,
    sounds    integer NOT NULL,
    points    integer NOT NULL,
    to_hashes integer,
    to_sounds integer,
    to_points integer,
    waits_for xid8,
    below     bigint,  -- media of a lower seq are still to be looked at; NULL: it has not begun
    looked    bigint NOT NULL DEFAULT 0,
    found     bigint NOT NULL DEFAULT 0
);
INSERT INTO media_lookback (hashes, sounds, points) SELECT
    coalesce((SELECT max(number) FROM media_hashes), 0),
    coalesce((SELECT max(number) FROM media_sounds), 0),
    coalesce((SELECT max(number) FROM media_points), 0);
CREATE INDEX media_seq ON media (seq);
