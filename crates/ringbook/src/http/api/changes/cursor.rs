//! Stands in for the cursors of all lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub fn write(scope: &str, position: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{scope}\n{position}"))
}

pub fn read(scope: &str, text: &str) -> Result<String, &'static str> {
    const UNREADABLE: &str = "cannot be read";
    let text = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or(UNREADABLE)?;
    match text.split_once('\n').ok_or(UNREADABLE)? {
        (of, position) if of == scope => Ok(position.to_owned()),
        _ => Err("is of a list with other parameters"),
    }
}
