//! The progress bar of all commands, drawn on a terminal alone.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the time is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Shows a bar while something is done, with what it is in a word.
pub fn during<T>(doing: &'static str, work: impl FnOnce(&ProgressBar) -> T) -> T {
    let style = "{msg:8} {wide_bar} {percent:>3} %  {elapsed}";
    let style = ProgressStyle::with_template(style).expect("the template is sound");
    let bar = ProgressBar::new(0).with_style(style).with_message(doing);
    bar.enable_steady_tick(TICK);
    let done = work(&bar);
    bar.finish_and_clear();
    done
}

/// Shows how much of all is done.
pub fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}
