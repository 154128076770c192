//! Connections with clients that are slow, or go.

use std::net::Ipv4Addr;
use std::time::Duration;

use ringbook::http::limits::{LEAST_BYTES_TIMEOUT, LINGER_IDLE_TIMEOUT, LINGER_TIMEOUT};
use ringbook::http::{ClientStream, Closing, Completion, RequestIds};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

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
