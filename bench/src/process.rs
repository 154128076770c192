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
    Some(real(cpu_ticks(&stat)?) / real(rustix::param::clock_ticks_per_second()))
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

/// User and system time together: fields 14 and 15, counted after the name of the program,
/// which may itself hold spaces and parentheses.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
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
        assert_eq!(cpu_ticks(stat), Some(300));
    }

    #[test]
    fn the_time_of_the_machine_is_summed_without_idling() {
        let stat = "cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(machine_ticks(stat), Some((31, 32)));
    }
}
