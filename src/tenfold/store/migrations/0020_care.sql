-- Care for the people who review, and what a case has in common with others.

-- How somebody wants to see media, whether slurs are masked for them, and when a break is suggested. No row:
-- the defaults.
CREATE TABLE care (
    user_id       bigint   PRIMARY KEY REFERENCES users,
    media_blurred boolean  NOT NULL DEFAULT true,
    media_grey    boolean  NOT NULL DEFAULT false,
    media_muted   boolean  NOT NULL DEFAULT true,
    media_small   boolean  NOT NULL DEFAULT true,
    mask_slurs    boolean  NOT NULL DEFAULT false,
    break_minutes smallint NOT NULL DEFAULT 50 CHECK (break_minutes BETWEEN 0 AND 600),  -- 0: never
    break_severe  smallint NOT NULL DEFAULT 15 CHECK (break_severe BETWEEN 0 AND 1000),  -- 0: never
    not_before    timestamptz  -- no suggestion until then: the last one was dismissed
);

-- What cases share: near copies of texts and pictures, files, entries of banks, rules; each as 64 bits.
-- `judged`: somebody decided the case at least once.
CREATE TABLE case_marks (
    mark    bigint  NOT NULL,
    judged  boolean NOT NULL,
    case_id bigint  NOT NULL REFERENCES cases ON DELETE CASCADE,
    PRIMARY KEY (mark, judged, case_id)
);
CREATE INDEX case_marks_case ON case_marks (case_id);

-- Cases whose marks are still to be made: appended by triggers, taken by workers, so that filing waits for nothing.
CREATE TABLE case_marks_due (
    seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL
);
INSERT INTO case_marks_due (case_id) SELECT id FROM cases ORDER BY id;

CREATE FUNCTION case_marks_note_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_marks_due (case_id) SELECT id FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION case_marks_note_judged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_marks_due (case_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER case_marks_new AFTER INSERT ON cases REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION case_marks_note_new();
CREATE TRIGGER case_marks_judged AFTER UPDATE OF state ON cases
    FOR EACH ROW WHEN (OLD.state <> 'decided' AND NEW.state = 'decided')
    EXECUTE FUNCTION case_marks_note_judged();

-- Replies in their order: a thread of any size is read in windows.
DROP INDEX posts_reply;
CREATE INDEX posts_reply ON posts (reply_to, created_at) WHERE reply_to IS NOT NULL;
