-- Which messages a webhook receives: a platform's wants its actions, a pager's wants pages.
ALTER TABLE webhooks ADD COLUMN types text[] NOT NULL DEFAULT '{action.ordered}'
    CHECK (cardinality(types) > 0 AND types <@ '{action.ordered,threat.page}'::text[]);
CREATE INDEX deliveries_pages ON deliveries (((body -> 'data' ->> 'threat')::bigint))
    WHERE type = 'threat.page' AND state = 'pending';

-- Who is called when a threat is urgent. Step 1 is called first; each round that nobody answers adds a step.
CREATE TABLE on_call (
    user_id  bigint      PRIMARY KEY REFERENCES users,
    email    text        NOT NULL,
    step     smallint    NOT NULL DEFAULT 1 CHECK (step BETWEEN 1 AND 9),
    added_by text        NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now()
);

-- One row for each threat that pages; `next_at` is NULL once somebody has looked or the rounds are spent.
CREATE TABLE threat_pages (
    threat_id  bigint      PRIMARY KEY REFERENCES threats,
    started_at timestamptz NOT NULL,
    rounds     smallint    NOT NULL DEFAULT 0,
    next_at    timestamptz,
    ended_as   text        CHECK (ended_as IN ('seen', 'spent', 'closed')),
    CHECK ((next_at IS NULL) = (ended_as IS NOT NULL))
);
CREATE INDEX threat_pages_due ON threat_pages (next_at) WHERE next_at IS NOT NULL;

-- The outbox of mails.
CREATE TABLE mails (
    id         uuid        PRIMARY KEY DEFAULT uuidv7(),
    threat_id  bigint      REFERENCES threats,
    recipient  text        NOT NULL,
    locale     text        NOT NULL,
    subject    text        NOT NULL,
    body       text        NOT NULL,
    state      text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead', 'cancelled')),
    attempts   smallint    NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at    timestamptz,
    last_error text
) WITH (fillfactor = 70);
CREATE INDEX mails_due ON mails (next_at) WHERE state = 'pending';
CREATE INDEX mails_dead ON mails (id DESC) WHERE state = 'dead';
CREATE INDEX mails_threat ON mails (threat_id) WHERE state = 'pending';

-- What is told to law enforcement about a threat. Two people: who approves has neither drafted nor changed it.
CREATE TABLE referrals (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    threat_id     bigint      NOT NULL REFERENCES threats,
    state         text        NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'sent', 'withdrawn')),
    language      text        NOT NULL CHECK (language IN ('en', 'ar')),  -- of the document
    authority     text        NOT NULL,
    country       text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    legal_basis   text[]      NOT NULL
        CHECK (cardinality(legal_basis) > 0 AND legal_basis <@ '{dsa_18,tco_14_5,national}'::text[]),
    legal_note    text        NOT NULL DEFAULT '',
    statement     text        NOT NULL,
    unknown       text[]      NOT NULL DEFAULT '{}',
    translations  jsonb       NOT NULL DEFAULT '{}',  -- by the text's SHA-256: {language, text, by: human|machine}
    asks          text        NOT NULL,  -- who asks: name, function, service
    callback      text        NOT NULL,  -- where they are reached at any hour
    protectees    boolean     NOT NULL DEFAULT true,  -- whether the packet names who is watched over
    drafted_by    text        NOT NULL,
    drafted_at    timestamptz NOT NULL,
    changed_by    text        NOT NULL,
    changed_at    timestamptz NOT NULL,
    approved_by   text        CHECK (approved_by LIKE 'user:%'),
    approved_at   timestamptz,
    sent_at       timestamptz,
    packet        text,  -- the very bytes that were approved
    packet_sha256 text,
    CHECK (approved_by <> drafted_by AND approved_by <> changed_by),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((approved_by IS NULL) = (packet IS NULL)),
    CHECK ((packet IS NULL) = (packet_sha256 IS NULL)),
    CHECK (state NOT IN ('approved', 'sent') OR approved_by IS NOT NULL),
    CHECK (state <> 'draft' OR approved_by IS NULL),
    CHECK (state <> 'sent' OR sent_at IS NOT NULL)
);
CREATE INDEX referrals_threat ON referrals (threat_id);
CREATE INDEX referrals_open ON referrals (id DESC) WHERE state IN ('draft', 'approved');

-- A change of what it says takes the approval with it; what was sent or withdrawn stays as it is.
CREATE FUNCTION referral_is_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'referrals are kept; withdraw it instead';
    END IF;
    changed := (NEW.threat_id, NEW.language, NEW.authority, NEW.country, NEW.legal_basis, NEW.legal_note, NEW.statement,
                NEW.unknown, NEW.translations, NEW.asks, NEW.callback, NEW.protectees, NEW.drafted_by)
        IS DISTINCT FROM
               (OLD.threat_id, OLD.language, OLD.authority, OLD.country, OLD.legal_basis, OLD.legal_note, OLD.statement,
                OLD.unknown, OLD.translations, OLD.asks, OLD.callback, OLD.protectees, OLD.drafted_by);
    IF changed AND OLD.state IN ('sent', 'withdrawn') THEN
        RAISE EXCEPTION 'a referral that was % is not changed any more', OLD.state;
    END IF;
    IF changed AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'a change voids the approval: the referral is a draft again';
    END IF;
    IF OLD.packet IS NOT NULL AND NEW.packet IS NOT NULL AND NEW.packet <> OLD.packet THEN
        RAISE EXCEPTION 'what was approved is not replaced';
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('draft', 'draft'), ('draft', 'approved'), ('draft', 'withdrawn'),
            ('approved', 'approved'), ('approved', 'draft'), ('approved', 'sent'), ('approved', 'withdrawn'),
            ('sent', 'sent'), ('sent', 'withdrawn'), ('withdrawn', 'withdrawn')) THEN
        RAISE EXCEPTION 'a referral that is % does not become %', OLD.state, NEW.state;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referrals_guarded BEFORE UPDATE OR DELETE ON referrals
    FOR EACH ROW EXECUTE FUNCTION referral_is_guarded();

-- What was done with a referral, and who got it: drafted, changed, shown, exported, approved, sent, withdrawn.
CREATE TABLE referral_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id bigint      NOT NULL REFERENCES referrals,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL,
    act         text        NOT NULL,
    details     jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX referral_log_referral ON referral_log (referral_id, id);

-- What may not be forgotten while a referral needs it, whatever the platform or retention does.
CREATE TABLE legal_holds (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    threat_id    bigint           NOT NULL REFERENCES threats,
    referral_id  bigint           NOT NULL REFERENCES referrals,
    reason       text             NOT NULL,
    placed_by    text             NOT NULL,
    placed_at    timestamptz      NOT NULL,
    lifted_by    text,
    lifted_at    timestamptz,
    UNIQUE (referral_id, subject_kind, subject_id),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE INDEX legal_holds_standing ON legal_holds (subject_kind, subject_id) WHERE lifted_at IS NULL;

-- Copies as they were when the referral was drafted. `content` is text, because its very bytes are hashed.
CREATE TABLE preserved (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id  bigint           NOT NULL REFERENCES referrals,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    field        text             NOT NULL DEFAULT '',
    content      text             NOT NULL,
    sha256       text             NOT NULL CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    at           timestamptz      NOT NULL,
    UNIQUE (referral_id, subject_kind, subject_id, field, sha256)
);

-- Rows that tell what happened are only ever added.
CREATE FUNCTION only_ever_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END $$;
CREATE TRIGGER referral_log_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON referral_log
    FOR EACH STATEMENT EXECUTE FUNCTION only_ever_added();
CREATE TRIGGER preserved_unchanged BEFORE UPDATE OR TRUNCATE ON preserved
    FOR EACH STATEMENT EXECUTE FUNCTION only_ever_added();

-- Events about what is held, kept when their month is dropped.
CREATE TABLE held_events (
    seq         bigint      PRIMARY KEY,
    received_at timestamptz NOT NULL,
    account     text COLLATE "C" NOT NULL,
    body        jsonb       NOT NULL
);
CREATE INDEX held_events_account ON held_events (account);
