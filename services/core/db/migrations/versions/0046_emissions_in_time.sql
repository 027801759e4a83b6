-- Emissions of all monitors in the order of time.
CREATE INDEX emission_in_time ON emission (ts, factor) WHERE grain <> 'moment';
