//! What a command works on: a store or a server, and which account of it.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::Scheme;
use clap::ArgMatches;
use clap::Args;
use clap::parser::ValueSource;
use directory::UserName;

use crate::cli::context::{COMMON, CliError, QuietParser, StoreChoice};

/// Names the account where `--account` does not.
pub const ACCOUNT_VARIABLE: &str = "RINGBOOK_ACCOUNT";

/// Has the API key for a server, where no file has it.
pub const KEY_VARIABLE: &str = "RINGBOOK_KEY";

/// The options that choose a server.
#[derive(Debug, Args)]
pub struct ServerChoice {
    /// Work on the account of a server rather than on a store: `https://HOST`. The key comes from
    /// --key-file, from `RINGBOOK_KEY`, or is asked for
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = COMMON,
        value_parser = QuietParser::<ServerUrl>::new()
    )]
    server: Option<ServerUrl>,
    /// The file with the account's API key, for --server
    #[arg(long, global = true, value_name = "FILE", help_heading = COMMON)]
    key_file: Option<PathBuf>,
}

/// What a command works on.
#[derive(Debug)]
pub struct Target {
    pub store: StoreChoice,
    /// The server, where one was chosen.
    pub server: Option<Server>,
}

/// A server, and where the key for it is.
#[derive(Debug)]
pub struct Server {
    pub url: ServerUrl,
    pub key_file: Option<PathBuf>,
}

/// `--account`
#[derive(Debug, Args)]
pub struct AccountArgument {
    /// The account's userName, unless `RINGBOOK_ACCOUNT` has it, or the store has one account only
    #[arg(long = "account", global = true, value_name = "USER_NAME")]
    pub user_name: Option<UserName>,
}

/// The address of a server, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl Target {
    /// The target that was chosen in the more direct way: on the command line, in the environment,
    /// or in the file of settings.
    pub fn of(
        store: StoreChoice,
        server: ServerChoice,
        matches: &ArgMatches,
    ) -> Result<Self, CliError> {
        let [of_store, of_server] = ["store", "server"].map(|id| matches.value_source(id));
        if [of_store, of_server] == [Some(ValueSource::CommandLine); 2] {
            let why = "--store and --server exclude each other: a command works on one of them";
            return Err(CliError::Usage(why.into()));
        }
        let ServerChoice { server, key_file } = server;
        let server = server.filter(|_| of_server >= of_store);
        Ok(Self { store, server: server.map(|url| Server { url, key_file }) })
    }

    /// The store, for a command that is about one.
    pub fn only_store(&self) -> Result<&StoreChoice, CliError> {
        match &self.server {
            None => Ok(&self.store),
            Some(Server { url, .. }) => Err(CliError::Usage(format!(
                "this command works on a store, not on the server {url}: give --store, or leave \
                 --server and RINGBOOK_SERVER out"
            ))),
        }
    }
}

impl AccountArgument {
    /// The account that is named; none if neither the command line nor the environment names one.
    pub fn user_name(&self) -> Result<Option<UserName>, CliError> {
        if self.user_name.is_some() {
            return Ok(self.user_name.clone());
        }
        let Some(text) = variable(ACCOUNT_VARIABLE) else { return Ok(None) };
        let name = text.to_str().and_then(|text| text.parse().ok());
        let wrong = || CliError::Usage(format!("{ACCOUNT_VARIABLE} is no userName"));
        name.map(Some).ok_or_else(wrong)
    }
}

/// A variable of the environment. An empty one counts as unset.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let form = "it is the address of a server, such as https://phones.example.org";
        let url: Uri = text.parse().map_err(|_| form)?;
        let (Some(scheme), Some(authority)) = (url.scheme(), url.authority()) else {
            return Err(form);
        };
        let is_http = *scheme == Scheme::HTTP;
        if authority.as_str().contains('@') {
            Err("a key does not belong into the address: give it by --key-file or RINGBOOK_KEY")
        } else if url.query().is_some() || !(is_http || *scheme == Scheme::HTTPS) {
            Err(form)
        } else if is_http && !is_loopback(authority.host()) {
            Err(
                "http:// would send the key in clear text: beyond this machine only https:// is possible",
            )
        } else {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        }
    }
}

impl Display for ServerUrl {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
