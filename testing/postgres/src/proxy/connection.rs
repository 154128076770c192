//! One connection through the network.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::{Direction, Network, Passage};

/// How much is taken at once.
const PIECE_BYTES: usize = 16 * 1024;

/// How many pieces are on the way in one direction. The rest waits where it comes from.
const QUEUE_PIECES: usize = 64;

/// How often somebody who can send nothing looks whether the connection was cut.
const SEND_PAUSE: Duration = Duration::from_millis(20);

/// A client, and the server that it was connected to, if it was.
#[derive(Debug)]
pub struct Connection {
    client: TcpStream,
    server: OnceLock<TcpStream>,
    is_cut: AtomicBool,
    /// Something for the client was lost, so that nothing can come after it.
    is_mute: AtomicBool,
}

/// What came from one side, and when.
struct Piece {
    arrived: Instant,
    content: Content,
}

enum Content {
    Bytes(Vec<u8>),
    /// No more comes.
    End,
    /// The connection is broken on that side.
    Broken,
}

impl Connection {
    pub fn new(client: TcpStream) -> Self {
        set_up(&client);
        let (is_cut, is_mute) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { client, server: OnceLock::new(), is_cut, is_mute }
    }

    pub fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::SeqCst)
    }

    /// Ends both sides: whoever reads from them sees an end, and the other ends of them are reset
    /// as soon as nobody here uses them.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for side in [Some(&self.client), self.server.get()].into_iter().flatten() {
            // It may be broken already.
            let _ = SockRef::from(side).set_linger(Some(Duration::ZERO));
            let _ = side.shutdown(Shutdown::Read);
        }
    }

    /// Carries everything in both directions until there is no more.
    pub fn carry(&self, network: &Network) {
        let Passage::Through = network.pass(self, Direction::ToServer, Instant::now()) else {
            return network.cut(self);
        };
        let target = network.lock().target;
        let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else {
            return network.cut(self);
        };
        set_up(&server);
        let server = self.server.get_or_init(|| server);
        if self.is_cut() {
            // Again, for the side that was not there.
            return self.cut();
        }
        thread::scope(|scope| {
            for (direction, from, to) in [
                (Direction::ToServer, &self.client, server),
                (Direction::ToClient, server, &self.client),
            ] {
                let (sender, receiver) = sync_channel(QUEUE_PIECES);
                scope.spawn(move || read_all(from, &sender));
                scope.spawn(move || self.write_all(network, direction, receiver, to));
            }
        });
        // The client is not told that the server's side has ended.
        if self.is_mute() {
            network.wait_for_cut(self);
        }
    }

    fn is_mute(&self) -> bool {
        self.is_mute.load(Ordering::SeqCst)
    }

    /// Sends what was read, each piece when the network lets it.
    fn write_all(
        &self,
        network: &Network,
        direction: Direction,
        pieces: Receiver<Piece>,
        to: &TcpStream,
    ) {
        for Piece { arrived, content } in pieces {
            match network.pass(self, direction, arrived) {
                Passage::Through => {}
                Passage::Lost => self.is_mute.store(true, Ordering::SeqCst),
                Passage::Cut => return,
            }
            if direction == Direction::ToClient && self.is_mute() {
                continue;
            }
            let sent = match content {
                Content::Bytes(bytes) => self.send(to, &bytes),
                Content::End => to.shutdown(Shutdown::Write),
                Content::Broken => return network.cut(self),
            };
            if sent.is_err() {
                // That the server is gone is something that the server's side tells.
                if direction == Direction::ToServer && self.is_mute() {
                    return;
                }
                return network.cut(self);
            }
        }
    }

    /// Sends all, unless the connection is cut meanwhile.
    fn send(&self, to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
        let mut to = to;
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if is_pause(&error) && !self.is_cut() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Reads until no more comes, or nobody wants it.
fn read_all(from: &TcpStream, pieces: &SyncSender<Piece>) {
    let mut from = from;
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let content = match from.read(&mut buffer) {
            Ok(0) => Content::End,
            Ok(count) => Content::Bytes(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Content::Broken,
        };
        let is_last = !matches!(content, Content::Bytes(_));
        if pieces.send(Piece { arrived: Instant::now(), content }).is_err() || is_last {
            return;
        }
    }
}

/// Resets a connection that nothing else uses.
pub fn reset(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    drop(stream);
}

fn set_up(stream: &TcpStream) {
    // It may be broken already, which whoever uses it finds out.
    let _ = stream.set_nodelay(true);
    let _ = stream.set_write_timeout(Some(SEND_PAUSE));
}

/// Nothing could be sent within the pause.
fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}
