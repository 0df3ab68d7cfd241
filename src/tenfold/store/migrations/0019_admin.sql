ALTER TABLE api_keys ADD COLUMN last_used_at timestamptz;  -- to about a minute

-- After a rotation both secrets sign until the old one's time is over, so that receivers can follow.
ALTER TABLE webhooks ADD COLUMN old_secret text, ADD COLUMN old_secret_until timestamptz;

-- Every try of a delivery; `seconds` is how long the receiver took.
CREATE TABLE delivery_attempts (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id uuid        NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    seconds     real        NOT NULL,
    status      int,
    error       text
);
CREATE INDEX delivery_attempts_delivery ON delivery_attempts (delivery_id, id);
CREATE INDEX delivery_attempts_at ON delivery_attempts (at);

-- What administrators chose at the console; it goes before the settings of the environment.
CREATE TABLE chosen_settings (
    name       text        PRIMARY KEY,
    value      bigint      NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text        NOT NULL,
    reason     text        NOT NULL
);
