//! How a server is set up.

/// How a server is set up. Without more it is fast and forgets what a power cut forgets.
#[derive(Debug, Clone, Default)]
#[must_use = "they set up a server when they are given to one"]
pub struct Settings {
    is_durable: bool,
    pub(crate) has_tls: bool,
    pub(crate) password: Option<String>,
    lines: Vec<String>,
}

impl Settings {
    /// A server that does not wait for the disk, speaks no TLS and asks for no password.
    pub fn new() -> Self {
        Self::default()
    }

    /// A commit is on the disk before it is answered, as by default.
    pub fn durable(mut self) -> Self {
        self.is_durable = true;
        self
    }

    /// TLS is spoken with whoever asks for it, with a certificate for `localhost` and 127.0.0.1
    /// that is signed by [`Server::ca_file`](crate::Server::ca_file).
    pub fn tls(mut self) -> Self {
        self.has_tls = true;
        self
    }

    /// The role `ringbook` has this password and is asked for it, and so is every other role.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// A line of `postgresql.conf`, which wins over all that come before it.
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// For the many small tests of a process, all at once.
    pub(crate) fn shared() -> Self {
        let lines = [
            "max_connections = 400",
            // Nothing that goes on by itself while tests are timed.
            "autovacuum = off",
            "checkpoint_timeout = 1h",
            "max_wal_size = 4GB",
        ];
        lines.into_iter().fold(Self::new(), Self::line)
    }

    /// What comes after what `initdb` has written in `postgresql.conf`.
    pub(crate) fn postgresql_conf(&self) -> String {
        let mut lines = vec![
            "listen_addresses = '127.0.0.1'",
            "log_line_prefix = '%m [%p] %q%u@%d '",
            "password_encryption = 'scram-sha-256'",
            // In the data directory, so that a killed server leaves nothing elsewhere.
            "dynamic_shared_memory_type = mmap",
            // A standby looks for its primary this often, and finds what it needs there.
            "wal_retrieve_retry_interval = 50ms",
            "wal_keep_size = 1GB",
        ];
        if !self.is_durable {
            lines.extend(["fsync = off", "full_page_writes = off"]);
        }
        if self.has_tls {
            lines.extend([
                "ssl = on",
                "ssl_cert_file = 'server.pem'",
                "ssl_key_file = 'server.key'",
            ]);
        }
        lines.extend(self.lines.iter().map(String::as_str));
        format!("\n{}\n", lines.join("\n"))
    }

    /// Who may connect: the superuser over the socket, everybody else over the network.
    pub(crate) fn pg_hba_conf(&self) -> String {
        let method = if self.password.is_some() { "scram-sha-256" } else { "trust" };
        [
            "local all postgres trust",
            "local replication postgres trust",
            "host all postgres all reject",
            &format!("host all all 127.0.0.1/32 {method}"),
            "",
        ]
        .join("\n")
    }
}
