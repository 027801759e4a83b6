-- Rectifiers of potlines are told from other sub meters: the AC power of molten aluminium is what goes into them.
ALTER TABLE meter DROP CONSTRAINT meter_flow_check;
ALTER TABLE meter ADD CONSTRAINT meter_flow_check
CHECK (flow IN ('input', 'output', 'feedstock', 'renewable', 'product', 'sub', 'it_load', 'rectifier'));
