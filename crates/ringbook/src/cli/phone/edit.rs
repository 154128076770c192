//! `ringbook phone create`, `edit` and `delete`

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::skills;
use crate::cli::api::{AccountArgument, Api, Opens, Request, Target, segment};
use crate::cli::context::CliError;

/// `ringbook phone create`
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    account: AccountArgument,
    /// Its number: 3 to 16 digits, with or without a leading +
    number: String,
    /// Its name: 2 to 50 letters, digits and . @ _ -
    name: String,
    /// Its skills, separated by commas
    #[arg(long)]
    skills: Option<String>,
}

/// `ringbook phone edit`
#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    account: AccountArgument,
    /// Its id or its number now
    phone: String,
    /// Its number from now on
    #[arg(long)]
    number: Option<String>,
    /// Its name from now on
    #[arg(long)]
    name: Option<String>,
    /// All skills that it has from now on, separated by commas
    #[arg(long, conflicts_with_all = ["assign", "unassign"])]
    skills: Option<String>,
    /// Skills to unassign, separated by commas; this happens first
    #[arg(long, value_name = "SKILLS")]
    unassign: Option<String>,
    /// Skills to assign, separated by commas
    #[arg(long, value_name = "SKILLS")]
    assign: Option<String>,
}

/// `ringbook phone delete`
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    account: AccountArgument,
    /// Their ids or their numbers
    #[arg(required = true, value_name = "PHONE")]
    phones: Vec<String>,
}

/// What is sent of a phone: what is absent stays.
#[derive(Serialize)]
struct Body<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<Vec<&'b str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unassign: Option<Vec<&'b str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assign: Option<Vec<&'b str>>,
}

impl Create {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let body = Body {
            number: Some(&self.number),
            name: Some(&self.name),
            skills: self.skills.as_deref().map(skills),
            unassign: None,
            assign: None,
        };
        let api = Api::open(target, &self.account, Opens::Write)?;
        api.send(Request::post("/v1/phones").json(&body)).map(drop)
    }
}

impl Edit {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let body = Body {
            number: self.number.as_deref(),
            name: self.name.as_deref(),
            skills: self.skills.as_deref().map(skills),
            unassign: self.unassign.as_deref().map(skills),
            assign: self.assign.as_deref().map(skills),
        };
        let api = Api::open(target, &self.account, Opens::Write)?;
        let path = format!("/v1/phones/{}", segment(&self.phone));
        api.send(Request::patch(path).json(&body)).map(drop)
    }
}

impl Delete {
    pub fn run(self, target: &Target) -> Result<(), CliError> {
        let api = Api::open(target, &self.account, Opens::Write)?;
        if let [phone] = &*self.phones {
            return api.send(Request::delete(format!("/v1/phones/{}", segment(phone)))).map(drop);
        }
        let rows: Vec<_> =
            self.phones.iter().map(|phone| json!({"action": "delete", "phone": phone})).collect();
        api.send(Request::post("/v1/bulk").json(&json!({"rows": rows}))).map(drop)
    }
}
