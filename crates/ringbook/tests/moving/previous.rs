//! The program of the schema before: built from the repository's own history.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const MIGRATIONS: &str = "crates/ringbook/src/store/migrations";

/// The program as it was right before the newest migration came to the main line: what a branch
/// went through on its way need not build.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build)
}

fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two levels up");
    let newest = newest_migration(&root.join(MIGRATIONS));
    let added = git(
        root,
        &["log", "--first-parent", "-m", "--format=%H", "--diff-filter=A", "--", &newest],
    );
    let added = added.lines().next_back().unwrap_or_else(|| {
        panic!("{newest} is in no commit: commit it, or fetch the history of a shallow clone")
    });
    let commit = git(root, &["rev-parse", &format!("{added}^")]);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("previous");
    let program = place.join(commit.trim()).join("ringbook");
    if program.exists() {
        return program;
    }
    let sources = tempfile::tempdir().expect("a temporary directory");
    unpack(root, commit.trim(), sources.path());
    let target = place.join("target");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--package", "ringbook", "--target-dir"])
        .arg(&target)
        // It serves for seconds: what takes long is building it.
        .args(["--config", "profile.dev.package.\"*\".opt-level=0"])
        .current_dir(sources.path())
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the program of {commit} does not build");
    std::fs::create_dir_all(program.parent().expect("it has one")).expect("a directory");
    // Under its name only when it is whole.
    let partial = program.with_extension("partial");
    std::fs::copy(target.join("debug/ringbook"), &partial).expect("it was built");
    std::fs::rename(&partial, &program).expect("it can be renamed");
    program
}

/// The file with the highest number, from the root of the repository.
fn newest_migration(directory: &Path) -> String {
    let names = std::fs::read_dir(directory).expect("migrations");
    let names = names.map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8"));
    let numbered = names.filter_map(|name| Some((name.split_once('_')?.0.parse().ok()?, name)));
    let (_, newest): (u32, String) = numbered.max().expect("there are some");
    format!("{MIGRATIONS}/{newest}")
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let output = output.expect("git runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn unpack(root: &Path, commit: &str, directory: &Path) {
    let mut archive = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["archive", "--format=tar", commit])
        .stdout(Stdio::piped())
        .spawn()
        .expect("git runs");
    let tar = archive.stdout.take().expect("it was asked for");
    let unpacked = Command::new("tar").arg("-x").arg("-C").arg(directory).stdin(tar).status();
    assert!(unpacked.expect("tar runs").success() && archive.wait().expect("git ends").success());
}
