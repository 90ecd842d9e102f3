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
/** A form: it is read whole. */
export const formBytesMax = 1 * MIB;

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

/** No connect time-out exists on the platform: our own. */
export const dialSeconds = 10;
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

export const accessTokenSeconds = 600;
export const refreshTokenSeconds = 30 * 86_400;
/** Groups behind a vote must be this fresh. */
export const groupsFreshSeconds = 600;
/** A live session ends when the issuer has not vouched for its principal for this long. */
export const groupsTrustedSeconds = 900;
