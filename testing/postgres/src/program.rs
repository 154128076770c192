//! Where PostgreSQL's programs are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// What a folder must have to be the one.
const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_basebackup"];

/// Where packages put the programs: a folder, in which there is one a version, and the rest of the
/// path. Debian, Fedora, Homebrew on both kinds of Mac, `MacPorts`, Postgres.app.
const PLACES: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/opt/local/lib", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A program of PostgreSQL.
pub fn path(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(find).join(name)
}

fn find() -> PathBuf {
    if let Some(named) = env::var_os("PG_BIN") {
        let named = PathBuf::from(named);
        assert!(is_complete(&named), "{NEEDED:?} are not all in PG_BIN={}", named.display());
        return named;
    }
    let found = told_by_pg_config().into_iter().chain(in_path()).chain(in_places());
    found.into_iter().find(|folder| is_complete(folder)).unwrap_or_else(|| {
        panic!(
            "PostgreSQL's programs {NEEDED:?} are not found. Install them (Debian: apt-get \
             install postgresql; Fedora: dnf install postgresql-server; macOS: brew install \
             postgresql) or name their folder in PG_BIN."
        )
    })
}

fn is_complete(folder: &Path) -> bool {
    NEEDED.iter().all(|name| folder.join(name).is_file())
}

fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Where the links in `PATH` lead to: a package may link some of the programs only.
fn in_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let programs = env::split_paths(&path).map(|folder| folder.join("postgres"));
    let programs = programs.filter_map(|program| program.canonicalize().ok());
    programs.filter_map(|program| program.parent().map(Path::to_owned)).collect()
}

/// In each place the highest version first.
fn in_places() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (test_store, prefix, rest) in PLACES {
        let entries = fs::read_dir(test_store).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort_by_key(|name| std::cmp::Reverse(version(name)));
        found.extend(names.iter().map(|name| Path::new(test_store).join(name).join(rest)));
    }
    found
}

/// The numbers in a name, so that 9.6 comes before 16.
fn version(name: &str) -> Vec<u32> {
    name.split(|letter: char| !letter.is_ascii_digit()).flat_map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_told_by_their_numbers() {
        assert!(version("9.6") < version("16"));
        assert!(version("postgresql@9.6") < version("postgresql@17"));
        assert!(version("pgsql-16") < version("pgsql-17"));
    }
}
