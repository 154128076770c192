//! Connections with clients that are slow, or go.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use futures_util::stream;
use ringbook::http::limits::{
    HANDSHAKE_TIMEOUT, LEAST_BYTES_TIMEOUT, LINGER_IDLE_TIMEOUT, LINGER_TIMEOUT,
};
use ringbook::http::tls::{PairFiles, Tls};
use ringbook::http::{ClientStream, Closing, Completion, Options, RequestIds, serve};
use ringbook::http::{LocalCaller, api};
use test_support::{Certificate, CertificateFiles, block_on};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use crate::bulk::many;
use crate::world::World;

const BUFFER: usize = 2_000;

fn connection() -> (ClientStream<DuplexStream>, DuplexStream, watch::Sender<()>) {
    let (server, client) = duplex(BUFFER);
    let (stop, stopped) = watch::channel(());
    let completion = Completion { peer: Ipv4Addr::LOCALHOST.into(), ids: RequestIds::default() };
    (ClientStream::new(server, Closing::new(stopped), completion), client, stop)
}

/// How long an answer of 120 kB is written to a client that reads so many bytes every three
/// seconds, and whether it took them all.
async fn write_to_a_client_that_reads(bytes: usize) -> (Duration, bool) {
    let (mut server, mut client, _stop) = connection();
    let begun = Instant::now();
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; bytes];
        while client.read_exact(&mut buffer).await.is_ok() {
            sleep(Duration::from_secs(3)).await;
        }
    });
    let written = server.write_all(&vec![0; 60 * BUFFER]).await;
    reading.abort();
    (begun.elapsed(), written.is_ok())
}

#[tokio::test(start_paused = true)]
async fn disconnects_a_client_that_reads_too_slowly() {
    let (time, is_written) = write_to_a_client_that_reads(1).await;
    assert!((LEAST_BYTES_TIMEOUT..LEAST_BYTES_TIMEOUT * 2).contains(&time), "{time:?}");
    assert!(!is_written);
    let (time, is_written) = write_to_a_client_that_reads(BUFFER).await;
    assert!(time > LEAST_BYTES_TIMEOUT * 5, "{time:?}");
    assert!(is_written);
}

/// How long a connection takes to end with a client that sends a byte at this interval.
async fn end_with_a_client_that_sends_every(pause: Duration) -> Duration {
    let (mut server, mut client, _stop) = connection();
    let sending = tokio::spawn(async move {
        while client.write_all(b"x").await.is_ok() {
            sleep(pause).await;
        }
    });
    let begun = Instant::now();
    server.shutdown().await.unwrap();
    sending.abort();
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn lingers_for_a_client_that_still_sends() {
    let second = Duration::from_secs(1);
    assert_eq!(end_with_a_client_that_sends_every(second).await, LINGER_TIMEOUT);
    assert_eq!(end_with_a_client_that_sends_every(second * 10).await, LINGER_IDLE_TIMEOUT);

    let (mut server, mut client, _stop) = connection();
    let ended = tokio::spawn(async move { server.shutdown().await });
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "it is told at once");
    drop(client);
    let begun = Instant::now();
    ended.await.unwrap().unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO, "a client that went is not waited for");

    let (mut server, _client, stop) = connection();
    drop(stop);
    server.shutdown().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO, "nor any when the server stops");
}

/// A runtime whose time goes on when all wait.
fn runtime() -> runtime::Runtime {
    runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

#[test]
fn disconnects_a_client_without_a_tls_handshake() {
    let world = World::new();
    let files = CertificateFiles::new(&Certificate::new());
    let tls = Tls::open(PairFiles { certificate: files.certificate(), key: files.key() }).unwrap();
    let options = Options { tls: Some(tls.acceptor()), ..Options::default() };
    let service = world.server().service.clone();
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(service, listener, options, std::future::pending()));
        let begun = Instant::now();
        let mut client = TcpStream::connect(address).await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        let time = begun.elapsed();
        assert!((HANDSHAKE_TIMEOUT..HANDSHAKE_TIMEOUT * 2).contains(&time), "{time:?}");
    });
}

/// Sends a file in pieces at this interval. Returns the answer, and after which time it came.
fn send_in_pieces(world: &World, pieces: Vec<String>, pause_s: u64) -> (String, Duration) {
    let service = world.server().service.clone();
    let tenant = block_on(service.tenant("acme")).unwrap();
    let pieces = stream::unfold(pieces.into_iter(), move |mut pieces| async move {
        sleep(Duration::from_secs(pause_s)).await;
        Some((Ok::<_, Infallible>(pieces.next()?), pieces))
    });
    let request = Request::post("/v1/imports?mode=keep_going").header("content-type", "text/csv");
    let mut request = request.body(Body::from_stream(pieces)).unwrap();
    let source = Arc::from("cli:asha");
    request.extensions_mut().insert(LocalCaller::of_store(tenant, source));
    request.extensions_mut().insert(RequestIds::default().next());
    runtime().block_on(async {
        // While the server commits rows, all wait and hours pass, which are not the client's.
        tokio::spawn(async {
            loop {
                sleep(LEAST_BYTES_TIMEOUT * 2).await;
            }
        });
        let begun = Instant::now();
        let Ok(answer) = api::router(&[]).with_state(service).oneshot(request).await;
        let time = begun.elapsed();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (String::from_utf8(body.to_vec()).unwrap(), time)
    })
}

#[test]
fn file_needs_10_kb_in_30_s() {
    let mut world = World::new();
    world.limit(100_000);
    for (bytes, pause_s, is_slow) in [
        (1, 3, true),
        (999, 3, true),
        (1_000, 3, false),
        (10_000, 29, false),
        (1_000_000, 31, true),
    ] {
        let (answer, time) = send_in_pieces(&world, vec!["\n".repeat(bytes); 100], pause_s);
        assert_eq!(answer.contains("too_slow"), is_slow, "{bytes} each {pause_s} s: {answer}");
        let expected_s = if is_slow { 30 } else { 101 * pause_s };
        assert_eq!(time.as_secs(), expected_s, "{bytes} each {pause_s} s");
    }
    let file = many(1_500);
    let ends = [500, 1_000].map(|row| file.match_indices('\n').nth(row).unwrap().0 + 1);
    let pieces = [&file[..ends[0]], &file[ends[0]..ends[1]], &file[ends[1]..]];
    let (answer, time) = send_in_pieces(&world, pieces.map(str::to_owned).to_vec(), 29);
    assert!(answer.contains(r#""done":1500"#), "{answer:.300}");
    assert!(time > LEAST_BYTES_TIMEOUT * 6, "{time:?}");
}
