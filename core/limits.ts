/** Every bound in the system, each with its reason. Over a bound: a clear error, nothing lost. */

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * A statement. A 1 MB INSERT takes the parser 1.4 s and 100 MB: beyond it, COPY is the right tool.
 */
export const sqlBytesMax = 1 * MIB;

/** One Bind: its values are hashed, recorded and, when held, kept. Large objects go by COPY. */
export const bindBytesMax = 16 * MIB;

/** A row is rewritten whole up to here; above, it streams and masks keep each cell's length. */
export const rowBytesMax = 1 * MIB;

/** Any other message of the upstream: 1,600 columns describe themselves in 131 kB. */
export const upstreamMessageBytesMax = 1 * MIB;

/** Error and notice texts: longer ones are cut, never dropped. */
export const noticeBytesMax = 64 * KIB;

/** Taken from the client behind a hold; then credit stops. */
export const heldBytesMax = 1 * MIB;

/** Answers that may wait for a catalog lookup or for their turn. */
export const waitingBytesMax = 4 * MIB;

/** A text in a JSON body that is looked at is held whole up to here; a longer one is replaced. */
export const jsonTextBytesMax = 1 * MIB;
/** Objects and lists in each other: parsers of clients have bounds of this size too. */
export const jsonDepthMax = 512;
/** Documents in texts of documents: each costs another reading of what is in it. */
export const jsonInTextMax = 4;

/** A line of a text, or a PEM block, is looked through whole up to here; then by windows. */
export const textLineBytesMax = 64 * KIB;
/** One server-sent event. */
export const eventBytesMax = 1 * MIB;
/** A form, or one field of one in parts: it is read whole. */
export const formBytesMax = 1 * MIB;
/** What stands before a part of a body in parts: names of files, and little else. */
export const partHeadBytesMax = 16 * KIB;
/** Fields of a form in a request: services have bounds of this size too (Django's, PHP's). */
export const formFieldsMax = 1_000;
/** Headers of one part of a form: three short lines, and a file's name. */
export const partHeaderBytesMax = 8 * KIB;
/** Documents in one request, a line each. */
export const jsonLinesMax = 10_000;
/** Schemas of a resource's OpenAPI document that its requests lead to: large ones have 5,000. */
export const apiSchemasMax = 20_000;
/** Schemas that all speak of one value (`$ref`, `allOf`, …), one inside the other. */
export const schemasOfValueMax = 64;
/** Checks of one request by a schema: a document of 1 MiB has half a million values. */
export const schemaStepsMax = 2_000_000;
/** Schemas within each other while one value is checked: `jsonDepthMax`, each by way of others. */
export const schemaDepthMax = 2_000;

/** A startup packet: PostgreSQL's own bound (MAX_STARTUP_PACKET_LENGTH). */
export const startupBytesMax = 10_000;

/** Messages of a login; a server that sends more is not logging anybody in. */
export const loginMessagesMax = 64;

/** PBKDF2 iterations that an upstream may ask for: the platform's own cap in production. */
export const scramIterationsMax = 100_000;

/** Named statements and portals, each kind, per session. */
export const preparedMax = 5_000;

/** Commands sent and not yet answered (a pipeline). Real drivers stay below 1,000. */
export const pipelineMax = 10_000;

/** A hold inside a transaction that has written or locked: others wait for its locks. */
export const heldInTransactionSeconds = 60;

/** Open reviews of one principal: a flood is not a question. */
export const openReviewsMax = 20;

/** Inboxes of one person at once: the oldest gives way, for each hears of every review. */
export const inboxesMax = 20;

/** Who watches one live session: all of them, and windows of one person (the oldest gives way). */
export const watchersMax = 32;
export const watchersEachMax = 4;
/** Watchers hear at most this often that there is more: what a watcher shows need not be sooner. */
export const watchTellMs = 200;
/** A watcher's pings come twice a minute; faster ones are a flood. */
export const watchPingMs = 1_000;
/** A statement whose rows are estimated for its reviewers: planning takes time with its length. */
export const estimatedBytesMax = 16 * KIB;
/** Estimates of one resource that wait for their turn: beyond, a review goes without. */
export const estimatesWaitingMax = 8;
/** Consoles of one person at once: each is a session, and all of them share one object's memory. */
export const consolesMax = 5;
/** A statement typed into a page; what is longer is a script, and comes by psql. */
export const consoleSqlBytesMax = 128 * KIB;
/** Rows that a console fetches at a time. The next ones are fetched when somebody asks for them. */
export const consolePageRows = 500;
/** Of one such page: beyond it the statement is cancelled. */
export const consolePageBytesMax = 8 * MIB;
/** Values in one message to the page. */
export const consoleMessageBytesMax = 256 * KIB;
/** One message of the target on its way to a console, which must have it whole. */
export const consoleUnreadBytesMax = 16 * MIB;
/** Notices of one statement that a console passes on: a loop can raise millions. */
export const consoleNoticesMax = 100;
/** Rows half read keep a snapshot, and locks, on the target: then the rest is let go. */
export const consoleReadSeconds = 120;
export const consoleIdleSeconds = 900;
/** Pages ping each 25 s; a browser lets one in the background do so once a minute. */
export const consoleSilentSeconds = 150;

/** How long a request for access waits for people. */
export const accessRequestSeconds = 8 * 3_600;

/** Text of one literal query string's analysis, by exact text. */
export const analysisCacheEntries = 1_000;

/**
 * The tunnel: bytes that may be on their way, each direction. Measured: 1 MiB costs nothing, less
 * does.
 */
export const tunnelWindowBytes = 1 * MIB;
export const tunnelFrameBytesMax = 256 * KIB;
/** The receiver acknowledges at least this often. */
export const tunnelAckBytes = 256 * KIB;

/**
 * Reads from the upstream: small while idle (a pending read pins its buffer), large once one was
 * filled.
 */
export const readBufferBytesIdle = 16 * KIB;
export const readBufferBytesBusy = 256 * KIB;

/** Recording waiting to be shipped. Beyond it, the upstream is not read. */
export const journalBytesMax = 64 * MIB;
/** One row of an object's SQLite, of the journal and others: the platform's bound is 2 MB. */
export const journalRowBytesMax = 1 * MIB;
/** One shipped chunk before compression. */
export const chunkBytesMax = 4 * MIB;
/** The store for recordings may be away this long before a session ends for it. */
export const shippingGraceSeconds = 300;

/**
 * What a session can be found by (core/recording/findable.ts): about two hundred different
 * statements. The index of a million sessions that fill it would be over what one D1 holds (10 GB);
 * usual ones fill a tenth.
 */
export const searchedCharactersMax = 16 * KIB;
/** Of one statement: a long INSERT must not take the room of all that follow. */
export const searchedStatementMax = 2_000;
/** Rules and objects of one session: a dump names every table of its database. */
export const searchedMarksMax = 500;

/** No connect time-out exists on the platform: our own. */
export const dialSeconds = 10;
/** What a token end point answers; a JWT with hundreds of groups has 20 kB. */
export const tokenAnswerBytesMax = 64 * KIB;
/** A token is asked for anew so long before its end: the request has yet to get there. */
export const tokenMarginSeconds = 30;
/** Of a token whose end nobody says. */
export const tokenUnstatedSeconds = 300;
/** Whatever its issuer says: a client that was removed there is noticed within a day. */
export const tokenKeptSecondsMax = 86_400;
/** A target may refuse a token that is good; so often at most that is taken for the token's end. */
export const tokenDroppedSeconds = 60;
export const pingSeconds = 30;
/** Pings answered between two pongs: answers need no credit, and a client may read none. */
export const pingsMax = 100;
/** Cancels of one session under way: each is a connection of its own to the target. */
export const cancelsMax = 8;
/** `prepare` to `fetch`: a spec that nobody picks up is void. */
export const preparedSessionSeconds = 10;

/** The policy document. */
export const policyBytesMax = 256 * KIB;
export const conditionCharactersMax = 2_000;

/** Cases tried in one call: each is parsed, milliseconds at worst; files hold some dozens. */
export const policyCasesMax = 200;

/** A rehearsal looks through recordings of so many days: beyond, the tables were others. */
export const rehearsalDaysMax = 31;
/**
 * One step of it. The clock stands still while the Worker computes, so a step is bounded by what
 * it takes in: each session costs some queries of D1 and reads of R2 (1,000 per request), each
 * record is decoded, each command is parsed twice, about a millisecond.
 */
export const rehearsalSessionsMax = 25;
export const rehearsalRecordsMax = 5_000;
export const rehearsalCommandsMax = 250;

export const accessTokenSeconds = 600;
export const refreshTokenSeconds = 30 * 86_400;
/** Groups behind a vote must be this fresh. */
export const groupsFreshSeconds = 600;
/** A live session ends when the issuer has not vouched for its principal for this long. */
export const groupsTrustedSeconds = 900;

/** API tokens: how long one lasts at most, and how many of one person live at a time. */
export const apiTokenDaysMax = 90;
export const apiTokensMax = 20;
/** A token rests when the issuer has not vouched for its owner for this long. */
export const apiTokenVouchedSeconds = 7 * 86_400;
/** What is over stays in the list for this long. */
export const apiTokenShownSeconds = 30 * 86_400;

/** Answers kept for the key of a retry: how long, how large, and how many of one caller. */
export const keptAnswerSeconds = 86_400;
export const keptAnswerBytesMax = 256 * KIB;
export const keptAnswersMax = 1_000;
/** A request under a key that has not answered by then is taken for lost. */
export const lostRequestSeconds = 60;

/** A browser's sign-in on a service's host: how long it may take, its code, what comes of it. */
export const hostAttemptSeconds = 600;
export const hostCodeSeconds = 60;
export const hostTokenSeconds = 600;
/** It is renewed by a request in its last so many seconds. */
export const hostRenewSeconds = 300;
/** Where that was not possible, a request asks again after so long. */
export const hostRenewAgainSeconds = 30;
/** Whoever has asked the issuer by then is taken for lost: each answer of it is waited for 10 s. */
export const issuerTurnSeconds = 60;
/** The path to go back to waits in a cookie, escaped, and browsers keep 4,096 bytes of one. */
export const hostPathCharactersMax = 1_000;
/** A browser asks again before a page's request (CORS) when it has not for so long. */
export const preflightSeconds = 600;

/** A request's body that is read for rules, held for approval and kept; a larger one streams. */
export const requestBytesMax = 1 * MIB;
/** Of a request's body, in lists and inboxes. */
export const shownBytesMax = 4 * KIB;
/** A session of requests ends when none came for so long. */
export const exchangesIdleSeconds = 900;
/** Sessions of requests that one principal opens within that time. */
export const exchangesOpenedMax = 300;
/** Requests of one session under way, and what their bodies may take: an isolate has 128 MB. */
export const exchangesMax = 256;
export const exchangesBytesMax = 32 * MIB;
/** An answer of a length that is told waits for its end up to here: it then has one append. */
export const wholeAnswerBytesMax = 32 * KIB;
/** Bytes that come of one byte of a coded body: what compresses better than JSON ever does. */
export const decodedRatioMax = 200;
/** So many are let pass before the ratio is looked at: a small answer of zeros is no bomb. */
export const decodedSlackBytes = 4 * MIB;

/** How long a service may take to begin its answer, unless its resource says, and at most. */
export const answerSeconds = 300;
export const answerSecondsMax = 3_600;

/** One message of a WebSocket: it is read whole, and a client's may be held and kept. */
export const socketMessageBytesMax = 1 * MIB;
/** Messages behind one that is held; their bytes are bounded by `heldBytesMax`. */
export const socketWaitingMax = 1_000;
/**
 * Bytes sent to one end of a WebSocket since its last word. The platform takes whatever is sent,
 * and says of nothing that it was read: all of it may lie in memory.
 */
export const socketUnreadBytesMax = 32 * MIB;
/**
 * Bytes sent to one end of a WebSocket in all. A client may say a word now and then and yet read
 * more slowly than its service speaks: nobody would notice, and memory would grow without end.
 */
export const socketSentBytesMax = 256 * MIB;
/** What may be unread of all WebSockets of a session: an isolate has 128 MB. */
export const socketsUnreadBytesMax = 64 * MIB;
/** A service answers a close within this time, or its connection is dropped. */
export const socketCloseSeconds = 10;
/** RFC 6455 section 5.5: a control frame's 125 bytes, less the code. */
export const closeReasonBytesMax = 123;
/** Lines, events or rows of one body that are laid out for people; the export has all. */
export const seenLinesMax = 2_000;
/** What the gateway wrote beside one request, as it is shown. */
export const seenNotesMax = 20;

/** The answer of a request that was held is kept for its asker so long, and up to this size. */
export const resultSeconds = 86_400;
export const resultBytesMax = 64 * MIB;
/** It is sealed by pieces: what is read of it is whole pieces, and nothing before its seal. */
export const sealedPieceBytes = 256 * KIB;
/**
 * Larger ones than this are collected so many at a time in a session: each takes 10 MiB while a
 * part of it is sealed and put away, and people may let hundreds of requests go at once.
 */
export const resultSmallBytesMax = 64 * KIB;
export const resultsLargeMax = 4;
/** Pieces of one part in R2, which takes parts of 5 MiB and more, all but the last of one size. */
export const resultPartPieces = 20;
/** Who waits for an answer is told to ask again after so long. */
export const resultRetrySeconds = 5;
/** Results that are deleted at a time: R2 takes as many keys in one call. */
export const resultsForgottenMax = 1_000;
