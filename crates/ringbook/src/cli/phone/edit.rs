//! `ringbook phone create`, `edit` and `delete`

use clap::Args;
use directory::SkillName;
use serde::Serialize;
use serde_json::json;

use crate::cli::api::{Api, Request, given, path};
use crate::cli::context::CliError;

/// `ringbook phone create`, which is sent as it is given
#[derive(Debug, Args, Serialize)]
pub struct Create {
    /// Its number: 3 to 16 digits, with or without a leading +
    number: String,
    /// Its name: 2 to 50 letters, digits and . @ _ -
    name: String,
    /// Its skills, separated by commas
    #[arg(long)]
    skills: Option<Skills>,
}

/// `ringbook phone edit`, which is sent as it is given
#[derive(Debug, Args, Serialize)]
pub struct Edit {
    /// Its id or its number now
    #[serde(skip)]
    phone: String,
    /// Its number from now on
    #[arg(long)]
    number: Option<String>,
    /// Its name from now on
    #[arg(long)]
    name: Option<String>,
    /// All skills that it has from now on, separated by commas
    #[arg(long, conflicts_with_all = ["assign", "unassign"])]
    skills: Option<Skills>,
    /// Skills to unassign, separated by commas; this happens first
    #[arg(long, value_name = "SKILLS")]
    unassign: Option<Skills>,
    /// Skills to assign, separated by commas
    #[arg(long, value_name = "SKILLS")]
    assign: Option<Skills>,
}

/// `ringbook phone delete`
#[derive(Debug, Args)]
pub struct Delete {
    /// Their ids or their numbers
    #[arg(required = true, value_name = "PHONE")]
    phones: Vec<String>,
}

/// The skills of a list separated by commas.
#[derive(Debug, Clone, Serialize)]
struct Skills(Vec<String>);

impl From<&str> for Skills {
    fn from(text: &str) -> Self {
        Self(SkillName::split_list(text).map(str::to_owned).collect())
    }
}

impl Create {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        api.send(Request::post("/v1/phones").json(&given(&self))).map(drop)
    }
}

impl Edit {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        api.send(Request::patch(path(["phones", &self.phone])).json(&given(&self))).map(drop)
    }
}

impl Delete {
    pub fn run(self, api: &Api) -> Result<(), CliError> {
        if let [phone] = &*self.phones {
            return api.send(Request::delete(path(["phones", phone]))).map(drop);
        }
        let rows: Vec<_> =
            self.phones.iter().map(|phone| json!({"action": "delete", "phone": phone})).collect();
        api.send(Request::post("/v1/bulk").json(&json!({"rows": rows}))).map(drop)
    }
}
