//! Memory and processor time of processes, read from `/proc`.

use procfs::process::{Process, Stat, all_processes};
use procfs::{CurrentSI, KernelStats, ticks_per_second};

use crate::error::{Context, Outcome};
use crate::figures::real;

/// The resident memory of a process in bytes.
pub fn resident_bytes(pid: u32) -> Outcome<u64> {
    let status = process(pid)?.status()?;
    Ok(status.vmrss.ok_or("/proc has no VmRSS")? * 1024)
}

/// Processor seconds that processes have used together.
pub fn cpu_seconds(pids: &[u32]) -> Outcome<f64> {
    let ticks = pids.iter().map(|pid| Ok(own_ticks(&process(*pid)?.stat()?)));
    Ok(seconds(ticks.sum::<Outcome<u64>>()?))
}

/// Processor seconds that a process and its children have used, including those that ended: the
/// cost of a database with a process for each connection.
pub fn family_cpu_seconds(parent: u32) -> Outcome<f64> {
    let parent = process(parent)?.stat()?;
    let ended = parent.cutime.unsigned_abs() + parent.cstime.unsigned_abs();
    // A child that ends meanwhile is in its parent's sum the next time.
    let stats = all_processes()?.filter_map(|process| process.ok()?.stat().ok());
    let children = stats.filter(|stat| stat.ppid == parent.pid);
    Ok(seconds(own_ticks(&parent) + ended + children.map(|child| own_ticks(&child)).sum::<u64>()))
}

/// Processor seconds of all cores since the machine was started: those that its processes used,
/// and those that the host of a virtual machine gave to others.
pub fn machine_cpu_seconds() -> Outcome<(f64, f64)> {
    let all = KernelStats::current()?.total;
    let interrupts = all.irq.unwrap_or_default() + all.softirq.unwrap_or_default();
    let busy = all.user + all.nice + all.system + interrupts;
    Ok((seconds(busy), seconds(all.steal.unwrap_or_default())))
}

fn process(pid: u32) -> Outcome<Process> {
    Process::new(pid.try_into()?).context(format_args!("process {pid}"))
}

fn own_ticks(stat: &Stat) -> u64 {
    stat.utime + stat.stime
}

fn seconds(ticks: u64) -> f64 {
    real(ticks) / real(ticks_per_second())
}
