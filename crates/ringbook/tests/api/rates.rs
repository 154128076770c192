//! How often an account, a key and a network may ask, as the service counts it.

use std::sync::Arc;

use directory::{KeyId, KeyScope};
use ringbook::service::clock::ManualClock;
use ringbook::service::{
    Accepted, Access, Credentials, Denied, Rate, RateFault, Service, ServiceOptions, Throttled,
};
use test_support::{block_on, test_store};

use crate::world::create_account;

/// A service with the account `acme`.
fn service(options: &ServiceOptions) -> (Service, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(0));
    let service = Service::with_options(test_store::memory().open(), clock.clone(), options);
    create_account(&service, "acme");
    (service, clock)
}

fn with_rates(account: &str, key: &str) -> (Service, Arc<ManualClock>) {
    let [account_rate, key_rate] = [account, key].map(|rate| Some(rate.parse().unwrap()));
    service(&ServiceOptions { account_rate, key_rate, ..ServiceOptions::default() })
}

/// Counts a request by this key of the account.
fn count(service: &Service, key: u64) -> Result<(), Throttled> {
    let tenant = block_on(service.tenant("acme")).unwrap();
    let access = Access { tenant, key: KeyId(key), scope: KeyScope::Full, source: "".into() };
    service.count_request(&access).map(drop)
}

#[test]
fn parses_rates() {
    assert_eq!("100".parse::<Rate>(), "100/100".parse());
    assert_ne!("100".parse::<Rate>(), "100/500".parse());
    for text in ["", "0", "-1", "1/0", "1/", "/1", "1.5", "1/2/3", "many"] {
        assert_eq!(text.parse::<Rate>(), Err(RateFault), "{text}");
    }
}

#[test]
fn a_key_over_its_rate_uses_up_nothing_of_its_account() {
    let (service, _) = with_rates("1/4", "1/2");
    let count = |key| count(&service, key).map_err(|throttled| throttled.to_string());
    let by_key = Err("rate: at most 1 requests a second by this key".to_owned());
    let by_account = Err("rate: at most 1 requests a second by this account".to_owned());
    assert_eq!([1; 4].map(count), [Ok(()), Ok(()), by_key.clone(), by_key]);
    assert_eq!([2, 2, 3].map(count), [Ok(()), Ok(()), by_account]);
}

#[test]
fn an_account_over_its_rate_uses_up_nothing_of_its_keys() {
    let (service, clock) = with_rates("1/2", "1/3");
    let count = |key| count(&service, key).map_err(|throttled| throttled.quota.name);
    assert_eq!([1; 5].map(count), [Ok(()), Ok(()), Err("account"), Err("account"), Err("account")]);
    // The key has one of its three left, also after others have used up the account's rate.
    clock.advance_us(1_000_000);
    assert_eq!(count(2), Ok(()));
    assert_eq!([1; 10].map(count), [Err("account"); 10]);
    clock.advance_us(1_000_000);
    assert_eq!(count(1), Ok(()));
}

/// How many of `count` requests at one moment are allowed to a key.
fn allowed(service: &Service, key: u64, count: usize) -> usize {
    (0..count).filter(|_| self::count(service, key).is_ok()).count()
}

#[test]
fn allows_a_burst_and_then_the_rate() {
    // Each step: microseconds that pass, requests, how many of them are allowed.
    for (rate, steps) in [
        ("2/3", [(0, 5, 3), (500_000, 2, 1), (3_600_000_000, 4, 3)]),
        ("3/20", [(0, 100, 20), (333_334, 100, 1), (3_333_334, 100, 10)]),
    ] {
        let (service, clock) = with_rates("1000", rate);
        for (after_us, count, expected) in steps {
            clock.advance_us(after_us);
            assert_eq!(allowed(&service, 1, count), expected, "{rate} {after_us}");
        }
        assert_eq!(allowed(&service, 2, 1), 1, "another key has its own budget");
    }
}

#[test]
fn remembers_a_key_for_as_long_as_it_owes() {
    let (service, clock) = with_rates("1000", "1/5");
    assert_eq!(allowed(&service, 1, 100), 5);
    for other in 2..7 {
        assert_eq!(allowed(&service, other, 1), 1);
        assert_eq!(allowed(&service, 1, 1), 0);
        clock.advance_us(199_999);
    }
    clock.advance_us(5);
    assert_eq!(allowed(&service, 1, 100), 1);
}

#[test]
fn counts_an_ipv4_address_or_an_ipv6_network_as_one_source() {
    let options = ServiceOptions { failed_credentials_limit: 5, ..ServiceOptions::default() };
    let (service, _) = service(&options);
    let is_allowed = |source: &str| {
        let (api_key, source) = (Some("wrong"), Some(source.parse().unwrap()));
        let credentials = Credentials { user_name: "acme", api_key, token: None, source };
        let denied = block_on(service.authenticate(&credentials, Accepted::AnyKey)).err();
        matches!(denied.unwrap(), Denied::Failed(_))
    };
    for (source, count, allowed) in [
        ("192.0.2.1", 20, 5),
        ("192.0.2.2", 20, 5),
        ("::ffff:192.0.2.2", 20, 0),
        ("2001:db8::1", 3, 3),
        ("2001:db8::ffff:1", 20, 2),
        ("2001:db8:0:1::1", 20, 5),
    ] {
        let found = (0..count).filter(|_| is_allowed(source)).count();
        assert_eq!(found, allowed, "{source}");
    }
}

#[test]
fn tells_the_exact_wait_in_whole_seconds_rounded_up() {
    // A wrong key takes three seconds of the minute.
    let options = ServiceOptions { failed_credentials_limit: 20, ..ServiceOptions::default() };
    let (service, clock) = service(&options);
    let denied = || {
        let (api_key, source) = (Some("wrong"), "192.0.2.1".parse().ok());
        let credentials = Credentials { user_name: "acme", api_key, token: None, source };
        block_on(service.authenticate(&credentials, Accepted::AnyKey)).err().unwrap()
    };
    (0..20).for_each(|_| assert!(matches!(denied(), Denied::Failed(_))));
    for (after_us, expected_s) in [(0, 3), (1, 3), (999_999, 2), (1_999_999, 1)] {
        clock.advance_us(after_us);
        let Denied::Throttled(throttled) = denied() else { panic!("it is not throttled") };
        assert_eq!(throttled.quota.reset_s, expected_s);
    }
    clock.advance_us(1);
    assert!(matches!(denied(), Denied::Failed(_)));
}
