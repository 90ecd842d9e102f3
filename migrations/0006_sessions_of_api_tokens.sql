ALTER TABLE `openings` ADD `api_token` text;--> statement-breakpoint
CREATE INDEX `openings_by_api_token` ON `openings` (`api_token`,`closed_at`);