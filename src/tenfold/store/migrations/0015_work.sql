-- The case that a person gets next and whose page their browser has already. It keeps nobody from opening the
-- case; only who asks for the next one is given another. `version` is how the case stood when it was read.
CREATE TABLE cases_ahead (
    actor   text        PRIMARY KEY,
    case_id bigint      NOT NULL REFERENCES cases,
    until   timestamptz NOT NULL,
    version timestamptz NOT NULL
);
CREATE INDEX cases_ahead_case ON cases_ahead (case_id);

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What search looks through: texts in the normal form of the detectors, by what they are of. `at` orders them.
CREATE TABLE search_texts (
    kind text             NOT NULL CHECK (kind IN ('post', 'account', 'group', 'note')),
    id   text COLLATE "C" NOT NULL,
    text text             NOT NULL,
    at   timestamptz      NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX search_texts_trigrams ON search_texts USING gin (text gin_trgm_ops);

-- What is still to be put there, appended by triggers and taken by workers: writing posts waits for no index.
CREATE TABLE search_due (
    seq  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    id   text NOT NULL
);
INSERT INTO search_due (kind, id)
SELECT 'post', id FROM posts UNION ALL SELECT 'account', id FROM accounts
UNION ALL SELECT 'group', id FROM groups UNION ALL SELECT 'note', id::text FROM case_notes;

CREATE FUNCTION search_note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_due (kind, id) SELECT TG_ARGV[0], id::text FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION search_note_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_due (kind, id) VALUES (TG_ARGV[0], NEW.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER search_new AFTER INSERT ON posts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('post');
CREATE TRIGGER search_new AFTER INSERT ON accounts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('account');
CREATE TRIGGER search_new AFTER INSERT ON groups REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('group');
CREATE TRIGGER search_new AFTER INSERT ON case_notes REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('note');
CREATE TRIGGER search_gone AFTER DELETE ON posts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('post');
CREATE TRIGGER search_gone AFTER DELETE ON accounts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('account');
CREATE TRIGGER search_gone AFTER DELETE ON groups REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_rows('group');
CREATE TRIGGER search_changed AFTER UPDATE ON posts
    FOR EACH ROW WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION search_note_row('post');
CREATE TRIGGER search_changed AFTER UPDATE ON accounts
    FOR EACH ROW WHEN ((OLD.handle, OLD.display_name, OLD.bio, OLD.location)
        IS DISTINCT FROM (NEW.handle, NEW.display_name, NEW.bio, NEW.location))
    EXECUTE FUNCTION search_note_row('account');
CREATE TRIGGER search_changed AFTER UPDATE ON groups
    FOR EACH ROW WHEN ((OLD.name, OLD.description) IS DISTINCT FROM (NEW.name, NEW.description))
    EXECUTE FUNCTION search_note_row('group');

-- The queue's filters under a name; those that a lead shares are everybody's.
CREATE TABLE saved_views (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner  bigint  NOT NULL REFERENCES users,
    name   text    NOT NULL,
    query  text    NOT NULL,  -- of the address, as the queue writes it
    shared boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX saved_views_name ON saved_views (owner, lower(name));

-- What somebody takes when they ask for the next case. No language: all of them.
CREATE TABLE skills (
    user_id         bigint PRIMARY KEY REFERENCES users,
    languages       text[] NOT NULL DEFAULT '{}',
    without_grounds text[] NOT NULL DEFAULT '{}',
    without_queues  text[] NOT NULL DEFAULT '{}'
);

-- What waits for one person: they were named in a note, a case was handed to them, or their language is asked for.
CREATE TABLE inbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint      NOT NULL REFERENCES users,
    case_id bigint      NOT NULL REFERENCES cases,
    kind    text        NOT NULL CHECK (kind IN ('mention', 'hand_over', 'language')),
    author  text        NOT NULL,
    note_id bigint      NOT NULL REFERENCES case_notes,
    at      timestamptz NOT NULL,
    seen_at timestamptz
);
CREATE INDEX inbox_user ON inbox (user_id, id DESC);
CREATE INDEX inbox_unseen ON inbox (user_id, case_id) WHERE seen_at IS NULL;
CREATE INDEX decisions_author ON decisions (author, id DESC);

-- Who has a case's page open. Nothing is lost with it.
CREATE UNLOGGED TABLE presence (
    case_id bigint      NOT NULL,
    user_id bigint      NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, user_id)
);
