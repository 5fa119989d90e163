/** The bounds of a connection, each with the flood it is there for. */

/** What a connection, and each stream, may send ahead of being read: enough for many small calls or one large one. */
export const WINDOW_BYTES = 1024 * 1024
/** A window is given back when so much of it is used: one frame for many. */
export const CREDIT_BYTES = WINDOW_BYTES / 2
/** A peer may send so much of a message in one frame; the least HTTP/2 has, 16 KiB, makes several of most. */
export const FRAME_BYTES = 256 * 1024
/** Fields of one request, as MAX_HEADER_LIST_SIZE counts them; a larger request is answered, not read. */
export const FIELD_BYTES = 16 * 1024
export const FIELDS_MOST = 128
/** Bytes of a header block as it comes, which must be read even when it is refused. */
export const BLOCK_BYTES = 32 * 1024
/** CONTINUATION frames of one block: a block without end, of empty frames, is a flood. */
export const CONTINUATIONS_MOST = 8

/**
 * Streams that end before they are answered: taken back at once ("rapid reset"), or made to be reset by us. As in nghttp2:
 * a thousand calls may run into their deadline together.
 */
export const ENDED_EARLY_MOST = 1_000
export const ENDED_EARLY_PER_SECOND = 33
/**
 * Frames that bring nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, unknown ones, frames of closed streams.
 * Answers earn more of them, as gRPC peers ping and widen windows while they read answers.
 */
export const IDLE_FRAMES_MOST = 1_000
export const IDLE_FRAMES_PER_SECOND = 100
export const EARNED_BY_ANSWER = 8
export const EARNED_BY_FRAME = 2
/** Streams that we ended before their peer did: what still comes for them is passed over, for the latest of them. */
export const FORGOTTEN_MOST = 2_000

/** The preface and the first SETTINGS come within this, and so does every frame or header block that has begun. */
export const FRAME_MS = 60_000
/** A peer that makes no room for an answer for so long does not want it. */
export const ANSWER_MS = 60_000
/** After the first GOAWAY a peer may open streams until it has seen it, but no longer than this. */
export const DRAIN_MS = 1_000
/** A peer that was told to go may read that for so long. */
export const GOODBYE_MS = 2_000
