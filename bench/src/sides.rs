//! The servers of the two parts, with the phones that are edited on each.

use std::env;
use std::process::Command;

use crate::database::{Database, Schema};
use crate::error::Outcome;
use crate::fixture::Account;
use crate::load::Population;
use crate::place::Place;
use crate::prepare::Ringbook;
use crate::server::Server;
use crate::settings::Accounts;
use crate::single;

/// Ringbook on a file, and the ceiling.
#[derive(Debug)]
pub struct SqliteSide {
    /// The server that does nothing.
    pub ceiling: Server,
    /// Ringbook.
    pub server: Server,
    /// Its store.
    pub store: Ringbook,
    /// The phones that the ceiling is asked about.
    pub ceiling_phones: Population,
    /// The phones of many accounts.
    pub phones: Population,
    /// Those of one account.
    pub single_phones: Population,
}

impl SqliteSide {
    /// Imports the accounts and starts the servers.
    pub fn start(place: &Place, file: &str, accounts: &Accounts) -> Outcome<Self> {
        let store = place.ringbook(file);
        let Accounts { many, single, untouched, .. } = accounts;
        place.create(&store, many.iter().chain([single, untouched]))?;
        let ceiling = Server::start(own_command("ceiling")?, &place.dir.join("ceiling.log"))?;
        Ok(Self {
            ceiling,
            server: Server::start(store.command(&["serve"]), &place.log())?,
            store,
            ceiling_phones: Population::new(many),
            phones: Population::new(many),
            single_phones: Population::new(std::slice::from_ref(single)),
        })
    }

    /// Stops the servers.
    pub fn stop(self) -> Outcome<()> {
        self.ceiling.stop()?;
        self.server.stop_orderly()
    }
}

/// Ringbook on the database, and the plain handler.
pub struct PostgresSide<'a> {
    place: Place<'a>,
    database: &'a Database,
    accounts: &'a [Account],
    /// The process of the database.
    pub database_pid: u32,
    /// The plain handler.
    pub plain: Server,
    /// Ringbook.
    pub node: Server,
    /// Its store.
    pub store: Ringbook,
    /// The phones of the plain handler.
    pub plain_phones: Population,
    /// The phones of ringbook.
    pub phones: Population,
}

impl<'a> PostgresSide<'a> {
    /// Imports the accounts, has the plain handler make its own, and starts the servers.
    pub fn start(
        place: Place<'a>,
        database: &'a Database,
        accounts: &'a [Account],
    ) -> Outcome<Self> {
        let store = Ringbook::new(place.binary, database.new_schema().url);
        place.create(&store, accounts)?;
        let plain = plain_command(&database.new_schema(), accounts)?;
        let plain = Server::start(plain, &place.dir.join("plain.log"))?;
        database.tidy()?;
        let node = Server::start(store.command(&["serve"]), &place.log())?;
        // The first load is of gets, and is compared with one on accounts that are in memory.
        single::preload(&node, accounts)?;
        Ok(Self {
            place,
            database,
            accounts,
            database_pid: database.pid()?,
            plain,
            node,
            store,
            plain_phones: Population::new(accounts),
            phones: Population::new(accounts),
        })
    }

    /// The database behind them.
    pub fn database(&self) -> &'a Database {
        self.database
    }

    /// Starts a second node, which has loaded all accounts. It runs only while it has a part in
    /// what is measured, for it hears of each commit of the first one and follows.
    pub fn second_node(&self) -> Outcome<Server> {
        let node = Server::start(self.store.command(&["serve"]), &self.place.log())?;
        single::preload(&node, self.accounts)?;
        Ok(node)
    }

    /// Stops the servers.
    pub fn stop(self) -> Outcome<()> {
        self.plain.stop()?;
        self.node.stop_orderly()
    }
}

fn plain_command(schema: &Schema, accounts: &[Account]) -> Outcome<Command> {
    let phones = accounts.first().map_or(0, |account| account.phones);
    let mut command = own_command("plain")?;
    command.arg("--database").arg(&schema.url);
    command.args(["--accounts", &accounts.len().to_string(), "--phones", &phones.to_string()]);
    Ok(command)
}

fn own_command(task: &str) -> Outcome<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(task);
    Ok(command)
}
