-- Other values in the columns that demo/sluice.yaml masks, and nothing else: of other rows, with
-- other letters and digits, other lengths, other equalities, and in another order. What is NULL
-- stays NULL: of all but salaries the masks show that.
-- No joins: each table is rewritten in the order in which it lies there.

UPDATE customers SET
  email = pg_temp.other(
    (SELECT email FROM customers AS c WHERE c.id = customers.id * 7 % 2000 + 1), id),
  phone = CASE WHEN phone IS NOT NULL
    THEN pg_temp.other('+1-201-555-' || lpad((id * 17 % 10000)::text, 4, '0'), id) END,
  birth_date = CASE WHEN birth_date IS NOT NULL THEN date '1800-01-01' + id * 1049 % 110000 END;

UPDATE employees SET
  ssn = pg_temp.other(
    (SELECT ssn FROM employees AS e WHERE e.id = employees.id * 7 % 60 + 1), id),
  salary = (id * 7919 % 2000003) * (id % 3 - 1) * 10 + 0.5;

UPDATE payments SET card_number = pg_temp.other('4' || left(md5((id % 97)::text), 14), id);
