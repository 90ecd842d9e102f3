-- The same rows with other values where nothing of them shows: other lengths, orders and
-- equalities, and what operations stumble over. NULL stays NULL but in salary. Of ssn the last two
-- characters and the length show. A name, a '0' and the order answer what rows ask.

UPDATE people SET
  ssn = chr(90 - id) || translate(substr(left(ssn, -2), 2), 'estrlux-4', 'zq9''%\(7a') ||
    right(ssn, 2),
  email = CASE id WHEN 1 THEN '' WHEN 2 THEN 'x' ELSE (3 - id) || '%\' || email END,
  card = CASE id WHEN 1 THEN '999999999999' ELSE '-0' END,
  secret = (ARRAY['7([', 'zz\', name])[id],
  born = CASE id WHEN 1 THEN date 'infinity' WHEN 2 THEN '4713-01-01 BC' ELSE '5874897-12-31' END,
  seen_at = CASE id WHEN 1 THEN timestamptz '-infinity' ELSE '294276-12-31' END,
  salary = CASE id WHEN 1 THEN 'NaN' WHEN 2 THEN -9999999999.99 END,
  pin = CASE id WHEN 1 THEN 1 ELSE 2147483647 END,
  big = CASE id WHEN 1 THEN 0 WHEN 2 THEN -9223372036854775808 ELSE 9223372036854775807 END,
  ratio = CASE id WHEN 1 THEN 'NaN' WHEN 2 THEN 1.7e308 ELSE 1.7e308 END,
  photo = CASE id WHEN 1 THEN bytea '\x' ELSE '\xff00fe' END,
  badge = ('ffffffff-ffff-ffff-ffff-fffffffffff' || 9 - id)::uuid,
  tags = CASE id WHEN 1 THEN '{}' WHEN 2 THEN '{{a,b},{c,NULL}}' ELSE '[5:6]={7,NULL}' END::text[],
  profile =
    CASE id WHEN 1 THEN '[]' WHEN 2 THEN '"\ufffd"' ELSE '{"a": 1e400, "": null}' END::jsonb,
  doc = CASE id WHEN 1 THEN '{"n": "\u0000"}' WHEN 2 THEN '[1, 1e999999]' ELSE '3' END::json,
  relative = CASE id WHEN 1 THEN ROW('', -2147483648)::kin ELSE ROW(')"\', 0)::kin END
WHERE id < 4;
UPDATE staff SET ssn = overlay(ssn PLACING 'a%\' FROM 2 FOR 3), secret = '0', salary = 0;
UPDATE diary SET notes = CASE day WHEN 1 THEN '\' ELSE '' END;
UPDATE events SET note = '%';
