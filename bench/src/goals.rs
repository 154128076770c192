//! What is to be reached, and what is aimed for.

use crate::numbers::Unit;

/// One line of the table of goals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Edits against the ceiling at 64 connections.
    Edit64,
    /// Edits against the ceiling at 256 connections.
    Edit256,
    /// Edits of one account against the ceiling at 64 connections.
    EditSingle,
    /// Latency of an edit at half of the top load.
    PacedEdit,
    /// Gets against the ceiling at 64 connections.
    Get64,
    /// Pages of a list against the ceiling's fixed reply at 64 connections.
    List64,
    /// The same against a ceiling that sends such pages.
    ListPage64,
    /// Edits that the history costs.
    HistoryCost,
    /// Edits over PostgreSQL through one node, against a plain handler.
    NodeEdit,
    /// The same through two nodes that both take edits of every account.
    TwoNodesEdit,
    /// The same through two nodes that each take those of half of the accounts.
    TwoNodesByAccountEdit,
    /// Latency of an edit through one node at half of its top load.
    NodePacedEdit,
    /// Gets over PostgreSQL against those over SQLite.
    NodeGet,
    /// Reads of memory over PostgreSQL against those over SQLite.
    NodeRemembered,
    /// Delay of a change to who follows another node by a stream.
    FeedStream,
    /// The same by long poll.
    FeedPoll,
    /// Memory per phone that is loaded.
    MemoryPerPhone,
    /// Disk per phone row.
    DiskPerPhone,
    /// Speed of an import.
    Import,
    /// Speed of a bulk edit over the native API.
    Bulk,
    /// Time until a server on a large store is ready.
    Start,
    /// Time of the first edit after that.
    FirstEdit,
    /// Size of the release binary.
    BinarySize,
    /// Memory of a server on an empty store.
    IdleMemory,
    /// Time of a first release build.
    Build,
}

impl Goal {
    /// What is measured, in words.
    pub fn what(self) -> &'static str {
        match self {
            Self::Edit64 => "durable edits/s, share of the ceiling, 64 connections",
            Self::Edit256 => "the same, 256 connections",
            Self::EditSingle => "the same, one single account, 64 connections",
            Self::PacedEdit => "p99 of an edit at half of its top load, from the scheduled time",
            Self::Get64 => "`get`/s, share of the ceiling, 64 connections",
            Self::List64 => {
                "`GET /v1/phones?skill=…&limit=50`/s, share of the ceiling's fixed reply, \
                 64 connections"
            }
            Self::ListPage64 => "the same, share of a ceiling that sends a page of 50 phones",
            Self::HistoryCost => {
                "durable edits/s that are lost to the history, 64 connections: \
                 `bench/run --only sqlite`"
            }
            Self::NodeEdit => {
                "PostgreSQL: durable edits/s through one node, to the plain handler's, \
                 64 connections"
            }
            Self::TwoNodesEdit => "the same through two nodes, every account through both",
            Self::TwoNodesByAccountEdit => {
                "the same through two nodes, each account through one of them"
            }
            Self::NodePacedEdit => {
                "PostgreSQL: p99 of an edit through one node at half of its top load, from the \
                 scheduled time"
            }
            Self::NodeGet => "PostgreSQL: `get`/s, share of those on SQLite, 64 connections",
            Self::NodeRemembered => "PostgreSQL: remembered reads/s, share of those on SQLite",
            Self::FeedStream => {
                "PostgreSQL: p99 from before an edit on one node to its change in `GET \
                 /v1/changes` of another one, Server-Sent Events"
            }
            Self::FeedPoll => "the same by long poll",
            Self::MemoryPerPhone => "memory per phone loaded",
            Self::DiskPerPhone => "disk per phone row",
            Self::Import => "import into a large account",
            Self::Bulk => {
                "`POST /v1/phones:bulk?mode=all_or_nothing`: all phones of a large account edited, \
                 sent and answered"
            }
            Self::Start => "start on a large store, until ready",
            Self::FirstEdit => "first edit after a start, in an account not yet loaded",
            Self::BinarySize => "release binary",
            Self::IdleMemory => "memory of an idle server, empty store",
            Self::Build => "first release build from a clean checkout",
        }
    }

    /// What the figure counts.
    pub fn unit(self) -> Unit {
        match self {
            Self::Edit64
            | Self::Edit256
            | Self::EditSingle
            | Self::Get64
            | Self::List64
            | Self::ListPage64
            | Self::NodeGet
            | Self::NodeRemembered => Unit::Share,
            Self::HistoryCost => Unit::ShareLost,
            Self::NodeEdit | Self::TwoNodesEdit | Self::TwoNodesByAccountEdit => Unit::Times,
            Self::PacedEdit
            | Self::NodePacedEdit
            | Self::FeedStream
            | Self::FeedPoll
            | Self::Start
            | Self::FirstEdit
            | Self::Build => Unit::Seconds,
            Self::MemoryPerPhone | Self::DiskPerPhone => Unit::Bytes,
            Self::Import | Self::Bulk => Unit::RowsPerSecond,
            Self::BinarySize | Self::IdleMemory => Unit::Megabytes,
        }
    }

    /// What is to be reached, and what is aimed for, where there is such a figure.
    pub fn bounds(self) -> (Option<f64>, Option<f64>) {
        let (reach, aim) = match self {
            Self::Edit64 | Self::EditSingle => (0.33, 0.50),
            Self::Edit256 => (0.42, 0.65),
            Self::PacedEdit => (0.015, 0.005),
            Self::Get64 => (0.60, 0.80),
            Self::List64 => (0.40, 0.60),
            Self::HistoryCost => (0.15, 0.08),
            Self::NodeEdit => (3.0, 6.0),
            Self::ListPage64 | Self::TwoNodesEdit | Self::TwoNodesByAccountEdit => {
                return (None, None);
            }
            Self::NodePacedEdit => return (Some(0.025), None),
            Self::NodeGet => return (Some(0.60), None),
            Self::NodeRemembered => return (Some(1.0), None),
            Self::FeedStream | Self::FeedPoll => (0.100, 0.020),
            Self::MemoryPerPhone => (260.0, 120.0),
            Self::DiskPerPhone => (120.0, 60.0),
            Self::Import => (100_000.0, 300_000.0),
            Self::Bulk => (50_000.0, 150_000.0),
            Self::Start => (0.5, 0.050),
            Self::FirstEdit => (0.050, 0.010),
            Self::BinarySize | Self::IdleMemory => (20e6, 8e6),
            Self::Build => (300.0, 180.0),
        };
        (Some(reach), Some(aim))
    }

    /// How a figure stands to the bounds: `aim`, `reach` or `missed`; nothing without bounds.
    pub fn verdict(self, measured: f64) -> Option<&'static str> {
        let (reach, aim) = self.bounds();
        let meets = |bound: Option<f64>| {
            let is_higher_better = self.unit().is_better_higher();
            bound.map(|bound| if is_higher_better { measured >= bound } else { measured <= bound })
        };
        match (meets(aim), meets(reach)) {
            (Some(true), _) => Some("aim"),
            (_, Some(true)) => Some("reach"),
            (_, Some(false)) => Some("missed"),
            (_, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_knows_which_way_is_better() {
        assert_eq!(Goal::Edit64.verdict(0.32), Some("missed"));
        assert_eq!(Goal::Edit64.verdict(0.33), Some("reach"));
        assert_eq!(Goal::Edit64.verdict(0.60), Some("aim"));
        assert_eq!(Goal::PacedEdit.verdict(0.016), Some("missed"));
        assert_eq!(Goal::PacedEdit.verdict(0.015), Some("reach"));
        assert_eq!(Goal::PacedEdit.verdict(0.004), Some("aim"));
        assert_eq!(Goal::NodePacedEdit.verdict(0.004), Some("reach"));
        assert_eq!(Goal::HistoryCost.verdict(0.16), Some("missed"));
        assert_eq!(Goal::HistoryCost.verdict(0.08), Some("aim"));
        assert_eq!(Goal::TwoNodesEdit.verdict(9.0), None);
    }
}
