ALTER TABLE `sign_in_attempts` ADD `fresh` text;--> statement-breakpoint
ALTER TABLE `sign_in_attempts` ADD `started_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sign_ins` ADD `authenticated_at` integer;--> statement-breakpoint
ALTER TABLE `sign_ins` ADD `acr` text;