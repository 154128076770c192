//! Every limit of the server, with its reason.

use std::time::Duration;

/// Largest request body that PhoneManageV2 takes (contract, "Order of checks").
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Largest head of a request: clients send a few hundred bytes.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Most header fields of a request.
pub const HEADERS_MAX: usize = 64;

/// Connections at a time. More wait in the listener's queue until one closes.
pub const CONNECTIONS_MAX: usize = 10_000;

/// How long a client may take to agree on TLS: a few round trips.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may be idle, or take to send the head of a request.
pub const HEAD_TIMEOUT: Duration = Duration::from_mins(1);

/// How long the body of a request may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may leave data unread before its connection is closed.
pub const UNREAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests may go on after the server was told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What `Retry-After` says: the store is mostly away for as long as a lock is held.
pub const RETRY_AFTER_S: &str = "1";

/// Longest `Idempotency-Key`: a UUID has 36 characters.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Longest `Ringbook-Reason`: what a caller sent is cut there.
pub const REASON_BYTES_MAX: usize = 512;

/// Longest `Authorization` of the native API: a `userName` and a key, in Base64.
pub const CREDENTIALS_BYTES_MAX: usize = 1024;

/// Largest JSON body of the native API, of what is no bulk request.
pub const API_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Items of a page that says nothing about its length.
pub const PAGE_ITEMS: u64 = 50;

/// Most items of a page: some 100 KB.
pub const PAGE_ITEMS_MAX: u64 = 1000;

/// How long a request may wait for a change: proxies give up after a minute at the earliest.
pub const WAIT_S_MAX: u64 = 30;

/// Readers that wait for changes on a node, by long poll or by stream: some 10 KB each, and each
/// reads a page of the history whenever its account changes.
pub const READERS_MAX: usize = 2048;

/// How many of them may be of one account, so that it leaves others their places. They wake
/// together: so many have asked a store over a network before the last of them gives up.
pub const ACCOUNT_READERS_MAX: usize = 128;

/// Changes that a stream reads at a time, and holds while its reader is slow: some 50 KB.
pub const EVENTS_MAX: usize = 100;

/// How often a stream without changes shows that it is there: proxies cut what is silent for a
/// minute, some after half of one.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// After how long a stream asks a store again that did not answer, and a client that lost its
/// stream connects again.
pub const STREAM_RETRY: Duration = Duration::from_millis(STREAM_RETRY_MS);

/// The same as it is told to clients.
pub const STREAM_RETRY_MS: u64 = 1000;

/// How long the sender of a long body may pause.
pub const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the rest of a body is passed over whose request is answered already: most clients
/// have given up by then.
pub const PASS_OVER_TIMEOUT: Duration = Duration::from_mins(2);

/// Rows of a bulk request that is done as a whole: a commit of some seconds, during which others
/// wait, and some 50 MB of memory.
pub const BULK_ROWS_MAX: usize = 200_000;

/// Rows of a bulk request that goes on after each commit.
pub const BULK_ROWS_IN_PARTS_MAX: usize = 1_000_000;

/// Largest body of a bulk request: a million rows of 256 bytes.
pub const BULK_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Most bytes of what is told of the rows, which is kept until all of them were read.
pub const BULK_RESULT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Refused rows that are told, where one is enough to refuse all.
pub const BULK_REFUSED_TOLD_MAX: usize = 1_000;

/// Bulk requests at a time, and of one account: each may take some 100 MB of memory.
pub const BULKS_MAX: usize = 8;
/// See [`BULKS_MAX`].
pub const BULKS_OF_ACCOUNT_MAX: usize = 2;

/// Phones that an export looks up at a time.
pub const EXPORT_PAGE_PHONES: usize = 1_000;

/// The same for an export of the past, where each page goes back through the history.
pub const EXPORT_PAST_PAGE_PHONES: usize = 50_000;
