-- The fingerprint that stays of a closed account, pseudonymous; erased on reversal and expiry. It is json,
-- not jsonb, because it is only ever read whole.
CREATE TABLE closures (
    account     text COLLATE "C" PRIMARY KEY,
    created_at  timestamptz,
    closed_at   timestamptz NOT NULL,
    origin      text        NOT NULL,  -- decision:ID, rule:NAME@VERSION, platform, or import:NAME
    ground      text        NOT NULL DEFAULT '',
    fingerprint json        NOT NULL,
    keys        bigint[]    NOT NULL DEFAULT '{}',  -- those in closure_keys, for reading them at once
    kept_at     timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz
);
CREATE INDEX closures_closed ON closures (closed_at DESC, account DESC);
CREATE INDEX closures_expiry ON closures (expires_at) WHERE expires_at IS NOT NULL;

-- Whose closure was erased on request or because the account was restored, and when: only a later closing
-- makes another one.
CREATE TABLE closures_erased (
    account   text COLLATE "C" PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

-- Which keys (linkage/keys.py) closed accounts showed: where candidates are found ...
CREATE TABLE closure_keys (
    key     bigint           NOT NULL,
    account text COLLATE "C" NOT NULL,
    PRIMARY KEY (key, account)
);
CREATE INDEX closure_keys_account ON closure_keys (account);

-- ... and which keys all accounts show: how rare each is, and where a closure hunts.
CREATE TABLE account_keys (
    key     bigint           NOT NULL,
    account text COLLATE "C" NOT NULL,
    PRIMARY KEY (key, account)
);
CREATE INDEX account_keys_account ON account_keys (account);

-- Who names whom in posts, each pair once, the first sixty-four who name an account and all that announce it.
CREATE TABLE mentions (
    target    text COLLATE "C" NOT NULL,
    account   text COLLATE "C" NOT NULL,
    at        timestamptz      NOT NULL,
    announced boolean          NOT NULL DEFAULT false,  -- told others that it is somebody's new account
    PRIMARY KEY (target, account)
);
CREATE INDEX mentions_account ON mentions (account, announced);

-- What linkage has still to do. `settle`: an account was closed or restored, its closure is kept or erased.
-- `hunt`: a closure was kept, its returns may be there already. `look`: what is known of an account has changed.
-- Only ever appended to and deleted from, so that whoever closes an account waits for nobody.
CREATE TABLE links_due (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text COLLATE "C" NOT NULL,
    step    text             NOT NULL CHECK (step IN ('settle', 'hunt', 'look')),
    at      timestamptz      NOT NULL DEFAULT now(),
    reason  text             NOT NULL DEFAULT '',
    state   text             NOT NULL DEFAULT '',  -- to `settle`: what the account became then, if it is known
    tries   smallint         NOT NULL DEFAULT 0,  -- that failed; after a few it is left here for people to see
    -- A hunt begins when all that were at work together with this transaction have ended: whoever linked a
    -- new account at that time did not see the closure yet.
    xid     xid8             NOT NULL DEFAULT pg_current_xact_id()
);

-- New accounts with candidates among the closed that say too little so far: more posts are reason to look again.
CREATE TABLE link_watch (
    account  text COLLATE "C" PRIMARY KEY,
    asked_at timestamptz      NOT NULL DEFAULT now()
);

-- Keys of more accounts than are counted each time; maintenance counts them now and then.
CREATE TABLE common_keys (
    key        bigint PRIMARY KEY,
    accounts   bigint      NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT now()  -- -infinity: only known to be common
);
CREATE INDEX common_keys_counted ON common_keys (counted_at, key);

-- Values that a person marked as shared by people who have nothing to do with each other.
CREATE TABLE shared_keys (
    key       bigint PRIMARY KEY,
    kind      text        NOT NULL,
    reason    text        NOT NULL DEFAULT '',
    marked_by text        NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT now(),
    until     timestamptz,
    decision  bigint       -- of link_decisions, if it came with one: the mark goes when that is taken back
);
CREATE INDEX shared_keys_decision ON shared_keys (decision) WHERE decision IS NOT NULL;

-- What linkage found out about a link; links that people or the platform told have no model.
ALTER TABLE links ADD COLUMN closed text COLLATE "C";  -- which of the two came first and was closed
ALTER TABLE links ADD COLUMN model text NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN held_back text;  -- why it is not likely though it is probable
CREATE INDEX signals_return ON signals (key) WHERE name = 'return';
-- The list of links as people work it off: likely ones first.
CREATE INDEX links_shown ON links (level, probability DESC, account_a, account_b);

-- What people decided about pairs; the latest in force counts. Never erased by a new model.
CREATE TABLE link_decisions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_a   text COLLATE "C" NOT NULL,
    account_b   text COLLATE "C" NOT NULL,
    verdict     text             NOT NULL CHECK (verdict IN ('same', 'different', 'unsure')),
    author      text             NOT NULL,
    reason      text             NOT NULL DEFAULT '',
    case_id     bigint           REFERENCES cases,
    decision_id bigint           REFERENCES decisions,
    probability real,                          -- as shown when it was decided
    evidence    jsonb            NOT NULL DEFAULT '[]',  -- as shown when it was decided
    model       text             NOT NULL DEFAULT '',
    decided_at  timestamptz      NOT NULL DEFAULT now(),
    reversed_at timestamptz,
    removed     jsonb,  -- the link and the signal that `different` took away; a reversal puts them back
    CHECK (account_a < account_b)
);
CREATE INDEX link_decisions_pair ON link_decisions (account_a, account_b, id DESC);
CREATE INDEX link_decisions_probability ON link_decisions (probability, id DESC) WHERE reversed_at IS NULL;
CREATE INDEX link_decisions_b ON link_decisions (account_b);
CREATE INDEX link_decisions_case ON link_decisions (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX link_decisions_decision ON link_decisions (decision_id) WHERE decision_id IS NOT NULL;

-- Every set of parameters that ever scored; at most one is in use, none means the shipped one.
CREATE TABLE link_models (
    version    text PRIMARY KEY,
    parameters jsonb       NOT NULL,
    report     jsonb       NOT NULL DEFAULT '{}',  -- what it was trained on, and its measured figures
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    in_use     boolean     NOT NULL DEFAULT false,
    fault      text        -- why it cannot be used: the shipped one then scores in its place
);
CREATE UNIQUE INDEX link_models_in_use ON link_models (in_use) WHERE in_use;

-- What is usual in the writing of the platform (linkage/usual.py), made anew now and then from a sample of
-- accounts; one row. `usual` is empty while too few have written enough.
CREATE TABLE style_background (
    one      boolean     PRIMARY KEY DEFAULT true CHECK (one),
    usual    bytea       NOT NULL,
    accounts integer     NOT NULL,
    made_at  timestamptz NOT NULL
);
