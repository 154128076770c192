//! The HTTP front ends. They are independent of one another: each has its own folder, parser and
//! errors, and calls the service.

mod accept;
pub mod api;
mod client_stream;
pub mod console;
mod cors;
mod credentials;
mod head;
mod idempotency;
pub mod limits;
mod local_caller;
mod monitoring;
mod openapi;
pub mod pbx;
pub mod phone_manage;
mod quota;
mod redirect;
mod request;
mod request_metrics;
mod router;
mod server;
mod source;
pub mod tls;
mod unparsed;
mod unread;

pub use client_stream::ClientStream;
pub use cors::{AllowedOrigin, AllowedOriginFault};
pub use local_caller::LocalCaller;
pub use request::{Closing, RequestIds, RequestLog};
pub use server::{Options, serve, serve_metrics};
pub use source::{Source, TrustedProxy, asked_address};
pub use unparsed::Completion;
