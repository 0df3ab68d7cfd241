-- The state of subjects, folded from events. Ids are the platform's own.
CREATE TABLE accounts (
    id           text COLLATE "C" PRIMARY KEY,
    handle       text,
    display_name text,
    bio          text,
    avatar       text,
    banner       text,
    location     text,
    links        text[]      NOT NULL DEFAULT '{}',
    language     text,
    email_token  text,
    phone_token  text,
    followers    bigint,
    following    bigint,
    verified     boolean     NOT NULL DEFAULT false,
    created_at   timestamptz,  -- NULL: the platform never said; the account is older than what it sent
    first_seq    bigint      NOT NULL,
    updated_at   timestamptz NOT NULL,
    last_post_at timestamptz,
    posts        bigint      NOT NULL DEFAULT 0,
    state        text        NOT NULL DEFAULT 'active'
        CHECK (state IN ('active', 'held', 'restricted', 'closed', 'deleted'))
) WITH (fillfactor = 80);
CREATE INDEX accounts_handle ON accounts (left(lower(handle), 100));  -- a whole one may not fit
CREATE INDEX accounts_created ON accounts (created_at);

-- Every profile that an account has shown, for recognising it when it comes back.
CREATE TABLE account_profiles (
    account      text COLLATE "C" NOT NULL,
    seq          bigint      NOT NULL,
    at           timestamptz NOT NULL,
    handle       text,
    display_name text,
    bio          text,
    avatar       text,
    banner       text,
    location     text,
    links        text[]      NOT NULL DEFAULT '{}',
    PRIMARY KEY (account, seq)
);

-- Keyed tokens of e-mail, phone, device, network address: which accounts have shown which.
CREATE TABLE account_tokens (
    kind       text             NOT NULL,
    token      text COLLATE "C" NOT NULL,
    account    text COLLATE "C" NOT NULL,
    first_seen timestamptz      NOT NULL,
    last_seen  timestamptz      NOT NULL,
    uses       bigint           NOT NULL DEFAULT 1,
    PRIMARY KEY (kind, token, account)
) WITH (fillfactor = 80);
CREATE INDEX account_tokens_account ON account_tokens (account);

CREATE TABLE sessions (
    seq              bigint PRIMARY KEY,
    account          text COLLATE "C" NOT NULL,
    started_at       timestamptz      NOT NULL,
    address_token    text,
    network_token    text,
    device_token     text,
    user_agent_token text
);
CREATE INDEX sessions_account ON sessions (account, started_at DESC);
CREATE INDEX sessions_started ON sessions USING brin (started_at);

CREATE TABLE posts (
    id         text COLLATE "C" PRIMARY KEY,
    account    text COLLATE "C" NOT NULL,
    created_at timestamptz      NOT NULL,
    edited_at  timestamptz,
    text       text             NOT NULL,
    language   text,
    script     text,
    reply_to   text COLLATE "C",
    repost_of  text COLLATE "C",
    quote_of   text COLLATE "C",
    group_id   text COLLATE "C",
    media      text[]           NOT NULL DEFAULT '{}',
    links      text[]           NOT NULL DEFAULT '{}',
    mentions   text[]           NOT NULL DEFAULT '{}',
    url        text,
    seq        bigint           NOT NULL,
    state      text             NOT NULL DEFAULT 'visible'
        CHECK (state IN ('visible', 'held', 'hidden', 'labelled', 'restricted', 'removed', 'deleted'))
) WITH (fillfactor = 95);
CREATE INDEX posts_account ON posts (account, created_at DESC);
CREATE INDEX posts_group ON posts (group_id, created_at DESC) WHERE group_id IS NOT NULL;
CREATE INDEX posts_reply ON posts (reply_to) WHERE reply_to IS NOT NULL;

CREATE TABLE media (
    id         text COLLATE "C" PRIMARY KEY,
    account    text COLLATE "C" NOT NULL,
    created_at timestamptz      NOT NULL,
    kind       text             NOT NULL,
    mime       text,
    sha256     text COLLATE "C",
    md5        text COLLATE "C",
    pdq        text COLLATE "C",
    bytes      bigint,
    url        text,
    seq        bigint           NOT NULL,
    state      text             NOT NULL DEFAULT 'visible'
        CHECK (state IN ('visible', 'held', 'hidden', 'labelled', 'restricted', 'removed', 'deleted'))
);
CREATE INDEX media_account ON media (account, created_at DESC);
CREATE INDEX media_sha256 ON media (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE groups (
    id          text COLLATE "C" PRIMARY KEY,
    creator     text COLLATE "C",
    name        text,
    description text,
    avatar      text,
    links       text[]      NOT NULL DEFAULT '{}',
    visibility  text,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    members     bigint      NOT NULL DEFAULT 0,
    state       text        NOT NULL DEFAULT 'active'
        CHECK (state IN ('active', 'held', 'restricted', 'closed', 'deleted'))
) WITH (fillfactor = 80);
CREATE INDEX groups_creator ON groups (creator);

CREATE TABLE memberships (
    group_id  text COLLATE "C" NOT NULL,
    account   text COLLATE "C" NOT NULL,
    role      text             NOT NULL,
    joined_at timestamptz      NOT NULL,
    left_at   timestamptz,
    PRIMARY KEY (group_id, account)
);
CREATE INDEX memberships_account ON memberships (account);

CREATE TABLE follows (
    follower   text COLLATE "C" NOT NULL,
    target     text COLLATE "C" NOT NULL,
    created_at timestamptz      NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (follower, target)
);
CREATE INDEX follows_target ON follows (target);

CREATE TABLE reports (
    seq          bigint PRIMARY KEY,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    reporter     text COLLATE "C",
    reason       text             NOT NULL,
    text         text             NOT NULL,
    filed_at     timestamptz      NOT NULL
);
CREATE INDEX reports_subject ON reports (subject_kind, subject_id);
