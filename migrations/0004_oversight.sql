CREATE TABLE `hourly_counts` (
	`hour` integer NOT NULL,
	`resource` text NOT NULL,
	`kind` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`hour`, `resource`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`hash` text PRIMARY KEY NOT NULL,
	`request` text NOT NULL,
	`asked_at` integer NOT NULL,
	`status` integer,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `idempotency_by_time` ON `idempotency_keys` (`asked_at`);--> statement-breakpoint
CREATE TABLE `resource_health` (
	`resource` text PRIMARY KEY NOT NULL,
	`reached_at` integer,
	`dial_ms` integer,
	`login_ms` integer,
	`failed_at` integer,
	`failure` text
);
--> statement-breakpoint
ALTER TABLE `sign_in_attempts` ADD `fresh` text;--> statement-breakpoint
ALTER TABLE `sign_in_attempts` ADD `started_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sign_ins` ADD `authenticated_at` integer;--> statement-breakpoint
ALTER TABLE `sign_ins` ADD `acr` text;--> statement-breakpoint
CREATE INDEX `audit_by_action` ON `audit_events` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `audit_denied` ON `audit_events` (`id`) WHERE outcome = 'denied';--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_sign_in` ON `refresh_tokens` (`sign_in`,`issued_at`);