//! A network that fails on demand, between a client and a server.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::server::Server;
use crate::wait::until;

/// How much is read at once.
const PIECE_BYTES: usize = 16 * 1024;

/// How many pieces are on the way in one direction. The rest waits at its sender.
const QUEUE_PIECES: usize = 64;

/// Runs all proxies of the process.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// What a network does with open and new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What comes in goes out.
    Pass,
    /// Connections are reset, and new ones are as soon as they are made.
    Refuse,
    /// Nothing goes out, and nobody is told. It is kept, and goes out when the mode changes. New
    /// connections are made, with nobody behind them.
    BlackHole,
    /// What comes in goes out this much later, in each direction. A new connection reaches the
    /// server this much later as well.
    Delay(Duration),
    /// What the client sends arrives, and what the server sends is lost: something may be carried
    /// out that is never answered. A connection that has lost something stays silent towards the
    /// client in whatever mode comes, until it is cut.
    HalfClose,
}

/// A port on 127.0.0.1 that leads to another port, over a network.
pub struct Proxy {
    port: u16,
    network: Arc<watch::Sender<Network>>,
    /// Each connection holds a clone.
    connections: Arc<()>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
struct Network {
    mode: Mode,
    /// The port that new connections go to.
    target: u16,
    /// How often all connections were cut.
    cuts: usize,
    /// What fails next.
    failure: Option<Failure>,
}

/// A request and the error that takes the place of its reply.
#[derive(Debug, Clone, Copy)]
struct Failure {
    request: &'static str,
    severity: &'static str,
    sqlstate: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// When something was read, and what: no bytes at the end.
type Piece = (Instant, io::Result<Vec<u8>>);

impl Proxy {
    /// Starts a proxy to a port on 127.0.0.1.
    pub fn start(target: u16) -> Self {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = Arc::new(watch::Sender::new(Network {
            mode: Mode::Pass,
            target,
            cuts: 0,
            failure: None,
        }));
        let connections = Arc::new(());
        let accepting =
            RUNTIME.spawn(accept_all(listener, Arc::clone(&network), Arc::downgrade(&connections)));
        Self { port, network, connections, accepting }
    }

    /// The port of the proxy.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a server, through the proxy.
    pub fn url(&self, server: &Server) -> String {
        self.route(&server.url())
    }

    /// Any URL of a server on 127.0.0.1, through the proxy.
    pub fn route(&self, url: &str) -> String {
        let (before, after) = url.split_once("@127.0.0.1:").expect("the URL of a server");
        let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
        format!("{before}@127.0.0.1:{}{rest}", self.port)
    }

    /// From now on the network does this.
    pub fn set_mode(&self, mode: Mode) {
        self.network.send_modify(|network| {
            network.mode = mode;
            network.cuts += usize::from(mode == Mode::Refuse);
        });
    }

    /// From now on new connections go to this port on 127.0.0.1.
    pub fn set_target(&self, port: u16) {
        self.network.send_modify(|network| network.target = port);
    }

    /// The reply to the next request with a text in it is replaced by an error, of a severity such
    /// as `ERROR` and an SQLSTATE. Nothing more arrives at the client over that connection.
    pub fn fail_reply(
        &self,
        request: &'static str,
        severity: &'static str,
        sqlstate: &'static str,
    ) {
        let failure = Some(Failure { request, severity, sqlstate });
        self.network.send_modify(|network| network.failure = failure);
    }

    /// Resets all connections.
    pub fn cut(&self) {
        self.network.send_modify(|network| network.cuts += 1);
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        Arc::strong_count(&self.connections) - 1
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
        until("the proxy ends", || self.accepting.is_finished() && self.connections() == 0);
    }
}

/// Accepts connections until the proxy ends.
async fn accept_all(
    listener: TcpListener,
    network: Arc<watch::Sender<Network>>,
    connections: std::sync::Weak<()>,
) {
    loop {
        let (client, _) = listener.accept().await.expect("accept a connection");
        let (network, Some(held)) = (Arc::clone(&network), connections.upgrade()) else { return };
        let Network { mode, cuts, .. } = *network.borrow();
        if mode == Mode::Refuse {
            reset(&client);
            continue;
        }
        tokio::spawn(async move {
            carry(client, network, cuts).await;
            drop(held);
        });
    }
}

/// Carries everything in both directions until there is no more or the connection is cut.
async fn carry(mut client: TcpStream, network: Arc<watch::Sender<Network>>, cuts: usize) {
    let mut state = network.subscribe();
    let mut is_cut = Box::pin(state.wait_for(|network| network.cuts != cuts));
    let connect = async {
        pass(network.subscribe(), Direction::ToServer, Instant::now()).await;
        let target = network.borrow().target;
        TcpStream::connect(("127.0.0.1", target)).await
    };
    let connected = tokio::select! {
        biased;
        _ = &mut is_cut => None,
        connected = connect => connected.ok(),
    };
    let Some(mut server) = connected else { return reset(&client) };
    for side in [&client, &server] {
        // It may be broken already, which shows when it is used.
        let _ = side.set_nodelay(true);
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    // Something for the client was lost, so that nothing can come after it.
    let is_mute = &AtomicBool::new(false);
    let failure = &Mutex::new(None);
    let carry = async {
        tokio::try_join!(
            forward(Direction::ToServer, from_client, to_server, &network, is_mute, failure),
            forward(Direction::ToClient, from_server, to_client, &network, is_mute, failure),
        )?;
        if is_mute.load(Ordering::SeqCst) {
            // The client is not told that the server's side has ended.
            std::future::pending::<()>().await;
        }
        io::Result::Ok(())
    };
    let has_ended = tokio::select! {
        biased;
        _ = is_cut => false,
        ended = carry => ended.is_ok(),
    };
    if !has_ended {
        reset(&client);
        reset(&server);
    }
}

/// Reads from one side and sends to the other what the network lets through. An error breaks the
/// connection.
async fn forward(
    direction: Direction,
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    network: &watch::Sender<Network>,
    is_mute: &AtomicBool,
    failure: &Mutex<Option<Failure>>,
) -> io::Result<()> {
    let (sender, mut pieces) = mpsc::channel::<Piece>(QUEUE_PIECES);
    let read = async move {
        loop {
            let mut bytes = Vec::with_capacity(PIECE_BYTES);
            let read = from.read_buf(&mut bytes).await.map(|_| bytes);
            let is_last = !read.as_ref().is_ok_and(|bytes| !bytes.is_empty());
            if sender.send((Instant::now(), read)).await.is_err() || is_last {
                return;
            }
        }
    };
    let write = async move {
        while let Some((arrived, read)) = pieces.recv().await {
            if !pass(network.subscribe(), direction, arrived).await {
                is_mute.store(true, Ordering::SeqCst);
            }
            if let (Direction::ToServer, Ok(request)) = (direction, &read)
                && let Some(next) = take_failure(network, request)
            {
                *failure.lock().unwrap() = Some(next);
            }
            if direction == Direction::ToClient
                && let Some(failure) = failure.lock().unwrap().take()
            {
                is_mute.store(true, Ordering::SeqCst);
                let _ = to.try_write(&failure.message());
            }
            let is_mute = is_mute.load(Ordering::SeqCst);
            if direction == Direction::ToClient && is_mute {
                continue;
            }
            let sent = match read {
                Ok(bytes) if bytes.is_empty() => to.shutdown().await,
                Ok(bytes) => to.write_all(&bytes).await,
                Err(broken) => return Err(broken),
            };
            match sent {
                Ok(()) => {}
                // The other direction notices that the server is gone, and loses it.
                Err(_) if is_mute => return Ok(()),
                Err(broken) => return Err(broken),
            }
        }
        Ok(())
    };
    tokio::pin!(write);
    tokio::select! {
        written = &mut write => written,
        () = read => write.await,
    }
}

/// Waits until what has arrived leaves the network. Whether it does; if not, it is lost.
async fn pass(
    mut network: watch::Receiver<Network>,
    direction: Direction,
    arrived: Instant,
) -> bool {
    loop {
        let mode = network.borrow_and_update().mode;
        match mode {
            Mode::HalfClose if direction == Direction::ToClient => return false,
            Mode::Pass | Mode::HalfClose => return true,
            // A connection that is refused is cut as well.
            Mode::Refuse | Mode::BlackHole => drop(network.changed().await),
            Mode::Delay(delay) => {
                if timeout_at(arrived + delay, network.changed()).await.is_err() {
                    return true;
                }
            }
        }
    }
}

/// Takes the failure of a request, if it is the one.
fn take_failure(network: &watch::Sender<Network>, request: &[u8]) -> Option<Failure> {
    let mut taken = None;
    network.send_if_modified(|network| {
        let is_it = |failure: &mut Failure| {
            let text = failure.request.as_bytes();
            request.windows(text.len()).any(|part| part == text)
        };
        taken = network.failure.take_if(is_it);
        false
    });
    taken
}

impl Failure {
    /// PostgreSQL's message of the error, and that the session goes on after it.
    fn message(self) -> Vec<u8> {
        let Self { severity, sqlstate, .. } = self;
        let fields = format!("S{severity}\0V{severity}\0C{sqlstate}\0Mon demand\0\0");
        let length = u32::try_from(4 + fields.len()).expect("short");
        [b"E", &length.to_be_bytes()[..], fields.as_bytes(), b"Z\0\0\0\x05I"].concat()
    }
}

/// Makes the other side see a reset when the connection is dropped.
fn reset(stream: &TcpStream) {
    // It may be broken already.
    let _ = stream.set_zero_linger();
}
