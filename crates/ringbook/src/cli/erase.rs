//! `ringbook erase`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use directory::{AccountId, Command, PhoneLookup, UserName};

use super::confirm::Confirmation;
use super::context::{CliError, Context, StoreChoice};
use crate::service::{Erasable, Tenant, forget_in_file};
use crate::store::{Creates, Erased};

/// Erase people for good: all numbers and names that a phone ever had.
///
/// A phone that exists is deleted first. In the history, marks take the place of its numbers and
/// names, in kept answers too; it is noted who erased what. Nothing brings them back but a backup.
///
/// Files of an SQLite store may hold what was deleted earlier until it is overwritten: `--vacuum`
/// writes all anew. What backups, standbys and logs need is in the page "Erasure" of the documentation.
///
/// For example: `ringbook erase --account acme 919876543210`
#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = true)]
pub struct Erase {
    /// The phones: each by its id, or by a number or a name that it has or had
    #[arg(value_name = "NUMBER", group = "what", requires = "account")]
    phones: Vec<String>,
    /// The account of these phones
    #[arg(long, value_name = "USER_NAME", requires = "phones")]
    account: Option<UserName>,
    /// An account that was deleted: the whole history of it is erased, and all that is kept
    #[arg(long, value_name = "USER_NAME", group = "what", conflicts_with = "account")]
    deleted_account: Option<UserName>,
    /// Also write the whole store anew, so that nothing is left that was deleted before. Takes as much
    /// space again meanwhile; PostgreSQL's servers wait for it
    #[arg(long, group = "what")]
    vacuum: bool,
    /// The file by which a server routes calls: the account is taken out of it. A running server takes
    /// out by itself what was erased
    #[arg(long, value_name = "FILE")]
    routing_cache: Option<PathBuf>,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Erase {
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let context = Context::open(store, Creates::No)?;
        let missing = match (&self.account, &self.deleted_account) {
            (Some(account), _) => self.erase_phones(&context, account)?,
            (None, Some(account)) => self.erase_accounts(&context, account)?,
            (None, None) => Vec::new(),
        };
        // Also if nothing was found: an earlier run may have been interrupted here.
        context.service.store().purge(self.vacuum)?;
        if missing.is_empty() { Ok(()) } else { Err(CliError::Message(missing.join("\n"))) }
    }

    /// Takes an account out of the file with ring lists.
    fn forget(&self, account: AccountId) -> Result<(), CliError> {
        let Some(file) = &self.routing_cache else { return Ok(()) };
        forget_in_file(file, account).map_err(|fault| {
            CliError::Message(format!("cannot erase from {}: {fault}", file.display()))
        })
    }

    /// Erases the phones that are found. Returns what is to be said of the others.
    fn erase_phones(&self, context: &Context, account: &UserName) -> Result<Vec<String>, CliError> {
        let tenant = context.tenant(account)?;
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for wanted in &self.phones {
            match find(context, &tenant, wanted)? {
                Some(phone) => found.push(phone),
                None => {
                    missing.push(format!("no phone has or had {wanted}, or it is erased already"));
                }
            }
        }
        let is_left = |phone: &Erasable| phone.exists || phone.changes > 0;
        let (found, erased): (Vec<_>, Vec<_>) = found.into_iter().partition(is_left);
        erased.iter().try_for_each(|phone| told(&phone.id.to_string(), Erased::default()))?;
        if found.is_empty() {
            self.forget(tenant.id())?;
            return Ok(missing);
        }
        let changes: usize = found.iter().map(|phone| phone.changes).sum();
        let ids: Vec<_> = found.iter().map(state).collect();
        self.confirmation.ask(&format!(
            "Erase all numbers and names of {} for good? {changes} changes of the history have them.",
            ids.join(", ")
        ))?;
        self.forget(tenant.id())?;
        for phone in &found {
            if phone.exists {
                let lookup = PhoneLookup::by_id(phone.id);
                context.execute(account, Command::DeletePhone { phone: lookup })?;
            }
            let erased = context.service.erase_phone(&tenant, phone.id, &context.origin())?;
            told(&phone.id.to_string(), erased)?;
        }
        Ok(missing)
    }

    /// The same for deleted accounts of a `userName`.
    fn erase_accounts(
        &self,
        context: &Context,
        user_name: &UserName,
    ) -> Result<Vec<String>, CliError> {
        let found = context.service.erasable_accounts(user_name)?;
        if found.is_empty() {
            return Ok(vec![format!(
                "the history has no deleted account \"{user_name}\": \
                 `ringbook account delete {user_name}` comes first"
            )]);
        }
        let changes: u64 = found.iter().map(|account| account.changes).sum();
        if changes > 0 {
            self.confirmation.ask(&format!(
                "Erase the history of the deleted account \"{user_name}\" for good? \
                 It has {changes} changes."
            ))?;
        }
        for account in found {
            let erased = context.service.erase_account(account.id, &context.origin())?;
            self.forget(account.id)?;
            told(user_name.as_str(), erased)?;
        }
        Ok(Vec::new())
    }
}

/// The one phone that has or had a number or a name, or this id.
fn find(context: &Context, tenant: &Tenant, wanted: &str) -> Result<Option<Erasable>, CliError> {
    let mut found = context.service.erasables(tenant, wanted)?;
    if found.len() < 2 {
        return Ok(found.pop());
    }
    let ids: Vec<_> = found.iter().map(state).collect();
    Err(CliError::Message(format!(
        "{} phones have or had {wanted}: {}. Erase them by their ids",
        ids.len(),
        ids.join(", ")
    )))
}

fn state(phone: &Erasable) -> String {
    let state = if phone.exists { "exists" } else { "deleted" };
    format!("{} ({state})", phone.id)
}

fn told(what: &str, erased: Erased) -> Result<(), CliError> {
    let Erased { changes, texts, .. } = erased;
    let text = if erased.is_any() {
        format!("{what}: erased from {changes} changes and {texts} kept answers")
    } else {
        format!("{what}: nothing was left to erase")
    };
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
