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
CREATE TABLE `kept_answers` (
	`hash` text PRIMARY KEY NOT NULL,
	`caller` text NOT NULL,
	`digest` text NOT NULL,
	`started_at` integer NOT NULL,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `kept_answers_by_caller` ON `kept_answers` (`caller`,`started_at`);--> statement-breakpoint
CREATE INDEX `kept_answers_by_time` ON `kept_answers` (`started_at`);