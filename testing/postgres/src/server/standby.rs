//! Servers that follow another one.

use super::Server;
use crate::home::Home;
use crate::wait::until;

impl Server {
    /// Starts a hot standby: a copy of this server that follows it and can be read. No commit
    /// waits for it unless [`Server::require_standby`] says so.
    #[must_use = "it ends when it is dropped"]
    pub fn standby(&self) -> Self {
        let home = Home::new();
        let (data, socket) = (home.data(), self.home.path().as_os_str());
        home.run(
            "pg_basebackup",
            &[
                "--pgdata".as_ref(),
                data.as_os_str(),
                "--write-recovery-conf".as_ref(),
                "--checkpoint=fast".as_ref(),
                "--wal-method=stream".as_ref(),
                "--no-sync".as_ref(),
                "--host".as_ref(),
                socket,
                "--port".as_ref(),
                self.port.to_string().as_ref(),
                "--username=postgres".as_ref(),
            ],
        );
        Self::launch(home)
    }

    /// From now on a commit is answered when the standby has it too. Waits until that is so.
    pub fn require_standby(&self, standby: &Self) {
        self.set("synchronous_commit", "on");
        self.set("synchronous_standby_names", &format!("FIRST 1 ({})", standby.name()));
        let name = standby.name();
        until("the standby is synchronous", || {
            let states = self.query(&format!(
                "SELECT sync_state FROM pg_stat_replication WHERE application_name = '{name}'"
            ));
            states == ["sync"]
        });
    }

    /// Makes a primary of a standby, and waits until it accepts writes. No commit waits for
    /// another server, whatever its own primary was told.
    pub fn promote(&mut self) {
        self.set("synchronous_standby_names", "");
        let promoted = self.query("SELECT pg_promote()");
        assert_eq!(promoted, ["t"], "{}", self.log());
        until("the standby is a primary", || self.query("SELECT pg_is_in_recovery()") == ["f"]);
    }

    /// The name that the server has with its primary.
    pub(super) fn name(&self) -> String {
        format!("ringbook_{}", self.port)
    }

    fn set(&self, setting: &str, value: &str) {
        self.query(&format!("ALTER SYSTEM SET {setting} = '{value}'"));
        self.query("SELECT pg_reload_conf()");
    }
}
