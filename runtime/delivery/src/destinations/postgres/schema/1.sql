CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE {schema}.schema_version (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row a measurement of a record. A record that comes again has the same key, and changes nothing.
CREATE TABLE {schema}.measurements (
    measured_at timestamptz NOT NULL,
    record_id text NOT NULL,
    measurement_id text NOT NULL,
    group_name text NOT NULL,
    sub_group text,
    use_case text,
    dev_eui text NOT NULL,
    device_name text,
    tags jsonb NOT NULL DEFAULT '{}',
    object_name text,
    serial_number text,
    reference text,
    point text,
    latitude double precision,
    longitude double precision,
    quantity text NOT NULL,
    unit text,
    kind text,
    channel integer NOT NULL DEFAULT 0,
    number double precision,
    text text,
    truth boolean,
    point_number double precision,
    is_current boolean NOT NULL DEFAULT true,
    local_time timestamp,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz,
    decoder text,
    decoder_version text,
    replaces text,
    PRIMARY KEY (measured_at, record_id, measurement_id)
) PARTITION BY RANGE (measured_at);

-- Moments of clocks that are wrong by years have no month of their own.
CREATE TABLE {schema}.measurements_other PARTITION OF {schema}.measurements DEFAULT;

CREATE INDEX ON {schema}.measurements (dev_eui, quantity, channel, measured_at DESC);
CREATE INDEX ON {schema}.measurements (group_name, quantity, measured_at DESC);

-- The groups that each role may read.
CREATE TABLE {schema}.readers (
    role_name name NOT NULL,
    group_name text NOT NULL,
    PRIMARY KEY (role_name, group_name)
);

ALTER TABLE {schema}.readers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON {schema}.readers FOR SELECT USING (role_name = current_user);

ALTER TABLE {schema}.measurements ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_groups ON {schema}.measurements FOR SELECT USING (
    group_name = ANY (ARRAY(SELECT readers.group_name FROM {schema}.readers WHERE role_name = current_user))
);

-- Each measurement once: of several records that tell it, the latest counts, which is a correction where there is one.
CREATE VIEW {schema}.series WITH (security_invoker = true) AS
SELECT DISTINCT ON (measured_at, measurement_id) *
FROM {schema}.measurements
ORDER BY measured_at, measurement_id, recorded_at DESC NULLS LAST;

-- The latest value of each quantity and channel of each device, of the last 400 days.
CREATE VIEW {schema}.latest WITH (security_invoker = true) AS
SELECT DISTINCT ON (dev_eui, quantity, channel) *
FROM {schema}.measurements
WHERE measured_at > now() - interval '400 days' AND measured_at < now() + interval '1 day'
ORDER BY dev_eui, quantity, channel, measured_at DESC, recorded_at DESC NULLS LAST;
