//! The last calls to PhoneManageV2: what was sent, why it was refused, and sending it again.

pub mod list;
pub mod live;
pub mod one;

use serde::Deserialize;
use serde_json::Value;

use crate::time;

/// Where they are.
pub const PATH: &str = "/console/requests";

/// A call, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Call {
    pub id: String,
    pub at: String,
    pub action: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
    pub phone: Option<String>,
    pub status: u16,
    pub duration_us: u64,
    pub request: String,
    pub reply: String,
}

/// The outcomes: what the API calls them, and their words.
pub const OUTCOMES: [(&str, &str); 4] = [
    ("done", "Done"),
    ("skills_not_saved", "Done, without the skills"),
    ("refused", "Refused"),
    ("failed", "Failed"),
];

impl Call {
    pub fn time(&self) -> String {
        time::for_people(&self.at)
    }

    pub fn action(&self) -> &str {
        self.action.as_deref().unwrap_or("none")
    }

    pub fn outcome(&self) -> &str {
        let known = OUTCOMES.iter().find(|(outcome, _)| *outcome == self.outcome);
        known.map_or(&self.outcome, |(_, words)| words)
    }

    /// Why it was refused: the message of the answer, where that says all.
    pub fn reason(&self) -> String {
        let reply = || serde_json::from_str::<Value>(&self.reply).unwrap_or_default();
        match &self.reason {
            Some(reason) => reason.clone(),
            None if self.outcome == "done" => String::new(),
            None => reply()["message"].as_str().unwrap_or_default().to_owned(),
        }
    }
}
