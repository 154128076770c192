//! Notifying other nodes of commits, by LISTEN and NOTIFY.
//!
//! A notification is sent after the commit, on another connection: within the transaction it would
//! take a lock that lets only one commit of the whole database reach the disk at a time. If it is
//! lost, as the node died in between, the others find the commit when they poll.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use directory::AccountId;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};

use super::connect::{Connector, SocketConnection};
use super::fault::{Fault, within};
use super::url::CONNECT_TIMEOUT;
use crate::secret;
use crate::store::Listener;

/// How long to gather accounts before a notification is sent.
const GATHER: Duration = Duration::from_millis(10);

/// Accounts of one notification: its text has at most 8000 bytes.
const ACCOUNTS_PER_NOTIFICATION: usize = 500;

/// How often to check an idle connection.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(500);

/// Sends notifications to other nodes, and receives theirs.
#[derive(Default)]
pub struct Bus {
    /// Accounts of the next notification: at most all that exist.
    changed: Mutex<BTreeSet<AccountId>>,
    has_changed: Notify,
    listener: OnceLock<Listener>,
}

impl Bus {
    /// Starts to listen, on the current runtime, until the bus is dropped.
    pub fn start(self: &Arc<Self>, connector: &Connector) {
        let node = u64::from_be_bytes(secret::random());
        let (connector, bus) = (connector.clone(), Arc::downgrade(self));
        tokio::spawn(Task { connector, node, bus }.run());
    }

    /// Notifies other nodes soon that accounts have changed.
    pub fn notify(&self, accounts: impl IntoIterator<Item = AccountId>) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).extend(accounts);
        self.has_changed.notify_one();
    }

    /// Sets who gets the accounts that other nodes have changed.
    pub fn listen(&self, listener: Listener) {
        // A second one is ignored: there is one service over a store.
        let _ = self.listener.set(listener);
    }

    fn take_changed(&self) -> BTreeSet<AccountId> {
        std::mem::take(&mut self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn pass_on(&self, accounts: Vec<AccountId>) {
        if let Some(listener) = self.listener.get() {
            listener(accounts);
        }
    }
}

struct Task {
    connector: Connector,
    node: u64,
    bus: Weak<Bus>,
}

impl Task {
    async fn run(self) {
        let mut is_logged = false;
        loop {
            let fault = match timeout(CONNECT_TIMEOUT, self.connect()).await {
                Ok(Ok((client, payloads, channel))) => {
                    match self.serve(&client, payloads, &channel).await {
                        Ok(()) => return,
                        Err(fault) => fault,
                    }
                }
                Ok(Err(fault)) => fault,
                Err(_) => Fault::Elsewhere("no connection in time".into()),
            };
            // Away is logged elsewhere. What is left is most likely a pooler without LISTEN.
            if let Fault::Store(error) | Fault::InDoubt(error) = fault
                && !std::mem::replace(&mut is_logged, true)
            {
                tracing::warn!(%error, "cannot listen for changes of other nodes, so they are looked for");
            }
            if self.bus.strong_count() == 0 {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    async fn connect(&self) -> Result<(Client, mpsc::UnboundedReceiver<String>, String), Fault> {
        let (client, payloads) = self.connector.connect(drive_and_receive).await?;
        let schema: Option<String> =
            client.query_one("SELECT current_schema()::text", &[]).await?.try_get(0)?;
        let channel = format!("ringbook.{}", schema.unwrap_or_default());
        // A notification need not be on stable storage.
        client.batch_execute("SET synchronous_commit = off").await?;
        client.batch_execute(&format!("LISTEN \"{}\"", channel.replace('"', "\"\""))).await?;
        Ok((client, payloads, channel))
    }

    /// Listens and notifies until the connection breaks or the store is dropped.
    async fn serve(
        &self,
        client: &Client,
        mut payloads: mpsc::UnboundedReceiver<String>,
        channel: &str,
    ) -> Result<(), Fault> {
        // Notifications may have been missed until now.
        if let Some(bus) = self.bus.upgrade() {
            bus.pass_on(Vec::new());
        }
        loop {
            let Some(bus) = self.bus.upgrade() else { return Ok(()) };
            tokio::select! {
                payload = payloads.recv() => match payload {
                    Some(payload) => self.receive(&bus, &payload),
                    None => return Err(Fault::Lost("the connection broke".into())),
                },
                () = bus.has_changed.notified() => {
                    sleep(GATHER).await;
                    self.send(client, channel, &bus.take_changed()).await?;
                }
                () = sleep(HEARTBEAT) => {
                    within(CONNECT_TIMEOUT, client.batch_execute("")).await?;
                }
            }
        }
    }

    async fn send(
        &self,
        client: &Client,
        channel: &str,
        accounts: &BTreeSet<AccountId>,
    ) -> Result<(), Fault> {
        let ids: Vec<_> = accounts.iter().map(|account| account.0.to_string()).collect();
        for ids in ids.chunks(ACCOUNTS_PER_NOTIFICATION) {
            let payload = format!("{:016x} {}", self.node, ids.join(","));
            let sql = "SELECT pg_notify($1, $2)";
            within(CONNECT_TIMEOUT, client.execute(sql, &[&channel, &payload])).await?;
        }
        Ok(())
    }

    fn receive(&self, bus: &Bus, payload: &str) {
        let Some((node, ids)) = payload.split_once(' ') else { return };
        if node == format!("{:016x}", self.node) {
            return;
        }
        let ids = ids.split(',').filter_map(|id| id.parse().ok());
        let accounts: Vec<_> = ids.map(AccountId).collect();
        if !accounts.is_empty() {
            bus.pass_on(accounts);
        }
    }
}

/// Drives a connection as a task, and returns the payloads of its notifications.
fn drive_and_receive(mut connection: SocketConnection) -> mpsc::UnboundedReceiver<String> {
    let (sender, payloads) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message {
                let _ = sender.send(notification.payload().to_owned());
            }
        }
    });
    payloads
}
