CREATE INDEX `chunks_by_time` ON `recording_chunks` (`at`,`session`,`first`);--> statement-breakpoint
CREATE INDEX `sessions_by_owner_and_resource` ON `sessions` (`principal`,`resource_name`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_by_principal_and_resource` ON `sessions` (`principal_name`,`resource_name`,`id`);--> statement-breakpoint
CREATE VIRTUAL TABLE `session_search` USING fts5(`session` UNINDEXED, `marks`, `shown`, content='', contentless_delete=1, contentless_unindexed=1, tokenize='unicode61 remove_diacritics 2');
