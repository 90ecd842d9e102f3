/** The demo's cast under one policy, as the tests of routes need it. */
export const POLICY = `
resources:
  - name: shop-db
    type: postgres
    host: db.example.com
    database: shop
    user: sluice
    password: { secret: shop-db-password }
    labels: { env: prod }
  - name: ledger
    type: postgres
    host: 10.0.0.5
    network: private
    database: ledger
    user: sluice
grants:
  - { id: engineers, groups: [engineers, bots], resources: [shop-db], hours: 8,
      access: [read, write] }
  - { id: on-call, groups: [engineers], resources: [ledger], access: [read],
      request: { reviewers: [leads], hours: 1 } }
recording: { unseal: [auditors] }
roles: { reviewer: [leads], auditor: [auditors], admin: [admins] }
`;
