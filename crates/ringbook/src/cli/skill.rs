//! `ringbook skill …`

use std::io::Write as _;

use clap::{Args, Subcommand};
use directory::value::NumberFault;
use directory::{Assigned, Command, PhoneLookup, PhoneNumber, RingOrder, SkillName, UserName};

use super::context::{CliError, Context, StoreChoice};
use super::format::{self, Format};
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
    /// With numbers, those ring first, in that order, and the others after them as before.
    Order {
        #[command(flatten)]
        account: AccountArgument,
        /// The skill
        name: String,
        /// Numbers that ring first
        #[arg(value_name = "NUMBER")]
        first: Vec<String>,
        /// How to print the order
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// `--account`
#[derive(Debug, Args)]
pub struct AccountArgument {
    /// The account's userName
    #[arg(long = "account", value_name = "USER_NAME")]
    pub user_name: UserName,
}

impl Skill {
    /// Runs the command.
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = Context::open(store, Creates::No)?;
        match self {
            Self::Create { account, names } => {
                let names =
                    names.iter().map(|name| SkillName::parse(name)).collect::<Result<_, _>>();
                let names = names.map_err(|fault| CliError::Said(fault.to_string()))?;
                context.execute(&account.user_name, Command::CreateSkills { names })?;
                Ok(())
            }
            Self::List { account, format } => list(&context, &account.user_name, format),
            Self::Delete { account, names } => {
                let assigned = Assigned::Unassigned;
                context.execute(&account.user_name, Command::DeleteSkills { names, assigned })?;
                Ok(())
            }
            Self::Order { account, name, first, format } => {
                if !first.is_empty() {
                    let first = first.iter().map(|text| Ok(PhoneLookup::by_number(number(text)?)));
                    let order = RingOrder::First(first.collect::<Result<_, CliError>>()?);
                    let name = name.clone();
                    let command = Command::OrderSkill { name, order, expected: None };
                    context.execute(&account.user_name, command)?;
                }
                print_order(&context, &account.user_name, &name, format)
            }
        }
    }
}

/// A phone number from the command line.
pub fn number(text: &str) -> Result<PhoneNumber, CliError> {
    PhoneNumber::parse(text).map_err(|fault| {
        CliError::Said(match fault {
            NumberFault::Empty => "a phone number cannot be empty".to_owned(),
            NumberFault::NotNumeric => format!("the phone number {text:?} is not numeric"),
            NumberFault::Length { .. } => format!("the phone number {text:?} {fault}"),
        })
    })
}

fn list(context: &Context, user_name: &UserName, format: Format) -> Result<(), CliError> {
    let tenant = context.tenant(user_name)?;
    let skills = context.wait(context.service.skills(&tenant))?;
    let mut out = std::io::stdout().lock();
    if format == Format::Json {
        let list: Vec<_> = skills
            .iter()
            .map(|skill| {
                serde_json::json!({"name": skill.name.as_str(), "phones": skill.phone_count})
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::from(list))?;
        return Ok(());
    }
    let rows: Vec<_> = skills
        .iter()
        .map(|skill| vec![skill.name.to_string(), skill.phone_count.to_string()])
        .collect();
    match format {
        Format::Csv => format::csv(out, &["name", "phones"], &rows)?,
        _ => format::table(&mut out, &["name", "phones"], &rows)?,
    }
    Ok(())
}

fn print_order(
    context: &Context,
    user_name: &UserName,
    skill: &str,
    format: Format,
) -> Result<(), CliError> {
    let tenant = context.tenant(user_name)?;
    let ring = context.wait(context.service.ring_order(&tenant, skill))?;
    let mut out = std::io::stdout().lock();
    if format == Format::Json {
        let list: Vec<_> = ring
            .iter()
            .map(|phone| {
                let (number, name) = (phone.number.to_string(), phone.name.as_str());
                serde_json::json!({"phoneNumber": number, "phoneName": name})
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::from(list))?;
        return Ok(());
    }
    let rows: Vec<_> =
        ring.iter().map(|phone| vec![phone.number.to_string(), phone.name.to_string()]).collect();
    match format {
        Format::Csv => format::csv(out, &["phoneNumber", "phoneName"], &rows)?,
        _ => format::table(&mut out, &["phoneNumber", "phoneName"], &rows)?,
    }
    Ok(())
}
