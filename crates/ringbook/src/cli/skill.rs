//! `ringbook skill …`

use clap::Subcommand;
use directory::{Command, IfAssigned, RingOrder, SkillName, UserName};

use super::context::{AccountArgument, CliError, Context, StoreChoice};
use super::format::{self, Format};
use crate::rows::lookup;
use crate::store::Creates;

/// `ringbook skill …`
#[derive(Debug, Subcommand)]
pub enum Skill {
    /// Make skills
    Create {
        #[command(flatten)]
        account: AccountArgument,
        /// Their names: up to 64 characters, no comma
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// List the skills with the number of their phones
    List {
        #[command(flatten)]
        account: AccountArgument,
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Delete skills; their phones stay
    Delete {
        #[command(flatten)]
        account: AccountArgument,
        /// Their names
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Print or set the order in which a skill's phones ring
    ///
    /// With phones, those ring first, in that order, and the others after them as before.
    Order {
        #[command(flatten)]
        account: AccountArgument,
        /// The skill
        name: String,
        /// The ids or numbers of those that ring first
        #[arg(value_name = "PHONE")]
        first: Vec<String>,
        /// How to print the order
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

impl Skill {
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = match &self {
            Self::List { .. } => Context::open_read_only(store)?,
            Self::Order { first, .. } if first.is_empty() => Context::open_read_only(store)?,
            _ => Context::open(store, Creates::No)?,
        };
        match self {
            Self::Create { account, names } => {
                let names =
                    names.iter().map(|name| SkillName::parse(name)).collect::<Result<_, _>>();
                let names = names.map_err(|fault| CliError::Message(fault.to_string()))?;
                context.execute(&account.user_name, Command::CreateSkills { names })?;
                Ok(())
            }
            Self::List { account, format } => list(&context, &account.user_name, format),
            Self::Delete { account, names } => {
                let if_assigned = IfAssigned::Unassign;
                context
                    .execute(&account.user_name, Command::DeleteSkills { names, if_assigned })?;
                Ok(())
            }
            Self::Order { account, name, first, format } => {
                if !first.is_empty() {
                    let order = RingOrder::First(first.iter().map(|text| lookup(text)).collect());
                    let name = name.clone();
                    let command = Command::OrderSkill { name, order, expected_version: None };
                    context.execute(&account.user_name, command)?;
                }
                print_order(&context, &account.user_name, &name, format)
            }
        }
    }
}

fn list(context: &Context, user_name: &UserName, format: Format) -> Result<(), CliError> {
    let tenant = context.tenant(user_name)?;
    let skills = context.wait(context.service.skills(&tenant))?;
    let rows = skills.iter().map(|skill| {
        vec![skill.id.to_string().into(), skill.name.as_str().into(), skill.phone_count.into()]
    });
    Ok(format::list(format, &["id", "name", "phones"], rows)?)
}

fn print_order(
    context: &Context,
    user_name: &UserName,
    skill: &str,
    format: Format,
) -> Result<(), CliError> {
    let tenant = context.tenant(user_name)?;
    let ring = context.wait(context.service.ring_order(&tenant, skill))?;
    let rows = ring.phones.iter().map(|phone| {
        let number = phone.number.to_string();
        vec![phone.id.to_string().into(), number.into(), phone.name.as_str().into()]
    });
    Ok(format::list(format, &["id", "number", "name"], rows)?)
}
