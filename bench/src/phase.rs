//! The kinds of load, and what each needs.

use clap::ValueEnum;

use crate::load::Mode;

/// A part of the benchmark that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Ringbook on an `SQLite` file, beside the ceiling.
    Sqlite,
    /// Ringbook on `PostgreSQL`, beside a plain handler.
    Postgres,
}

/// What takes a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The server that does nothing.
    Ceiling,
    /// Ringbook on a file, with the phones of many accounts.
    Sqlite,
    /// The same with those of one account.
    SqliteSingle,
    /// Ringbook on a file of its own that keeps its history.
    WithHistory,
    /// Ringbook on a file like that one that keeps none.
    WithoutHistory,
    /// The plain handler on the database.
    Plain,
    /// One ringbook on the database.
    Node,
    /// Two of them, each of which gets requests for every account.
    TwoNodes,
    /// Two of them, each of which gets those for half of the accounts.
    TwoNodesByAccount,
    /// No server: the memory of the service, over a store of that part.
    Memory(Part),
}

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Edits against the ceiling at 64 connections.
    CeilingEdit64,
    /// Edits of phones in many accounts at 64 connections.
    Edit64,
    /// Edits of the phones of one account at 64 connections.
    EditSingle64,
    /// Edits against the ceiling at 256 connections.
    CeilingEdit256,
    /// Edits of phones in many accounts at 256 connections.
    Edit256,
    /// Gets against the ceiling at 64 connections.
    CeilingGet64,
    /// Gets of phones in many accounts at 64 connections.
    Get64,
    /// Pages of fifty phones from the ceiling at 64 connections.
    CeilingList64,
    /// Pages of fifty phones of many accounts, by skill, at 64 connections.
    List64,
    /// Gets over the database.
    NodeGet64,
    /// Ring orders out of memory.
    Remembered,
    /// The same over the database.
    NodeRemembered,
    /// Edits by the plain handler.
    PlainEdit64,
    /// Edits through one node.
    NodeEdit64,
    /// Edits through two nodes, of every account through both.
    TwoNodesEdit64,
    /// Edits through two nodes, of each account through one of them.
    TwoNodesByAccountEdit64,
    /// Edits with their history at 64 connections, beside those of the next.
    WithHistory64,
    /// Edits without their history at 64 connections.
    WithoutHistory64,
    /// Edits against the ceiling at the rate of the next.
    CeilingPaced64,
    /// Edits at half of the top load.
    PacedEdit64,
    /// Edits through one node at half of its top load.
    NodePacedEdit64,
}

impl Phase {
    /// The phases of a round, in turn: those that are compared are neighbours, and the database,
    /// which still has to write when a load is over, has its edits last.
    pub const ROUND: [Self; 16] = [
        Self::CeilingEdit64,
        Self::Edit64,
        Self::EditSingle64,
        Self::CeilingEdit256,
        Self::Edit256,
        Self::CeilingList64,
        Self::List64,
        Self::CeilingGet64,
        Self::Get64,
        Self::NodeGet64,
        Self::Remembered,
        Self::NodeRemembered,
        Self::PlainEdit64,
        Self::NodeEdit64,
        Self::TwoNodesEdit64,
        Self::TwoNodesByAccountEdit64,
    ];

    /// What is compared to tell the cost of the history, in the order of the first pair.
    pub const HISTORY_PAIR: [Self; 2] = [Self::WithHistory64, Self::WithoutHistory64];

    /// The phases of a round of paced loads, each with the phase whose top load it takes half of.
    pub const PACED_ROUND: [(Self, Self); 3] = [
        // The ceiling shows how much of the latency is the machine's and the schedule's.
        (Self::CeilingPaced64, Self::Edit64),
        (Self::PacedEdit64, Self::Edit64),
        (Self::NodePacedEdit64, Self::NodeEdit64),
    ];

    /// The phase in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::CeilingEdit64 => "ceiling, edit, 64 connections",
            Self::Edit64 => "ringbook, edit, 64 connections",
            Self::EditSingle64 => "ringbook, edit, one account, 64 connections",
            Self::CeilingEdit256 => "ceiling, edit, 256 connections",
            Self::Edit256 => "ringbook, edit, 256 connections",
            Self::CeilingGet64 => "ceiling, get, 64 connections",
            Self::Get64 => "ringbook, get, 64 connections",
            Self::CeilingList64 => "ceiling, list of 50, 64 connections",
            Self::List64 => "ringbook, list of 50 by skill, 64 connections",
            Self::NodeGet64 => "PostgreSQL, get, 64 connections",
            Self::Remembered => "ringbook, remembered ring orders, in process",
            Self::NodeRemembered => "PostgreSQL, remembered ring orders, in process",
            Self::PlainEdit64 => "plain handler, edit, 64 connections",
            Self::NodeEdit64 => "PostgreSQL, edit, one node, 64 connections",
            Self::TwoNodesEdit64 => "PostgreSQL, edit, two nodes, 64 connections",
            Self::TwoNodesByAccountEdit64 => {
                "PostgreSQL, edit, two nodes by account, 64 connections"
            }
            Self::WithHistory64 => "ringbook, edit, store with history, 64 connections",
            Self::WithoutHistory64 => "ringbook, edit, store without history, 64 connections",
            Self::CeilingPaced64 => "ceiling, edit, paced, 64 connections",
            Self::PacedEdit64 => "ringbook, edit, paced, 64 connections",
            Self::NodePacedEdit64 => "PostgreSQL, edit, one node, paced, 64 connections",
        }
    }

    /// What takes the load.
    pub fn target(self) -> Target {
        match self {
            Self::CeilingEdit64
            | Self::CeilingEdit256
            | Self::CeilingGet64
            | Self::CeilingList64
            | Self::CeilingPaced64 => Target::Ceiling,
            Self::Edit64 | Self::Edit256 | Self::Get64 | Self::List64 | Self::PacedEdit64 => {
                Target::Sqlite
            }
            Self::EditSingle64 => Target::SqliteSingle,
            Self::Remembered => Target::Memory(Part::Sqlite),
            Self::NodeRemembered => Target::Memory(Part::Postgres),
            Self::WithHistory64 => Target::WithHistory,
            Self::WithoutHistory64 => Target::WithoutHistory,
            Self::PlainEdit64 => Target::Plain,
            Self::NodeEdit64 | Self::NodeGet64 | Self::NodePacedEdit64 => Target::Node,
            Self::TwoNodesEdit64 => Target::TwoNodes,
            Self::TwoNodesByAccountEdit64 => Target::TwoNodesByAccount,
        }
    }

    /// The part that it belongs to.
    pub fn part(self) -> Part {
        match self.target() {
            Target::Ceiling
            | Target::Sqlite
            | Target::SqliteSingle
            | Target::WithHistory
            | Target::WithoutHistory => Part::Sqlite,
            Target::Plain | Target::Node | Target::TwoNodes | Target::TwoNodesByAccount => {
                Part::Postgres
            }
            Target::Memory(part) => part,
        }
    }

    /// What its requests do.
    pub fn mode(self) -> Mode {
        match self {
            Self::CeilingGet64 | Self::Get64 | Self::NodeGet64 => Mode::Get,
            Self::CeilingList64 | Self::List64 => Mode::List,
            _ => Mode::Edit,
        }
    }

    /// Over how many connections.
    pub fn connections(self) -> usize {
        match self {
            Self::CeilingEdit256 | Self::Edit256 => 256,
            _ => 64,
        }
    }
}
