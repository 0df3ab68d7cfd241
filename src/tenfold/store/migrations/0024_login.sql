-- Who comes in through an OpenID provider is known by the provider's own id (`subject`), never by a name.
-- `invited_as` is the name there of whom an account was made for, until their first login.
ALTER TABLE users
    ADD COLUMN issuer     text,
    ADD COLUMN subject    text,
    ADD COLUMN invited_as text,
    ADD CONSTRAINT users_identity CHECK ((issuer IS NULL) = (subject IS NULL));
CREATE UNIQUE INDEX users_subject ON users (issuer, subject);
CREATE UNIQUE INDEX users_invited ON users (lower(invited_as));

-- Logins that were sent to the provider and are not back. `browser` is a hash of the cookie that began.
CREATE TABLE oidc_logins (
    state_hash bytea       PRIMARY KEY,
    browser    bytea       NOT NULL,
    back       text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oidc_logins_expiry ON oidc_logins (expires_at);

-- `strong`: a second factor was shown, or a provider vouched. `id_token` is sealed, for logging out there.
ALTER TABLE web_sessions
    ADD COLUMN id       bigint  GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN came_by  text    NOT NULL DEFAULT 'link' CHECK (came_by IN ('password', 'link', 'provider')),
    ADD COLUMN strong   boolean NOT NULL DEFAULT false,
    ADD COLUMN agent    text    NOT NULL DEFAULT '',
    ADD COLUMN id_token text;

-- Logins whose second factor is still to be shown.
CREATE TABLE login_steps (
    token_hash bytea       PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users,
    came_by    text        NOT NULL,
    back       text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX login_steps_user ON login_steps (user_id);

-- `secret` is sealed; `last_step` is the time step of the last code used, so that none works twice.
CREATE TABLE second_factors (
    user_id      bigint      PRIMARY KEY REFERENCES users,
    secret       text        NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint      NOT NULL DEFAULT 0
);
CREATE TABLE recovery_codes (
    user_id bigint      NOT NULL REFERENCES users,
    hash    bytea       NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);
