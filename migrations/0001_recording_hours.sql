CREATE TABLE `recording_hours` (
	`number` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`h` text NOT NULL,
	`until` integer NOT NULL,
	`key` text NOT NULL,
	`signature` text NOT NULL
);
