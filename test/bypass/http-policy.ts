/** The rules that the rows of http-rows/ try to get round. `url`: of the service. */
export const POLICY = (url: string): string => `
resources:
  - { name: svc, type: http, url: "${url}", network: private,
      credential: { header: authorization, prefix: "Bearer ", value: { secret: service } } }
grants:
  - { id: all, groups: [engineers], resources: [svc], access: [read, write] }
guardrails:
  - { id: no-admin, when: 'http.path.startsWith("/admin")', then: block }
  - { id: no-stop, when: 'http.path.endsWith(":stop")', then: block }
  - { id: no-force, when: 'has(http.query.force)', then: block }
  - { id: no-delete, when: 'http.method == "DELETE"', then: block }
  - { id: large, when: 'http.path == "/pay" && http.body.amount > 1000', then: block }
  - { id: no-role, when: 'http.path == "/role" && http.query.role == "admin"', then: block }
  - { id: no-role-either, when: 'http.path == "/head" && http.headers["x-role"] == "admin"',
      then: block }
masking:
  - { id: pii, fields: [ssn, card_number, secret], technique: redact }
  - { id: found, detect: [us_ssn, credit_card, email], technique: redact }
roles: { admin: [admins], auditor: [auditors] }
recording: { default: full, unseal: [auditors] }
`;
