//! Password files as of libpq: lines `host:port:database:user:password`, `*` for any value, `\` to
//! escape a `:` or a `\`.

use std::path::{Path, PathBuf};

use crate::private;

/// The password of the first matching line. The file is `passfile` of the URL, else the one of
/// `PGPASSFILE`, else `~/.pgpass`.
pub fn password_of(
    passfile: Option<&Path>,
    host: &str,
    port: u16,
    database: &str,
    user: &str,
) -> Option<String> {
    let of_environment = || std::env::var_os("PGPASSFILE").map(PathBuf::from);
    let of_home = || std::env::home_dir().map(|home| home.join(".pgpass"));
    let file = passfile.map(ToOwned::to_owned).or_else(of_environment).or_else(of_home)?;
    match private::read(&file) {
        Ok(text) => {
            find(&String::from_utf8_lossy(&text), [host, &port.to_string(), database, user])
        }
        Err(error) => {
            if passfile.is_some() {
                tracing::warn!(file = %file.display(), %error, "cannot read the password file");
            }
            None
        }
    }
}

fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line);
        let fits = wanted
            .iter()
            .all(|wanted| fields.next().is_some_and(|field| field == *wanted || field == "*"));
        fits.then(|| fields.next()).flatten()
    })
}

fn fields(line: &str) -> impl Iterator<Item = String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is always one");
        match character {
            '\\' => field.extend(characters.next()),
            ':' => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields.into_iter()
}
