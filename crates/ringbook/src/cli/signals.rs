//! SIGTERM and SIGINT: the first one stops the server once its requests are done, the second one at once.

use std::io;
use std::thread::Builder;

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Catches both signals from now on. Returns what is sent at the first one. At the second one it calls
/// `flush` and ends the process, whatever the other threads wait for. The exit code is a shell's for a
/// process that was ended by the signal: 128 and its number.
pub fn catch(flush: impl FnOnce() + Send + 'static) -> io::Result<oneshot::Receiver<()>> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let (sender, stopped) = oneshot::channel();
    let watch = async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => 130,
                _ = terminate.recv() => 143,
            }
        };
        next().await;
        // The server may have ended by itself.
        let _ = sender.send(());
        let code = next().await;
        tracing::warn!("a second signal: requests that have begun are not finished");
        flush();
        std::process::exit(code);
    };
    Builder::new().name("signals".into()).spawn(move || runtime.block_on(watch))?;
    Ok(stopped)
}
