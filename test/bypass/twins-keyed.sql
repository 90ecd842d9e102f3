-- The same rows with other values where no more than their equality shows: of one rule, what was
-- equal is equal, what was not is not, and NULL stays NULL. What a type's filler hides may be
-- anything, and so may lengths, orders, and what operations stumble over.

UPDATE people SET
  ssn = (ARRAY['%\', '', 'zzzzzzzzzzzzzzzzzzzzzzzz'])[id],
  email = (ARRAY['x', '7([', '\'])[id],
  card = (ARRAY['', '999999999999', '-0'])[id],
  secret = (ARRAY['0', 'zzz\', name])[id],
  born = CASE id WHEN 1 THEN date 'infinity' WHEN 2 THEN '4713-01-01 BC' ELSE '5874897-12-31' END,
  seen_at = CASE id WHEN 1 THEN timestamptz '-infinity' ELSE '294276-12-31' END,
  salary = CASE id WHEN 1 THEN 0 WHEN 2 THEN 'NaN' ELSE -9999999999.99 END,
  pin = CASE pin WHEN 73194628 THEN 2147483647 ELSE 1 END,
  big = CASE big WHEN 550117293846 THEN 0 ELSE -9223372036854775808 END,
  ratio = CASE id WHEN 1 THEN 'NaN' WHEN 2 THEN 1.7e308 ELSE 1.7e308 END,
  photo = CASE id WHEN 1 THEN bytea '\x' ELSE '\xff00fe' END,
  badge = 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  tags = CASE id WHEN 1 THEN '{}' WHEN 2 THEN '{{a,b},{c,NULL}}' ELSE '[5:6]={7,NULL}' END::text[],
  profile = '{"a": 1e400, "": null}',
  doc = '{"n": "\u0000"}',
  relative = CASE id WHEN 1 THEN ROW('', -2147483648)::kin ELSE ROW(')"\', 0)::kin END
WHERE id < 4;
UPDATE staff SET ssn = 'a%\', secret = '0';
UPDATE diary SET notes = CASE day WHEN 1 THEN '\' ELSE '1' END;
UPDATE events SET note = '%';
