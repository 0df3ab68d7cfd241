-- Events as they came, partitioned by the month of arrival so that retention drops whole partitions.
CREATE SEQUENCE event_seq;

CREATE TABLE events (
    seq         bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    body        jsonb       NOT NULL,
    PRIMARY KEY (seq, received_at)
) PARTITION BY RANGE (received_at);

CREATE TABLE events_default PARTITION OF events DEFAULT;

-- What makes sending twice harmless: the first 16 bytes of SHA-256 over source and id.
CREATE TABLE event_keys (
    key         bytea       PRIMARY KEY,
    seq         bigint      NOT NULL,
    received_at timestamptz NOT NULL
);

-- The narrow half of the queue: a row while an event waits. A lane holds all events of its accounts,
-- and one worker at a time holds a lane, so the order of each account is kept.
CREATE TABLE event_queue (
    lane        smallint    NOT NULL,
    seq         bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    tries       smallint    NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE lanes (
    lane  smallint PRIMARY KEY,
    tries smallint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

INSERT INTO lanes (lane) SELECT generate_series(0, 63);

-- Events that could not be applied after a few tries, with the error. Kept until mended or dropped.
CREATE TABLE event_poison (
    seq          bigint      PRIMARY KEY,
    received_at  timestamptz NOT NULL,
    lane         smallint    NOT NULL,
    error        text        NOT NULL,
    set_aside_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ingest_runs (
    source     text        NOT NULL,
    file       text        NOT NULL,
    digest     text        NOT NULL,
    position   bigint      NOT NULL DEFAULT 0,
    accepted   bigint      NOT NULL DEFAULT 0,
    duplicates bigint      NOT NULL DEFAULT 0,
    refused    bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    done       boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (source, digest)
);
