-- A believable shop, the same in every copy: nothing here rolls dice. People are invented, card
-- numbers are made from the ranges that card companies publish for tests.

BEGIN;

-- ISO/IEC 7812-1, annex B: the digit that makes a card number valid.
CREATE FUNCTION pg_temp.with_check_digit(digits text) RETURNS text LANGUAGE sql AS $$
  SELECT digits || ((10 - sum(CASE
      WHEN (length(digits) - at) % 2 = 1 THEN digit
      WHEN digit > 4 THEN digit * 2 - 9
      ELSE digit * 2 END) % 10) % 10)::text
  FROM (
    SELECT at, substr(digits, at, 1)::int AS digit FROM generate_series(1, length(digits)) AS at
  ) AS each
$$;

CREATE FUNCTION pg_temp.card(n int) RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.with_check_digit(
    (ARRAY['42424242', '55555555', '40000566', '52008282'])[n % 4 + 1]
      || lpad((n * 7919 % 10000000)::text, 7, '0'))
$$;

-- Invented numbers in a form that could have been issued: no area 000, 666 or above 899.
CREATE FUNCTION pg_temp.ssn(n int) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s-%s-%s', 100 + n * 37 % 560, lpad((1 + n * 13 % 99)::text, 2, '0'),
    lpad((1 + n * 7717 % 9999)::text, 4, '0'))
$$;

CREATE FUNCTION pg_temp.first_name(n int) RETURNS text LANGUAGE sql AS $$
  SELECT (ARRAY['Amara', 'Bruno', 'Chiara', 'Dmitri', 'Elif', 'Farid', 'Greta', 'Hana', 'Ivo',
    'Jun', 'Katya', 'Liam', 'Mina', 'Noor', 'Oskar', 'Priya', 'Quinn', 'Rosa', 'Sven', 'Tariq',
    'Uma', 'Vera', 'Wanda', 'Xenia', 'Yusuf', 'Zoë'])[n * 11 % 26 + 1]
$$;

CREATE FUNCTION pg_temp.last_name(n int) RETURNS text LANGUAGE sql AS $$
  SELECT (ARRAY['Adeyemi', 'Bauer', 'Costa', 'Duarte', 'Eriksen', 'Fontaine', 'Grieve', 'Haddad',
    'Ivanova', 'Jansen', 'Kowalski', 'Lindqvist', 'Moreau', 'Nakamura', 'O''Brien', 'Petrov',
    'Quispe', 'Rossi', 'Santos', 'Tanaka', 'Ueda', 'Varga', 'Weber', 'Yılmaz', 'Zhang'])
    [n * 7 % 25 + 1]
$$;

CREATE TABLE employees (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  email text NOT NULL UNIQUE,
  ssn text NOT NULL UNIQUE,
  salary numeric(10, 2) NOT NULL,
  manager_id int REFERENCES employees,
  hired_on date NOT NULL
);

INSERT INTO employees (name, role, email, ssn, salary, manager_id, hired_on)
SELECT
  pg_temp.first_name(n + 3) || ' ' || pg_temp.last_name(n + 5),
  CASE WHEN n = 1 THEN 'Director' WHEN n < 7 THEN 'Manager'
    ELSE (ARRAY['Buyer', 'Clerk', 'Packer', 'Accountant', 'Engineer'])[n % 5 + 1] END,
  format('staff%s@shop.example', n),
  pg_temp.ssn(n),
  (CASE WHEN n = 1 THEN 148000 WHEN n < 7 THEN 91000 ELSE 41000 END) + n * 977 % 15000,
  CASE WHEN n = 1 THEN NULL WHEN n < 7 THEN 1 ELSE n % 5 + 2 END,
  date '2015-02-01' + n * 53
FROM generate_series(1, 60) AS n;

CREATE TABLE customers (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  phone text,
  birth_date date,
  city text NOT NULL,
  profile jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL
);

INSERT INTO customers (name, email, phone, birth_date, city, profile, created_at)
SELECT
  pg_temp.first_name(n) || ' ' || pg_temp.last_name(n),
  format('customer%s@%s', n, (ARRAY['example.com', 'example.org', 'mail.example'])[n % 3 + 1]),
  CASE WHEN n % 9 > 0
    THEN format('+1-%s-555-%s', 201 + n * 17 % 700, lpad((n * 31 % 10000)::text, 4, '0')) END,
  date '1950-03-01' + n * 1237 % 19000,
  (ARRAY['Berlin', 'Chicago', 'Dakar', 'Lisbon', 'Osaka', 'Porto', 'Quito', 'Zürich'])[n % 8 + 1],
  jsonb_strip_nulls(jsonb_build_object(
    'newsletter', n % 3 = 0,
    'language', (ARRAY['de', 'en', 'fr', 'ja', 'pt'])[n % 5 + 1],
    'sizes', jsonb_build_array(36 + n % 10, (ARRAY['S', 'M', 'L'])[n % 3 + 1]),
    'ssn', CASE WHEN n % 10 = 0 THEN pg_temp.ssn(n + 1000) END,
    'card', CASE WHEN n % 7 = 0
      THEN jsonb_build_object('number', pg_temp.card(n), 'expires', '2029-0' || n % 9 + 1) END
  )),
  timestamptz '2021-01-04 08:00Z' + n * interval '17 hours 23 minutes'
FROM generate_series(1, 2000) AS n;

CREATE TABLE products (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  price numeric(8, 2) NOT NULL CHECK (price > 0),
  stock int NOT NULL CHECK (stock >= 0),
  tags text[] NOT NULL DEFAULT '{}'
);

INSERT INTO products (sku, name, price, stock, tags)
SELECT
  format('SKU-%s', lpad(n::text, 4, '0')),
  (ARRAY['Linen', 'Wool', 'Denim', 'Canvas', 'Rain', 'Trail'])[n % 6 + 1] || ' '
    || (ARRAY['jacket', 'shirt', 'bag', 'boots', 'scarf'])[n % 5 + 1] || ' ' || n,
  9.90 + n * 137 % 240,
  n * 53 % 400,
  ARRAY[(ARRAY['summer', 'winter'])[n % 2 + 1], (ARRAY['new', 'classic', 'sale'])[n % 3 + 1]]
FROM generate_series(1, 120) AS n;

CREATE TABLE orders (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id int NOT NULL REFERENCES customers,
  product_id int NOT NULL REFERENCES products,
  quantity int NOT NULL CHECK (quantity > 0),
  total numeric(10, 2) NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'paid', 'shipped', 'returned')),
  note text,
  ordered_at timestamptz NOT NULL
);

INSERT INTO orders (customer_id, product_id, quantity, total, status, note, ordered_at)
SELECT
  n * 613 % 2000 + 1,
  product.id,
  n % 4 + 1,
  product.price * (n % 4 + 1),
  (ARRAY['shipped', 'paid', 'open', 'shipped', 'returned', 'paid'])[n % 6 + 1],
  CASE
    WHEN n % 40 = 0 THEN format('Customer asks to charge %s instead', pg_temp.card(n))
    WHEN n % 25 = 0 THEN format('Send the invoice to accounts%s@example.net', n)
    WHEN n % 11 = 0 THEN 'Gift wrap, please'
  END,
  timestamptz '2024-01-02 09:00Z' + n * interval '2 hours 47 minutes'
FROM generate_series(1, 6000) AS n
JOIN products AS product ON product.id = n * 29 % 120 + 1;

CREATE TABLE payments (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id int NOT NULL UNIQUE REFERENCES orders ON DELETE CASCADE,
  card_number text NOT NULL,
  card_holder text NOT NULL,
  amount numeric(10, 2) NOT NULL,
  paid_at timestamptz NOT NULL
);

INSERT INTO payments (order_id, card_number, card_holder, amount, paid_at)
SELECT
  orders.id,
  pg_temp.card(orders.customer_id),
  customers.name,
  orders.total,
  orders.ordered_at + interval '3 minutes'
FROM orders JOIN customers ON customers.id = orders.customer_id
WHERE orders.status <> 'open'
ORDER BY orders.id;

CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (ordered_at);

CREATE VIEW customer_contacts AS
  SELECT id, name, email AS contact, phone FROM customers;

CREATE VIEW order_details AS
  SELECT orders.id, customers.name AS customer, products.name AS product, orders.quantity,
    orders.total, orders.status, orders.ordered_at
  FROM orders
  JOIN customers ON customers.id = orders.customer_id
  JOIN products ON products.id = orders.product_id;

CREATE VIEW monthly_revenue AS
  SELECT date_trunc('month', paid_at AT TIME ZONE 'UTC')::date AS month, count(*) AS payments,
    sum(amount) AS revenue
  FROM payments GROUP BY 1;

COMMIT;

ANALYZE;
