//! The API keys of an account as one text, so that a statement reads them with the account's row.

use directory::{ApiKey, ApiKeys, KeyId, KeyName, KeyScope};

/// A key as the stores' SQL writes it: id, name, scope, SHA-256 in hex, made at, expires at.
type Written<'t> = (u64, String, &'t str, &'t str, i64, Option<i64>);

/// Reads the keys of an account: a JSON array of [`Written`]. The error says in a few words what is
/// wrong.
pub fn read_keys(text: &str) -> Result<ApiKeys, &'static str> {
    let keys: Vec<Written<'_>> =
        serde_json::from_str(text).map_err(|_| "a row of api_key is no key")?;
    let key = |(id, name, scope, sha256, created_us, expires_us): Written<'_>| {
        Ok(ApiKey {
            id: KeyId(id),
            name: KeyName::parse(&name).map_err(|_| "the name of an API key is none")?,
            scope: KeyScope::parse(scope).ok_or("the scope of an API key is unknown")?,
            sha256: read_sha256(sha256).ok_or("the SHA-256 of an API key has not 32 bytes")?,
            created_us,
            expires_us,
        })
    };
    keys.into_iter().map(key).collect()
}

fn read_sha256(hex: &str) -> Option<[u8; 32]> {
    let pairs = hex.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes = pairs.map(byte).collect::<Option<Vec<_>>>()?;
    bytes.try_into().ok().filter(|_| hex.len() == 64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn rejects_what_no_schema_allows() {
        let hash = "0aFF".repeat(16);
        let row = |scope, hash: &str| format!(r#"[[3,"PBX","{scope}","{hash}",5,null]]"#);
        assert!(super::read_keys(&row("read", &hash)).is_ok());
        let not_hex = hash.replace('F', "x");
        for wrong in [row("write", &hash), row("read", &not_hex), "[[7]]".into(), "{}".into()] {
            assert!(super::read_keys(&wrong).is_err(), "{wrong}");
        }
    }
}
