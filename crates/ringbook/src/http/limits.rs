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
