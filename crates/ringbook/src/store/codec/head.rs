//! The row of an account with its counters and keys.

use directory::{
    AccountId, ApiAuthentication, ApiKeys, Counters, IssuedToken, Profile, Tokens, UserName,
};

use super::keys::read_keys;
use crate::store::copy::tables::Row;
use crate::store::copy::tables::Value::{self, Blob, Integer, Null, Text};
use crate::store::{AccountHead, AccountSummary, DamagedAccount, ListedAccount, StoreError};

/// Reads the row of an account, as the stores select it by `ACCOUNT_COLUMNS`. Its errors are all [`StoreError::Damaged`].
pub fn read_head(row: &[Value]) -> Result<AccountHead, StoreError> {
    let [
        Integer(id),
        Text(user_name),
        Blob(api_key_sha256),
        Text(api_authentication),
        Integer(phone_number_limit),
        token_sha256,
        token_expires_us,
        Text(tokens_issued_us),
        Integer(version),
        Integer(next_phone_id),
        Integer(next_skill_id),
        Integer(settings_version),
        keys,
    ] = row
    else {
        return Err(StoreError::Damaged("a row of account has values of other types".into()));
    };
    let damaged = |what: &str| StoreError::Damaged(format!("account {id}: {what}"));
    let number = |name: &str, value: i64| {
        u32::try_from(value).map_err(|_| damaged(&format!("{name} is {value}")))
    };
    let sha256 = |bytes: &[u8]| bytes.try_into().map_err(|_| damaged("a SHA-256 has 32 bytes"));
    let profile = Profile {
        user_name: UserName::parse(user_name).map_err(|fault| damaged(&fault.to_string()))?,
        api_key_sha256: sha256(api_key_sha256)?,
        api_authentication: ApiAuthentication::parse(api_authentication)
            .ok_or_else(|| damaged("unknown api_authentication"))?,
        phone_number_limit: number("phone_number_limit", *phone_number_limit)?,
    };
    let issued_us: Vec<i64> = serde_json::from_str(tokens_issued_us)
        .map_err(|_| damaged("tokens_issued_us is no JSON array"))?;
    let newest = match (token_sha256, token_expires_us) {
        (Null, _) => None,
        (Blob(bytes), Integer(expires_us)) => Some(IssuedToken {
            sha256: sha256(bytes)?,
            issued_us: issued_us.last().copied().unwrap_or_default(),
            expires_us: *expires_us,
        }),
        _ => return Err(damaged("its token has no end")),
    };
    let counters = Counters {
        version: version.cast_unsigned(),
        next_phone_id: number("next_phone_id", *next_phone_id)?,
        next_skill_id: number("next_skill_id", *next_skill_id)?,
        settings_version: settings_version.cast_unsigned(),
    };
    let keys = match keys {
        Text(keys) => read_keys(keys).map_err(damaged)?,
        _ => ApiKeys::default(),
    };
    let id = AccountId(number("id", *id)?);
    Ok(AccountHead { id, profile, tokens: Tokens { newest, issued_us }, keys, counters })
}

/// Reads an account of a list: its row, then how many phones and skills it has. One that is damaged
/// is no error of the list.
pub fn read_listed(
    user_name: String,
    row: Result<Row, StoreError>,
) -> Result<ListedAccount, StoreError> {
    let read = |row: Row| match &row[..] {
        [head @ .., Integer(phones), Integer(skills)] => {
            let [phone_count, skill_count] = [phones, skills].map(|count| count.cast_unsigned());
            Ok(AccountSummary { head: read_head(head)?, phone_count, skill_count })
        }
        _ => Err(StoreError::Damaged("an account has no counts".into())),
    };
    match row.and_then(read) {
        Ok(summary) => Ok(Ok(summary)),
        Err(error @ StoreError::Damaged(_)) => Ok(Err(DamagedAccount { user_name, error })),
        Err(error) => Err(error),
    }
}
