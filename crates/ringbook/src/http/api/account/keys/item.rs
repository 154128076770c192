//! `/v1/account/keys/{key}`

use directory::{Command, KeyId, KeyName};

use super::{Days, Key, changed, find, read_expiry};
use crate::http::api::code::Code;
use crate::http::api::field::TimeUs;
use crate::http::api::prelude::*;

/// Get an API key
///
/// What it is for and when it was used, never the key itself.
#[utoipa::path(
    get, path = "/v1/account/keys/{key}", tag = "account",
    params(("key" = String, Path, description = "Its id; `k0` is the account's own one")),
    responses((status = 200, description = "The key, which is not told", body = Key))
)]
pub async fn get(caller: Caller<Full>, id: Path, parameters: Query) -> Answer {
    parameters.check()?;
    let key = find(&caller, id.id(Code::NoSuchKey)?).await?;
    Ok(Reply::ok(&Key::of(&key, caller.origin().at_us)).render())
}

body! {
    /// What changes of a key; what is absent stays
    pub struct KeyEdit {
        /// What it is for from now on
        #[schema(
            value_type = String, min_length = 1, max_length = 64,
            pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
        )]
        name: Field<KeyName>,
        /// When it expires from now on; `null`: it does not expire
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Field<TimeUs>,
        /// The same in days from now, 1 to 3650
        #[schema(value_type = u32, minimum = 1, maximum = 3650)]
        expires_in_days: Field<Days>,
        /// It cannot be changed: make another key
        #[schema(ignore)]
        scope: Field<String>,
    }
}

impl KeyEdit {
    fn command(self, id: KeyId, now_us: i64) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        if self.scope != Field::Absent {
            let why = "a key's scope stays as it was made, make another key";
            faults.add("scope", "not_editable", why);
        }
        let name = faults.optional("name", self.name);
        let expires_us = read_expiry(&mut faults, self.expires_at, self.expires_in_days, now_us);
        faults.checked(Some(Command::EditKey { id, name, expires_us }))
    }
}

/// Rename an API key, or have it expire at another time
///
/// The account's own one, with the id `k0`, has neither: it can only be rotated.
#[utoipa::path(
    patch, path = "/v1/account/keys/{key}", tag = "account", request_body = KeyEdit,
    responses((status = 200, description = "The key from now on", body = Key))
)]
pub async fn edit(caller: Caller<Full>, id: Path, write: Write, body: Json) -> Answer {
    let prepare = async {
        let (id, now_us) = (id.id(Code::NoSuchKey)?, caller.origin().at_us);
        let command = body.parse::<KeyEdit>()?.command(id, now_us)?;
        let before = find(&caller, id).await?;
        Ok(Prepared::new(command, move |outcome, _| {
            let key = changed(outcome).or(before.key.as_ref());
            Reply::ok(&Key::new(key, before.used_us, now_us))
        }))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}

/// Delete an API key
///
/// From now on it is not valid, on any node. A key may delete itself: this is the last answer
/// that it gets. The account's own one, with the id `k0`, cannot be deleted.
#[utoipa::path(
    delete, path = "/v1/account/keys/{key}", tag = "account",
    responses((status = 204, description = "It is gone"))
)]
pub async fn delete(caller: Caller<Full>, id: Path, write: Write) -> Answer {
    let command = Command::DeleteKey { id: id.id(Code::NoSuchKey)? };
    write.carry_out(caller.actor(), b"", Prepared::without_content(command)).await
}
