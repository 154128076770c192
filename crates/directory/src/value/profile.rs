//! The settings of an account.

use crate::limits::PHONE_NUMBER_LIMIT_DEFAULT;
use crate::value::UserName;

named! {
    /// The setting "API Authentication" (contract, "The state behind it").
    #[derive(Default)]
    pub enum ApiAuthentication {
        /// The header `apiKey` with each call.
        #[default]
        BasicAuth = "BASIC_AUTH",
        /// A token made from the API key, for an hour at a time.
        TokenAuth = "TOKEN_AUTH",
    }
}

/// The settings of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The tenant's name, unique over all accounts.
    pub user_name: UserName,
    /// SHA-256 of the main API key. The key itself is not stored.
    pub api_key_sha256: [u8; 32],
    /// How calls are authenticated.
    pub api_authentication: ApiAuthentication,
    /// "Phone Number Creation Limit": no command may leave more phones than this.
    pub phone_number_limit: u32,
}

impl Profile {
    /// The default settings.
    pub fn new(user_name: UserName, api_key_sha256: [u8; 32]) -> Self {
        Self {
            user_name,
            api_key_sha256,
            api_authentication: ApiAuthentication::default(),
            phone_number_limit: PHONE_NUMBER_LIMIT_DEFAULT,
        }
    }
}
