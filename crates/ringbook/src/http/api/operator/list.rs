//! `/v1/operator/accounts`: the list, and new ones.

use directory::limits::PHONE_NUMBER_LIMIT_DEFAULT;
use directory::{ApiAuthentication, Profile, UserName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::account::{Account, Authentication};
use crate::http::api::code::Code;
use crate::http::api::field::{PhoneNumberLimit, Whole};
use crate::http::api::page::{Page, PageParameters, PageRequest};
use crate::http::api::parameter::Text;
use crate::http::api::prelude::*;
use crate::http::api::query::path_segment;
use crate::http::api::write::render_record;
use crate::secret::ApiKey;
use crate::service::Failure;
use crate::store::{IdempotencyRecord, ListedAccount};

parameters!(struct AccountFilter {
    /// Their name begins so
    USER_NAME_PREFIX: Text = query "user_name_prefix";
});

/// Accounts, sorted by name.
type Accounts = Page<Account>;

/// A page of accounts, and what is between them
#[derive(Serialize, ToSchema)]
pub struct OperatedAccounts {
    #[serde(flatten)]
    page: Accounts,
    /// The names of accounts that are damaged in the store, sorted: `ringbook check` tells more
    damaged: Vec<String>,
}

/// List accounts
///
/// All accounts of the server, or those whose names begin so, sorted by name.
#[utoipa::path(
    get, path = "/v1/operator/accounts", tag = "operator", params(AccountFilter, PageParameters),
    responses((status = 200, description = "A page of accounts", body = OperatedAccounts))
)]
pub async fn list(caller: OperatorCaller, mut parameters: Query) -> Answer {
    let page = PageRequest::read(&mut parameters, |name| Some(name.to_owned()));
    let prefix = USER_NAME_PREFIX.read(&mut parameters).unwrap_or_default();
    parameters.check()?;
    let above = page.after.clone().unwrap_or_else(|| just_below(&prefix));
    // One more than requested shows whether that is all.
    let mut found = caller.service.accounts(&above, page.items_max + 1).await?;
    let name = |account: &ListedAccount| match account {
        Ok(account) => account.head.profile.user_name.to_string(),
        Err(damaged) => damaged.user_name.clone(),
    };
    found.retain(|account| name(account).starts_with(&prefix));
    let Page { items: found, next } = page.of(found, name);
    let items = found.iter().flatten().map(Account::of_summary).collect();
    let damaged = found.iter().filter(|account| account.is_err()).map(name).collect();
    Ok(Reply::ok(&OperatedAccounts { page: Page { items, next }, damaged }).render())
}

/// A text below all names that begin so, and above all names below those. As no other texts are
/// names, it is empty for what no name begins with, and nothing is found.
fn just_below(prefix: &str) -> String {
    let Ok(name) = UserName::parse(prefix) else { return String::new() };
    let (last, others) = name.as_str().as_bytes().split_last().expect("a name is not empty");
    let begin = others.iter().copied().chain([last - 1, b'~']);
    begin.map(char::from).collect()
}

body! {
    /// An account to be made
    pub struct CreateAccount {
        /// 1 to 64 of ASCII letters, digits and `.` `_` `-` `@`, unique
        #[schema(value_type = String, required, example = "acme", pattern = "^[A-Za-z0-9._@-]{1,64}$")]
        user_name: required UserName,
        /// How calls of PhoneManageV2 are authenticated; `BASIC_AUTH` if absent
        #[schema(value_type = Authentication, required = false)]
        api_authentication: optional ApiAuthentication,
        /// Most phones that it may have, up to 16000000; 1000 if absent
        #[schema(value_type = u32, maximum = 16_000_000)]
        phone_number_limit: optional PhoneNumberLimit,
        /// Its API key, 8 to 128 printable ASCII characters; absent, one is made
        #[schema(value_type = String, write_only, pattern = "^[!-~]{8,128}$")]
        api_key: optional ApiKey,
    }
}

/// An account that was made
#[derive(Serialize, ToSchema)]
pub struct MadeAccount {
    // It comes first: `Reply::revealing` finds it there.
    /// Its API key, to be kept now, as it is stored nowhere; `null` where the request brought it,
    /// in an answer that is given again, by an `Idempotency-Key`, and with `dry_run`
    #[schema(required)]
    key: Option<&'static str>,
    #[serde(flatten)]
    account: Account,
}

/// Make an account
///
/// The answer tells its API key, once, unless the request brought one.
#[utoipa::path(
    post, path = "/v1/operator/accounts", tag = "operator", request_body = CreateAccount,
    responses(
        (status = 201, description = "The account", body = MadeAccount,
         headers(("Location", description = "Its path")))
    )
)]
pub async fn create(caller: OperatorCaller, mut write: Write, body: Json) -> Answer {
    write.check_at_collection()?;
    let idempotency = write.idempotency(&body.0)?;
    let (user_name, authentication, limit, given_key) = body.read::<CreateAccount>()?;
    let created_key = given_key.is_none().then(ApiKey::make);
    let key = given_key.as_ref().or(created_key.as_ref()).expect("one of them is there");
    let profile = Profile {
        api_authentication: authentication.unwrap_or_default(),
        phone_number_limit: limit.map_or(PHONE_NUMBER_LIMIT_DEFAULT, |Whole(limit)| limit),
        ..Profile::new(user_name, key.sha256())
    };
    let account = Account::new(&profile);
    let location = format!("/v1/operator/accounts/{}", path_segment(&account.user_name));
    let reply = Reply::ok(&MadeAccount { key: None, account }).created(Some(location));
    if write.is_dry_run {
        return match caller.service.tenant(profile.user_name.as_str()).await {
            Ok(_) => Err(exists(&profile)),
            Err(Failure::Refused(_)) => Ok(reply.into_dry_run(1).render()),
            Err(failure) => Err(failure.into()),
        };
    }
    let origin = caller.origin();
    let record = idempotency.map(|(key, request_sha256)| IdempotencyRecord {
        key,
        request_sha256,
        at_us: caller.service.store_time_us(),
        answer: reply.stored(),
    });
    if caller.create_account(&profile, &origin, record).await?.is_some() {
        return Ok(reply.revealing(created_key.as_ref()).render());
    }
    // This may be a retry. The idempotency record is stored with the account.
    if let Some((key, request_sha256)) = idempotency {
        let (tenant, _) = caller.account(profile.user_name.as_str()).await?;
        if let Some(record) = caller.service.replay(&tenant, key, request_sha256).await? {
            return render_record(&record, None);
        }
    }
    Err(exists(&profile))
}

fn exists(profile: &Profile) -> Problem {
    let detail = format!("the account \"{}\" exists already", profile.user_name);
    Problem::new(Code::AccountExists, detail)
}
