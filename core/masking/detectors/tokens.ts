/**
 * Keys of clouds and providers, as data: what they begin with, and at least how many characters
 * (letters, digits, `-`, `_`, and `.` where `dots`) follow.
 */
export const TOKENS = [
  { kind: "aws_access_key", prefix: "AKIA", least: 16 },
  { kind: "aws_access_key", prefix: "ASIA", least: 16 },
  { kind: "github_token", prefix: "ghp_", least: 30 },
  { kind: "github_token", prefix: "gho_", least: 30 },
  { kind: "github_token", prefix: "ghu_", least: 30 },
  { kind: "github_token", prefix: "ghs_", least: 30 },
  { kind: "github_token", prefix: "ghr_", least: 30 },
  { kind: "github_token", prefix: "github_pat_", least: 40 },
  { kind: "gitlab_token", prefix: "glpat-", least: 20 },
  { kind: "stripe_key", prefix: "sk_live_", least: 16 },
  { kind: "stripe_key", prefix: "rk_live_", least: 16 },
  { kind: "stripe_key", prefix: "sk_test_", least: 16 },
  { kind: "stripe_key", prefix: "whsec_", least: 24 },
  { kind: "slack_token", prefix: "xoxb-", least: 20 },
  { kind: "slack_token", prefix: "xoxp-", least: 20 },
  { kind: "slack_token", prefix: "xoxa-", least: 20 },
  { kind: "slack_token", prefix: "xapp-", least: 20 },
  { kind: "google_api_key", prefix: "AIza", least: 35 },
  { kind: "npm_token", prefix: "npm_", least: 30 },
  { kind: "sendgrid_key", prefix: "SG.", least: 40, dots: true },
  { kind: "ai_api_key", prefix: "sk-", least: 20 },
  { kind: "huggingface_token", prefix: "hf_", least: 30 },
  { kind: "digitalocean_token", prefix: "dop_v1_", least: 40 },
  { kind: "shopify_token", prefix: "shpat_", least: 32 },
  { kind: "pypi_token", prefix: "pypi-", least: 50 },
] as const;

export type TokenKind = (typeof TOKENS)[number]["kind"];

export const TOKEN_KINDS = [...new Set(TOKENS.map(({ kind }) => kind))] as [
  TokenKind,
  ...TokenKind[],
];
