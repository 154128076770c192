//! `ringbook phone …`

mod export;
mod import;

use std::io::Write as _;

use clap::{Args, Subcommand};
use directory::value::NumberFault;
use directory::{Command, PhoneLookup, PhoneName, PhoneNumber, SkillEdit, SkillName};

use super::context::{AccountArgument, CliError, Context, StoreChoice};
use super::format::Format;
use crate::rows::lookup;
use crate::service::Outcome;
use crate::store::Creates;

/// `ringbook phone …`
// Import has a longer docstring on its own type.
#[derive(Debug, Subcommand)]
pub enum Phone {
    /// Create a phone
    Create {
        #[command(flatten)]
        account: AccountArgument,
        /// Its number: 3 to 16 digits, with or without a leading +
        number: String,
        /// Its name: 2 to 50 letters, digits and . @ _ -
        name: String,
        /// Its skills, separated by commas
        #[arg(long)]
        skills: Option<String>,
    },
    /// Edit a phone; what is not given stays
    Edit(Edit),
    /// Delete a phone
    Delete {
        #[command(flatten)]
        account: AccountArgument,
        /// Its id or its number
        phone: String,
    },
    /// Print a phone, found by its id, its number or its name
    Get {
        #[command(flatten)]
        account: AccountArgument,
        /// Its id or its number
        #[arg(required_unless_present = "name")]
        phone: Option<String>,
        /// Its name, in any case
        #[arg(long)]
        name: Option<String>,
    },
    /// List the phones with their skills
    List {
        #[command(flatten)]
        account: AccountArgument,
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    Import(import::Import),
    /// Write all phones to a CSV file that `import --action upsert` takes back, edited or not
    Export(export::Export),
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

impl Phone {
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = if self.is_read_only() {
            Context::open_read_only(store)?
        } else {
            Context::open(store, Creates::No)?
        };
        match self {
            Self::Create { account, number: text, name: name_text, skills } => {
                let command = Command::CreatePhone {
                    number: number(&text)?,
                    name: name(&name_text)?,
                    skills: SkillEdit { set: list(skills.as_deref()), ..SkillEdit::default() },
                };
                report(&context.execute(&account.user_name, command)?)
            }
            Self::Edit(edit) => edit.run(&context),
            Self::Delete { account, phone } => {
                let phone = lookup(&phone);
                context.execute(&account.user_name, Command::DeletePhone { phone })?;
                Ok(())
            }
            Self::Get { account, phone, name } => {
                let tenant = context.tenant(&account.user_name)?;
                let lookup =
                    PhoneLookup { name, ..phone.as_deref().map(lookup).unwrap_or_default() };
                let phone = context.wait(context.service.get_phone(&tenant, &lookup))?;
                writeln!(std::io::stdout(), "{} {}", phone.number, phone.name)?;
                Ok(())
            }
            Self::List { account, format } => export::list(&context, &account.user_name, format),
            Self::Import(import) => import.run(&context),
            Self::Export(export) => export.run(&context),
        }
    }

    fn is_read_only(&self) -> bool {
        match self {
            Self::Get { .. } | Self::List { .. } | Self::Export(_) => true,
            Self::Import(import) => import.dry_run,
            Self::Create { .. } | Self::Edit(_) | Self::Delete { .. } => false,
        }
    }
}

impl Edit {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let command = Command::EditPhone {
            phone: lookup(&self.phone),
            number_new: self.number.as_deref().map(number).transpose()?,
            name_new: self.name.as_deref().map(name).transpose()?,
            skills: SkillEdit {
                set: list(self.skills.as_deref()),
                unassign: list(self.unassign.as_deref()).unwrap_or_default(),
                assign: list(self.assign.as_deref()).unwrap_or_default(),
                ..SkillEdit::default()
            },
        };
        report(&context.execute(&self.account.user_name, command)?)
    }
}

/// A phone number from the command line.
fn number(text: &str) -> Result<PhoneNumber, CliError> {
    PhoneNumber::parse(text).map_err(|fault| {
        CliError::Message(match fault {
            NumberFault::Empty => "a phone number cannot be empty".to_owned(),
            NumberFault::NotNumeric { .. } => format!("the phone number {text:?} is {fault}"),
            NumberFault::Length { .. } => format!("the phone number {text:?} {fault}"),
        })
    })
}

fn name(text: &str) -> Result<PhoneName, CliError> {
    PhoneName::parse(text).map_err(|fault| CliError::Message(format!("the name {text:?}: {fault}")))
}

/// The skills of a list separated by commas.
fn list(text: Option<&str>) -> Option<Vec<String>> {
    text.map(|text| SkillName::split_list(text).map(str::to_owned).collect())
}

/// Reports skills that do not exist. As over PhoneManageV2, the phone is saved without its skills.
fn report(outcome: &Outcome) -> Result<(), CliError> {
    match &outcome.skill_fault {
        None => Ok(()),
        Some(fault) => Err(CliError::Message(format!(
            "the phone was saved, its skills were not changed: {fault}"
        ))),
    }
}
