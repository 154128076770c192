//! Real PostgreSQL servers for tests, on Linux and macOS.
//!
//! What Ringbook promises about a store on PostgreSQL is about what happens when that fails: the
//! server is killed in the middle of a commit, stops to answer, hands over to its standby, or is
//! cut off by the network. No stand-in fails as the original does, so a test starts the original:
//!
//! ```no_run
//! use test_postgres::{Mode, Proxy, Server, Settings};
//!
//! // One server for all tests of a process that only need a place to store something.
//! let url = Server::shared().new_schema();
//!
//! // One of its own for a test that does it harm.
//! let mut server = Server::start(&Settings::new().durable());
//! let proxy = Proxy::start(server.port());
//! let url = proxy.url(&server);
//! proxy.set_mode(Mode::BlackHole);
//! server.kill();
//! server.restart();
//! ```
//!
//! PostgreSQL's server programs must be installed, version 14 or later; the panic where they are
//! missing says how. They are looked for in the folder that `PG_BIN` names, in what `pg_config`
//! tells, in `PATH`, and where packages put them. PostgreSQL refuses to run as root, so a test that
//! does runs servers as the user `postgres`, or `nobody` where there is none.
//!
//! A server and its directory are gone when its [`Server`] is dropped, and when the process that
//! started it ends, however it ends: a small shell script waits for that (`guard.sh`).
//!
//! Directories are made in `TMPDIR`. With `TMPDIR=/dev/shm`, a server starts in half of the time or
//! less, and takes some 60 MB of memory; what is measured there says nothing about a disk.
//!
//! The superuser is reached over a Unix socket in a directory that only the server's user may
//! enter, and over nothing else, so that no other user of the machine can become it.
//!
//! [`Pooler`] and [`Balancer`] are what stands between: `PgBouncer` before the database, `HAProxy`
//! before the nodes.
//!
//! `cargo run -p test-postgres` starts a server to try things on.

mod balancer;
mod certificate;
mod home;
mod pooler;
mod process;
mod program;
mod proxy;
mod server;
mod settings;
mod user;
mod wait;

pub use balancer::{Balance, Balancer};
pub use pooler::Pooler;
pub use program::path as program_path;
pub use proxy::{Mode, Proxy};
pub use server::Server;
pub use settings::Settings;
pub use wait::{until, within};
