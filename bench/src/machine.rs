//! The machine that the figures were measured on, as far as it tells of itself.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Outcome;
use crate::numbers::{Unit, median};

/// How many times the disk is asked; the median is stable with this many.
const SYNCS: usize = 200;

/// Facts about the machine, each as a name and a value for the report.
pub fn describe(dir: &Path) -> Outcome<Vec<(&'static str, String)>> {
    let unknown = || "unknown".to_owned();
    let cores = thread::available_parallelism()?;
    let file_system = file_system(dir).unwrap_or_else(unknown);
    let sync = Unit::Seconds.show(sync_time(dir)?.as_secs_f64());
    Ok(vec![
        ("date", said("date", &["-u", "+%Y-%m-%d"]).unwrap_or_else(unknown)),
        ("processor", cpu_model().unwrap_or_else(unknown)),
        ("cores", cores.to_string()),
        ("system", said("uname", &["-srm"]).unwrap_or_else(unknown)),
        ("file system of the stores", file_system),
        ("4 KiB written and synced", format!("{sync} (median)")),
        ("compiler", said("rustc", &["--version"]).unwrap_or_else(unknown)),
    ])
}

/// The first line that a program prints.
pub fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// The type of the file system that holds `dir`, where `/proc` tells it.
pub fn file_system(dir: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mount_type(&mounts, &dir.canonicalize().ok()?)
}

/// Of the mounts that hold `dir` the longest path counts, and of equal ones the last.
fn mount_type(mounts: &str, dir: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    mounts
        .filter(|(place, _)| dir.starts_with(place))
        .max_by_key(|(place, _)| place.components().count())
        .map(|(_, kind)| kind.to_owned())
}

fn cpu_model() -> Option<String> {
    let Ok(info) = fs::read_to_string("/proc/cpuinfo") else {
        return said("sysctl", &["-n", "machdep.cpu.brand_string"]);
    };
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What a durable write costs here; no durable edit can be acknowledged faster.
fn sync_time(dir: &Path) -> Outcome<Duration> {
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
    Ok(Duration::from_secs_f64(median(times).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\nnone /tmp tmpfs rw 0 0\n/dev/b /tmp/x xfs rw 0 0\n";
        let of = |dir| mount_type(mounts, Path::new(dir));
        assert_eq!(of("/home").as_deref(), Some("ext4"));
        assert_eq!(of("/tmp/y").as_deref(), Some("tmpfs"));
        assert_eq!(of("/tmp/x/z").as_deref(), Some("xfs"));
    }
}
