//! `/v1/operator/accounts`: the list, and new ones.

use axum::body::Body;
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::limits::{PHONE_NUMBER_LIMIT_DEFAULT, PHONE_NUMBER_LIMIT_MAX};
use directory::{ApiAuthentication, Profile, UserName};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Authentication, OperatedAccount};
use crate::http::api::access::OperatorCaller;
use crate::http::api::body::JsonBytes;
use crate::http::api::code::Code;
use crate::http::api::field::{Faults, Field, Others};
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::{DryRun, tried};
use crate::http::api::write::{Write, WriteParameters, render_kept};
use crate::http::limits::{PAGE_ITEMS, PAGE_ITEMS_MAX};
use crate::secret::ApiKey;
use crate::service::Failure;
use crate::store::IdempotencyRecord;

/// Which accounts are listed
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `list` reads.
pub struct AccountParameters {
    /// Accounts at most, 1 to 1000; 50 if absent
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where the page begins: `next` of the page before
    cursor: Option<String>,
}

/// A page of accounts
#[derive(Serialize, ToSchema)]
pub struct AccountPage {
    /// The accounts, sorted by name
    accounts: Vec<OperatedAccount>,
    /// The cursor of the next page; absent on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List accounts
#[utoipa::path(
    get, path = "/v1/operator/accounts", tag = "operator", params(AccountParameters),
    responses((status = 200, description = "A page of accounts", body = AccountPage), Problems),
    security(("operator" = []))
)]
pub async fn list(
    caller: OperatorCaller,
    mut parameters: Query,
) -> Result<Response<Body>, Problem> {
    let above = parameters.cursor(read_cursor);
    let accounts_max = parameters.whole("limit", 1..=PAGE_ITEMS_MAX).unwrap_or(PAGE_ITEMS);
    parameters.check()?;
    let accounts_max = usize::try_from(accounts_max).unwrap_or(usize::MAX - 1);
    // One more than asked for tells whether that is all.
    let above = above.unwrap_or_default();
    let mut found = caller.service.accounts(&above, accounts_max + 1).await?;
    let is_whole = found.len() <= accounts_max;
    found.truncate(accounts_max);
    let accounts: Vec<_> = found.iter().map(OperatedAccount::of_summary).collect();
    let last = accounts.last().filter(|_| !is_whole);
    let next = last.map(|account| URL_SAFE_NO_PAD.encode(&account.user_name));
    Ok(Reply::ok(&AccountPage { accounts, next }).render(false))
}

/// The name after which the page begins.
fn read_cursor(cursor: &str) -> Result<String, &'static str> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let is_name = |name: &String| UserName::parse(name).is_ok();
    name.filter(is_name).ok_or("cannot be read")
}

/// An account to be made
#[derive(Deserialize, ToSchema)]
pub struct NewAccount {
    /// 1 to 64 of ASCII letters, digits and `.` `_` `-` `@`, unique
    #[serde(default)]
    #[schema(value_type = String, required, example = "acme")]
    user_name: Field<UserName>,
    /// How calls of PhoneManageV2 are authenticated; `BASIC_AUTH` if absent
    #[serde(default)]
    #[schema(value_type = Option<Authentication>)]
    api_authentication: Field<ApiAuthentication>,
    /// Most phones that it may have, up to 16000000; 1000 if absent
    #[serde(default)]
    #[schema(value_type = Option<u32>, maximum = 16_000_000)]
    phone_number_limit: Field<u32>,
    /// Its API key, 8 to 128 printable ASCII characters; absent, one is made
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    api_key: Field<ApiKey>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// The settings of an account to be, and its key if none was brought.
struct ToCreate {
    profile: Profile,
    made: Option<ApiKey>,
}

impl NewAccount {
    fn read(self) -> Result<ToCreate, Faults> {
        let mut faults = Faults::of(&self.others);
        let user_name = faults.required("user_name", self.user_name);
        let authentication = faults.optional("api_authentication", self.api_authentication);
        let limit = phone_number_limit(&mut faults, self.phone_number_limit);
        let brought = faults.optional("api_key", self.api_key);
        let made = brought.is_none().then(ApiKey::make);
        let sha256 = brought.as_ref().or(made.as_ref()).map(ApiKey::sha256);
        let (user_name, sha256) = faults.checked(user_name.zip(sha256))?;
        let profile = Profile {
            api_authentication: authentication.unwrap_or_default(),
            phone_number_limit: limit.unwrap_or(PHONE_NUMBER_LIMIT_DEFAULT),
            ..Profile::new(user_name, sha256)
        };
        Ok(ToCreate { profile, made })
    }
}

/// A creation limit that an account may have.
pub fn phone_number_limit(faults: &mut Faults, field: Field<u32>) -> Option<u32> {
    let limit = faults.optional("phone_number_limit", field);
    if limit.is_some_and(|limit| limit > PHONE_NUMBER_LIMIT_MAX) {
        let detail = format!("phone_number_limit: must be from 0 to {PHONE_NUMBER_LIMIT_MAX}");
        faults.add("phone_number_limit", "invalid", detail);
    }
    limit
}

/// An account that was made
#[derive(Serialize, ToSchema)]
pub struct MadeAccount {
    // It comes first: `Reply::revealing` finds it there.
    /// Its API key, to be kept now, as it is stored nowhere; `null` where the request brought it,
    /// in an answer that is given again, by an `Idempotency-Key`, and with `dry_run`
    key: Option<&'static str>,
    #[serde(flatten)]
    account: OperatedAccount,
}

/// Make an account
///
/// The answer tells its API key, once, unless the request brought one.
#[utoipa::path(
    post, path = "/v1/operator/accounts", tag = "operator", request_body = NewAccount,
    params(WriteParameters),
    responses(
        (status = 201, description = "The account", body = MadeAccount,
         headers(("Location", description = "Its path"))),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("operator" = []))
)]
pub async fn create(
    caller: OperatorCaller,
    mut write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    write.check()?;
    let once = write.once(&body.0)?;
    let ToCreate { profile, made } = body.parse::<NewAccount>()?.read().map_err(Problem::from)?;
    let user_name = profile.user_name.as_str();
    let account = OperatedAccount::new(&profile);
    let location = account.path();
    let reply = Reply::ok(&MadeAccount { key: None, account }).created(Some(location));
    let service = &caller.service;
    if write.is_dry_run() {
        return match service.tenant(user_name).await {
            Ok(_) => Err(exists(user_name)),
            Err(Failure::Refused(_)) => Ok(tried(1, &reply).render(false)),
            Err(failure) => Err(failure.into()),
        };
    }
    let origin = caller.origin();
    let answer = once.map(|(key, request_sha256)| {
        let answer = serde_json::to_vec(&reply).expect("it is plain data");
        IdempotencyRecord { key, request_sha256, at_us: origin.at_us, answer }
    });
    if let Some(id) = service.create_account(&profile, &origin, answer).await? {
        caller.concerns(id);
        return Ok(reply.revealing(made.as_ref()).render(false));
    }
    // Perhaps it was made by this request when it was sent before. That is kept with the account.
    if let Some((key, request_sha256)) = once {
        let (tenant, _) = caller.account(user_name).await?;
        if let Some(kept) = service.replay(&tenant, key, request_sha256).await? {
            return render_kept(&kept, None);
        }
    }
    Err(exists(user_name))
}

fn exists(user_name: &str) -> Problem {
    Problem::new(Code::AccountExists, format!("the account \"{user_name}\" exists already"))
}
