//! TLS: real handshakes, and certificates that change while the server runs.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ringbook::service::Clock as _;
use ringbook::service::clock::SystemClock;
use rustls::version::{TLS12, TLS13};

use test_support::{
    Caller, Certificate, CertificateFiles, Client, DONE, Home, Server, until, wait_for_text,
};

fn serve(home: &Home, files: &CertificateFiles, more: &[&str]) -> Server {
    let options = files.options();
    let options: Vec<_> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
    home.serve(&options)
}

#[test]
fn answers_over_tls() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let certificate = Certificate::new();
    home.keep_secret(certificate.secret());
    let files = CertificateFiles::new(&certificate);
    let server = serve(&home, &files, &["--listen", "0.0.0.0:0", "--log", "debug"]);

    for (number, version) in [("9101", &TLS12), ("9102", &TLS13)] {
        for protocols in [&["http/1.1"][..], &["h2", "http/1.1"], &[]] {
            let client = certificate.connect_with(&server, &[version], protocols).unwrap();
            let mut caller = Caller::over(client, "acme", &key);
            assert_eq!(caller.create(number, "Ravi", "").unwrap().body, DONE);
            assert_eq!(caller.name_of(number).as_deref(), Some("Ravi"));
            assert_eq!(caller.delete(number, "Ravi").unwrap().body, DONE);
        }
    }
    let mut broken = certificate.connect(&server).unwrap();
    broken.send("what is this?\r\n\r\n").unwrap();
    let reply = broken.reply().unwrap();
    assert!(reply.status == 400 && reply.header("ringbook-request-id").is_some(), "{reply:?}");
    // Who speaks another protocol, believes another authority or does not speak TLS gets nothing.
    assert!(certificate.connect_with(&server, &[&TLS13], &["h2"]).is_err());
    assert!(Certificate::new().connect(&server).is_err());
    let mut plain = Client::connect(server.address).unwrap();
    assert!(plain.get("/healthz").is_err());
    // It is not the time to warn of a missing one.
    assert!(!server.log().contains("without TLS"), "{}", server.log());
}

#[test]
fn serves_others_during_a_handshake_that_hangs() {
    let home = Home::new();
    let certificate = Certificate::new();
    let files = CertificateFiles::new(&certificate);
    let mut server = serve(&home, &files, &[]);
    let hanging: Vec<_> = (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut client = certificate.connect(&server).unwrap();
    assert_eq!(client.get("/readyz").unwrap().body, "ready\n");
    // Nor does the server wait for it when it stops: a request has not begun.
    server.terminate();
    assert!(server.wait(Duration::from_secs(5)).success());
    assert!(!server.log().contains("did not end in time"), "{}", server.log());
    drop(hanging);
}

#[test]
fn shows_a_changed_certificate() {
    let home = Home::new();
    let (first, second, third) = (Certificate::new(), Certificate::new(), Certificate::new());
    let files = CertificateFiles::new(&first);
    let server = serve(&home, &files, &[]);
    let mut old = first.connect(&server).unwrap();
    assert_eq!(old.get("/healthz").unwrap().body, "ok\n");

    files.write(&second);
    until("the second certificate is shown", || second.connect(&server).is_ok());
    assert!(first.connect(&server).is_err());
    files.write(&third);
    server.hang_up();
    until("the third certificate is shown", || third.connect(&server).is_ok());
    // A connection goes on, whatever it was shown.
    assert_eq!(old.get("/healthz").unwrap().body, "ok\n");
}

#[test]
fn keeps_the_certificate_when_the_new_one_is_broken() {
    let home = Home::new();
    let (first, second) = (Certificate::new(), Certificate::new());
    home.keep_secret(first.secret());
    home.keep_secret(second.secret());
    let files = CertificateFiles::new(&first);
    let mut server = serve(&home, &files, &[]);
    let break_it = |what: &dyn Fn(), output: &str| {
        what();
        server.hang_up();
        wait_for_text(&server.log_file, output);
        let mut client = first.connect(&server).unwrap();
        assert_eq!(client.get("/healthz").unwrap().body, "ok\n");
    };
    // By a rename, as the server may look at any moment and an empty file is another fault.
    let write = |text: &str| {
        let new = files.certificate().with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, files.certificate()).unwrap();
    };
    break_it(&|| write("no certificate"), "has no certificate in PEM");
    break_it(&|| write(&second.own), "cannot be used with the key in");
    break_it(&|| std::fs::remove_file(files.certificate()).unwrap(), "cannot read");
    // Each is told once, however often the files are looked at.
    server.hang_up();
    let output = |what: &str| server.log().matches(what).count();
    assert_eq!(output("stays as it was"), 3, "{}", server.log());
    files.write(&second);
    server.hang_up();
    until("the second certificate is shown", || second.connect(&server).is_ok());
    // A FIFO, whose other end nobody opens, holds nothing up.
    std::fs::remove_file(files.key()).unwrap();
    make_fifo(&files.key());
    server.hang_up();
    wait_for_text(&server.log_file, "it is no regular file");
    server.stop();
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn warns_of_an_expiring_certificate() {
    let home = Home::new();
    let ends_in_days = |days: i64| {
        let day_s = 24 * 60 * 60;
        let end_s = SystemClock.now_us() / 1_000_000 + days * day_s + day_s / 2;
        let end = Duration::from_secs(end_s.try_into().unwrap());
        let certificate =
            Certificate::with(|params| params.not_after = rcgen::date_time_ymd(1970, 1, 1) + end);
        let files = CertificateFiles::new(&certificate);
        let server = serve(&home, &files, &[]);
        (server, certificate, files)
    };
    let (server, ..) = ends_in_days(-1);
    wait_for_text(&server.log_file, "ERROR the certificate for TLS has expired");
    let (server, ..) = ends_in_days(13);
    wait_for_text(&server.log_file, "WARN the certificate for TLS expires soon days=13");

    let (server, certificate, files) = ends_in_days(14);
    files.write(&Certificate::new());
    server.hang_up();
    wait_for_text(&server.log_file, "was read anew");
    assert!(certificate.connect(&server).is_err());
    assert!(!server.log().contains("expire"), "{}", server.log());
}

#[test]
fn rejects_an_unusable_certificate_at_startup() {
    let home = Home::new();
    let (first, second) = (Certificate::new(), Certificate::new());
    home.keep_secret(first.secret());
    let files = CertificateFiles::new(&first);
    let [certificate, key] =
        [files.certificate(), files.key()].map(|file| file.display().to_string());
    for options in [["--tls-cert", &certificate], ["--tls-key", &key]] {
        for command in ["serve", "config"] {
            let ran = home.run(&[&[command][..], &options].concat());
            assert_eq!(ran.status.code(), Some(2), "{ran:?}");
            assert_eq!(ran.stderr, "ringbook: TLS needs both, tls-cert and tls-key\n");
        }
    }
    let refused = |certificate: &str, key: &str| {
        home.refused(&["serve", "--tls-cert", certificate, "--tls-key", key])
    };
    assert!(refused("absent.pem", &key).starts_with("cannot read absent.pem: "));
    assert!(refused(&key, &key).ends_with("key.pem has no certificate in PEM"));
    assert!(
        refused(&certificate, &certificate).ends_with("certificate.pem has no private key in PEM")
    );
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    make_fifo(&fifo);
    for irregular in [fifo.to_str().unwrap(), directory.path().to_str().unwrap(), "/dev/zero"] {
        assert!(refused(irregular, &key).ends_with(": it is no regular file"));
        assert!(refused(&certificate, irregular).ends_with(": it is no regular file"));
    }
    std::fs::write(files.key(), &second.key).unwrap();
    assert!(refused(&certificate, &key).contains("cannot be used with the key in"));
    assert!(!home.store().exists());
}
