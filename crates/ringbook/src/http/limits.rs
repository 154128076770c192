//! The limits of the server, with their reasons.

use std::time::Duration;

/// Largest request body that PhoneManageV2 takes (contract, "Order of checks").
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Largest head of a request: clients send a few hundred bytes.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Most header fields of a request.
pub const HEADERS_MAX: usize = 64;

/// Most connections at a time. Further ones wait in the listen queue.
pub const CONNECTIONS_MAX: u32 = 10_000;

/// How long a TLS handshake may take: a few round trips.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may be idle, or take to send the head of a request.
pub const HEAD_TIMEOUT: Duration = Duration::from_mins(1);

/// How long the body of a request may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may acknowledge nothing of what was sent before its connection is closed.
pub const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes that a client must read of a response, or send of a bulk request, within
/// [`LEAST_BYTES_TIMEOUT`]: slower than any modem.
pub const LEAST_BYTES: usize = 10_000;

/// The time for [`LEAST_BYTES`]. It is also the longest pause.
pub const LEAST_BYTES_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of the unread body of a refused request is read, so that the connection can be used
/// again: twice the largest JSON body.
pub const UNREAD_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// How long it is read for.
pub const UNREAD_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a client may go on sending after its last answer, before its connection is closed for
/// good: most clients have given up by then.
pub const LINGER_TIMEOUT: Duration = Duration::from_mins(2);

/// How long it may pause meanwhile.
pub const LINGER_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long running requests may continue after shutdown began.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may go on arriving after shutdown began. Nothing of it was carried out.
pub const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(1);

/// `Retry-After` while the store does not respond: mostly for as long as a lock is held.
pub const RETRY_AFTER_S: &str = "1";

/// Longest `Idempotency-Key`: a UUID has 36 characters.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Longest `Ringbook-Reason`: longer ones are cut.
pub const REASON_BYTES_MAX: usize = 512;

/// Longest `Authorization` of the native API: a `userName` and a key, in Base64.
pub const CREDENTIALS_BYTES_MAX: usize = 1024;

/// Largest JSON body of the native API, except of bulk requests.
pub const API_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Items of a page by default.
pub const PAGE_ITEMS: u64 = 50;

/// Most items of a page: some 100 KB.
pub const PAGE_ITEMS_MAX: u64 = 1000;

/// How long a request may wait for a change: proxies give up after a minute at the earliest.
pub const WAIT_S_MAX: u64 = 30;

/// Most readers of the changefeed on a node, by long poll or stream. Each takes about 10 KB, and
/// reads a page of the history whenever its account changes.
pub const READERS_MAX: usize = 2048;

/// Most readers of one account, so that others get their share. They wake together, and a remote
/// store can serve this many before the last one times out.
pub const ACCOUNT_READERS_MAX: usize = 128;

/// Changes that a stream reads at a time, and buffers for a slow reader: about 50 KB.
pub const EVENTS_MAX: usize = 100;

/// The interval of heartbeats in a stream without changes: proxies close silent connections after
/// a minute, some after half a minute.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// The delay before a stream retries a store that did not respond, and before a client reconnects.
pub const STREAM_RETRY: Duration = Duration::from_secs(1);

/// Most rows of a bulk request that is committed as a whole: some seconds, during which others
/// wait, and about 50 MB of memory.
pub const BULK_ROWS_MAX: usize = 200_000;

/// Most rows of a bulk request that is committed in parts.
pub const BULK_ROWS_IN_PARTS_MAX: usize = 1_000_000;

/// Most rows of a bulk request in JSON, which is read as a whole.
pub const BULK_JSON_ROWS_MAX: usize = 10_000;

/// Largest body of a bulk request: a million rows of 256 bytes.
pub const BULK_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Most bytes of the results of rows, which are buffered until all rows are read.
pub const BULK_RESULT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most refused rows that are reported if one row refuses all.
pub const BULK_REFUSED_REPORTED_MAX: usize = 1_000;

/// Most bytes of those reports.
pub const BULK_REFUSED_BYTES_MAX: usize = 250_000;

/// Most rows of a dry run that show their phones, if it is asked for.
pub const BULK_PHONES_SHOWN_MAX: usize = 1_000;

/// Most causes of refusals that are told.
pub const BULK_CAUSES_MAX: usize = 10;

/// Most causes that are told apart to find these.
pub const BULK_CAUSES_COUNTED_MAX: usize = 10_000;

/// Most bytes of the results of rows with errors, of one part. Further rows are only said to be
/// refused, so that an idempotency record has 20 MB at most.
pub const BULK_ERROR_BYTES_MAX: usize = 1024 * 1024;

/// Most bulk requests at a time: each may take about 100 MB of memory.
pub const BULKS_MAX: usize = 8;
/// Most bulk requests of one account at a time.
pub const BULKS_OF_ACCOUNT_MAX: usize = 2;

/// Phones in a page of an export.
pub const EXPORT_PAGE_PHONES: usize = 1_000;

/// The same for an export of the past, which walks back through the history for each page.
pub const EXPORT_PAST_PAGE_PHONES: usize = 50_000;
