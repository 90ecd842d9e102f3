CREATE TABLE `idempotency_keys` (
	`hash` text PRIMARY KEY NOT NULL,
	`request` text NOT NULL,
	`asked_at` integer NOT NULL,
	`status` integer,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `idempotency_by_time` ON `idempotency_keys` (`asked_at`);