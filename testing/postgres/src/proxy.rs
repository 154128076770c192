//! A network that fails on demand, between a client and a server.

mod connection;

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use connection::{Connection, reset};

use crate::server::Server;

/// What a network does with connections, those that there are and those that come.
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

/// A port on 127.0.0.1 behind which another port is, and a network between them.
pub struct Proxy {
    port: u16,
    network: Arc<Network>,
    /// The thread that accepts.
    accepting: Option<JoinHandle<()>>,
}

/// What all threads of a proxy know.
#[derive(Debug)]
struct Network {
    state: Mutex<State>,
    /// The state has changed, or a connection was cut.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    /// The port that connections go to.
    target: u16,
    has_ended: bool,
    connections: Vec<Weak<Connection>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// What happens to something that goes through the network.
enum Passage {
    Through,
    Lost,
    /// The connection was cut.
    Cut,
}

impl Proxy {
    /// Starts a proxy to a port on 127.0.0.1.
    pub fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state =
            State { mode: Mode::Pass, target, has_ended: false, connections: Vec::default() };
        let network = Arc::new(Network { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = Arc::clone(&network);
        let accepting = thread::spawn(move || accepting.accept_all(&listener));
        Self { port, network, accepting: Some(accepting) }
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
        let mut state = self.network.lock();
        state.mode = mode;
        if mode == Mode::Refuse {
            state.cut();
        }
        self.network.changed.notify_all();
    }

    /// From now on new connections go to this port on 127.0.0.1.
    pub fn set_target(&self, port: u16) {
        self.network.lock().target = port;
    }

    /// Resets all connections that there are.
    pub fn cut(&self) {
        self.network.lock().cut();
        self.network.changed.notify_all();
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.network.lock().connections.iter().filter(|held| held.strong_count() > 0).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.network.lock();
        state.has_ended = true;
        state.cut();
        drop(state);
        self.network.changed.notify_all();
        // One more connection, so that the thread that waits for one sees the end.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}

impl State {
    fn cut(&mut self) {
        for connection in self.connections.drain(..).filter_map(|held| held.upgrade()) {
            connection.cut();
        }
    }
}

impl Network {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Accepts connections until the proxy ends.
    fn accept_all(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            let client = client.expect("accept a connection");
            let mut state = self.lock();
            if state.has_ended {
                break;
            }
            if state.mode == Mode::Refuse {
                reset(client);
                continue;
            }
            let connection = Arc::new(Connection::new(client));
            state.connections.retain(|held| held.strong_count() > 0);
            state.connections.push(Arc::downgrade(&connection));
            let network = Arc::clone(self);
            thread::spawn(move || connection.carry(&network));
        }
    }

    /// Waits until what has arrived goes out, or is lost, or the connection is.
    fn pass(&self, connection: &Connection, direction: Direction, arrived: Instant) -> Passage {
        let mut state = self.lock();
        loop {
            if connection.is_cut() {
                return Passage::Cut;
            }
            state = match state.mode {
                Mode::HalfClose if direction == Direction::ToClient => return Passage::Lost,
                Mode::Pass | Mode::HalfClose => return Passage::Through,
                // That which accepts cuts it, or has.
                Mode::Refuse => return Passage::Cut,
                Mode::BlackHole => self.changed.wait(state).unwrap(),
                Mode::Delay(delay) => {
                    let left = delay.saturating_sub(arrived.elapsed());
                    if left.is_zero() {
                        return Passage::Through;
                    }
                    self.changed.wait_timeout(state, left).unwrap().0
                }
            };
        }
    }

    /// Waits until the connection is cut.
    fn wait_for_cut(&self, connection: &Connection) {
        let state = self.lock();
        drop(self.changed.wait_while(state, |_| !connection.is_cut()).unwrap());
    }

    /// Cuts one connection.
    fn cut(&self, connection: &Connection) {
        let state = self.lock();
        connection.cut();
        drop(state);
        self.changed.notify_all();
    }
}
