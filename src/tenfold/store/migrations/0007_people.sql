CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text        NOT NULL,
    password_hash text,
    roles         text[]      NOT NULL DEFAULT '{}',
    locale        text        NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'ar')),
    blur          boolean     NOT NULL DEFAULT false,  -- texts stay blurred until revealed
    shortcuts     boolean     NOT NULL DEFAULT true,  -- single-key commands of the console
    disabled      boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_name ON users (lower(name));

CREATE TABLE login_links (
    token_hash bytea       PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

CREATE TABLE web_sessions (
    token_hash bytea       PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX web_sessions_user ON web_sessions (user_id);

-- Failed logins of the last minutes, by keyed hash of who tried and from where.
CREATE TABLE login_failures (
    key bytea       NOT NULL,
    at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_failures_key ON login_failures (key, at);
CREATE INDEX login_failures_at ON login_failures (at);

CREATE TABLE api_keys (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefix     text        NOT NULL UNIQUE,
    hash       bytea       NOT NULL,
    name       text        NOT NULL,
    scopes     text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

-- The audit chain: each row's hash covers the row and the hash before it. `details` is json, not jsonb,
-- because its very bytes are hashed.
CREATE TABLE audit (
    seq      bigint      PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text        NOT NULL,
    act      text        NOT NULL,
    subject  text        NOT NULL DEFAULT '',
    details  json        NOT NULL DEFAULT '{}',
    previous bytea       NOT NULL,
    hash     bytea       NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

-- Stops mistakes; whoever may drop the trigger is found by the chain.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever appended to';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
