//! `postgres://…`: a connection string as libpq takes it, with `pool_max_conns`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::passfile::password_of;
use super::tls::{Tls, Verifies};

/// How long a host may take to accept a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);

/// Batches committed at a time: one is decided and sent while the other one waits for the disk. With
/// more, each batch is smaller, and fewer changes share the fixed cost of a statement.
pub const WRITERS: usize = 2;

/// Connections of a node unless the URL has `pool_max_conns`: two that commit, one that reads
/// versions, and some that load and list accounts.
const POOL_CONNECTIONS: usize = 8;

/// Fewest connections: each writer's, and one to read with.
const POOL_CONNECTIONS_MIN: usize = WRITERS + 1;

/// The default port.
const PORT: u16 = 5432;

/// Where a PostgreSQL store is, and how to connect. Never displays a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Config,
    /// How connections are encrypted, and which certificates are trusted.
    pub tls: Tls,
    /// Connections of this process at most, beside the one that listens.
    pub pool_connections: usize,
    passfile: Option<PathBuf>,
}

impl FromStr for PostgresUrl {
    /// What is wrong, without a password.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut tls, mut pool_connections, mut passfile) =
            (Tls::default(), POOL_CONNECTIONS, None);
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match key {
                "sslmode" => {
                    let (verifies, mode) = ssl_mode(value)?;
                    tls.verifies = verifies;
                    others.push(format!("sslmode={mode}"));
                }
                "sslrootcert" => tls.root_certificates = Some(decoded().into()),
                "passfile" => passfile = Some(decoded().into()),
                "pool_max_conns" => {
                    pool_connections = value
                        .parse()
                        .ok()
                        .filter(|count| *count >= POOL_CONNECTIONS_MIN)
                        .ok_or_else(|| {
                            format!("pool_max_conns is at least {POOL_CONNECTIONS_MIN}")
                        })?;
                }
                _ => others.push(pair.to_owned()),
            }
        }
        let text = format!("{base}?{}", others.join("&"));
        let config: Config = text.parse().map_err(|error: tokio_postgres::Error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            source.unwrap_or_else(|| error.to_string())
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err("it names no host, as in postgres://USER@HOST/DATABASE".into());
        }
        if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
            return Err("a store is written to: target_session_attrs=read-write".into());
        }
        Ok(Self { config, tls, pool_connections, passfile })
    }
}

/// What is verified of the server's certificate, and the mode for tokio-postgres.
fn ssl_mode(text: &str) -> Result<(Verifies, &'static str), String> {
    Ok(match text {
        "disable" => (Verifies::Nothing, "disable"),
        "allow" | "prefer" => (Verifies::Nothing, "prefer"),
        "require" => (Verifies::Nothing, "require"),
        "verify-ca" => (Verifies::Issuer, "require"),
        "verify-full" => (Verifies::IssuerAndName, "require"),
        _ => {
            return Err("sslmode is disable, prefer, require, verify-ca or verify-full".into());
        }
    })
}

impl PostgresUrl {
    /// One configuration a host. All are tried at the same time, so a host that hangs delays nothing, and
    /// only one with these attributes is accepted.
    pub fn hosts(&self, attributes: TargetSessionAttrs) -> Vec<Config> {
        let (names, addresses) = (self.config.get_hosts(), self.config.get_hostaddrs());
        (0..names.len().max(addresses.len())).map(|index| self.host(index, attributes)).collect()
    }

    fn host(&self, index: usize, attributes: TargetSessionAttrs) -> Config {
        let config = &self.config;
        let mut one = Config::new();
        let ports = config.get_ports();
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(PORT);
        one.port(port);
        let mut name = String::new();
        match config.get_hosts().get(index) {
            Some(Host::Tcp(host)) => {
                name.clone_from(host);
                one.host(host);
            }
            #[cfg(unix)]
            Some(Host::Unix(path)) => {
                "localhost".clone_into(&mut name);
                one.host_path(path);
            }
            None => {}
        }
        if let Some(address) = config.get_hostaddrs().get(index) {
            one.hostaddr(*address);
        }
        let user =
            config.get_user().map(ToOwned::to_owned).or_else(|| std::env::var("PGUSER").ok());
        let database = config.get_dbname().or(user.as_deref()).unwrap_or_default().to_owned();
        let password = config.get_password().map(ToOwned::to_owned).or_else(|| {
            let given = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty());
            let user = user.as_deref().unwrap_or_default();
            let found = || password_of(self.passfile.as_deref(), &name, port, &database, user);
            given.or_else(found).map(String::into_bytes)
        });
        if let Some(password) = password {
            one.password(password);
        }
        if let Some(user) = user {
            one.user(user);
        }
        if let Some(database) = config.get_dbname() {
            one.dbname(database);
        }
        if let Some(options) = config.get_options() {
            one.options(options);
        }
        if let Some(timeout) = config.get_tcp_user_timeout() {
            one.tcp_user_timeout(*timeout);
        }
        one.application_name(config.get_application_name().unwrap_or("ringbook"))
            .ssl_mode(config.get_ssl_mode())
            .ssl_negotiation(config.get_ssl_negotiation())
            .channel_binding(config.get_channel_binding())
            .keepalives(config.get_keepalives())
            .keepalives_idle(config.get_keepalives_idle())
            .connect_timeout(CONNECT_TIMEOUT)
            .target_session_attrs(attributes);
        one
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        let names = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let addresses = self.config.get_hostaddrs().iter().map(ToString::to_string);
        let hosts: Vec<_> =
            if self.config.get_hosts().is_empty() { addresses.collect() } else { names.collect() };
        for (index, host) in hosts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(PORT);
            write!(f, "{comma}{host}:{port}")?;
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
