//! The machine and the program, as the report describes them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::error::Outcome;
use crate::figures::{Unit, median};

/// The checkout that this program was built from.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How many times the disk is synced; the median is stable with this many.
const SYNCS: usize = 200;

/// Facts about the machine and the program, each with its name.
pub fn describe(binary: &Path, dir: &Path) -> Outcome<Vec<(&'static str, String)>> {
    let version = output(&binary.to_string_lossy(), &["--version"]);
    let commit = output("git", &["-C", REPOSITORY, "describe", "--always", "--dirty"]);
    Ok(vec![
        ("date", output("date", &["-u", "+%Y-%m-%d"])),
        ("processor", processor().unwrap_or_else(unknown)),
        ("cores", thread::available_parallelism()?.to_string()),
        ("system", output("uname", &["-srm"])),
        ("file system of the stores", file_system(dir)),
        ("4 KiB written and synced", format!("{} (median)", Unit::Seconds.show(sync_time(dir)?))),
        ("compiler", output("rustc", &["--version"])),
        ("version", format!("{version} at {commit}")),
    ])
}

/// The type of the file system that holds `dir`.
pub fn file_system(dir: &Path) -> String {
    output("findmnt", &["-no", "FSTYPE", "-T", &dir.to_string_lossy()])
}

/// The first line that a program prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().map_or_else(unknown, |line| line.trim().to_owned())
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Seconds of a durable write: no durable edit can be acknowledged faster.
fn sync_time(dir: &Path) -> Outcome<f64> {
    let path = dir.join("sync-probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&[0x5A; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64());
    }
    fs::remove_file(path)?;
    Ok(median(times).unwrap_or_default())
}
