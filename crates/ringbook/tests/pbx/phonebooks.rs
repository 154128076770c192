//! Phonebooks, read by an XML parser that is not ours.

use roxmltree::Document;

use crate::switchboard::Switchboard;

/// The names and numbers, and the URL of the key for the next page.
fn read(xml: &str, [root, entry, name, number]: [&str; 4]) -> (Vec<[String; 2]>, Option<String>) {
    let document = Document::parse(xml).unwrap();
    let text = |node: roxmltree::Node<'_, '_>, tag: &str| {
        let found = node.descendants().find(|node| node.has_tag_name(tag));
        found.and_then(|node| node.text()).map(str::to_owned)
    };
    assert!(document.root_element().has_tag_name(root), "{xml}");
    let entries = document.descendants().filter(|node| node.has_tag_name(entry));
    let entries = entries.map(|node| [name, number].map(|tag| text(node, tag).unwrap())).collect();
    (entries, text(document.root(), "URL"))
}

#[test]
fn vendors_get_all_phones_by_name_a_page_at_a_time() {
    let mut board = Switchboard::new();
    let skills = &["A&B <i>", "Other"];
    let phones: Vec<_> =
        (0..130).map(|number| (format!("+9190{number:03}"), format!("Name.{number:03}"))).collect();
    let filled: Vec<_> = phones
        .iter()
        .rev()
        .enumerate()
        .map(|(index, (number, name))| {
            (&**number, &**name, if index % 2 == 0 { &skills[..1] } else { &[] })
        })
        .collect();
    board.fill(skills, &filled);
    let entry = ["DirectoryEntry", "Name", "Telephone"];
    for (file, root, [entry, name, number], pages) in [
        ("yealink.xml", "YealinkIPPhoneDirectory", entry, [1, 1]),
        ("grandstream.xml", "AddressBook", ["Contact", "LastName", "phonenumber"], [1, 1]),
        ("phonebook.xml", "AddressBook", ["Contact", "LastName", "phonenumber"], [1, 1]),
        ("cisco.xml", "CiscoIPPhoneDirectory", entry, [5, 3]),
        ("snom.xml", "SnomIPPhoneDirectory", entry, [2, 1]),
    ] {
        let asked = [("", 130), ("?skill=A%26B%20%3Ci%3E", 65)];
        for ((query, of), pages) in asked.into_iter().zip(pages) {
            let mut next = Some(format!("/pbx/phonebook/{file}{query}"));
            let (mut found, mut count) = (Vec::new(), 0);
            while let Some(path) = next {
                let reply = board.ask(&path, "");
                let (entries, url) = read(&reply.body, [root, entry, name, number]);
                let shown = format!("{}/{of}", entries.len());
                assert_eq!(reply.header("ringbook-shown"), Some(&*shown), "{path}");
                found.extend(entries);
                let refresh = reply.header("refresh").map(|it| it.strip_prefix("0; url=").unwrap());
                let url = url.or(refresh.map(str::to_owned));
                next = url.map(|url| url[url.find("/pbx/").unwrap()..].to_owned());
                count += 1;
            }
            assert_eq!(count, pages, "{file} {query}");
            let is_listed = |number: usize| of == 130 || number % 2 == 1;
            let expected = phones.iter().enumerate().filter(|(number, _)| is_listed(*number));
            let expected: Vec<_> =
                expected.map(|(_, (number, name))| [name.clone(), number.clone()]).collect();
            assert_eq!(found, expected, "{file} {query}");
        }
    }
    assert_eq!(board.ask("/pbx/phonebook/yealink.xml?skill=None", "").status, 404);
}
