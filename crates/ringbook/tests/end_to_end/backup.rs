//! `ringbook backup` beside a server at work.

use test_support::{Agent, Home, Random, Row, wait_for_edits};

#[test]
fn makes_a_sound_backup_under_load() {
    let mut random = Random::new();
    let home = Home::new();
    let (mut agents, key) = Agent::fleet(&home, "acme", 16);
    // Enough for a copy to take several steps.
    home.account("crowd", &["--phone-number-limit", "100000"]);
    home.write_csv("crowd.csv", (0..50_000).map(|n| format!("+91{n:08},Agent-{n},")));
    home.ok(&["phone", "import", "--account", "crowd", "crowd.csv"]);
    let mut server = home.serve(&[]);
    let target = (server.address, "acme", key.as_str());
    let copies: Vec<_> = (0..5).map(|copy| format!("copy-{copy}.db")).collect();
    Agent::edit_until_gone(&mut agents, 4, target, &mut random, |edits| {
        for copy in &copies {
            wait_for_edits(edits, 1);
            home.ok(&["backup", copy]);
            println!("{} edits were acknowledged meanwhile", edits.try_iter().count());
        }
        server.kill();
    });
    for copy in &copies {
        let store = format!("sqlite:{copy}");
        let output = home.ok(&["--store", &store, "check"]);
        assert_eq!(output, "ok: 2 accounts, 50,016 phones\n");
        let list = ["phone", "list", "--account", "acme", "--format", "json"];
        let rows = home.ok(&[&["--store", &store], &list[..]].concat());
        let rows: Vec<Row> = serde_json::from_str(&rows).unwrap();
        Agent::assert_whole(&rows);
    }
    let output = home.refused(&["backup", &copies[0]]);
    assert!(output.contains("exists already"), "{output}");
    Agent::settle_all(&mut agents, &home.phones("acme"));
    home.check();
}
