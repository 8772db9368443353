-- The record that stands for that of the row, where its frame was decoded once more since.
ALTER TABLE {schema}.measurements ADD COLUMN replaced_by text;

-- The rows of a record are found by it, whatever moments they tell: without it all rows of all months are gone through. Whoever has
-- more of them than are indexed in the time of a statement makes it before.
CREATE INDEX IF NOT EXISTS measurements_by_record ON {schema}.measurements (record_id);

-- Each measurement once: of several records that tell it the latest counts, and of a frame that was decoded once more the last
-- decoding, also where it has other quantities or moments than the one before.
CREATE OR REPLACE VIEW {schema}.series WITH (security_invoker = true) AS
SELECT DISTINCT ON (measured_at, measurement_id) *
FROM {schema}.measurements
WHERE replaced_by IS NULL
ORDER BY measured_at, measurement_id, recorded_at DESC NULLS LAST;

-- The latest value of each quantity and channel of each device, of the last 400 days.
CREATE OR REPLACE VIEW {schema}.latest WITH (security_invoker = true) AS
SELECT DISTINCT ON (dev_eui, quantity, channel) *
FROM {schema}.measurements
WHERE measured_at > now() - interval '400 days' AND measured_at < now() + interval '1 day' AND replaced_by IS NULL
ORDER BY dev_eui, quantity, channel, measured_at DESC, recorded_at DESC NULLS LAST;
