//! `ringbook skill …`

use clap::{Args, Subcommand};
use directory::PhoneNumber;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{AccountCommand, Api, Opens, Request, path};
use super::confirm;
use super::context::CliError;
use super::format::{self, Format};
use super::routing::{EditSkill, HoursArguments};
use crate::words::counted;

/// `ringbook skill …`
#[derive(Debug, Subcommand)]
pub enum Skill {
    /// Make skills
    Create {
        /// Their names: up to 64 characters, no comma
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// List the skills with the number of their phones
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Rename a skill; its phones and its ring order stay
    Rename {
        /// Its id, or its name until now
        name: String,
        /// Its name from now on
        new_name: String,
    },
    Delete(Delete),
    Order(Order),
    Edit(EditSkill),
    /// Print or set when calls are taken for a skill
    ///
    /// A span over midnight belongs to the day on which it begins, and a date replaces what its day of
    /// the week has.
    ///
    /// For example: `ringbook skill hours --account acme Sales "Asia/Kolkata mon-fri 09:00-18:00, sat
    /// 10:00-14:00, 2026-12-25 closed"`
    Hours {
        /// Its id or its name
        name: String,
        #[command(flatten)]
        hours: HoursArguments,
    },
}

/// Delete skills; their phones stay
#[derive(Debug, Args)]
pub struct Delete {
    /// Their ids or their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Unassign them from their phones, without asking
    #[arg(long)]
    unassign: bool,
}

/// Print or set the order in which a skill's phones ring
///
/// With phones, those ring first, in that order, and the others after them as before.
#[derive(Debug, Args)]
pub struct Order {
    /// The skill: its id or its name
    name: String,
    /// The ids or numbers of those that ring first
    #[arg(value_name = "PHONE")]
    first: Vec<String>,
    /// How to print the order
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// A skill, as the API shows it.
#[derive(Deserialize)]
pub struct ListedSkill {
    pub id: String,
    pub name: String,
    phones: u64,
}

/// A ring order, as the API shows it: phones with `id`, `number` and `name`.
#[derive(Deserialize)]
struct RingOrder {
    phones: Vec<Value>,
}

impl AccountCommand for Skill {
    fn opens(&self) -> Opens {
        match self {
            Self::List { .. } => Opens::Read,
            Self::Order(order) if order.first.is_empty() => Opens::Read,
            Self::Edit(edit) if edit.is_print() => Opens::Read,
            Self::Hours { hours, .. } if hours.is_print() => Opens::Read,
            _ => Opens::Write,
        }
    }

    fn run(self, api: &Api) -> Result<(), CliError> {
        match self {
            Self::Create { names } => create(api, &names),
            Self::List { format } => {
                let skills = || Request::get("/v1/skills");
                format::pages(format, &["id", "name", "phones"], api, skills, None)
            }
            Self::Rename { name, new_name } => {
                let renamed = json!({"name": new_name});
                api.send(Request::patch(path(["skills", &name])).json(&renamed)).map(drop)
            }
            Self::Delete(delete) => delete.run(api),
            Self::Order(order) => order.run(api),
            Self::Edit(edit) => edit.run(api),
            Self::Hours { name, hours } => hours.run(api, "skills", &name),
        }
    }
}

/// Creates all of the skills or, if one is refused, none.
fn create(api: &Api, names: &[String]) -> Result<(), CliError> {
    let create = |name| Request::post("/v1/skills").json(&json!({"name": name}));
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(CliError::Usage(format!("the skill {name:?} is named twice")));
        }
        api.send(create(name).dry_run(true))?;
    }
    names.iter().try_for_each(|name| api.send(create(name)).map(drop))
}

impl Delete {
    fn run(self, api: &Api) -> Result<(), CliError> {
        let mut skills = Vec::new();
        for name in &self.names {
            skills.push(api.send(Request::get(path(["skills", name])))?.json::<ListedSkill>()?);
        }
        let assigned: Vec<_> = skills.iter().filter(|skill| skill.phones > 0).collect();
        if !self.unassign && !assigned.is_empty() {
            let of = |skill: &&ListedSkill| {
                format!("{:?} from {}", skill.name, counted(skill.phones, "phone"))
            };
            let skills: Vec<_> = assigned.iter().map(of).collect();
            let question = format!("Delete, and unassign {}?", skills.join(", "));
            confirm::ask(&question, "--unassign")?;
        }
        for ListedSkill { id, phones, .. } in skills {
            // Of a skill that no phone had, a phone that got it since is left alone.
            let request = Request::delete(path(["skills", &id])).query("unassign", phones > 0);
            api.send(request)?;
        }
        Ok(())
    }
}

impl Order {
    fn run(self, api: &Api) -> Result<(), CliError> {
        let path = path(["skills", &self.name, "ring-order"]);
        let reply = api.send(Request::get(&path))?;
        let etag = reply.header("etag").unwrap_or_default().to_owned();
        let RingOrder { mut phones } = reply.json()?;
        if !self.first.is_empty() {
            let order = json!({"phones": self.order(&phones)});
            api.send(Request::put(&path).header("if-match", &etag).json(&order))?;
            phones = api.send(Request::get(&path))?.json::<RingOrder>()?.phones;
        }
        format::list(self.format, &["id", "number", "name"], phones.into_iter().map(Ok))
    }

    /// The whole order: the phones that were named, as they were named, and the others.
    fn order(&self, phones: &[Value]) -> Vec<Value> {
        let named = |text: &String| {
            let number = PhoneNumber::parse(text).map_or(text.clone(), |number| number.to_string());
            let is_meant = |phone: &&Value| phone["id"] == *text || phone["number"] == number;
            phones.iter().find(is_meant).map_or(json!(text), |phone| phone["id"].clone())
        };
        let mut order: Vec<_> = self.first.iter().map(named).collect();
        let others = phones.iter().map(|phone| &phone["id"]).filter(|id| !order.contains(id));
        let others: Vec<_> = others.cloned().collect();
        order.extend(others);
        order
    }
}
