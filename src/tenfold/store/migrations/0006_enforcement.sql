CREATE TABLE webhooks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL UNIQUE,
    url        text        NOT NULL,
    secret     text        NOT NULL,  -- encrypted under the installation's key
    enabled    boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_reason text
);

-- The outbox: a row for each message that must reach a webhook.
CREATE TABLE deliveries (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    webhook_id   bigint      NOT NULL REFERENCES webhooks,
    action_id    bigint      REFERENCES actions,
    type         text        NOT NULL,
    body         jsonb       NOT NULL,
    state        text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead', 'cancelled')),
    attempts     smallint    NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    last_status  int,
    last_error   text
) WITH (fillfactor = 70);
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (id DESC) WHERE state = 'dead';
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id DESC);
CREATE INDEX deliveries_action ON deliveries (action_id);
