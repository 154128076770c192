//! The standard metrics of a process, as far as the system has them.

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Unit;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::service::gauge;
use crate::service::clock::{Clock as _, SystemClock};

#[derive(Debug)]
pub struct Process {
    started_us: i64,
}

impl Process {
    pub fn started_now() -> Self {
        Self { started_us: SystemClock.now_us() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let to = &mut encoder;
        let started = Duration::from_micros(self.started_us.unsigned_abs()).as_secs_f64();
        gauge(to, "process_start_time", "When it began, Unix time", Some(&Unit::Seconds), started)?;
        let cpu_time = ConstCounter::new(cpu_time().as_secs_f64());
        let (help, unit) = ("Time on a processor, of all threads", Some(&Unit::Seconds));
        let kind = cpu_time.metric_type();
        cpu_time.encode(to.encode_descriptor("process_cpu", help, unit, kind)?)?;
        if let Some(bytes) = resident_bytes() {
            let help = "Memory that is not swapped out";
            gauge(to, "process_resident_memory", help, Some(&Unit::Bytes), bytes)?;
        }
        if let Some(count) = open_files() {
            gauge(to, "process_open_fds", "Open file descriptors", None, count)?;
        }
        if let Some(most) = getrlimit(Resource::Nofile).current {
            gauge(to, "process_max_fds", "File descriptors that may be open", None, most)?;
        }
        Ok(())
    }
}

fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// None on systems without `/proc`.
fn resident_bytes() -> Option<usize> {
    let sizes_in_pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: usize = sizes_in_pages.split(' ').nth(1)?.parse().ok()?;
    Some(resident * rustix::param::page_size())
}

/// None on systems without `/proc`.
fn open_files() -> Option<usize> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the directory itself.
    Some(open.saturating_sub(1))
}
