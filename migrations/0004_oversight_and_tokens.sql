CREATE TABLE `api_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`owner` text NOT NULL,
	`owner_name` text NOT NULL,
	`sign_in` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE INDEX `api_tokens_by_owner` ON `api_tokens` (`owner`,`id`);--> statement-breakpoint
CREATE INDEX `api_tokens_by_sign_in` ON `api_tokens` (`sign_in`);--> statement-breakpoint
CREATE TABLE `hourly_counts` (
	`hour` integer NOT NULL,
	`resource` text NOT NULL,
	`kind` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`hour`, `resource`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `kept_answers` (
	`hash` text PRIMARY KEY NOT NULL,
	`caller` text NOT NULL,
	`digest` text NOT NULL,
	`started_at` integer NOT NULL,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `kept_answers_by_caller` ON `kept_answers` (`caller`,`started_at`);--> statement-breakpoint
CREATE INDEX `kept_answers_by_time` ON `kept_answers` (`started_at`);--> statement-breakpoint
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