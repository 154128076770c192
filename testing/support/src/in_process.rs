//! A server in the test's own process.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use ringbook::http;
use ringbook::service::Service;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Started by the first test that needs it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Runs a future to its end on the runtime that all servers of the process share.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// A server on a free port of this machine.
pub struct InProcess {
    pub service: Arc<Service>,
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

impl InProcess {
    pub fn start(service: Service) -> Self {
        let service = Arc::new(service);
        let listener = block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let console = Some(http::console::Options::default());
        let options = http::Options { console, ..http::Options::default() };
        let served = http::serve(Arc::clone(&service), listener, options, stopped);
        Self { address, stop, served: RUNTIME.spawn(served), service }
    }

    /// Stops the server as a signal does, waits until it has answered all that has begun, and
    /// returns what it served.
    pub fn stop(self) -> Arc<Service> {
        // It may have ended by itself, which its result says.
        let _ = self.stop.send(());
        block_on(self.served).expect("the server does not panic").expect("the server ends well");
        self.service
    }
}
