//! The native API as commands speak it: of a store, in this process, or of a server.
//!
//! A command builds a [`Request`], [`Api::send`] carries it out, and the command prints the
//! [`Reply`]. Which of the two answers is decided by the [`Target`] alone.

mod bulk;
mod local;
mod problem;
mod remote;
mod reply;
mod request;
mod target;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::context::CliError;
pub use bulk::{RowResult, Summary, mode};
use local::Local;
pub use problem::{Problem, ProblemError, RefusedCause, reason};
use remote::Remote;
pub use reply::Reply;
pub use request::{Request, given, path};
pub use target::{ACCOUNT_VARIABLE, AccountArgument, KEY_VARIABLE, ServerChoice, Target};

/// Items of a page of a list: as many as a page may have.
const PAGE_ITEMS: usize = 1000;

/// What a command may do with a store: one that is read changes nothing of it, so it may lie on a
/// read-only medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    Read,
    Write,
}

/// The native API in the name of one account, of a store here or of a server.
pub struct Api {
    way: Way,
}

enum Way {
    Local(Box<Local>),
    Remote(Box<Remote>),
}

/// A group of commands on one account.
#[derive(Debug, Args)]
pub struct OfAccount<C: Subcommand> {
    #[command(flatten)]
    account: AccountArgument,
    #[command(subcommand)]
    command: C,
}

/// One of such a group.
pub trait AccountCommand: Subcommand {
    /// What it does with the store.
    fn opens(&self) -> Opens;

    fn run(self, api: &Api) -> Result<(), CliError>;
}

impl<C: AccountCommand> OfAccount<C> {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, self.command.opens())?;
        self.command.run(&api)
    }
}

/// A page of a list, or of the feed, which always has a next one.
#[derive(Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl Api {
    /// Opens the store, or finds the credentials for the server, which is called by the first
    /// request.
    pub fn open(
        target: &Target,
        account: &AccountArgument,
        opens: Opens,
    ) -> Result<Self, CliError> {
        let user_name = account.user_name()?;
        let way = match &target.server {
            Some(server) => Way::Remote(Box::new(Remote::open(server, user_name)?)),
            None => Way::Local(Box::new(Local::open(&target.store, user_name, opens)?)),
        };
        Ok(Self { way })
    }

    /// The account's userName.
    pub fn user_name(&self) -> &str {
        match &self.way {
            Way::Local(local) => local.user_name(),
            Way::Remote(remote) => remote.user_name(),
        }
    }

    /// Whether it is that of a server, which may break off an answer.
    pub fn is_remote(&self) -> bool {
        self.server().is_some()
    }

    /// Carries a request out. An answer that is a problem is the error [`CliError::Refused`].
    pub fn send(&self, request: Request) -> Result<Reply<'_>, CliError> {
        let (request, sent) = request.build();
        let (answered, runtime) = match &self.way {
            Way::Local(local) => (Ok(local.call(request)), local.runtime()),
            Way::Remote(remote) => (remote.call(request, &sent), remote.runtime()),
        };
        // Where the input cannot be read, whatever else went wrong is a consequence.
        if let Some(why) = sent.take_fault() {
            return Err(CliError::BrokenOff(why));
        }
        Reply::of(runtime, answered?, self.server())
    }

    /// The items of a list, page by page. `request` is a GET with all parameters but those of the
    /// page.
    pub fn pages<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> Request,
    ) -> impl Iterator<Item = Result<T, CliError>> {
        let mut next = Some(None::<String>);
        let pages = std::iter::from_fn(move || {
            let cursor = next.take()?;
            let mut request = request().query("limit", PAGE_ITEMS);
            if let Some(cursor) = cursor {
                request = request.query("cursor", cursor);
            }
            let page = self.send(request).and_then(Reply::json::<Page<T>>);
            Some(match page {
                Ok(page) => {
                    next = page.next.map(Some);
                    page.items.into_iter().map(Ok).collect()
                }
                Err(error) => vec![Err(error)],
            })
        });
        pages.flatten()
    }

    /// The changes since a cursor of the feed, which is also the id of a change, or `now`. Waits so long
    /// for the next one, if there is none.
    pub fn feed<T: DeserializeOwned>(
        &self,
        cursor: &str,
        wait_s: u32,
    ) -> Result<Page<T>, CliError> {
        let feed = Request::get("/v1/feed").query("limit", PAGE_ITEMS).query("cursor", cursor);
        self.send(feed.query("wait_s", wait_s))?.json()
    }

    /// The address of the server, for messages; none of a store.
    fn server(&self) -> Option<&str> {
        match &self.way {
            Way::Local(_) => None,
            Way::Remote(remote) => Some(remote.address()),
        }
    }
}
