//! The writer: edits one after the other, each when it is due.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::RATE;
use crate::client::Client;
use crate::error::Outcome;
use crate::fixture;
use crate::load::{Hand, Mode};
use crate::wire::SUCCESS;

/// An edit that was acknowledged.
#[derive(Clone, Debug)]
pub struct Written {
    /// When its request was about to be sent.
    pub begun: Instant,
    /// The id of the phone.
    pub phone: String,
    /// The number that it has got.
    pub number: String,
}

/// Makes so many edits over one connection, so that their order is known.
pub fn write(address: SocketAddr, hand: &mut Hand, edits: usize) -> Outcome<Vec<Written>> {
    let mut client = Client::connect(address)?;
    let mut written = Vec::with_capacity(edits);
    let mut request = Vec::new();
    let between = Duration::from_secs(1) / RATE;
    let mut due = Instant::now();
    for _ in 0..edits {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += between;
        let place = hand.pick();
        hand.write_request(place, Mode::Edit, &mut request);
        let begun = Instant::now();
        let reply = client.ask(&request)?;
        if reply != SUCCESS.as_bytes() {
            let reply = String::from_utf8_lossy(&reply);
            return Err(format!("an edit was answered {reply}").into());
        }
        hand.flip(place);
        let phone = hand.phone(place);
        let mut number = Vec::new();
        fixture::push_number(&mut number, phone.index, phone.variant);
        written.push(Written {
            begun,
            phone: fixture::id(phone.index),
            number: String::from_utf8(number)?,
        });
    }
    Ok(written)
}
