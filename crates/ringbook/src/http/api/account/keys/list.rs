//! `/v1/account/keys`: the list, and new ones.

use directory::{Command, KeyName, KeyScope};

use super::{Days, Key, MadeKey, Scope, changed, read_expiry};
use crate::http::api::field::TimeUs;
use crate::http::api::page::{Page, PageParameters, PageRequest};
use crate::http::api::prelude::*;
use crate::secret::ApiKey;
use crate::service::KeyUse;

type KeyPage = Page<Key>;

/// List API keys
///
/// The account's own one, then the others, oldest first, those that have expired among them; at
/// most 101. No key is told.
#[utoipa::path(
    get, path = "/v1/account/keys", tag = "account", params(PageParameters),
    responses((status = 200, description = "A page of keys", body = KeyPage))
)]
pub async fn list(caller: Caller<Full>, mut parameters: Query) -> Answer {
    let page = PageRequest::read(&mut parameters, |id| id.parse().ok());
    parameters.check()?;
    let now_us = caller.origin().at_us;
    let keys = caller.service.keys(&caller.access.tenant).await?;
    let page = page.of(keys, KeyUse::id);
    Ok(Reply::ok(&page.map(|key| Key::of(&key, now_us))).render())
}

body! {
    /// An API key to be made
    pub struct CreateKey {
        /// What it is for: 1 to 64 characters; several keys may have the same name
        #[schema(
            value_type = String, required, example = "Kamailio, rack 2", min_length = 1, max_length = 64,
            pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
        )]
        name: Field<KeyName>,
        /// What it is good for
        #[schema(value_type = Scope, required)]
        scope: Field<KeyScope>,
        /// From when on it is no longer valid; absent, it does not expire
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Field<TimeUs>,
        /// The same in days from now, 1 to 3650
        #[schema(value_type = u32, minimum = 1, maximum = 3650)]
        expires_in_days: Field<Days>,
    }
}

impl CreateKey {
    /// The command that makes it.
    fn command(self, sha256: [u8; 32], now_us: i64) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        let name = faults.required("name", self.name);
        let scope = faults.required("scope", self.scope);
        let expires_us =
            read_expiry(&mut faults, self.expires_at, self.expires_in_days, now_us).flatten();
        let (name, scope) = faults.checked(name.zip(scope))?;
        let created_us = now_us;
        let key = directory::NewKey { name, scope, sha256, created_us, expires_us };
        Ok(Command::CreateKey(key))
    }
}

/// Make an API key
///
/// The answer tells the key, once. Sent again with the same `Idempotency-Key`, it is answered
/// with `"key": null`, as keys are stored nowhere: rotate the key then, or delete it and make
/// another one.
#[utoipa::path(
    post, path = "/v1/account/keys", tag = "account", request_body = CreateKey,
    responses(
        (status = 201, description = "The key", body = MadeKey,
         headers(("Location", description = "Its path")))
    )
)]
pub async fn create(caller: Caller<Full>, write: Write, body: Json) -> Answer {
    let prepare = async {
        let (key, now_us) = (ApiKey::make(), caller.origin().at_us);
        let command = body.parse::<CreateKey>()?.command(key.sha256(), now_us)?;
        let prepared = Prepared::new(command, move |outcome, _| {
            let key = changed(outcome).expect("a key was made");
            let made = MadeKey { key: None, shown: Key::new(Some(key), None, now_us) };
            Reply::ok(&made).created(Some(made.shown.path()))
        });
        Ok(prepared.creating(key))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}
