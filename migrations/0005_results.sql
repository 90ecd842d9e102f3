CREATE TABLE `results` (
	`id` text PRIMARY KEY NOT NULL,
	`session` text NOT NULL,
	`principal` text NOT NULL,
	`resource` text NOT NULL,
	`review` text NOT NULL,
	`state` text NOT NULL,
	`key` text,
	`expires_at` integer NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `results_by_until` ON `results` (`until`);--> statement-breakpoint
CREATE INDEX `results_waiting` ON `results` (`session`) WHERE state = 'waiting';