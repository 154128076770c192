//! What the operating system tells of a process: memory and processor time.

use std::fs;
use std::process::Command;

use crate::error::{During, Outcome};
use crate::numbers::real;

/// The memory of a process that is resident, in bytes.
pub fn resident_bytes(pid: u32) -> Outcome<u64> {
    let kib = if let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) {
        resident_kib(&status).ok_or("there is no VmRSS in the status")?
    } else {
        // Without /proc, as on macOS.
        let ps = Command::new("ps")
            .args(["-o", "rss=", "-p", &pid.to_string()])
            .output()
            .during("running ps")?;
        String::from_utf8_lossy(&ps.stdout).trim().parse().during("reading ps")?
    };
    Ok(kib * 1024)
}

/// The processor time that a process has used, in seconds, where `/proc` tells it.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(real(Ticks::parse(&stat)?.own) / real(rustix::param::clock_ticks_per_second()))
}

/// The processor time that processes have used together, where `/proc` tells that of each.
pub fn cpu_seconds_of(pids: &[u32]) -> Option<f64> {
    let sum = || pids.iter().map(|pid| cpu_seconds(*pid)).sum();
    if pids.is_empty() { None } else { sum() }
}

/// The processor time that a process and its children have used, those that have ended among
/// them, where `/proc` tells it: that of a database with a process for each connection.
pub fn family_cpu_seconds(parent: u32) -> Option<f64> {
    let own = Ticks::parse(&fs::read_to_string(format!("/proc/{parent}/stat")).ok()?)?;
    let mut ticks = own.own + own.ended_children;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        // One that has ended meanwhile is in its parent's sum the next time.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if let Some(process) = Ticks::parse(&stat).filter(|process| process.parent == parent) {
            ticks += process.own;
        }
    }
    Some(real(ticks) / real(rustix::param::clock_ticks_per_second()))
}

/// Processor seconds over all cores since the machine was started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MachineTime {
    /// Spent by anything that runs on it.
    pub busy: f64,
    /// Given to others by the host, where the machine is a virtual one.
    pub stolen: f64,
}

/// What all processes together have used, where `/proc` tells it.
pub fn machine_time() -> Option<MachineTime> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let (busy, stolen) = machine_ticks(&stat)?;
    let seconds = |ticks| real(ticks) / real(rustix::param::clock_ticks_per_second());
    Some(MachineTime { busy: seconds(busy), stolen: seconds(stolen) })
}

/// Busy and stolen ticks. The fields are: user, nice, system, idle, waiting for input or
/// output, hard and soft interrupts, stolen.
fn machine_ticks(stat: &str) -> Option<(u64, u64)> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    let &[user, nice, system, _, _, hard, soft, stolen, ..] = ticks.as_slice() else {
        return None;
    };
    Some((user + nice + system + hard + soft, stolen))
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Processor time of a process, user and system time together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Ticks {
    /// Reads fields 4 and 14 to 17, counted after the name of the program, which may itself
    /// hold spaces and parentheses.
    fn parse(stat: &str) -> Option<Self> {
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let times: Vec<u64> =
            fields.skip(9).take(4).map_while(|field| field.parse().ok()).collect();
        let &[user, system, children_user, children_system] = times.as_slice() else {
            return None;
        };
        Some(Self { parent, own: user + system, ended_children: children_user + children_system })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status() {
        let status = "Name:\tringbook\nVmHWM:\t    9000 kB\nVmRSS:\t    6144 kB\n";
        assert_eq!(resident_kib(status), Some(6144));
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
    }

    #[test]
    fn ticks_are_read_past_a_strange_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 3 0 100";
        assert_eq!(Ticks::parse(stat), Some(Ticks { parent: 1, own: 300, ended_children: 15 }));
    }

    #[test]
    fn the_time_of_a_family_is_at_least_its_parents() {
        let own = std::process::id();
        let (alone, family) = (cpu_seconds(own), family_cpu_seconds(own));
        assert!(family >= alone, "{family:?} {alone:?}");
        assert_eq!(cpu_seconds_of(&[]), None);
    }

    #[test]
    fn the_time_of_the_machine_is_summed_without_idling() {
        let stat = "cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(machine_ticks(stat), Some((31, 32)));
    }
}
