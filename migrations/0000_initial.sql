CREATE TABLE `sign_in_attempts` (
	`state_hash` text PRIMARY KEY NOT NULL,
	`cookie_hash` text NOT NULL,
	`nonce` text NOT NULL,
	`verifier` text NOT NULL,
	`purpose` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`actor_name` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`outcome` text NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `audit_by_actor` ON `audit_events` (`actor`,`id`);--> statement-breakpoint
CREATE INDEX `audit_by_subject` ON `audit_events` (`subject`,`id`);--> statement-breakpoint
CREATE TABLE `auth_codes` (
	`hash` text PRIMARY KEY NOT NULL,
	`sign_in` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`challenge` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE TABLE `recording_chunks` (
	`session` text NOT NULL,
	`first` integer NOT NULL,
	`last` integer NOT NULL,
	`h` text NOT NULL,
	`at` integer NOT NULL,
	`delivered` integer NOT NULL,
	`key` text NOT NULL,
	`signature` text NOT NULL,
	PRIMARY KEY(`session`, `first`)
);
--> statement-breakpoint
CREATE TABLE `device_codes` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_code` text NOT NULL,
	`state` text NOT NULL,
	`confirm_hash` text,
	`sign_in` text,
	`expires_at` integer NOT NULL,
	`polled_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_codes_userCode_unique` ON `device_codes` (`user_code`);--> statement-breakpoint
CREATE TABLE `openings` (
	`session` text PRIMARY KEY NOT NULL,
	`sign_in` text NOT NULL,
	`principal` text NOT NULL,
	`opened_at` integer NOT NULL,
	`closed_at` integer
);
--> statement-breakpoint
CREATE INDEX `openings_by_sign_in` ON `openings` (`sign_in`,`closed_at`);--> statement-breakpoint
CREATE INDEX `openings_by_principal` ON `openings` (`principal`,`closed_at`);--> statement-breakpoint
CREATE INDEX `openings_open` ON `openings` (`closed_at`,`opened_at`);--> statement-breakpoint
CREATE TABLE `policies` (
	`version` text PRIMARY KEY NOT NULL,
	`number` integer NOT NULL,
	`source` text NOT NULL,
	`sha256` text NOT NULL,
	`author` text NOT NULL,
	`author_name` text NOT NULL,
	`applied_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `policies_number_unique` ON `policies` (`number`);--> statement-breakpoint
CREATE TABLE `principals` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`groups` text NOT NULL,
	`groups_read_at` integer NOT NULL,
	`first_seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `principals_by_name` ON `principals` (`name`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`sign_in` text NOT NULL,
	`issued_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE TABLE `resource_ids` (
	`name` text PRIMARY KEY NOT NULL,
	`id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `resource_ids_id_unique` ON `resource_ids` (`id`);--> statement-breakpoint
CREATE TABLE `secrets` (
	`name` text PRIMARY KEY NOT NULL,
	`sealed` text NOT NULL,
	`author` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`principal` text NOT NULL,
	`principal_name` text NOT NULL,
	`principal_kind` text NOT NULL,
	`on_behalf_of` text,
	`resource` text NOT NULL,
	`resource_name` text NOT NULL,
	`resource_type` text NOT NULL,
	`policy` text NOT NULL,
	`recording` text NOT NULL,
	`reason` text,
	`ticket` text,
	`header` text NOT NULL,
	`data_key` text NOT NULL,
	`opened_at` integer NOT NULL,
	`ends_at` integer,
	`revoked_at` integer,
	`revoked_reason` text,
	`ended_at` integer,
	`end_code` text,
	`end_message` text,
	`commands` integer
);
--> statement-breakpoint
CREATE INDEX `sessions_by_principal` ON `sessions` (`principal_name`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_by_resource` ON `sessions` (`resource_name`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_live` ON `sessions` (`ended_at`,`id`);--> statement-breakpoint
CREATE TABLE `sign_ins` (
	`id` text PRIMARY KEY NOT NULL,
	`principal` text NOT NULL,
	`way` text NOT NULL,
	`issuer_token` text,
	`started_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`ended_at` integer,
	`end_reason` text
);
--> statement-breakpoint
CREATE INDEX `sign_ins_by_principal` ON `sign_ins` (`principal`,`ended_at`);